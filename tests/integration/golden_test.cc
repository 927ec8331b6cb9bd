// The bytes of a stream that waits for a switch, against files written by hand from the wire contract.
#include <fstream>
#include <iterator>
#include <regex>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/test_server.h"

namespace signalbox::test {
namespace {

using testing::HasSubstr;
using testing::Not;

std::string golden(const std::string& name) {
  std::ifstream file(std::string(GOLDEN_FOLDER) + "/" + name);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

// Placeholders for what differs from run to run; what may come or not is cut out.
std::string normalized(std::string text) {
  const auto replace = [&](const char* pattern, const char* with) {
    text = std::regex_replace(text, std::regex(pattern), with);
  };
  replace(R"re("id":"(chatcmpl-|cmpl-)[A-Za-z0-9_-]+")re", R"("id":"$1{{id}}")");
  replace(R"re("created":[0-9]{10})re", R"("created":{{created}})");
  replace(R"re("(waited_ms|switch_ms)":[0-9]+)re", R"("$1":{{ms}})");
  replace(R"re(,"eta_ms":[0-9]+)re", "");
  replace(R"re(,"progress":0\.[0-9]{2})re", "");
  return text;
}

struct Case {
  std::string file;
  std::string target = "/v1/chat/completions";
  std::string prompt = R"("messages":[{"role":"user","content":"hi"}])";
  std::string more{};
  std::string tokens = "2";
  Headers headers{};
};

// `a` works on a long answer, `b` is asked for; then `a` may finish.
std::string waiting_stream(const Case& wanted) {
  TestServer server(
      {.models = {{.name = "a", .fake = {"tokens_until=@/go"}}, {.name = "b", .fake = {"start_ms=50"}}},
       .scheduler = {"heartbeat_interval: 1h", "min_visit: 0"}});
  auto running = server.run_chat("a");
  const auto body = R"({"model":"b","max_tokens":)" + wanted.tokens + R"(,"stream":true,)" + wanted.prompt +
                    wanted.more + "}";
  EventStream stream(server.start(wanted.target, body, wanted.headers));
  EXPECT_TRUE(stream.next().has_value());
  server.touch("go");
  static_cast<void>(running.rest());
  static_cast<void>(stream.rest());
  EXPECT_EQ(stream.end(), End::clean);
  EXPECT_THAT(stream.raw(), Not(HasSubstr("chatcmpl-fake"))) << "the engine's own id";
  return normalized(stream.raw());
}

class Golden : public testing::Test {
 protected:
  static void expect_golden(const Case& wanted) { EXPECT_EQ(waiting_stream(wanted), golden(wanted.file)); }
};

TEST_F(Golden, ChatWaitsInWords) {
  expect_golden({.file = "chat.sse"});
}

TEST_F(Golden, ChatWithTwoChoicesAndUsage) {
  expect_golden({.file = "chat_two_choices_usage.sse",
                 .more = R"(,"n":2,"stream_options":{"include_usage":true})",
                 .tokens = "1"});
}

TEST_F(Golden, ChatWithToolsHasNoWords) {
  expect_golden({.file = "chat_no_words.sse",
                 .more = R"(,"tools":[{"type":"function","function":{"name":"f","parameters":{}}}])"});
}

TEST_F(Golden, ChatWithJsonFormatHasNoWords) {
  expect_golden({.file = "chat_no_words.sse", .more = R"(,"response_format":{"type":"json_object"})"});
}

TEST_F(Golden, ChatWithoutWordsByHeader) {
  expect_golden({.file = "chat_no_words.sse", .headers = {{"X-Status-Text", "none"}}});
}

TEST_F(Golden, ChatThinksItsWords) {
  expect_golden({.file = "chat_reasoning.sse", .headers = {{"X-Status-Text", "reasoning"}}});
}

TEST_F(Golden, ChatWaitsInComments) {
  expect_golden({.file = "chat_comments.sse", .headers = {{"X-Status-Chunks", "comment"}}});
}

TEST_F(Golden, CompletionsNeverHaveWords) {
  expect_golden({.file = "completions.sse",
                 .target = "/v1/completions",
                 .prompt = R"("prompt":"hi")",
                 .headers = {{"X-Status-Text", "content"}}});
}

}  // namespace
}  // namespace signalbox::test
