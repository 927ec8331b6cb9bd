#include "simulate/spec_key.h"

#include <fmt/format.h>

#include "simulate/decimal.h"

namespace signalbox::simulate {
namespace {

using Form = SpecKey::Form;

std::optional<std::uint64_t> in_microseconds(std::string_view text, std::uint64_t max) {
  std::int64_t divisor = 1;
  if (text.ends_with("ms")) {
    divisor = 1000;
    text.remove_suffix(2);
  } else if (text.ends_with('s')) {
    text.remove_suffix(1);
  }
  const auto number = parse_seconds(text, std::chrono::seconds(max));
  if (!number) return std::nullopt;
  return static_cast<std::uint64_t>(*number / Duration(divisor));
}

}  // namespace

std::optional<std::uint64_t> value_of(const SpecKey& key, std::string_view text) {
  std::optional<std::uint64_t> value;
  switch (key.form) {
    case Form::whole:
      value = parse_whole(text, key.max);
      break;
    case Form::thousandths:
      // The same digits as seconds in milliseconds.
      value = in_microseconds(text, key.max);
      if (value) *value /= 1000;
      break;
    case Form::duration:
      value = in_microseconds(text, key.max);
      break;
    case Form::variation:
      if (text == "exponential") value = 0;
      if (text == "fixed") value = 1;
      break;
  }
  return value && *value < key.min ? std::nullopt : value;
}

std::string allowed(const SpecKey& key) {
  switch (key.form) {
    case Form::whole:
      return fmt::format("a whole number from {} to {}", key.min, key.max);
    case Form::thousandths:
      return fmt::format("a number such as 1.5, {} {}", key.min == 0 ? "from 0 to" : "above 0 and up to",
                         key.max);
    case Form::duration:
      return fmt::format("a duration such as 3s, 0.5s or 200ms, {} {}s",
                         key.min == 0 ? "from 0s to" : "above 0s and up to", key.max);
    case Form::variation:
      return "exponential or fixed";
  }
  return "";
}

std::string standard_text(const SpecKey& key) {
  switch (key.form) {
    case Form::whole:
      return fmt::format("{}", key.standard);
    case Form::thousandths:
      return format_seconds(std::chrono::milliseconds(key.standard));
    case Form::duration:
      return format_seconds(Duration(key.standard)) + "s";
    case Form::variation:
      return "exponential";
  }
  return "";
}

}  // namespace signalbox::simulate
