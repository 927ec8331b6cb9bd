#include "sched/queue.h"

#include "base/assert.h"

namespace signalbox::sched {

void WaitQueue::set_capacity(std::uint32_t capacity, std::uint32_t flex_capacity) {
  capacity_ = capacity;
  flex_capacity_ = flex_capacity;
}

bool WaitQueue::is_full_for(ServiceClass service_class) const {
  return service_class == ServiceClass::flex ? flex_size() >= flex_capacity_ : pressing() >= capacity_;
}

std::uint32_t WaitQueue::pressing() const {
  return static_cast<std::uint32_t>(priority_.size() + standard_.size());
}

void WaitQueue::count(const Waiter& waiter, int sign) {
  const std::int64_t weight = waiter.service_class == ServiceClass::priority ? kPriorityWeight : 1;
  weights_ += sign * weight;
  weighted_arrivals_ += static_cast<Wide>(sign) * weight * waiter.arrived.time_since_epoch().count();
}

void WaitQueue::insert(const Waiter& waiter) {
  if (waiter.service_class == ServiceClass::flex) {
    const bool is_new = flex_.insert({waiter.number, waiter}).second;
    SB_ASSERT(is_new);
    return;
  }
  auto& lane = waiter.service_class == ServiceClass::priority ? priority_ : standard_;
  const bool is_new = lane.insert({waiter.number, waiter}).second;
  SB_ASSERT(is_new);
  count(waiter, 1);
}

WaitQueue::Lane& WaitQueue::lane_of(std::uint64_t number) {
  if (standard_.find(number) != standard_.end()) return standard_;
  return priority_.find(number) != priority_.end() ? priority_ : flex_;
}

void WaitQueue::remove(std::uint64_t number) {
  auto& lane = lane_of(number);
  const auto place = lane.find(number);
  SB_ASSERT(place != lane.end());
  if (&lane != &flex_) count(place->second, -1);
  lane.erase(place);
}

void WaitQueue::promote_flex() {
  SB_ASSERT(!flex_.empty());
  auto waiter = flex_.begin()->second;
  flex_.erase(flex_.begin());
  waiter.service_class = ServiceClass::standard;
  insert(waiter);
}

namespace {

// Of the numbers in the lane, how many are below. Waiters of one lane arrived in the order of their numbers.
template <class Lane, class Goes>
std::uint32_t count_ahead(const Lane& lane, Goes goes_ahead) {
  // The lane is ordered so that those who go ahead are a prefix.
  std::size_t low = 0;
  std::size_t high = lane.size();
  while (low < high) {
    const auto middle = low + (high - low) / 2;
    if (goes_ahead(lane.find_by_order(middle)->second)) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return static_cast<std::uint32_t>(low);
}

}  // namespace

std::uint32_t WaitQueue::position(std::uint64_t number) const {
  if (const auto place = standard_.find(number); place != standard_.end()) {
    const auto& self = place->second;
    const auto ahead = count_ahead(priority_, [&](const Waiter& other) { return goes_first(other, self); });
    return ahead + static_cast<std::uint32_t>(standard_.order_of_key(number)) + 1;
  }
  if (const auto place = priority_.find(number); place != priority_.end()) {
    const auto& self = place->second;
    const auto ahead = count_ahead(standard_, [&](const Waiter& other) { return !goes_first(self, other); });
    return ahead + static_cast<std::uint32_t>(priority_.order_of_key(number)) + 1;
  }
  SB_ASSERT(flex_.find(number) != flex_.end());
  return pressing() + static_cast<std::uint32_t>(flex_.order_of_key(number)) + 1;
}

const Waiter* WaitQueue::front_of(const Lane& lane) {
  return lane.empty() ? nullptr : &lane.begin()->second;
}

const Waiter* WaitQueue::first_pressing(std::uint64_t number_max) const {
  const auto* priority = front_of(priority_);
  const auto* standard = front_of(standard_);
  if (priority != nullptr && priority->number > number_max) priority = nullptr;
  if (standard != nullptr && standard->number > number_max) standard = nullptr;
  if (priority == nullptr || standard == nullptr) return priority != nullptr ? priority : standard;
  return goes_first(*priority, *standard) ? priority : standard;
}

const Waiter* WaitQueue::oldest_pressing() const {
  const auto* priority = front_of(priority_);
  const auto* standard = front_of(standard_);
  if (priority == nullptr || standard == nullptr) return priority != nullptr ? priority : standard;
  return priority->number < standard->number ? priority : standard;
}

const Waiter* WaitQueue::oldest_flex() const {
  return front_of(flex_);
}

Wide WaitQueue::sum_of_ages(TimePoint now) const {
  return static_cast<Wide>(weights_) * now.time_since_epoch().count() - weighted_arrivals_;
}

}  // namespace signalbox::sched
