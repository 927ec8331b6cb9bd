// T, the time to serve all that waits now, each model once (rule 15), as a running sum. Knows the parts, not
// what they are made of; the scheduler's State keeps them up to date.
#pragma once

#include <cstdint>
#include <vector>

#include "base/assert.h"
#include "base/id.h"
#include "base/time.h"

namespace signalbox::sched {

class Backlog {
 public:
  explicit Backlog(std::size_t models) : parts_(models, Duration{0}) {}

  // From now on this model's part is `part`; zero if it is not to be served.
  void set(ModelIndex model, Duration part) {
    SB_ASSERT(to_index(model) < parts_.size());
    SB_ASSERT(part >= Duration{0});
    total_ += part - parts_[to_index(model)];
    parts_[to_index(model)] = part;
  }
  [[nodiscard]] Duration total() const { return total_; }

 private:
  std::vector<Duration> parts_;
  Duration total_{0};
};

}  // namespace signalbox::sched
