// The children of one metric family, one for each value of a label, looked up once when they are made: an
// increment later is an index and an addition, no map and no allocation. For metrics.h.
#pragma once

#include <cstddef>
#include <prometheus/family.h>
#include <string>
#include <utility>
#include <vector>

#include "base/assert.h"
#include "metrics/labels.h"

namespace signalbox::metrics {

template <class Enum, class Metric>
class Children {
 public:
  Children() = default;
  // `labels`: what all of them have in common; `more`: the metric's own arguments.
  template <class... More>
  explicit Children(prometheus::Family<Metric>& family, const prometheus::Labels& labels,
                    const More&... more) {
    for (const std::string_view value : Label<Enum>::kValues) {
      prometheus::Labels own = labels;
      own.emplace(Label<Enum>::kKey, value);
      children_.push_back(&family.Add(own, more...));
    }
  }
  [[nodiscard]] Metric& operator[](Enum value) const {
    const auto index = static_cast<std::size_t>(value);
    SB_ASSERT(index < children_.size());
    return *children_[index];
  }

 private:
  std::vector<Metric*> children_;
};

}  // namespace signalbox::metrics
