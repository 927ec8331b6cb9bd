#include "faults/random_run.h"

#include <algorithm>
#include <csignal>
#include <exception>
#include <filesystem>
#include <fstream>
#include <poll.h>
#include <set>
#include <string>
#include <thread>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "faults/ending.h"
#include "faults/recovery.h"

namespace signalbox::test {
namespace {

// Far beyond all limits of a run together; a paused engine and a stuck slot cost seconds.
constexpr Duration kEndWithin = std::chrono::seconds(30);
constexpr int kSlowBytes = 60;
constexpr int kSlowPauseMs = 3;

void pause(Duration duration) {
  if (duration > Duration(0)) ::poll(nullptr, 0, static_cast<int>(to_ms(duration)));
}

struct ClientOutcome {
  Ending ending;
  bool left = false;  // by itself, so its ending says nothing
};

// Takes what comes until the time is up.
void read_for(Connection& connection, Milliseconds time) {
  const auto until = now() + time;
  while (now() < until && connection.readable(until - now())) {
    if (connection.read(kEndWithin).empty()) return pause(until - now());
  }
}

ClientOutcome behave(const FaultServer& server, const ClientPlan& plan) {
  auto connection = server.connect();
  if (plan.manner == Manner::reads_slowly) connection.shrink_receive_buffer();
  connection.send(std::string_view(plan.text).substr(0, plan.sent));
  if (plan.sent < plan.text.size()) {
    pause(plan.patience / 4);
    connection.send(std::string_view(plan.text).substr(plan.sent));
  }
  std::string read;
  switch (plan.manner) {
    case Manner::reads:
      break;
    case Manner::leaves:
      read_for(connection, plan.patience);
      return {.ending = {}, .left = true};
    case Manner::resets:
      read_for(connection, plan.patience);
      connection.close(Close::reset);
      return {.ending = {}, .left = true};
    case Manner::half_closes:
      connection.shutdown_write();
      if (!connection.closed_by_peer(kEndWithin)) ADD_FAILURE() << "a half-closed connection stays";
      return {.ending = {}, .left = true};
    case Manner::reads_slowly:
      for (int i = 0; i < kSlowBytes; ++i) {
        const auto byte = connection.read_byte(kEndWithin);
        if (!byte) break;
        read += *byte;
        pause(Milliseconds(kSlowPauseMs));
      }
      connection.input() = read;
      break;
  }
  auto ending = ending_of(connection, kEndWithin);
  // One that was cut for its slowness has no end to show.
  return {.ending = ending, .left = plan.manner == Manner::reads_slowly && !ending.proper()};
}

// A process that is still this server's gets a signal, and another one later.
void signal_and_later(const std::vector<Process>& processes, int first, int later, Milliseconds lasts) {
  for (const auto& process : processes) ::kill(process.pid, first);
  pause(lasts);
  if (later == 0) return;
  // In between it may have been ended; its number is not given anew so soon.
  for (const auto& process : processes) ::kill(process.pid, later);
}

void do_mischief(const FaultServer& server, const MischiefPlan& plan) {
  switch (plan.what) {
    case Mischief::kill_engine:
      return signal_and_later(server.engines(), SIGKILL, 0, Milliseconds(0));
    case Mischief::pause_engine:
      return signal_and_later(server.engines(), SIGSTOP, SIGCONT, plan.lasts * 8);
    case Mischief::kill_guard:
      return signal_and_later(server.guards(), SIGKILL, 0, Milliseconds(0));
    case Mischief::pause_guard:
      return signal_and_later(server.guards(), SIGSTOP, SIGCONT, plan.lasts);
    case Mischief::pause_server:
      server.signal(SIGSTOP);
      pause(plan.lasts);
      return server.signal(SIGCONT);
    case Mischief::remove_file:
      std::filesystem::remove(server.model_file(plan.model));
      return;
    case Mischief::spoil_file:
      std::ofstream(server.model_file(plan.model)) << "no model any more";
      return;
  }
}

// The number of generation requests that ended, as the server counts them.
std::int64_t requests_counted(const FaultServer& server) {
  constexpr std::string_view kName = "signalbox_requests_total{";
  const auto text = server.get("/metrics").body;
  std::int64_t sum = 0;
  for (auto at = text.find(kName); at != std::string::npos; at = text.find(kName, at + 1)) {
    const auto value = text.find("} ", at);
    sum += std::stoll(text.substr(value + 2));
  }
  return sum;
}

void check_endings(const RunPlan& plan, const std::vector<ClientOutcome>& outcomes) {
  for (std::size_t i = 0; i < outcomes.size(); ++i) {
    if (outcomes[i].left || plan.clients[i].endless) continue;
    EXPECT_TRUE(outcomes[i].ending.proper())
        << "client " << i << ": " << testing::PrintToString(outcomes[i].ending) << "\nwhich asked\n"
        << plan.clients[i].text;
  }
}

// Each request that was sent whole and whose client stayed was counted, and none twice.
void check_count(const FaultServer& server, const RunPlan& plan, const std::vector<ClientOutcome>& outcomes) {
  std::int64_t least = 0;
  std::int64_t most = 0;
  for (std::size_t i = 0; i < outcomes.size(); ++i) {
    if (!plan.clients[i].counted) continue;
    ++most;
    // A body that came too slowly or was refused names no model.
    const auto status = outcomes[i].ending.status;
    if (!outcomes[i].left && status != 408 && status != 400) ++least;
  }
  const auto counted = requests_counted(server);
  EXPECT_GE(counted, least) << "of " << most << " requests";
  EXPECT_LE(counted, most) << "a request ended twice";
}

// A place that is not free five seconds after a cut costs a sound engine its life. That the server is at rest
// then hides who forgot the place.
void check_places(const FaultServer& server, const RunPlan& plan) {
  const bool may_be_stuck = std::ranges::any_of(plan.setup.models, [](const ModelSetup& model) {
    return std::ranges::find(model.fake, "slots_stuck") != model.fake.end();
  });
  if (may_be_stuck) return;
  for (const auto& kill : server.log("engine killed")) {
    const auto reason = std::string_view(kill.at("reason").as_string());
    EXPECT_FALSE(reason.contains("did not free the place")) << reason;
  }
}

// No request has a third try, and none a second one where that is off.
void check_replays(const FaultServer& server, const RunPlan& plan, RunCounts& counts) {
  const auto& scheduler = plan.setup.scheduler;
  const bool may_be = std::ranges::find(scheduler, "replay: once") != scheduler.end();
  std::set<std::string> replayed;
  for (const auto& line : server.log("request replayed")) {
    const std::string request(line.at("request_id").as_string());
    EXPECT_TRUE(may_be) << request;
    EXPECT_TRUE(replayed.insert(request).second) << request << " was replayed twice";
  }
  counts.replayed += replayed.size();
}

void count(const RunPlan& plan, const std::vector<ClientOutcome>& outcomes, RunCounts& counts) {
  counts.mischief += plan.mischief.size();
  for (const auto& outcome : outcomes) {
    ++(outcome.left ? counts.left : counts.endings.at(static_cast<std::size_t>(outcome.ending.how)));
  }
}

}  // namespace

void PrintTo(const RunCounts& counts, std::ostream* out) {
  *out << fmt::format(
      "{} answered whole, {} streamed to the end, {} told in the stream, {} refused, {} left by themselves; "
      "{} replayed; {} pieces of mischief",
      counts.endings[0].load(), counts.endings[1].load(), counts.endings[2].load(), counts.endings[3].load(),
      counts.left.load(), counts.replayed.load(), counts.mischief.load());
}

void carry_out(const RunPlan& plan, RunCounts& counts) {
  FaultServer server(plan.setup);
  std::vector<ClientOutcome> outcomes(plan.clients.size());
  const auto start = now();
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < plan.clients.size(); ++i) {
    threads.emplace_back([&, i] {
      pause(start + plan.clients[i].begins - now());
      try {
        outcomes[i] = behave(server, plan.clients[i]);
      } catch (const std::exception& error) {
        outcomes[i].ending.words = error.what();
      }
    });
  }
  for (const auto& mischief : plan.mischief) {
    pause(start + mischief.at - now());
    do_mischief(server, mischief);
  }
  for (auto& thread : threads) thread.join();
  check_endings(plan, outcomes);
  for (std::size_t i = 0; i < plan.setup.models.size(); ++i) {
    std::ofstream(server.model_file(i)) << "GGUF again";
  }
  expect_settled(server);
  check_count(server, plan, outcomes);
  check_places(server, plan);
  check_replays(server, plan, counts);
  count(plan, outcomes, counts);
  expect_recovered(server, "a");
}

}  // namespace signalbox::test
