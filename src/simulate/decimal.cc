#include "simulate/decimal.h"

#include <charconv>

#include <fmt/core.h>

namespace signalbox::simulate {
namespace {

constexpr std::size_t kFractionDigits = 6;
constexpr std::int64_t kMicroseconds = 1'000'000;

bool is_digits(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

}  // namespace

std::optional<std::uint64_t> parse_whole(std::string_view text, std::uint64_t max) {
  if (!is_digits(text)) return std::nullopt;
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || number > max) return std::nullopt;
  return number;
}

std::optional<Duration> parse_seconds(std::string_view text, Duration max) {
  const auto point = text.find('.');
  const auto max_seconds = static_cast<std::uint64_t>(max.count() / kMicroseconds);
  const auto whole = parse_whole(text.substr(0, point), max_seconds);
  if (!whole) return std::nullopt;
  std::int64_t fraction = 0;
  if (point != std::string_view::npos) {
    std::string digits(text.substr(point + 1));
    if (!is_digits(digits)) return std::nullopt;
    digits.resize(kFractionDigits, '0');
    fraction = static_cast<std::int64_t>(*parse_whole(digits, kMicroseconds));
  }
  const Duration duration(static_cast<std::int64_t>(*whole) * kMicroseconds + fraction);
  return duration > max ? std::nullopt : std::optional(duration);
}

std::string format_seconds(Duration duration) {
  auto text = fmt::format("{}.{:06}", duration.count() / kMicroseconds, duration.count() % kMicroseconds);
  text.erase(text.find_last_not_of('0') + 1);
  if (text.ends_with('.')) text.pop_back();
  return text;
}

}  // namespace signalbox::simulate
