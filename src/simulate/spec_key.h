// One key of a workload in one word: how its value is written, and within which bounds. Called by spec.cc.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace signalbox::simulate {

struct SpecKey {
  enum class Form { whole, thousandths, duration, variation };
  std::string_view name;
  Form form = Form::whole;
  std::uint64_t min = 0;
  std::uint64_t max = 0;       // in units, seconds or whole numbers, not in thousandths
  std::uint64_t standard = 0;  // in the form's own unit: whole, thousandths, microseconds
};

// In the form's own unit; `exponential` is 0, `fixed` 1. None: it is not allowed.
[[nodiscard]] std::optional<std::uint64_t> value_of(const SpecKey& key, std::string_view text);
// As in "... is allowed".
[[nodiscard]] std::string allowed(const SpecKey& key);
// The standard value, as one would write it.
[[nodiscard]] std::string standard_text(const SpecKey& key);

}  // namespace signalbox::simulate
