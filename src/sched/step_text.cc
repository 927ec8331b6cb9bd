#include "sched/step_text.h"

#include <concepts>
#include <optional>
#include <type_traits>

#include <fmt/format.h>

#include "base/json_escape.h"
#include "sched/step_fields.h"
#include "sched/words.h"

namespace signalbox::sched {
namespace {

std::string value_text(const std::string& text) {
  return json_string(text);
}
std::string value_text(Duration duration) {
  return fmt::to_string(duration.count());
}
template <class Value>
std::string value_text(const Value& value) {
  if constexpr (std::is_enum_v<Value>) {
    return std::string(word_of(value));
  } else if constexpr (std::is_arithmetic_v<Value>) {
    return fmt::to_string(value);
  } else {
    return fmt::to_string(value.value());
  }
}
template <class Value>
std::string value_text(const std::optional<Value>& value) {
  return value ? value_text(*value) : "-";
}

template <class Variant, class Names>
std::string named(const Variant& one, const Names& names) {
  std::string text(names.at(one.index()));
  const auto add = [&text](std::string_view name, const auto& value) {
    text += fmt::format(" {}={}", name, value_text(value));
  };
  std::visit([&add](const auto& alternative) { visit_fields(alternative, add); }, one);
  return text;
}

}  // namespace

std::string text_of(const Event& event) {
  return named(event, kEventNames);
}

std::string text_of(const Commands& commands) {
  std::string text;
  for (const auto& command : commands) {
    if (!text.empty()) text += "; ";
    text += named(command, kCommandNames);
  }
  return text;
}

}  // namespace signalbox::sched
