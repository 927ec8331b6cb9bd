#include "sched/requests.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace signalbox::sched {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;

constexpr TimePoint kNow{1000s};
constexpr ModelIndex kA(0);
constexpr ModelIndex kB(1);

class RequestsTest : public testing::Test {
 protected:
  static Request request(std::uint64_t id, ModelIndex model, TimePoint arrived = kNow) {
    return {.id = RequestId(id), .model = model, .places = 2, .arrived = arrived};
  }

  Requests requests_{std::vector<ModelOptions>(3)};
};

TEST_F(RequestsTest, NumbersThemInOrderOfAdmissionOverAllModels) {
  requests_.enqueue(request(10, kA));
  requests_.enqueue(request(3, kB));
  requests_.add_running(request(7, kA));
  EXPECT_EQ(requests_.find(RequestId(10))->number, 1U);
  EXPECT_EQ(requests_.find(RequestId(3))->number, 2U);
  EXPECT_EQ(requests_.find(RequestId(7))->number, 3U);
  EXPECT_EQ(requests_.last_number(), 3U);
}

TEST_F(RequestsTest, KeepAQueueForEachModel) {
  requests_.enqueue(request(1, kA));
  requests_.enqueue(request(2, kB));
  requests_.enqueue(request(3, kA));
  EXPECT_THAT(requests_.waiting_for(kA), ElementsAre(RequestId(1), RequestId(3)));
  EXPECT_THAT(requests_.waiting_for(kB), ElementsAre(RequestId(2)));
}

TEST_F(RequestsTest, CountPlacesUntilTheyAreFree) {
  requests_.enqueue(request(1, kA));
  EXPECT_EQ(requests_.busy_places(), 0U);
  requests_.start(RequestId(1), kNow, std::nullopt);
  EXPECT_EQ(requests_.running(), 1U);
  EXPECT_EQ(requests_.busy_places(), 2U);
  EXPECT_TRUE(requests_.queue(kA).empty());
  requests_.release(RequestId(1), Closing::cut, kNow + 5s);
  EXPECT_EQ(requests_.running(), 0U);
  EXPECT_EQ(requests_.busy_places(), 2U);
  requests_.erase(RequestId(1));
  EXPECT_EQ(requests_.busy_places(), 0U);
  EXPECT_TRUE(requests_.empty());
}

TEST_F(RequestsTest, FreePlacesAtOnceWhenAnswered) {
  requests_.add_running(request(1, kA));
  requests_.erase(RequestId(1));
  EXPECT_EQ(requests_.running(), 0U);
  EXPECT_EQ(requests_.busy_places(), 0U);
}

TEST_F(RequestsTest, LeaveTheirQueueWhenErased) {
  requests_.enqueue(request(1, kA));
  requests_.enqueue(request(2, kA));
  requests_.erase(RequestId(1));
  EXPECT_EQ(requests_.find(RequestId(1)), nullptr);
  EXPECT_THAT(requests_.waiting_for(kA), ElementsAre(RequestId(2)));
}

TEST_F(RequestsTest, KnowTheFirstDeadline) {
  auto patient = request(1, kA);
  patient.deadline = kNow + 30s;
  auto hasty = request(2, kB);
  hasty.deadline = kNow + 10s;
  requests_.enqueue(patient);
  requests_.enqueue(hasty);
  requests_.enqueue(request(3, kB));
  EXPECT_EQ(requests_.first_deadline(), std::pair(kNow + 10s, RequestId(2)));
  requests_.erase(RequestId(2));
  EXPECT_EQ(requests_.first_deadline(), std::pair(kNow + 30s, RequestId(1)));
  requests_.start(RequestId(1), kNow, std::nullopt);  // who runs has no patience to lose
  EXPECT_FALSE(requests_.first_deadline());
  requests_.release(RequestId(1), Closing::cut, kNow + 5s);
  EXPECT_EQ(requests_.first_deadline(), std::pair(kNow + 5s, RequestId(1)));
  requests_.erase(RequestId(1));
  EXPECT_FALSE(requests_.first_deadline());
}

TEST_F(RequestsTest, FindTheOldestHeadOfTheOthers) {
  requests_.enqueue(request(1, kA, kNow));
  requests_.enqueue(request(2, kB, kNow + 1s));
  requests_.enqueue(request(3, ModelIndex(2), kNow + 2s));
  EXPECT_EQ(requests_.oldest_head(std::nullopt)->model, kA);
  EXPECT_EQ(requests_.oldest_head(kA)->model, kB);
  EXPECT_EQ(requests_.oldest_head(kA)->arrived, kNow + 1s);
}

TEST_F(RequestsTest, BreakTiesByTheOrderOfAdmission) {
  requests_.enqueue(request(1, kB, kNow));
  requests_.enqueue(request(2, kA, kNow));
  EXPECT_EQ(requests_.oldest_head(std::nullopt)->model, kB);
}

TEST_F(RequestsTest, HaveNoHeadWhereNobodyWaits) {
  requests_.add_running(request(1, kA));
  EXPECT_FALSE(requests_.oldest_head(std::nullopt));
}

TEST_F(RequestsTest, ListWhatIsAtTheEngineInTheOrderOfIds) {
  requests_.add_running(request(9, kA));
  requests_.add_running(request(4, kA));
  requests_.enqueue(request(5, kA));
  requests_.release(RequestId(9), Closing::cut, kNow);
  EXPECT_THAT(requests_.at_the_engine(), ElementsAre(RequestId(4), RequestId(9)));
}

TEST_F(RequestsTest, PutARequestBackAtTheHeadOfItsQueue) {
  requests_.enqueue(request(1, kA));
  requests_.enqueue(request(2, kA));
  requests_.start(RequestId(1), kNow, kNow + 9s);
  requests_.put_back(RequestId(1), kNow + 30s);
  EXPECT_THAT(requests_.waiting_for(kA), ElementsAre(RequestId(1), RequestId(2)));
  EXPECT_EQ(requests_.busy_places(), 0U);
  EXPECT_EQ(requests_.running(), 0U);
  EXPECT_TRUE(requests_.find(RequestId(1))->was_replayed);
  EXPECT_FALSE(requests_.find(RequestId(1))->predicted_end);
  EXPECT_EQ(requests_.first_deadline(), std::pair(kNow + 30s, RequestId(1)));
}

TEST_F(RequestsTest, KnowFlexWaitersApartFromPressingOnes) {
  auto flex = request(1, kA);
  flex.service_class = ServiceClass::flex;
  requests_.enqueue(flex);
  requests_.enqueue(request(2, kB));
  EXPECT_EQ(requests_.oldest_head(std::nullopt)->model, kB);
  EXPECT_EQ(requests_.oldest_flex(std::nullopt), kA);
  EXPECT_FALSE(requests_.oldest_flex(kA));
}

TEST_F(RequestsTest, MakeFlexWaitersPressingOnesOnceTheyAreOldEnough) {
  auto flex = request(1, kA, kNow);
  flex.service_class = ServiceClass::flex;
  auto younger = request(2, kA, kNow + 2s);
  younger.service_class = ServiceClass::flex;
  requests_.enqueue(flex);
  requests_.enqueue(younger);
  requests_.promote_flex(kNow + 1s);
  EXPECT_EQ(requests_.oldest_head(std::nullopt)->arrived, kNow);
  EXPECT_EQ(requests_.queue(kA).pressing(), 1U);
  EXPECT_EQ(requests_.find(RequestId(1))->service_class, ServiceClass::standard);
  EXPECT_EQ(requests_.find(RequestId(2))->service_class, ServiceClass::flex);
}

TEST_F(RequestsTest, SayWhoseQueuesChanged) {
  requests_.enqueue(request(1, kA));
  requests_.enqueue(request(2, kB));
  EXPECT_THAT(requests_.take_touched(), ElementsAre(kA, kB));
  requests_.start(RequestId(2), kNow, std::nullopt);
  EXPECT_THAT(requests_.take_touched(), ElementsAre(kB));
  EXPECT_TRUE(requests_.take_touched().empty());
}

using RequestsDeathTest = RequestsTest;

TEST_F(RequestsDeathTest, AbortOnAnIdGivenTwice) {
  requests_.enqueue(request(1, kA));
  EXPECT_DEATH(requests_.enqueue(request(1, kB)), "is_new");
}

TEST_F(RequestsDeathTest, AbortOnAMoveThatIsNotDrawn) {
  requests_.add_running(request(1, kA));
  EXPECT_DEATH(requests_.start(RequestId(1), kNow, std::nullopt), "waiting");
  requests_.enqueue(request(2, kA));
  EXPECT_DEATH(requests_.release(RequestId(2), Closing::cut, kNow), "running");
  EXPECT_DEATH(requests_.erase(RequestId(3)), "requests_.end");
}

}  // namespace
}  // namespace signalbox::sched
