#include "simulate/shrink.h"

#include <algorithm>
#include <array>
#include <memory>
#include <optional>
#include <utility>
#include <variant>
#include <vector>

#include "base/assert.h"

namespace signalbox::simulate {

using namespace sched;

namespace {

using Change = void (*)(Options&);
using ModelChange = void (*)(ModelOptions&);

const Options kDefaults;
const ModelOptions kModelDefaults;

constexpr std::array<Change, 10> kChanges = {
    [](Options& o) { o.default_model.reset(); },
    [](Options& o) { o.starvation_limit = kDefaults.starvation_limit; },
    [](Options& o) { o.min_visit_thousandths = kDefaults.min_visit_thousandths; },
    [](Options& o) { o.next_model = kDefaults.next_model; },
    [](Options& o) { o.replay = kDefaults.replay; },
    [](Options& o) { o.learning = kDefaults.learning; },
    [](Options& o) { o.flex_limit = kDefaults.flex_limit; },
    [](Options& o) { o.stop_timeout = kDefaults.stop_timeout; },
    [](Options& o) { o.release_timeout = kDefaults.release_timeout; },
    [](Options& o) { o.shutdown_grace = kDefaults.shutdown_grace; },
};

constexpr std::array<ModelChange, 9> kModelChanges = {
    [](ModelOptions& m) { m = kModelDefaults; },
    [](ModelOptions& m) { m.believed = {}; },
    [](ModelOptions& m) { m.queue_size = kModelDefaults.queue_size; },
    [](ModelOptions& m) { m.flex_queue_size = kModelDefaults.flex_queue_size; },
    [](ModelOptions& m) { m.workers = kModelDefaults.workers; },
    [](ModelOptions& m) { m.wait_timeout = kModelDefaults.wait_timeout; },
    [](ModelOptions& m) { m.stream_wait_timeout = kModelDefaults.stream_wait_timeout; },
    [](ModelOptions& m) { m.load_timeout = kModelDefaults.load_timeout; },
    [](ModelOptions& m) { m.idle_unload = kModelDefaults.idle_unload; },
};

using ArrivalChange = void (*)(RequestArrived&);
constexpr std::array<ArrivalChange, 4> kArrivalChanges = {
    [](RequestArrived& a) { a.places = 1; },
    [](RequestArrived& a) { a.mode = AnswerMode::streamed; },
    [](RequestArrived& a) { a.service_class = ServiceClass::standard; },
    [](RequestArrived& a) { a.tokens_max.reset(); },
};

class Shrinker {
 public:
  Shrinker(Recording run, const StillFails& still_fails, std::uint32_t trials_max)
      : run_(std::move(run)), still_fails_(still_fails), trials_max_(trials_max) {}

  Shrunk shrink() {
    cut_the_end();
    // What is simpler may need fewer events, and the other way round.
    for (bool again = true; again;) {
      const auto before = accepted_;
      leave_out();
      simplify_options();
      simplify_arrivals();
      again = accepted_ != before && trials_ < trials_max_;
    }
    return {.run = std::move(run_), .trials = trials_};
  }

 private:
  // Keeps it if it still fails.
  bool accept(Recording candidate) {
    if (trials_ >= trials_max_) return false;
    ++trials_;
    if (!still_fails_(candidate)) return false;
    run_ = std::move(candidate);
    ++accepted_;
    return true;
  }

  // Not what was as simple before.
  void accept_simpler(Recording candidate) {
    if (text_of(candidate, "") != text_of(run_, "")) accept(std::move(candidate));
  }

  bool accept_without(std::size_t first, std::size_t count) {
    Recording candidate{.options = run_.options, .timeline = {}};
    const auto& all = run_.timeline;
    candidate.timeline.reserve(all.size() - count);
    const auto begin = all.begin() + static_cast<std::ptrdiff_t>(first);
    candidate.timeline.insert(candidate.timeline.end(), all.begin(), begin);
    candidate.timeline.insert(candidate.timeline.end(), begin + static_cast<std::ptrdiff_t>(count),
                              all.end());
    return accept(std::move(candidate));
  }

  // The shortest beginning that fails, by halves.
  void cut_the_end() {
    for (auto step = run_.timeline.size() / 2; step > 0; step /= 2) {
      while (step <= run_.timeline.size() && accept_without(run_.timeline.size() - step, step)) {
      }
    }
  }

  void leave_out() {
    auto chunk = std::max<std::size_t>(run_.timeline.size() / 2, 1);
    while (trials_ < trials_max_) {
      bool shorter = false;
      for (std::size_t first = 0; first < run_.timeline.size();) {
        const auto count = std::min(chunk, run_.timeline.size() - first);
        if (accept_without(first, count)) {
          shorter = true;
        } else {
          first += count;
        }
      }
      if (chunk == 1 && !shorter) return;
      chunk = std::max<std::size_t>(chunk / 2, 1);
    }
  }

  // The options at the start and those of each change.
  void simplify_options() {
    simplify_options_at(std::nullopt);
    for (std::size_t i = 0; i < run_.timeline.size(); ++i) {
      if (std::holds_alternative<OptionsChanged>(run_.timeline[i].event)) simplify_options_at(i);
    }
    while (run_.options.models.size() > 1 && last_model_is_unused()) {
      auto candidate = run_;
      candidate.options.models.pop_back();
      for (std::size_t i = 0; i < candidate.timeline.size(); ++i) {
        change_options(candidate, i, [](Options& options) { options.models.pop_back(); });
      }
      if (!accept(std::move(candidate))) return;
    }
  }

  void simplify_options_at(std::optional<std::size_t> moment) {
    for (const auto change : kChanges) {
      auto candidate = run_;
      change_options(candidate, moment, change);
      accept_simpler(std::move(candidate));
    }
    for (std::size_t model = 0; model < run_.options.models.size(); ++model) {
      for (const auto change : kModelChanges) {
        auto candidate = run_;
        change_options(candidate, moment, [&](Options& options) { change(options.models[model]); });
        accept_simpler(std::move(candidate));
      }
    }
  }

  // Nothing where the moment has no options.
  static void change_options(Recording& run, std::optional<std::size_t> moment,
                             const std::function<void(Options&)>& change) {
    if (!moment) return change(run.options);
    auto* changed = std::get_if<OptionsChanged>(&run.timeline[*moment].event);
    if (changed == nullptr) return;
    auto options = *changed->options;
    change(options);
    changed->options = std::make_shared<const Options>(std::move(options));
  }

  [[nodiscard]] bool last_model_is_unused() const {
    const ModelIndex last(static_cast<std::uint32_t>(run_.options.models.size() - 1));
    if (run_.options.default_model == last) return false;
    return std::ranges::none_of(run_.timeline, [last](const Moment& moment) {
      const auto& event = moment.event;
      if (const auto* arrived = std::get_if<RequestArrived>(&event)) return arrived->model == last;
      if (const auto* asked = std::get_if<SelectAsked>(&event)) return asked->model == last;
      if (const auto* checked = std::get_if<ModelFileChecked>(&event)) return checked->model == last;
      const auto* changed = std::get_if<OptionsChanged>(&event);
      return changed != nullptr && changed->options->default_model == last;
    });
  }

  void simplify_arrivals() {
    for (std::size_t i = 0; i < run_.timeline.size(); ++i) {
      for (const auto change : kArrivalChanges) {
        auto candidate = run_;
        auto* arrived = std::get_if<RequestArrived>(&candidate.timeline[i].event);
        if (arrived == nullptr) break;
        change(*arrived);
        accept_simpler(std::move(candidate));
      }
    }
  }

  Recording run_;
  const StillFails& still_fails_;
  std::uint32_t trials_max_;
  std::uint32_t trials_ = 0;
  std::uint32_t accepted_ = 0;
};

}  // namespace

Shrunk shrink(Recording run, const StillFails& still_fails, std::uint32_t trials_max) {
  SB_ASSERT(still_fails(run));
  return Shrinker(std::move(run), still_fails, trials_max).shrink();
}

}  // namespace signalbox::simulate
