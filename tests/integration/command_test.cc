// `launcher: command`: any OpenAI-compatible server in a llama-server's place. The fake engine plays it: it
// gets no llama-server flags but those of the command, and writes no progress.
#include <csignal>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/test_server.h"

namespace signalbox::test {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::Not;
using testing::SizeIs;

const std::vector<std::string> kOnPort = {"@engine",  "--port",     "${port}", "--alias",
                                          "${model}", "--parallel", "4"};
const std::vector<std::string> kOnSocket = {"@engine", "--host", "${socket}", "--parallel", "4"};

std::vector<std::string> words_of(const boost::json::object& start) {
  std::vector<std::string> words;
  for (const auto& word : start.at("args").as_array()) words.emplace_back(word.as_string());
  return words;
}

TEST(Command, IsServedOverAPort) {
  TestServer server({.models = {{.name = "big", .command = kOnPort}}});
  auto stream = server.stream_chat("big");
  static_cast<void>(stream.next_status("loading"));
  static_cast<void>(stream.next_status("processing"));
  EXPECT_TRUE(transcript_of(stream.rest()).done);
  const auto words = words_of(server.records("start").at(0));
  EXPECT_THAT(words, Contains("big"));
  EXPECT_THAT(words, Not(Contains("--ctx-size"))) << "llama-server's flags are not its own";
  EXPECT_EQ(server.chat("big").status, 200U);
}

TEST(Command, IsServedOverASocket) {
  TestServer server({.models = {{.name = "big", .command = kOnSocket}}});
  EXPECT_EQ(server.chat("big").status, 200U);
}

TEST(Command, TakesTurnsWithALlamaServer) {
  TestServer server(
      {.models = {{.name = "small"}, {.name = "big", .command = kOnPort}}, .scheduler = {"min_visit: 0"}});
  for (const auto* model : {"small", "big", "small", "big"}) {
    EXPECT_EQ(server.chat(model).status, 200U) << model;
    EXPECT_THAT(server.engines(), SizeIs(1)) << "one at a time";
  }
  EXPECT_EQ(server.model_status("big").at("loads").as_int64(), 2);
}

TEST(Command, IsNotAskedForWhatOnlyLlamaServerKnows) {
  TestServer server({.models = {{.name = "big", .command = kOnPort}}});
  EXPECT_EQ(server.chat("big").status, 200U);
  EXPECT_THAT(server.engine_requests(), SizeIs(1));
  EXPECT_FALSE(server.engine_requests().at(0).contains("return_progress"));
}

TEST(Command, WaitsForItsOwnHealthPath) {
  TestServer server({.models = {{.name = "big", .keys = {"health: /v1/models"}, .command = kOnPort}}});
  EXPECT_EQ(server.chat("big").status, 200U);
}

TEST(Command, ThatFailsSaysWhy) {
  TestServer server({.models = {{.name = "big", .fake = {"load_fail=no room for it"}, .command = kOnPort},
                                {.name = "none", .command = {"/no/such/program", "${port}"}}}});
  EXPECT_THAT(server.chat("big").error("message"), HasSubstr("no room for it"));
  EXPECT_THAT(server.chat("none").error("message"), HasSubstr("No such file"));
}

TEST(Command, ThatForksLeavesNothingBehind) {
  TestServer server(
      {.models = {{.name = "big", .fake = {"fork_child"}, .command = kOnPort}, {.name = "small"}},
       .scheduler = {"min_visit: 0"}});
  EXPECT_EQ(server.chat("big").status, 200U);
  EXPECT_TRUE(eventually([&] { return server.engines().size() == 2; }));
  EXPECT_EQ(server.chat("small").status, 200U);
  EXPECT_THAT(server.engines(), SizeIs(1)) << "its child went with it";
}

TEST(Command, DiesWithTheServer) {
  for (const auto* fake : {"tokens_until=@/never", "load_hang"}) {
    TestServer server({.models = {{.name = "big", .fake = {fake, "fork_child"}, .command = kOnPort}}});
    server.expect_no_clean_exit();
    auto stream = server.stream_chat("big");
    ASSERT_TRUE(eventually([&] { return server.engines().size() == 2; }));
    server.signal(SIGKILL);
    static_cast<void>(server.wait_exit());
    EXPECT_TRUE(eventually([&] { return server.processes().empty(); })) << fake;
  }
}

}  // namespace
}  // namespace signalbox::test
