#include "faults/recovery.h"

#include <algorithm>
#include <stdexcept>

#include <boost/json/serialize.hpp>
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "faults/ending.h"

namespace signalbox::test {
namespace {

namespace json = boost::json;

// What one living engine costs the server: its three pipes, the guard's two, and the guard's pidfd.
constexpr std::size_t kDescriptorsOfAnEngine = 6;
// Longer than the five seconds after which a place that does not become free costs the engine its life.
constexpr Duration kSettling = std::chrono::seconds(20);

bool is_settled(const json::object& status) {
  const auto state = std::string_view(status.at("status").as_string());
  const bool at_rest = state == "idle" || state == "ready" || state == "error";
  const bool nothing_runs = status.at("in_flight_requests").as_int64() == 0 &&
                            status.at("workers").as_object().at("busy").as_int64() == 0;
  const bool nobody_waits =
      std::ranges::all_of(status.at("queue_lengths").as_object(),
                          [](const auto& queue) { return queue.value().as_int64() == 0; });
  return at_rest && nothing_runs && nobody_waits;
}

// Another client's switch or a quarantine may be in the way for a moment, but not for long.
bool serves_next(const FaultServer& server, std::string_view model, Ending& ending) {
  auto connection = server.start_chat(model, {.max_tokens = 1, .stream = false});
  ending = ending_of(connection);
  if (ending.good()) return true;
  static_cast<void>(server.select(model));
  return false;
}

std::string list_of(const std::vector<Process>& processes) {
  std::string text;
  for (const auto& process : processes) text += fmt::format("\n  {} {}", process.pid, process.arguments);
  return text;
}

// Server and guard stand for one each; what an engine forked may be more than one.
bool processes_are_right(const FaultServer& server) {
  const bool loaded = server.state() == "ready";
  const auto engines = server.engines().size();
  return server.guards().size() == (loaded ? 1U : 0U) && (engines > 0) == loaded;
}

}  // namespace

FaultServer::FaultServer(Setup setup) : TestServer(std::move(setup)) {
  const auto knows_its_engine = [this] {
    // Where there is no log to read: when no short run of the program has been seen for a while.
    if (log_text().empty()) return stays([this] { return guards().empty(); }, std::chrono::milliseconds(300));
    return !log("engine program").empty() || !log("engine not usable").empty();
  };
  if (!eventually(knows_its_engine)) throw std::runtime_error("it does not look at its engine");
  descriptors_at_start_ = descriptors_of(pid());
}

void expect_settled(const FaultServer& server) {
  json::object status;
  const auto settled = [&] {
    status = server.status();
    return is_settled(status);
  };
  EXPECT_TRUE(eventually(settled, kSettling)) << "not at rest: " << json::serialize(status);
  EXPECT_TRUE(eventually([&] { return processes_are_right(server); }, kSettling))
      << "state " << server.state() << ", and these processes:" << list_of(server.processes());
  const auto descriptors_are_back = [&] {
    const auto engines = server.guards().size() * kDescriptorsOfAnEngine;
    return descriptors_of(server.pid()) == server.descriptors_at_start() + engines;
  };
  EXPECT_TRUE(eventually(descriptors_are_back, kSettling))
      << descriptors_of(server.pid()) << " descriptors, and " << server.descriptors_at_start()
      << " at the start; " << server.guards().size() << " guards";
}

void expect_recovered(const FaultServer& server, std::string_view model) {
  try {
    expect_settled(server);
    Ending ending;
    EXPECT_TRUE(eventually([&] { return serves_next(server, model, ending); }, kSettling))
        << "the next request: " << testing::PrintToString(ending);
    EXPECT_EQ(server.state(), "ready");
    EXPECT_EQ(server.active_model(), model);
    expect_settled(server);
  } catch (const std::exception& error) {
    ADD_FAILURE() << "the server does not answer: " << error.what();
  }
}

}  // namespace signalbox::test
