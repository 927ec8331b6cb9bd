// One model's waiting requests in the order in which they will start, with a bound for each kind. Knows
// nothing of models, gates or time-outs; requests.h owns one for each model.
#pragma once

#include <cstdint>
#include <ext/pb_ds/assoc_container.hpp>
#include <ext/pb_ds/tree_policy.hpp>
#include <limits>

#include "base/id.h"
#include "base/time.h"
#include "sched/event.h"
#include "sched/scaled.h"

namespace signalbox::sched {

struct Waiter {
  std::uint64_t number = 0;  // order of admission, over all models
  RequestId id;
  TimePoint arrived;
  ServiceClass service_class = ServiceClass::standard;
};

// A priority request goes ahead of standard ones, but of none that came this much earlier: without an end a
// steady stream of priority requests would starve the others of its model.
inline constexpr Duration kPriorityLead = std::chrono::minutes(10);
// A priority request's age counts this often in the sum of ages (rule 6).
inline constexpr std::uint32_t kPriorityWeight = 2;

inline constexpr std::uint64_t kAnyNumber = std::numeric_limits<std::uint64_t>::max();

// Pressing waiters are those for whose sake a model is changed: priority, standard, and flex ones that have
// waited flex_limit. Each lane is first come first served; the lanes are trees that know their ranks, so that
// a place is found and a waiter removed in O(log n): with 10,000 waiters each heartbeat asks for one.
class WaitQueue {
 public:
  WaitQueue(std::uint32_t capacity, std::uint32_t flex_capacity)
      : capacity_(capacity), flex_capacity_(flex_capacity) {}

  void set_capacity(std::uint32_t capacity, std::uint32_t flex_capacity);

  [[nodiscard]] bool empty() const { return size() == 0; }
  [[nodiscard]] bool is_full_for(ServiceClass service_class) const;
  [[nodiscard]] std::uint32_t size() const { return pressing() + flex_size(); }
  [[nodiscard]] std::uint32_t pressing() const;
  [[nodiscard]] std::uint32_t flex_size() const { return static_cast<std::uint32_t>(flex_.size()); }

  // Precondition: its number is not here. Does not look at the bounds: one that is put back for a second try
  // comes in whatever they are.
  void insert(const Waiter& waiter);
  // Precondition: it is here.
  void remove(std::uint64_t number);
  // The oldest flex waiter becomes a pressing one. Precondition: there is one.
  void promote_flex();

  // From 1, in the order of starting. Precondition: it is here.
  [[nodiscard]] std::uint32_t position(std::uint64_t number) const;
  // Who of the pressing ones with a number up to `number_max` starts first; null if there is none.
  [[nodiscard]] const Waiter* first_pressing(std::uint64_t number_max = kAnyNumber) const;
  // The pressing one that was admitted first; null if there is none.
  [[nodiscard]] const Waiter* oldest_pressing() const;
  // Null if there is none.
  [[nodiscard]] const Waiter* oldest_flex() const;

  // Sum of the pressing ones' ages, those of priority requests counted twice (rule 6). In microseconds.
  [[nodiscard]] Wide sum_of_ages(TimePoint now) const;

  // In the order of starting, until `visit` returns false.
  template <class Visit>
  void for_each(Visit visit) const;

 private:
  using Lane = __gnu_pbds::tree<std::uint64_t, Waiter, std::less<>, __gnu_pbds::rb_tree_tag,
                                __gnu_pbds::tree_order_statistics_node_update>;

  [[nodiscard]] static const Waiter* front_of(const Lane& lane);
  void count(const Waiter& waiter, int sign);
  Lane& lane_of(std::uint64_t number);

  std::uint32_t capacity_;
  std::uint32_t flex_capacity_;
  Lane priority_;
  Lane standard_;  // and promoted flex
  Lane flex_;
  std::int64_t weights_ = 0;
  Wide weighted_arrivals_ = 0;
};

// Of two pressing waiters, the first of their lanes: whether the priority one starts first.
[[nodiscard]] inline bool goes_first(const Waiter& priority, const Waiter& standard) {
  return priority.number < standard.number || priority.arrived - standard.arrived < kPriorityLead;
}

template <class Visit>
void WaitQueue::for_each(Visit visit) const {
  auto priority = priority_.begin();
  auto standard = standard_.begin();
  while (priority != priority_.end() || standard != standard_.end()) {
    const bool is_priority = standard == standard_.end() ||
                             (priority != priority_.end() && goes_first(priority->second, standard->second));
    const auto& waiter = is_priority ? (priority++)->second : (standard++)->second;
    if (!visit(waiter)) return;
  }
  for (const auto& [number, waiter] : flex_) {
    if (!visit(waiter)) return;
  }
}

}  // namespace signalbox::sched
