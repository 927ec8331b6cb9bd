// No descriptor is left: accepting pauses and does not spin, a load says why it cannot be, and all comes back
// when connections close.
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "faults/ending.h"
#include "faults/recovery.h"

namespace signalbox::test {
namespace {

using testing::AnyOf;
using testing::HasSubstr;

constexpr int kDescriptors = 48;
// More than there are descriptors; the rest waits in the kernel's own queue.
constexpr int kClients = 80;

// UBSan looks at an object's type through a pipe and takes its failure for a wrong type. Everything else of
// UBSan stays on.
std::string without_type_checks() {
  const auto path = testing::TempDir() + "sb-fault-suppressions";
  std::ofstream(path) << "vptr:*\n";
  return "UBSAN_OPTIONS=suppressions=" + path;
}

Setup starved_setup() {
  return {.models = {{.name = "a"}},
          .server = {"keep_alive_timeout: 60s", "header_timeout: 60s"},
          .under = {"/bin/sh", "-c", R"(ulimit -n 48 && exec "$@")", "sh"},
          .environment = {without_type_checks()}};
}

std::vector<Connection> starve(const FaultServer& server) {
  std::vector<Connection> clients;
  for (int i = 0; i < kClients; ++i) clients.push_back(server.connect());
  EXPECT_TRUE(eventually([&] { return descriptors_of(server.pid()) >= kDescriptors; }));
  return clients;
}

TEST(Descriptors, ThatRunOutPauseTheAcceptingWithoutSpinning) {
  FaultServer server(starved_setup());
  server.load("a");
  auto clients = starve(server);
  const auto before = cpu_time_of(server.pid());
  EXPECT_TRUE(stays([&] { return descriptors_of(server.pid()) >= kDescriptors; }, std::chrono::seconds(2)));
  EXPECT_LT(to_ms(cpu_time_of(server.pid()) - before), 400) << "of two seconds";
  EXPECT_EQ(server.log("accepting a connection failed").size(), 1U) << "said once a minute at most";
  // Those inside are served, and so is one who waits outside, once somebody leaves.
  clients.front().send(request_text("GET", "/health"));
  EXPECT_EQ(clients.front().read_reply().status, 200U);
  clients.back().send(request_text("GET", "/health"));
  EXPECT_FALSE(clients.back().readable(std::chrono::milliseconds(300)));
  clients.erase(clients.begin(), clients.end() - 1);
  EXPECT_EQ(clients.back().read_reply().status, 200U);
  clients.clear();
  expect_recovered(server, "a");
}

TEST(Descriptors, ThatRunOutMakeALoadFailWithAReason) {
  FaultServer server(starved_setup());
  auto waiting = server.connect();
  auto inside = server.connect();
  auto clients = starve(server);
  waiting.send(request_text("POST", "/v1/chat/completions", chat_body("a", {})));
  const auto ending = ending_of(waiting);
  EXPECT_TRUE(ending.how == How::told || ending.how == How::refused) << testing::PrintToString(ending);
  EXPECT_EQ(ending.type, "model_load_failed");
  EXPECT_THAT(ending.words, HasSubstr("Too many open files"));
  inside.send(request_text("GET", "/v1/models/status"));
  EXPECT_THAT(inside.read_reply().body, HasSubstr("Too many open files"));
  inside.close();
  clients.clear();
  expect_recovered(server, "a");
}

// The engine runs, but there is no descriptor for a connection to it.
TEST(Descriptors, ThatRunOutRefuseARequestAndNotTheNext) {
  FaultServer server(starved_setup());
  server.load("a");
  auto first = server.connect();
  auto clients = starve(server);
  first.send(request_text("POST", "/v1/chat/completions", chat_body("a", {})));
  const auto ending = ending_of(first);
  EXPECT_THAT(ending.status, AnyOf(502U, 500U, 503U)) << testing::PrintToString(ending);
  clients.clear();
  expect_recovered(server, "a");
}

}  // namespace
}  // namespace signalbox::test
