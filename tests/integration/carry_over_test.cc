// Conversations that survive the end of their engine and the want of slots: what the engine is told, and what
// happens when it does not do it.
#include <csignal>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <sys/stat.h>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/eventually.h"
#include "support/test_server.h"

namespace signalbox::test {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

constexpr std::size_t kLongBytes = 4'000;  // of text, far above kv_min_tokens

// A conversation whose turns begin alike: its name, and a text as long as wanted.
class Conversation {
 public:
  explicit Conversation(const std::string& name, std::size_t bytes = kLongBytes) {
    std::string text = name + ':';
    for (std::size_t i = 0; text.size() < bytes; ++i) text += fmt::format(" {} {}", name, i);
    messages_ = fmt::format(R"({{"role":"user","content":"{}"}})", text);
  }
  // Asks, and goes on with the answer.
  Reply ask(const TestServer& server, std::string_view model) {
    auto reply = server.chat(model, {.max_tokens = 2, .messages = "[" + messages_ + "]"});
    messages_ += R"(,{"role":"assistant","content":"w0 w1"},{"role":"user","content":"and then?"})";
    return reply;
  }
  [[nodiscard]] std::string messages() const { return "[" + messages_ + "]"; }

 private:
  std::string messages_;
};

struct Seen {
  std::int64_t bytes = 0;
  std::int64_t cached = 0;
};
// What the engine that got the last prompt had of it.
Seen last_prompt(const TestServer& server) {
  const auto prompts = server.records("prompt");
  if (prompts.empty()) return {};
  return {.bytes = prompts.back().at("bytes").as_int64(), .cached = prompts.back().at("cached").as_int64()};
}

// All of the turn before was there already. The fake engine's tokens have four bytes.
testing::AssertionResult was_carried(const TestServer& server) {
  const auto seen = last_prompt(server);
  constexpr std::int64_t kNewBytes = 200;  // answer and question of one turn
  if (seen.cached * 4 >= seen.bytes - kNewBytes) return testing::AssertionSuccess();
  return testing::AssertionFailure() << seen.cached << " tokens of " << seen.bytes << " bytes were cached";
}

std::vector<fs::path> saved_files(const TestServer& server) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(server.path("kv"))) files.push_back(entry.path());
  return files;
}

mode_t mode_of(const fs::path& path) {
  struct stat seen{};
  EXPECT_EQ(::stat(path.c_str(), &seen), 0);
  return seen.st_mode & 07777;
}

double metric(const TestServer& server, const std::string& name) {
  const auto text = server.get("/metrics").body;
  const auto at = text.find("\n" + name + " ");
  return at == std::string::npos ? -1 : std::stod(text.substr(at + name.size() + 2));
}

Setup two_models(std::vector<std::string> fake = {}, std::vector<std::string> carry_over = {}) {
  return {.models = {{.name = "a", .fake = std::move(fake), .keys = {"slots: 2"}}, {.name = "b"}},
          .carry_over = std::move(carry_over)};
}

TEST(CarryOver, BringsAConversationBackAfterAnotherModelRan) {
  TestServer server(two_models());
  Conversation conversation("c");
  for (int turn = 0; turn < 3; ++turn) {
    EXPECT_EQ(conversation.ask(server, "a").status, 200U);
    EXPECT_EQ(was_carried(server), turn > 0) << "turn " << turn;
    EXPECT_EQ(server.chat("b").status, 200U);
  }
  EXPECT_THAT(server.log("conversation not restored"), IsEmpty());
  EXPECT_EQ(metric(server, R"(signalbox_kv_failures_total{model="a",move="restore"})"), 0);
  EXPECT_GT(metric(server, R"(signalbox_kv_tokens_total{model="a",move="restore"})"), 1'900);
  EXPECT_GT(metric(server, R"(signalbox_kv_bytes_total{model="a",move="save"})"), 12'000);
  EXPECT_EQ(metric(server, R"(signalbox_kv_move_seconds_count{model="a",move="restore"})"), 2);
  EXPECT_EQ(metric(server, R"(signalbox_kv_prepare_seconds_count{model="a"})"), 3);
  EXPECT_EQ(metric(server, "signalbox_kv_saving"), 1);
}

TEST(CarryOver, BringsBackMoreConversationsThanThereAreSlots) {
  TestServer server(two_models());
  std::vector<Conversation> conversations;
  for (const auto* name : {"c", "d", "e", "f", "g"}) conversations.emplace_back(name);
  for (auto& conversation : conversations) EXPECT_EQ(conversation.ask(server, "a").status, 200U);
  for (int round = 0; round < 2; ++round) {
    EXPECT_EQ(server.chat("b").status, 200U);
    for (auto& conversation : conversations) {
      EXPECT_EQ(conversation.ask(server, "a").status, 200U);
      EXPECT_TRUE(was_carried(server));
    }
  }
  EXPECT_THAT(server.records("deferred"), IsEmpty()) << "no request may wait for a slot inside the engine";
  EXPECT_TRUE(eventually([&] { return saved_files(server).size() <= 5; }))
      << "a newer turn supersedes an older";
}

TEST(CarryOver, SharesWhatConversationsBeginWith) {
  TestServer server(two_models());
  const std::string shared(kLongBytes, 's');
  Conversation first(shared + "first");
  Conversation second(shared + "second");
  EXPECT_EQ(first.ask(server, "a").status, 200U);
  EXPECT_EQ(server.chat("b").status, 200U);
  EXPECT_EQ(second.ask(server, "a").status, 200U);
  EXPECT_GT(last_prompt(server).cached, 900) << "the beginning was restored from the other conversation";
  EXPECT_EQ(first.ask(server, "a").status, 200U);
  EXPECT_TRUE(was_carried(server)) << "and the other one lost nothing";
}

TEST(CarryOver, AddsNothingToARequestOfTheConversationBefore) {
  TestServer server(two_models());
  Conversation conversation("c");
  for (int turn = 0; turn < 3; ++turn) EXPECT_EQ(conversation.ask(server, "a").status, 200U);
  EXPECT_TRUE(was_carried(server));
  EXPECT_THAT(server.records("save"), IsEmpty());
  EXPECT_THAT(server.records("restore"), IsEmpty());
}

TEST(CarryOver, LeavesShortConversationsAlone) {
  TestServer server(two_models());
  Conversation conversation("c", 500);
  EXPECT_EQ(conversation.ask(server, "a").status, 200U);
  EXPECT_EQ(server.chat("b").status, 200U);
  EXPECT_THAT(server.records("save"), IsEmpty());
}

TEST(CarryOver, KeepsItsFilesPrivateAndRemovesThemAtTheEnd) {
  TestServer server(two_models());
  EXPECT_EQ(mode_of(server.path("kv")), 0700U);
  Conversation conversation("c");
  EXPECT_EQ(conversation.ask(server, "a").status, 200U);
  EXPECT_EQ(server.chat("b").status, 200U);
  const auto files = saved_files(server);
  ASSERT_THAT(files, SizeIs(1));
  EXPECT_EQ(mode_of(files.front()), 0600U);
  server.signal(SIGTERM);
  EXPECT_EQ(server.wait_exit(), 0);
  EXPECT_THAT(saved_files(server), IsEmpty());
}

TEST(CarryOver, StaysWithinItsBudget) {
  TestServer server(two_models({}, {"kv_budget: 1MiB"}));
  constexpr std::uintmax_t kBudget = 1'048'576;
  constexpr std::size_t kTooMany = 5;
  for (std::size_t i = 0; i < kTooMany; ++i) {
    Conversation large("c" + std::to_string(i), 300'000);
    EXPECT_EQ(large.ask(server, "a").status, 200U);
    EXPECT_EQ(server.chat("b").status, 200U);
  }
  const auto bytes = [&] {
    std::uintmax_t sum = 0;
    for (const auto& file : saved_files(server)) sum += fs::file_size(file);
    return sum;
  };
  EXPECT_TRUE(eventually([&] { return bytes() <= kBudget; })) << bytes();
  EXPECT_THAT(saved_files(server), SizeIs(3));
}

TEST(CarryOver, SavesNothingWhenItIsOff) {
  TestServer server(two_models({}, {"enabled: false"}));
  Conversation conversation("c");
  EXPECT_EQ(conversation.ask(server, "a").status, 200U);
  EXPECT_EQ(server.chat("b").status, 200U);
  EXPECT_EQ(conversation.ask(server, "a").status, 200U);
  EXPECT_EQ(last_prompt(server).cached, 0);
  EXPECT_FALSE(fs::exists(server.path("kv")));
}

// An engine that cannot, will not or dies over it: the request is answered all the same, and computed again.
class CarryOverFails : public testing::TestWithParam<const char*> {};

TEST_P(CarryOverFails, CostsThePrefillAndNothingElse) {
  TestServer server(two_models({GetParam()}, {"kv_save_timeout: 200ms"}));
  Conversation conversation("c");
  for (int turn = 0; turn < 3; ++turn) {
    EXPECT_EQ(conversation.ask(server, "a").status, 200U);
    EXPECT_EQ(server.chat("b").status, 200U);
    EXPECT_THAT(server.engines(), SizeIs(1));
  }
  EXPECT_THAT(server.records("request"), SizeIs(6)) << "each request reaches an engine once";
  EXPECT_TRUE(eventually([&] { return saved_files(server).size() <= 1; })) << "no half of a file is left";
}

INSTANTIATE_TEST_SUITE_P(Engine, CarryOverFails,
                         testing::Values("save=fail", "save=hang", "save=crash", "save=unsupported",
                                         "save_ms=400", "restore=fail", "restore=unsupported"),
                         [](const auto& info) {
                           std::string name = info.param;
                           std::ranges::replace(name, '=', '_');
                           return name;
                         });

TEST(CarryOver, NeverRestoresAFileThatIsNotWhatWasWritten) {
  for (const auto* damage : {"other byte", "truncated", "longer", "gone", "link"}) {
    TestServer server(two_models());
    Conversation conversation("c");
    EXPECT_EQ(conversation.ask(server, "a").status, 200U);
    EXPECT_EQ(server.chat("b").status, 200U);
    const auto files = saved_files(server);
    ASSERT_THAT(files, SizeIs(1));
    const auto& file = files.front();
    const auto size = fs::file_size(file);
    if (std::string_view(damage) == "other byte") {
      std::fstream(file, std::ios::in | std::ios::out | std::ios::binary).seekp(20).put('X');
    } else if (std::string_view(damage) == "truncated") {
      fs::resize_file(file, size - 1);
    } else if (std::string_view(damage) == "longer") {
      fs::resize_file(file, size + 1);
    } else if (std::string_view(damage) == "link") {
      fs::rename(file, server.path("elsewhere"));
      fs::create_symlink(server.path("elsewhere"), file);
    } else {
      fs::remove(file);
    }
    EXPECT_EQ(conversation.ask(server, "a").status, 200U);
    EXPECT_EQ(last_prompt(server).cached, 0) << damage;
    EXPECT_THAT(server.records("restore"), IsEmpty()) << damage << ": the engine is not even asked";
    EXPECT_THAT(server.log("conversation not restored"), SizeIs(1)) << damage;
    EXPECT_TRUE(eventually([&] { return saved_files(server).empty(); })) << damage;
    EXPECT_EQ(fs::exists(server.path("elsewhere")), std::string_view(damage) == "link")
        << "nothing outside of the folder is touched";
  }
}

TEST(CarryOver, ForgetsWhatAnotherModelFileHadComputed) {
  TestServer server(two_models());
  Conversation conversation("c");
  EXPECT_EQ(conversation.ask(server, "a").status, 200U);
  EXPECT_EQ(server.chat("b").status, 200U);
  ASSERT_THAT(saved_files(server), SizeIs(1));
  const auto model = server.model_file(0);
  std::ofstream(model + ".new") << "GGUF and another model";
  fs::rename(model + ".new", model);
  EXPECT_EQ(conversation.ask(server, "a").status, 200U);
  EXPECT_EQ(last_prompt(server).cached, 0);
  EXPECT_THAT(server.records("restore"), IsEmpty());
  EXPECT_TRUE(eventually([&] { return saved_files(server).empty(); }));
}

TEST(CarryOver, DoesNotHoldUpTheEndOfTheServer) {
  TestServer server(two_models({"save=hang"}, {"kv_save_timeout: 60s"}));
  Conversation conversation("c");
  EXPECT_EQ(conversation.ask(server, "a").status, 200U);
  server.signal(SIGTERM);
  EXPECT_EQ(server.wait_exit(), 0);
  EXPECT_THAT(server.records("save"), IsEmpty()) << "nobody could use it";
}

TEST(CarryOver, OutlivesTheServerIfItIsToldTo) {
  TestServer server(two_models({}, {"kv_persist: true"}));
  Conversation conversation("c");
  EXPECT_EQ(conversation.ask(server, "a").status, 200U);
  for (const int ending : {SIGTERM, SIGKILL}) {
    if (ending == SIGKILL) {
      // Only what is sealed is written down.
      EXPECT_EQ(server.chat("b").status, 200U);
      EXPECT_TRUE(eventually([&] { return saved_files(server).size() == 2; }));
    }
    server.signal(ending);
    ASSERT_TRUE(server.wait_exit());
    ASSERT_TRUE(eventually([&] { return server.processes().empty(); }));
    server.start_again();
    EXPECT_EQ(conversation.ask(server, "a").status, 200U);
    EXPECT_TRUE(was_carried(server)) << "after signal " << ending;
  }
}

TEST(CarryOver, EmptiesItsFolderAtTheStart) {
  TestServer server(two_models());
  server.signal(SIGKILL);
  ASSERT_TRUE(server.wait_exit());
  std::ofstream(server.path("kv/0000000000000001.kv")) << "left by a server that was killed";
  std::ofstream(server.path("kv/of-somebody-else")) << "x";
  server.start_again();
  EXPECT_THAT(saved_files(server), ElementsAre(fs::path(server.path("kv/of-somebody-else"))));
}

// What the server says when it does not start.
std::string last_words(std::vector<std::string> carry_over) {
  try {
    TestServer server(two_models({}, std::move(carry_over)));
    server.signal(SIGTERM);
    return "it started";
  } catch (const std::runtime_error& error) {
    return error.what();
  }
}

TEST(CarryOver, RefusesAFolderOfTheUsersOwnThatIsNoGood) {
  EXPECT_THAT(last_words({"kv_dir: /dev/null"}), HasSubstr("/dev/null is not a folder"));
  EXPECT_THAT(last_words({"kv_dir: /proc/kv"}), HasSubstr("/proc/kv cannot be made: "));
  EXPECT_THAT(last_words({"kv_dir: /tmp"}), HasSubstr("/tmp is open to others (mode 1777); it must be 0700"));
  EXPECT_THAT(last_words({"kv_dir: /proc/self/cwd"}),
              HasSubstr("is a symbolic link; give the folder itself"));
}

TEST(CarryOver, DoesWithoutWhereTheUsualFolderIsNoGood) {
  auto setup = two_models({}, {"enabled: true  # no kv_dir: the usual place"});
  setup.environment = {"XDG_CACHE_HOME=/dev/null"};
  TestServer server(std::move(setup));
  ASSERT_THAT(server.log("conversations end with their engine"), SizeIs(1));
  Conversation conversation("c");
  EXPECT_EQ(conversation.ask(server, "a").status, 200U);
  EXPECT_EQ(server.chat("b").status, 200U);
  EXPECT_EQ(conversation.ask(server, "a").status, 200U);
}

TEST(CarryOver, KillsAnEngineThatHangsInASave) {
  auto setup = two_models({"save=hang", "ignore_term"}, {"kv_save_timeout: 100ms"});
  setup.engine = {"stop_timeout: 200ms"};
  TestServer server(std::move(setup));
  Conversation conversation("c");
  EXPECT_EQ(conversation.ask(server, "a").status, 200U);
  EXPECT_EQ(server.chat("b").status, 200U);
  EXPECT_THAT(server.log("engine killed"), SizeIs(1));
  EXPECT_THAT(server.engines(), SizeIs(1));
}

TEST(CarryOver, LeavesSlotsToRequestsOfSeveralSequences) {
  TestServer server(two_models());
  Conversation conversation("c");
  EXPECT_EQ(conversation.ask(server, "a").status, 200U);
  EXPECT_EQ(server.chat("a", {.more = R"("n":2)"}).status, 200U);
  EXPECT_EQ(conversation.ask(server, "a").status, 200U);
  EXPECT_TRUE(was_carried(server)) << "it was saved before";
  EXPECT_THAT(server.records("deferred"), IsEmpty());
}

// One of the idle conversations goes on while another one is saved.
TEST(CarryOver, SavesOnlyWhatIsStillIdleWhenItsTurnComes) {
  TestServer server({.models = {{.name = "a", .fake = {"save_ms=300", "token_ms=200"}, .keys = {"slots: 4"}},
                                {.name = "b"}}});
  std::vector<Conversation> conversations{Conversation("c"), Conversation("d"), Conversation("e")};
  for (auto& conversation : conversations) EXPECT_EQ(conversation.ask(server, "a").status, 200U);
  auto several = server.start_chat("a", {.more = R"("n":2)"});
  ASSERT_TRUE(eventually([&] { return server.records("save").size() == 1; }));
  EXPECT_EQ(conversations[1].ask(server, "a").status, 200U);
  EXPECT_TRUE(was_carried(server));
  EXPECT_EQ(several.read_reply().status, 200U);
  EXPECT_THAT(server.records("deferred"), IsEmpty());
  EXPECT_EQ(server.chat("b").status, 200U);
  for (auto& conversation : conversations) {
    EXPECT_EQ(conversation.ask(server, "a").status, 200U);
    EXPECT_TRUE(was_carried(server));
  }
}

TEST(CarryOver, LosesNoSlotToAClientThatLeavesDuringASave) {
  TestServer server(
      {.models = {{.name = "a", .fake = {"save_ms=300"}, .keys = {"slots: 4"}}, {.name = "b"}}});
  std::vector<Conversation> conversations{Conversation("c"), Conversation("d")};
  for (auto& conversation : conversations) EXPECT_EQ(conversation.ask(server, "a").status, 200U);
  auto several = server.start_chat("a", {.more = R"("n":2)"});
  ASSERT_TRUE(eventually([&] { return server.records("save").size() == 1; }));
  several.close();
  ASSERT_TRUE(eventually([&] { return server.in_flight() == 0; }));
  EXPECT_EQ(server.chat("b").status, 200U);
  for (auto& conversation : conversations) {
    EXPECT_EQ(conversation.ask(server, "a").status, 200U);
    EXPECT_TRUE(was_carried(server));
  }
}

// Nobody knows whether it is bad.
TEST(CarryOver, KeepsAFileThatTheEngineHadNoTimeFor) {
  TestServer server(two_models({"restore=hang"}, {"kv_save_timeout: 200ms"}));
  Conversation conversation("c");
  EXPECT_EQ(conversation.ask(server, "a").status, 200U);
  EXPECT_EQ(server.chat("b").status, 200U);
  ASSERT_THAT(saved_files(server), SizeIs(1));
  const auto saved = saved_files(server)[0];
  EXPECT_EQ(conversation.ask(server, "a").status, 200U);
  EXPECT_FALSE(was_carried(server));
  EXPECT_TRUE(fs::exists(saved));
}

TEST(CarryOver, DoesNotMixUpWhatAdaptersHaveComputed) {
  TestServer server({.models = {{.name = "a", .keys = {"slots: 1"}}}});
  const Conversation conversation("c");
  const auto with = [&](int adapter) {
    return server.chat("a", {.max_tokens = 2,
                             .more = fmt::format(R"("lora":[{{"id":{},"scale":1}}])", adapter),
                             .messages = conversation.messages()});
  };
  EXPECT_EQ(with(0).status, 200U);
  EXPECT_EQ(Conversation("d").ask(server, "a").status, 200U);
  EXPECT_THAT(server.records("saved"), SizeIs(1)) << "of the first adapter";
  EXPECT_EQ(with(1).status, 200U);
  EXPECT_THAT(server.records("restored"), IsEmpty());
  EXPECT_EQ(with(0).status, 200U);
  EXPECT_THAT(server.records("restored"), SizeIs(1));
}

TEST(CarryOver, LetsAClientChooseASlotOfItsOwn) {
  TestServer server(two_models());
  EXPECT_EQ(server.chat("a", {.more = R"("id_slot":1)"}).status, 200U);
  EXPECT_EQ(server.records("prompt").back().at("slot").as_int64(), 1);
  EXPECT_EQ(server.engine_requests().back().at("id_slot").as_int64(), 1);
}

}  // namespace
}  // namespace signalbox::test
