// Texts that options were given, as the values that they stand for. Pure. Called by what checks a command's
// options.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"

namespace signalbox::cli {

// None for an empty text, which is an option that was not given, and for a wrong one: the first of those is
// the error, which names the option, what it was given and what is allowed.
class OptionReading {
 public:
  static constexpr Duration kDurationMax = std::chrono::hours(24);
  static constexpr std::uint64_t kCountMax = 10'000'000;
  static constexpr std::uint64_t kFactorMax = 100'000;  // thousandths

  [[nodiscard]] std::optional<Duration> duration(std::string_view option, const std::string& text,
                                                 Duration max = kDurationMax,
                                                 Duration min = Duration::zero());
  [[nodiscard]] std::optional<std::uint32_t> count(std::string_view option, const std::string& text,
                                                   std::uint64_t min, std::uint64_t max = kCountMax);
  // In thousandths, from `min` of them to kFactorMax.
  [[nodiscard]] std::optional<std::uint32_t> factor(std::string_view option, const std::string& text,
                                                    std::uint64_t min = 0);
  [[nodiscard]] const std::optional<Error>& error() const { return error_; }

 private:
  std::nullopt_t wrong(std::string_view option, const std::string& text, std::string_view allowed);

  std::optional<Error> error_;
};

}  // namespace signalbox::cli
