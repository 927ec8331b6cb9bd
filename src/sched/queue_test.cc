#include "sched/queue.h"

#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace signalbox::sched {
namespace {

using namespace std::chrono_literals;

constexpr TimePoint kStart{1000s};

Waiter waiter(std::uint64_t number, ServiceClass service_class = ServiceClass::standard) {
  return {.number = number,
          .id = RequestId(number + 100),
          .arrived = kStart + number * 1s,
          .service_class = service_class};
}

std::vector<std::uint64_t> order(const WaitQueue& queue) {
  std::vector<std::uint64_t> numbers;
  queue.for_each([&numbers](const Waiter& who) {
    numbers.push_back(who.number);
    return true;
  });
  return numbers;
}

// Positions and the order of starting are one thing; every test that asks for the order asks for both.
void expect_order(const WaitQueue& queue, const std::vector<std::uint64_t>& numbers) {
  EXPECT_EQ(order(queue), numbers);
  for (std::uint32_t i = 0; i < numbers.size(); ++i) EXPECT_EQ(queue.position(numbers[i]), i + 1);
}

TEST(WaitQueue, IsFirstComeFirstServed) {
  WaitQueue queue(3, 0);
  queue.insert(waiter(1));
  queue.insert(waiter(5));
  queue.insert(waiter(9));
  expect_order(queue, {1, 5, 9});
  EXPECT_EQ(queue.first_pressing()->number, 1U);
  queue.remove(1);
  EXPECT_EQ(queue.first_pressing()->number, 5U);
  EXPECT_EQ(queue.first_pressing()->id, RequestId(105));
}

TEST(WaitQueue, MovesTheOthersUpWhenOneInTheMiddleLeaves) {
  WaitQueue queue(3, 0);
  queue.insert(waiter(1));
  queue.insert(waiter(5));
  queue.insert(waiter(9));
  queue.remove(5);
  EXPECT_EQ(queue.size(), 2U);
  expect_order(queue, {1, 9});
}

TEST(WaitQueue, IsFullAtTheBoundOfEachKind) {
  WaitQueue queue(2, 1);
  queue.insert(waiter(1));
  EXPECT_FALSE(queue.is_full_for(ServiceClass::standard));
  queue.insert(waiter(2, ServiceClass::priority));
  EXPECT_TRUE(queue.is_full_for(ServiceClass::standard));
  EXPECT_TRUE(queue.is_full_for(ServiceClass::priority));
  EXPECT_FALSE(queue.is_full_for(ServiceClass::flex));
  queue.insert(waiter(3, ServiceClass::flex));
  EXPECT_TRUE(queue.is_full_for(ServiceClass::flex));
  queue.remove(1);
  EXPECT_FALSE(queue.is_full_for(ServiceClass::standard));
}

TEST(WaitQueue, OfNoPlacesIsFullAndEmpty) {
  const WaitQueue queue(0, 0);
  EXPECT_TRUE(queue.is_full_for(ServiceClass::standard));
  EXPECT_TRUE(queue.is_full_for(ServiceClass::flex));
  EXPECT_TRUE(queue.empty());
  EXPECT_EQ(queue.first_pressing(), nullptr);
  EXPECT_EQ(queue.oldest_pressing(), nullptr);
  EXPECT_EQ(queue.oldest_flex(), nullptr);
}

TEST(WaitQueue, PutsPriorityAheadAndFlexBehind) {
  WaitQueue queue(9, 9);
  queue.insert(waiter(1, ServiceClass::flex));
  queue.insert(waiter(2));
  queue.insert(waiter(3, ServiceClass::priority));
  queue.insert(waiter(4));
  queue.insert(waiter(5, ServiceClass::priority));
  expect_order(queue, {3, 5, 2, 4, 1});
  EXPECT_EQ(queue.first_pressing()->number, 3U);
  EXPECT_EQ(queue.oldest_pressing()->number, 2U);
  EXPECT_EQ(queue.oldest_flex()->number, 1U);
  EXPECT_EQ(queue.pressing(), 4U);
  EXPECT_EQ(queue.flex_size(), 1U);
}

TEST(WaitQueue, LetsPriorityPassNobodyWhoCameTenMinutesEarlier) {
  WaitQueue queue(9, 9);
  queue.insert(waiter(1));
  queue.insert(waiter(2));
  queue.insert(waiter(601, ServiceClass::priority));  // 600 s after 1, 599 s after 2
  queue.insert(waiter(602));
  expect_order(queue, {1, 601, 2, 602});
  EXPECT_EQ(queue.first_pressing()->number, 1U);
}

TEST(WaitQueue, FindsTheFirstOfThoseUpToANumber) {
  WaitQueue queue(9, 9);
  queue.insert(waiter(2));
  queue.insert(waiter(3, ServiceClass::priority));
  EXPECT_EQ(queue.first_pressing(3)->number, 3U);
  EXPECT_EQ(queue.first_pressing(2)->number, 2U);
  EXPECT_EQ(queue.first_pressing(1), nullptr);
}

TEST(WaitQueue, MakesTheOldestFlexWaiterAPressingOne) {
  WaitQueue queue(9, 9);
  queue.insert(waiter(1, ServiceClass::flex));
  queue.insert(waiter(2));
  queue.insert(waiter(3, ServiceClass::flex));
  queue.promote_flex();
  expect_order(queue, {1, 2, 3});
  EXPECT_EQ(queue.pressing(), 2U);
  queue.remove(1);
  EXPECT_EQ(queue.pressing(), 1U);
}

TEST(WaitQueue, TakesOneBackAtItsOldPlaceEvenWhenItIsFull) {
  WaitQueue queue(1, 0);
  queue.insert(waiter(4));
  queue.insert(waiter(2));
  expect_order(queue, {2, 4});
  EXPECT_TRUE(queue.is_full_for(ServiceClass::standard));
}

TEST(WaitQueue, SumsTheAgesOfPressingWaitersThoseOfPriorityTwice) {
  WaitQueue queue(9, 9);
  queue.insert(waiter(1));
  queue.insert(waiter(2, ServiceClass::priority));
  queue.insert(waiter(3, ServiceClass::flex));
  EXPECT_EQ(queue.sum_of_ages(kStart + 10s), (9s + 2 * 8s) / 1us);
  queue.promote_flex();
  EXPECT_EQ(queue.sum_of_ages(kStart + 10s), (9s + 2 * 8s + 7s) / 1us);
  queue.remove(2);
  EXPECT_EQ(queue.sum_of_ages(kStart + 10s), (9s + 7s) / 1us);
}

TEST(WaitQueueDeathTest, AbortsOnANumberGivenTwice) {
  WaitQueue queue(3, 3);
  queue.insert(waiter(5));
  EXPECT_DEATH(queue.insert(waiter(5)), "is_new");
}

TEST(WaitQueueDeathTest, AbortsOnAStranger) {
  WaitQueue queue(3, 3);
  queue.insert(waiter(5));
  EXPECT_DEATH(queue.remove(6), "place");
  EXPECT_DEATH(static_cast<void>(queue.position(4)), "flex_");
  EXPECT_DEATH(queue.promote_flex(), "empty");
}

}  // namespace
}  // namespace signalbox::sched
