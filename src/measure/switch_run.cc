#include "measure/switch_run.h"

#include <utility>

#include "base/assert.h"

namespace signalbox::measure {
namespace {

// More than one token: a model may begin with one that has no text.
constexpr std::uint32_t kTokensMax = 8;

}  // namespace

SwitchRun::SwitchRun(std::array<std::string, 2> models, std::size_t runs)
    : models_(std::move(models)), runs_(runs) {
  SB_ASSERT(runs > 0);
  directions_[0] = {.from = models_[1], .to = models_[0]};
  directions_[1] = {.from = models_[0], .to = models_[1]};
}

// Each model once beforehand, so that no direction alone pays for a file that is not in memory yet.
std::size_t SwitchRun::asked_model() const {
  if (warmed_ < models_.size()) return warmed_;
  const std::size_t to = done_ % 2;
  const std::size_t from = 1 - to;
  return last_answered_ == from ? to : from;
}

bool SwitchRun::is_measured() const {
  return warmed_ == models_.size() && asked_model() == done_ % 2;
}

std::optional<Ask> SwitchRun::next() const {
  if (done_ == size() || has_given_up()) return std::nullopt;
  return Ask{.model = models_[asked_model()],
             .messages = {{.role = "user", .content = "Say hello."}},
             .tokens_max = kTokensMax};
}

void SwitchRun::take(const Sample& sample) {
  const std::size_t model = asked_model();
  const bool was_warming = warmed_ < models_.size();
  const bool was_measured = is_measured();
  const bool is_right = sample.ending == Ending::whole && sample.first_token;
  last_answered_ = is_right ? std::optional(model) : std::nullopt;
  failures_in_a_row_ = is_right ? 0 : failures_in_a_row_ + 1;
  if (!is_right) last_trouble_ = sample.trouble;
  if (was_warming) {
    ++warmed_;
  } else if (!is_right) {
    fail_current(sample.trouble);
  } else if (was_measured) {
    directions_[done_ % 2].first_tokens.push_back(*sample.first_token);
    ++done_;
  }
}

void SwitchRun::fail_current(const std::string& trouble) {
  auto& direction = directions_[done_ % 2];
  ++direction.failed;
  if (direction.first_trouble.empty()) direction.first_trouble = trouble;
  ++done_;
}

}  // namespace signalbox::measure
