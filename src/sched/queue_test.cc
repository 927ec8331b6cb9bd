#include "sched/queue.h"

#include <gtest/gtest.h>

namespace signalbox::sched {
namespace {

Waiter waiter(std::uint64_t number) {
  return {.number = number, .id = RequestId(number + 100), .arrived = {}};
}

TEST(WaitQueue, IsFirstComeFirstServed) {
  WaitQueue queue(3);
  queue.push(waiter(1));
  queue.push(waiter(5));
  queue.push(waiter(9));
  EXPECT_EQ(queue.front().number, 1U);
  queue.remove(1);
  EXPECT_EQ(queue.front().number, 5U);
  EXPECT_EQ(queue.front().id, RequestId(105));
}

TEST(WaitQueue, CountsPositionsFromOne) {
  WaitQueue queue(3);
  queue.push(waiter(1));
  queue.push(waiter(5));
  queue.push(waiter(9));
  EXPECT_EQ(queue.position(1), 1U);
  EXPECT_EQ(queue.position(9), 3U);
}

TEST(WaitQueue, MovesTheOthersUpWhenOneInTheMiddleLeaves) {
  WaitQueue queue(3);
  queue.push(waiter(1));
  queue.push(waiter(5));
  queue.push(waiter(9));
  queue.remove(5);
  EXPECT_EQ(queue.size(), 2U);
  EXPECT_EQ(queue.position(9), 2U);
}

TEST(WaitQueue, IsFullAtItsBound) {
  WaitQueue queue(2);
  queue.push(waiter(1));
  EXPECT_FALSE(queue.full());
  queue.push(waiter(2));
  EXPECT_TRUE(queue.full());
  queue.remove(1);
  EXPECT_FALSE(queue.full());
}

TEST(WaitQueue, OfNoPlacesIsFullAndEmpty) {
  const WaitQueue queue(0);
  EXPECT_TRUE(queue.full());
  EXPECT_TRUE(queue.empty());
}

TEST(WaitQueueDeathTest, AbortsRatherThanGrow) {
  WaitQueue queue(1);
  queue.push(waiter(1));
  EXPECT_DEATH(queue.push(waiter(2)), "full");
}

TEST(WaitQueueDeathTest, AbortsOnANumberOutOfOrder) {
  WaitQueue queue(3);
  queue.push(waiter(5));
  EXPECT_DEATH(queue.push(waiter(4)), "number");
}

TEST(WaitQueueDeathTest, AbortsOnAStranger) {
  WaitQueue queue(3);
  queue.push(waiter(5));
  EXPECT_DEATH(queue.remove(6), "number");
  EXPECT_DEATH(static_cast<void>(queue.position(4)), "number");
}

TEST(WaitQueueDeathTest, HasNoFrontWhenEmpty) {
  const WaitQueue queue(1);
  EXPECT_DEATH(static_cast<void>(queue.front()), "empty");
}

}  // namespace
}  // namespace signalbox::sched
