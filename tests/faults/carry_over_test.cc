// Conversations carried from one engine to the next, with the real engine and its faults: the right answer
// comes always, the memory of two models never.
#include <atomic>
#include <csignal>
#include <filesystem>
#include <functional>
#include <thread>

#include <boost/json.hpp>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "faults/ending.h"
#include "faults/real_engine.h"
#include "faults/recovery.h"
#include "faults/tiny_disk.h"

namespace signalbox::test {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;
using testing::SizeIs;

std::string turn(const std::string& role, const std::string& text) {
  return fmt::format(R"({{"role":"{}","content":{}}})", role, json::serialize(json::string(text)));
}

// A little more than is worth a file.
constexpr std::size_t kTextBytes = 1'300;

std::string long_text(char name) {
  std::string text;
  for (int i = 0; text.size() < kTextBytes; ++i) text += fmt::format("{}{} ", name, i);
  return text;
}

struct Answer {
  std::string text;
  std::int64_t cached = 0;
  std::int64_t computed = 0;
};

Answer ask(const TestServer& server, std::string_view model, const std::string& messages) {
  const auto reply = server.chat(
      model,
      {.max_tokens = 12, .more = R"("temperature":0,"ignore_eos":true)", .messages = "[" + messages + "]"});
  EXPECT_EQ(reply.status, 200U) << reply.body;
  if (reply.status != 200) return {};
  const auto body = json::parse(reply.body);
  const auto& timings = body.at("timings");
  return {.text = std::string(body.at("choices").at(0).at("message").at("content").as_string()),
          .cached = timings.at("cache_n").as_int64(),
          .computed = timings.at("prompt_n").as_int64()};
}

// Three turns of some conversations in turn; `before` happens before each answer.
std::vector<Answer> talk(const TestServer& server, int conversations, const std::function<void()>& before) {
  std::vector<std::string> messages;
  for (int i = 0; i < conversations; ++i)
    messages.push_back(turn("user", long_text(static_cast<char>('a' + i))));
  std::vector<Answer> answers;
  for (int round = 0; round < 3; ++round) {
    for (auto& conversation : messages) {
      before();
      answers.push_back(ask(server, "a", conversation));
      conversation += "," + turn("assistant", answers.back().text) + "," + turn("user", "And then?");
    }
  }
  return answers;
}

TEST(CarryOver, GivesTheAnswersOfAnEngineThatWasNeverStopped) {
  SKIP_WITHOUT_REAL_ENGINE();
  constexpr int kConversations = 3;  // over two slots
  FaultServer carried(real_setup());
  const auto with_switches = talk(carried, kConversations, [&] { carried.load("b"); });
  auto setup = real_setup({.carry_over = {"enabled: false"}});
  for (auto& model : setup.models) model.keys = {"slots: 4", "context: 2048"};
  FaultServer steady(std::move(setup));
  const auto without = talk(steady, kConversations, [] {});
  ASSERT_EQ(with_switches.size(), without.size());
  for (std::size_t i = 0; i < without.size(); ++i) {
    EXPECT_EQ(with_switches[i].text, without[i].text) << "answer " << i;
    if (i < kConversations) continue;
    const auto whole = with_switches[i].cached + with_switches[i].computed;
    EXPECT_GE(with_switches[i].cached * 100, whole * 90) << "answer " << i << ": a short turn is new";
    EXPECT_EQ(whole, without[i].cached + without[i].computed) << "answer " << i;
  }
  expect_recovered(carried, "a");
}

TEST(CarryOver, NeverHoldsTheMemoryOfTwoModels) {
  SKIP_WITHOUT_REAL_ENGINE();
  FaultServer server(real_setup());
  static_cast<void>(ask(server, "a", turn("user", long_text('x'))));
  std::atomic<bool> over = false;
  std::size_t most_engines = 0;
  std::uint64_t most_bytes = 0;
  std::uint64_t most_of_one = 0;
  std::thread watcher([&] {
    while (!over) {
      const auto engines = server.engines();
      std::uint64_t bytes = 0;
      for (const auto& engine : engines) {
        const auto resident = resident_bytes_of(engine.pid);
        bytes += resident;
        most_of_one = std::max(most_of_one, resident);
      }
      most_bytes = std::max(most_bytes, bytes);
      most_engines = std::max(most_engines, engines.size());
    }
  });
  for (int i = 0; i < 3; ++i) {
    server.load("b");
    static_cast<void>(ask(server, "a", turn("user", long_text('x'))));
  }
  over = true;
  watcher.join();
  EXPECT_EQ(most_engines, 1U);
  EXPECT_EQ(most_bytes, most_of_one);
}

TEST(CarryOver, LosesOnlyThePromptToAnEngineThatIsKilledWhileItSaves) {
  SKIP_WITHOUT_REAL_ENGINE();
  FaultServer server(real_setup());
  const auto messages = turn("user", long_text('s'));
  const auto before = ask(server, "a", messages);
  ASSERT_TRUE(signal_engines(server, SIGSTOP));  // it will not answer what it is asked to save
  auto waiting = server.stream_chat("b");
  ASSERT_TRUE(eventually([&] { return server.model_status("a").at("status").as_string() == "stopping"; }));
  ASSERT_TRUE(signal_engines(server, SIGKILL));
  EXPECT_EQ(ending_of(waiting).how, How::done);
  const auto after = ask(server, "a", messages);
  EXPECT_EQ(after.text, before.text) << "both computed the whole prompt";
  EXPECT_EQ(after.cached, 0);
  expect_recovered(server, "a");
}

TEST(CarryOver, OutlivesAnEngineThatIsKilled) {
  SKIP_WITHOUT_REAL_ENGINE();
  FaultServer server(real_setup());
  const auto messages = turn("user", long_text('k'));
  static_cast<void>(ask(server, "a", messages));
  server.load("b");
  // A prompt that is all there is computed in another way than one that is not, and may round another way.
  const auto before = ask(server, "a", messages);
  ASSERT_TRUE(signal_engines(server, SIGKILL));
  const auto after = ask(server, "a", messages);
  EXPECT_EQ(after.text, before.text);
  EXPECT_GE(after.cached, 400) << "what was saved before the engine died is still good";
  expect_recovered(server, "a");
}

TEST(CarryOver, IsTurnedOffOnceByADiskThatIsFull) {
  SKIP_WITHOUT_REAL_ENGINE();
  const TinyDisk disk("size=80m");
  SKIP_WITHOUT_DISK(disk);
  FaultServer server(real_setup({.carry_over = {"kv_dir: " + disk.path() + "/kv"}}));
  const auto messages = turn("user", long_text('d'));
  const auto first = ask(server, "a", messages);
  disk.fill();
  for (int i = 0; i < 2; ++i) {
    server.load("b");
    const auto again = ask(server, "a", messages);
    EXPECT_EQ(again.text, first.text);
    EXPECT_EQ(again.cached, 0);
  }
  EXPECT_THAT(server.log("conversations are not saved any more"), SizeIs(1));
  EXPECT_THAT(server.get("/metrics").body, testing::HasSubstr("signalbox_kv_saving 0"));
  EXPECT_TRUE(eventually([&] { return fs::is_empty(disk.path() + "/kv"); }));
  disk.clear();
  expect_recovered(server, "a");
}

// The fake engine takes its time over a save, so that the disk fills up meanwhile.
TEST(CarryOver, LeavesNoHalfOfAFileOnADiskThatFillsUp) {
  const TinyDisk disk("size=80m");
  SKIP_WITHOUT_DISK(disk);
  FaultServer server({.models = {{.name = "a", .fake = {"save_ms=300"}}, {.name = "b"}},
                      .carry_over = {"kv_dir: " + disk.path() + "/kv"}});
  const auto messages = "[" + turn("user", long_text('d')) + "]";
  EXPECT_EQ(server.chat("a", {.messages = messages}).status, 200U);
  auto other = server.stream_chat("b");
  ASSERT_TRUE(eventually([&] { return !server.records("save").empty(); }));
  disk.fill();
  EXPECT_TRUE(ending_of(other).good());
  EXPECT_EQ(server.chat("a", {.messages = messages}).status, 200U);
  EXPECT_THAT(server.log("conversations are not saved any more"), SizeIs(1));
  EXPECT_TRUE(eventually([&] { return fs::is_empty(disk.path() + "/kv"); }));
  disk.clear();
  expect_recovered(server, "a");
}

// Where a switch from a to b, or the first answer of a after it, can be when an engine is killed.
struct Moment {
  const char* name;
  std::vector<std::string> fake_of_a;
  std::vector<std::string> fake_of_b;
  std::string seen;  // what the fake engine writes down when the moment has come
  bool is_after_the_switch = false;
};
void PrintTo(const Moment& moment, std::ostream* out) {
  *out << moment.name;
}

class KilledInASwitch : public testing::TestWithParam<Moment> {};

TEST_P(KilledInASwitch, EveryRequestEndsOnce) {
  const auto& moment = GetParam();
  FaultServer server(
      {.models = {{.name = "a", .fake = moment.fake_of_a}, {.name = "b", .fake = moment.fake_of_b}},
       .carry_over = {"kv_save_timeout: 5s"}});
  const auto messages = "[" + turn("user", long_text('k')) + "]";
  EXPECT_EQ(server.chat("a", {.messages = messages}).status, 200U);
  if (moment.is_after_the_switch) EXPECT_EQ(server.chat("b").status, 200U);
  auto next =
      moment.is_after_the_switch ? server.stream_chat("a", {.messages = messages}) : server.stream_chat("b");
  ASSERT_TRUE(eventually([&] { return !server.records(moment.seen).empty(); }));
  ASSERT_TRUE(eventually([&] { return signal_engines(server, SIGKILL); }));
  server.touch("go");
  const auto ending = ending_of(next);
  EXPECT_TRUE(ending.proper()) << ending.words;
  EXPECT_TRUE(ending.good() || ending.type == "model_load_failed") << ending.type;
  expect_recovered(server, "a");
  EXPECT_EQ(server.chat("a", {.messages = messages}).status, 200U);
  EXPECT_THAT(server.engines(), SizeIs(1));
}

INSTANTIATE_TEST_SUITE_P(
    At, KilledInASwitch,
    testing::Values(
        Moment{.name = "Save", .fake_of_a = {"save=hang"}, .fake_of_b = {}, .seen = "save"},
        Moment{.name = "AfterTheSave", .fake_of_a = {"slow_stop_ms=2000"}, .fake_of_b = {}, .seen = "saved"},
        Moment{.name = "Stop", .fake_of_a = {"slow_stop_ms=2000"}, .fake_of_b = {}, .seen = "stopping"},
        Moment{.name = "Spawn", .fake_of_a = {}, .fake_of_b = {"load_until=@/go"}, .seen = "exit"},
        Moment{.name = "Load", .fake_of_a = {}, .fake_of_b = {"load_ms=2000"}, .seen = "exit"},
        Moment{.name = "Context", .fake_of_a = {}, .fake_of_b = {"start_ms=2000"}, .seen = "exit"},
        Moment{.name = "Restore",
               .fake_of_a = {"restore=hang"},
               .fake_of_b = {},
               .seen = "restore",
               .is_after_the_switch = true},
        Moment{.name = "AfterTheRestore",
               .fake_of_a = {"first_token_ms=2000"},
               .fake_of_b = {},
               .seen = "restored",
               .is_after_the_switch = true}),
    [](const auto& info) { return std::string(info.param.name); });

}  // namespace
}  // namespace signalbox::test
