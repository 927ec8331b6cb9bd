#include "api/response_object.h"

#include <algorithm>
#include <array>
#include <optional>

#include <fmt/format.h>

#include "api/json_cursor.h"

namespace signalbox::api {
namespace {

struct Setting {
  std::string_view name;
  std::string_view fallback;  // what OpenAI's object always has; empty: only there if the request has it
};

// The first seven are required members of OpenAI's response object.
constexpr std::array kSettings{
    Setting{.name = "instructions", .fallback = "null"},
    Setting{.name = "metadata", .fallback = "{}"},
    Setting{.name = "parallel_tool_calls", .fallback = "true"},
    Setting{.name = "temperature", .fallback = "null"},
    Setting{.name = "tool_choice", .fallback = R"("auto")"},
    Setting{.name = "tools", .fallback = "[]"},
    Setting{.name = "top_p", .fallback = "null"},
    Setting{.name = "background", .fallback = {}},
    Setting{.name = "max_output_tokens", .fallback = {}},
    Setting{.name = "max_tool_calls", .fallback = {}},
    Setting{.name = "previous_response_id", .fallback = {}},
    Setting{.name = "prompt_cache_key", .fallback = {}},
    Setting{.name = "reasoning", .fallback = {}},
    Setting{.name = "safety_identifier", .fallback = {}},
    Setting{.name = "service_tier", .fallback = {}},
    Setting{.name = "store", .fallback = {}},
    Setting{.name = "text", .fallback = {}},
    Setting{.name = "top_logprobs", .fallback = {}},
    Setting{.name = "truncation", .fallback = {}},
    Setting{.name = "user", .fallback = {}},
};

constexpr std::array<std::string_view, 9> kOwnMembers{
    "id", "object", "created_at", "status", "error", "incomplete_details", "model", "output", "usage"};

using Values = std::array<std::string_view, kSettings.size()>;

Values find_settings(std::string_view body) {
  Values values{};
  if (body.size() > ResponseObject::kBodyMax) return values;
  JsonCursor cursor(JsonCursor::Of::object, body);
  JsonMember member;
  std::size_t total = 0;
  while (cursor.next(member)) {
    const auto* setting = std::ranges::find(kSettings, member.key, &Setting::name);
    if (setting == kSettings.end() || member.value.size() > ResponseObject::kSettingMax) continue;
    if (total + member.value.size() > ResponseObject::kSettingsMax) continue;
    total += member.value.size();
    if (member.value == "null" && !setting->fallback.empty()) continue;
    values[static_cast<std::size_t>(setting - kSettings.begin())] = member.value;
  }
  return values;
}

}  // namespace

ResponseObject::ResponseObject(std::string id, std::string created_at, std::string model,
                               std::string_view request_body)
    : head_(fmt::format(R"({{"id":{},"object":"response","created_at":{},"status":")", id, created_at)),
      model_(std::move(model)) {
  const Values values = find_settings(request_body);
  for (std::size_t i = 0; i < kSettings.size(); ++i) {
    const std::string_view value = values[i].empty() ? kSettings[i].fallback : values[i];
    if (!value.empty()) settings_.append(",\"").append(kSettings[i].name).append("\":").append(value);
  }
  // An event is one line; outside of strings a line break is white space.
  std::ranges::replace(settings_, '\n', ' ');
  std::ranges::replace(settings_, '\r', ' ');
}

std::string ResponseObject::open(const State& state) const {
  std::string out = head_;
  out.append(state.status)
      .append("\",\"error\":null,\"incomplete_details\":")
      .append(state.incomplete_details);
  out.append(",\"model\":").append(model_).append(",\"output\":[").append(state.output).append("]");
  return out.append(settings_).append(",\"usage\":").append(state.usage);
}

bool ResponseObject::is_ours(std::string_view key) {
  return std::ranges::find(kOwnMembers, key) != kOwnMembers.end() ||
         std::ranges::find(kSettings, key, &Setting::name) != kSettings.end();
}

}  // namespace signalbox::api
