// Decimal numbers with a unit, in whole microseconds or bytes; nothing here uses floating point.
#include "config/value.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <limits>
#include <span>

#include <fmt/core.h>

namespace signalbox::config {
namespace {

constexpr std::size_t kWholeDigitsMax = 15;
constexpr std::size_t kFractionDigitsMax = 6;

struct Unit {
  std::string_view name;
  std::uint64_t size;
};

constexpr std::array kDurationUnits = {Unit{"us", 1}, Unit{"ms", 1'000}, Unit{"s", 1'000'000},
                                       Unit{"m", 60'000'000}, Unit{"h", 3'600'000'000}};
constexpr std::array kByteUnits = {
    Unit{"", 1},           Unit{"B", 1},          Unit{"kB", 1'000},         Unit{"MB", 1'000'000},
    Unit{"KiB", 1U << 10}, Unit{"MiB", 1U << 20}, Unit{"GB", 1'000'000'000}, Unit{"GiB", 1U << 30}};

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// A number as written: 1.50 is digits 150 with 2 decimals.
struct Decimal {
  std::uint64_t whole = 0;
  std::uint64_t fraction = 0;
  std::uint64_t scale = 1;  // 10 to the number of decimals
  std::string_view rest;
};

std::optional<Decimal> read_decimal(std::string_view text) {
  Decimal decimal;
  std::size_t at = 0;
  while (at < text.size() && is_digit(text[at])) {
    if (at == kWholeDigitsMax) return std::nullopt;
    decimal.whole = decimal.whole * 10 + static_cast<std::uint64_t>(text[at++] - '0');
  }
  if (at == 0) return std::nullopt;
  if (at < text.size() && text[at] == '.') {
    const std::size_t first = ++at;
    while (at < text.size() && is_digit(text[at])) {
      if (at - first == kFractionDigitsMax) return std::nullopt;
      decimal.fraction = decimal.fraction * 10 + static_cast<std::uint64_t>(text[at++] - '0');
      decimal.scale *= 10;
    }
    if (at == first) return std::nullopt;
  }
  decimal.rest = text.substr(at);
  return decimal;
}

// whole.fraction x unit, if that is a whole number that fits.
std::optional<std::uint64_t> times(const Decimal& decimal, std::uint64_t unit) {
  std::uint64_t whole = 0;
  if (__builtin_mul_overflow(decimal.whole, unit, &whole)) return std::nullopt;
  std::uint64_t part = 0;
  if (__builtin_mul_overflow(decimal.fraction, unit, &part)) return std::nullopt;
  if (part % decimal.scale != 0) return std::nullopt;
  std::uint64_t sum = 0;
  if (__builtin_add_overflow(whole, part / decimal.scale, &sum)) return std::nullopt;
  if (sum > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) return std::nullopt;
  return sum;
}

std::optional<std::uint64_t> in_units(const Decimal& decimal, std::span<const Unit> units) {
  const auto unit = std::ranges::find(units, decimal.rest, &Unit::name);
  return unit == units.end() ? std::nullopt : times(decimal, unit->size);
}

// n / 10^decimals without trailing zeros.
std::string decimal_text(std::uint64_t number, std::uint64_t scale, std::size_t decimals) {
  std::string text = fmt::format("{}.{:0{}}", number / scale, number % scale, decimals);
  while (text.back() == '0') text.pop_back();
  if (text.back() == '.') text.pop_back();
  return text;
}

bool is_plain_word(std::string_view word) {
  if (word.empty() || parse_thousandths(word)) return false;
  return std::ranges::all_of(word, [](unsigned char c) {
    return is_digit(static_cast<char>(c)) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c >= 0x80 ||
           std::string_view("-_./=+:@").contains(static_cast<char>(c));
  });
}

std::string quoted(std::string_view word) {
  std::string text = "\"";
  for (const char c : word) {
    if (c == '\n') {
      text += "\\n";
    } else if (c == '\t') {
      text += "\\t";
    } else {
      if (c == '"' || c == '\\') text += '\\';
      text += c;
    }
  }
  return text + '"';
}

constexpr std::array<std::string_view, 3> kSecretFlags = {"--api-key", "--hf-token", "-hft"};

}  // namespace

std::optional<Duration> parse_duration(std::string_view text, BareNumber bare) {
  auto decimal = read_decimal(text);
  if (!decimal) return std::nullopt;
  const bool is_zero = decimal->whole == 0 && decimal->fraction == 0;
  if (decimal->rest.empty() && (is_zero || bare == BareNumber::seconds)) decimal->rest = "s";
  const auto us = in_units(*decimal, kDurationUnits);
  return us ? std::optional(Duration(static_cast<std::int64_t>(*us))) : std::nullopt;
}

std::optional<std::uint64_t> parse_bytes(std::string_view text) {
  const auto decimal = read_decimal(text);
  return decimal ? in_units(*decimal, kByteUnits) : std::nullopt;
}

std::optional<std::uint64_t> parse_count(std::string_view text) {
  const auto decimal = read_decimal(text);
  if (!decimal || !decimal->rest.empty() || decimal->scale != 1) return std::nullopt;
  return decimal->whole;
}

std::optional<std::uint64_t> parse_thousandths(std::string_view text) {
  const auto decimal = read_decimal(text);
  return decimal && decimal->rest.empty() ? times(*decimal, 1'000) : std::nullopt;
}

std::string format_duration(Duration duration) {
  const auto us = static_cast<std::uint64_t>(duration.count());
  if (us == 0) return "0";
  if (us >= 1'000'000) return decimal_text(us, 1'000'000, 6) + "s";
  return decimal_text(us, 1'000, 3) + "ms";
}

std::string format_bytes(std::uint64_t bytes) {
  for (const Unit unit : {Unit{"GiB", 1U << 30}, Unit{"MiB", 1U << 20}, Unit{"KiB", 1U << 10}}) {
    if (bytes != 0 && bytes % unit.size == 0) return fmt::format("{}{}", bytes / unit.size, unit.name);
  }
  return fmt::format("{}", bytes);
}

std::string format_thousandths(std::uint64_t thousandths) {
  if (thousandths % 1'000 == 0) return fmt::format("{}.0", thousandths / 1'000);
  return decimal_text(thousandths, 1'000, 3);
}

std::string format_words(const Words& words) {
  std::string text = "[";
  bool is_secret = false;
  for (const auto& word : words) {
    if (text.size() > 1) text += ", ";
    const std::string flag = word.substr(0, word.find('='));
    const bool has_value = flag.size() < word.size();
    const bool is_flag = std::ranges::find(kSecretFlags, flag) != kSecretFlags.end();
    if (is_secret) {
      text += "***";
    } else if (is_flag && has_value) {
      text += flag + "=***";
    } else {
      text += is_plain_word(word) ? word : quoted(word);
    }
    is_secret = is_flag && !has_value;
  }
  return text + "]";
}

}  // namespace signalbox::config
