// A number for a sequence of numbers: equal sequences, equal numbers (FNV-1a over words). Not for keys that
// somebody could choose, and not for telling millions of states apart: explore_states.h does that.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/id.h"

namespace signalbox::simulate {

class Digest {
 public:
  void take_in(std::uint64_t value) { value_ = (value_ ^ value) * 1099511628211ULL; }
  void take_in(std::string_view text) {
    for (const char c : text) take_in(static_cast<unsigned char>(c));
  }
  void take_in(std::optional<ModelIndex> model) { take_in(model ? model->value() + 1ULL : 0ULL); }
  [[nodiscard]] std::uint64_t value() const { return value_; }

 private:
  std::uint64_t value_ = 1469598103934665603ULL;
};

}  // namespace signalbox::simulate
