// Signs of life for those who wait: each at its interval, spread over it, none for those who are being told
// something already.
#include "control/heartbeats.h"

#include <functional>
#include <set>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include "control/control.h"
#include "control/fakes_test.h"

namespace signalbox::control {
namespace {

namespace asio = boost::asio;

constexpr ModelIndex kModel(0);
constexpr auto kDeadline = std::chrono::seconds(20);
constexpr auto kInterval = std::chrono::milliseconds(100);

// All tickets wait: the model's file is never looked at to the end.
class HeartbeatsTest : public testing::Test {
 protected:
  HeartbeatsTest() : upstream_(io_.get_executor()) {
    Options options;
    options.model_names = {"a"};
    options.heartbeat_interval = kInterval;
    options.scheduling.models.resize(1);
    options.scheduling.models[0].queue_size = 1000;
    control_ = std::make_unique<Control>(io_.get_executor(), clock_, launcher_, upstream_, metrics_, options);
    control_->begin();
  }

  std::shared_ptr<Ticket> admit() {
    auto admitted = control_->admit(Admission{.model = kModel});
    return std::move(std::get<std::unique_ptr<Ticket>>(admitted));
  }

  // Listens until the ticket's `beats` heartbeats have come; each is noted.
  asio::awaitable<void> listen(std::shared_ptr<Ticket> ticket, int beats) {
    ticket->want_heartbeats();
    while (beats > 0) {
      const Wakeup wakeup = co_await ticket->next();
      if (!std::holds_alternative<HeartbeatDue>(wakeup)) continue;
      noted_.push_back(ticket->id());
      --beats;
    }
    ++finished_;
  }

  void run_until(const std::function<bool()>& done) {
    const TimePoint deadline = clock_.now() + kDeadline;
    while (!done()) {
      ASSERT_LT(clock_.now(), deadline) << "waited too long";
      if (io_.stopped()) io_.restart();
      io_.run_one_for(std::chrono::milliseconds(50));
    }
  }

  asio::io_context io_;
  SystemClock clock_;
  FakeEngineLauncher launcher_;
  FakeUpstream upstream_;
  metrics::Metrics metrics_{metrics::Options{.model_names = {"a"}, .version = "0", .started_at = 0}};
  std::unique_ptr<Control> control_;
  std::vector<RequestId> noted_;
  std::size_t finished_ = 0;
};

TEST_F(HeartbeatsTest, ComeAtTheInterval) {
  const TimePoint start = clock_.now();
  asio::co_spawn(io_, listen(admit(), 3), asio::detached);
  run_until([this] { return finished_ == 1; });
  EXPECT_GE(clock_.now() - start, kInterval * 2);
}

TEST_F(HeartbeatsTest, EveryWaiterHasItsTurnOnceARound) {
  constexpr std::size_t kWaiters = 30;
  for (std::size_t i = 0; i < kWaiters; ++i) asio::co_spawn(io_, listen(admit(), 2), asio::detached);
  run_until([this] { return finished_ == kWaiters; });
  const std::set<RequestId> first_round(noted_.begin(), noted_.begin() + kWaiters);
  EXPECT_EQ(first_round.size(), kWaiters);
}

TEST_F(HeartbeatsTest, StopForThoseWhoLeave) {
  auto leaves = admit();
  auto stays = admit();
  leaves->want_heartbeats();
  leaves->want_heartbeats();  // asking twice is asking once
  leaves.reset();
  asio::co_spawn(io_, listen(std::move(stays), 2), asio::detached);
  run_until([this] { return finished_ == 1; });
  EXPECT_EQ(noted_.size(), 2U);
}

TEST_F(HeartbeatsTest, AreNotMadeUpForOneWhoDidNotListen) {
  auto busy = admit();
  busy->want_heartbeats();
  asio::co_spawn(io_, listen(admit(), 3), asio::detached);
  run_until([this] { return finished_ == 1; });
  const TimePoint start = clock_.now();
  asio::co_spawn(io_, listen(busy, 2), asio::detached);
  run_until([this] { return finished_ == 2; });
  EXPECT_GE(clock_.now() - start, kInterval) << "two beats that had been kept would come at once";
}

}  // namespace
}  // namespace signalbox::control
