#include "engine/progress_protocol.h"

#include <cmath>

#include "engine/json_fields.h"

namespace signalbox::engine {
namespace {

constexpr std::string_view kAnyPrefix = "cmd_child_to_router:";
constexpr std::string_view kStatePrefix = "cmd_child_to_router:state:";

std::optional<std::uint32_t> to_thousandths(const boost::json::value* value) {
  if (value == nullptr || !value->is_number()) return std::nullopt;
  boost::system::error_code error;
  const auto fraction = value->to_number<double>(error);
  if (error || !(fraction >= 0.0 && fraction <= 1.0)) return std::nullopt;
  return static_cast<std::uint32_t>(std::lround(fraction * 1000.0));
}

}  // namespace

bool is_protocol_line(std::string_view line) {
  return line.starts_with(kAnyPrefix);
}

std::optional<LoadNews> parse_load_news(std::string_view line) {
  if (!line.starts_with(kStatePrefix)) return std::nullopt;
  const auto parsed = parse_json(line.substr(kStatePrefix.size()));
  if (!parsed) return std::nullopt;
  const auto* state = find_field(*parsed, {"state"});
  if (state == nullptr || !state->is_string()) return std::nullopt;

  LoadNews news;
  if (state->get_string() == "loading") {
    news.state = LoadNews::State::loading;
    news.progress_thousandths = to_thousandths(find_field(*parsed, {"payload", "value"}));
  } else if (state->get_string() == "ready") {
    news.state = LoadNews::State::ready;
    news.context_tokens = find_count(*parsed, {"payload", "meta", "n_ctx"});
    news.parameters = find_count(*parsed, {"payload", "meta", "n_params"});
    news.model_bytes = find_count(*parsed, {"payload", "meta", "size"});
  }
  return news;
}

}  // namespace signalbox::engine
