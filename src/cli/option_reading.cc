#include "cli/option_reading.h"

#include <fmt/format.h>

#include "config/value.h"

namespace signalbox::cli {

std::optional<Duration> OptionReading::duration(std::string_view option, const std::string& text,
                                                Duration max, Duration min) {
  if (text.empty()) return std::nullopt;
  const auto value = config::parse_duration(text);
  if (value && *value >= min && *value <= max) return value;
  const std::string from =
      min > Duration::zero() ? fmt::format("from {} ", config::format_duration(min)) : std::string();
  return wrong(
      option, text,
      fmt::format("a duration such as 15s or 200ms, {}up to {}", from, config::format_duration(max)));
}

std::optional<std::uint32_t> OptionReading::count(std::string_view option, const std::string& text,
                                                  std::uint64_t min, std::uint64_t max) {
  if (text.empty()) return std::nullopt;
  const auto value = config::parse_count(text);
  if (value && *value >= min && *value <= max) return static_cast<std::uint32_t>(*value);
  return wrong(option, text, fmt::format("a whole number from {} to {}", min, max));
}

std::optional<std::uint32_t> OptionReading::factor(std::string_view option, const std::string& text,
                                                   std::uint64_t min) {
  if (text.empty()) return std::nullopt;
  const auto value = config::parse_thousandths(text);
  if (value && *value >= min && *value <= kFactorMax) return static_cast<std::uint32_t>(*value);
  return wrong(option, text,
               fmt::format("a number such as 1.0 or 0.5, from {} to 100",
                           min == 0 ? "0" : config::format_thousandths(min)));
}

std::nullopt_t OptionReading::wrong(std::string_view option, const std::string& text,
                                    std::string_view allowed) {
  if (!error_) {
    error_ = Error{.code = ErrorCode::invalid,
                   .message = fmt::format("{}: is \"{}\"; {} is allowed", option, text, allowed)};
  }
  return std::nullopt;
}

}  // namespace signalbox::cli
