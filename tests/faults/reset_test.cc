// A client that resets its connection after every possible number of bytes of its request, and in its answer.
#include <gtest/gtest.h>

#include "faults/ending.h"
#include "faults/real_engine.h"
#include "faults/recovery.h"

namespace signalbox::test {
namespace {

struct Request {
  std::string target;
  std::string body;
};

// All three routes, streamed and whole.
std::vector<Request> requests() {
  return {{"/v1/chat/completions", chat_body("a", {})},
          {"/v1/chat/completions", chat_body("a", {.stream = false})},
          {"/v1/completions", R"({"model":"a","prompt":"x","max_tokens":4,"stream":true})"},
          {"/v1/responses", R"({"model":"a","input":"x","max_output_tokens":4,"stream":true})"},
          {"/v1/models/select?wait=true", R"({"model":"b"})"}};
}

void reset_after(const FaultServer& server, std::string_view text, std::size_t bytes) {
  auto client = server.connect();
  client.send(text.substr(0, bytes));
  client.close(Close::reset);
}

TEST(Reset, AfterEachNumberOfBytesOfARequestLeavesNothing) {
  FaultServer server({.models = {{.name = "a"}, {.name = "b"}}, .scheduler = {"starvation_limit: 100ms"}});
  server.load("a");
  for (const auto& request : requests()) {
    const auto text = request_text("POST", request.target, request.body);
    for (std::size_t bytes = 0; bytes <= text.size(); ++bytes) reset_after(server, text, bytes);
    expect_recovered(server, "a");
  }
}

// The same for the answer, which is read so far and not further.
TEST(Reset, AfterEachFewBytesOfAnAnswerLeavesNothing) {
  constexpr std::size_t kStep = 13;
  FaultServer server({.models = {{.name = "a"}, {.name = "b"}}, .scheduler = {"starvation_limit: 100ms"}});
  server.load("a");
  for (const auto& request : requests()) {
    const auto text = request_text("POST", request.target, request.body);
    auto whole = server.connect();
    whole.send(text);
    const auto reply = whole.read_reply();
    whole.close();
    EXPECT_LT(reply.status, 300U);
    for (std::size_t bytes = 1; bytes < reply.body.size(); bytes += kStep) {
      auto client = server.connect();
      client.send(text);
      for (std::size_t read = 0; read < bytes && client.read_byte(); ++read) {
      }
      client.close(Close::reset);
    }
    expect_recovered(server, "a");
  }
}

TEST(Reset, AtPointsOfARequestToTheRealEngineLeavesNothing) {
  SKIP_WITHOUT_REAL_ENGINE();
  constexpr std::size_t kStep = 29;
  FaultServer server(real_setup());
  server.load("a");
  const auto text = request_text("POST", "/v1/chat/completions", chat_body("a", exactly(200)));
  for (std::size_t bytes = 0; bytes < text.size(); bytes += kStep) reset_after(server, text, bytes);
  reset_after(server, text, text.size());
  expect_recovered(server, "a");
  for (const std::size_t events : {1U, 2U, 5U, 20U}) {
    auto stream = server.run_chat("a", exactly(1000));
    for (std::size_t i = 0; i < events; ++i) static_cast<void>(stream.next());
    stream.connection().close(Close::reset);
  }
  expect_recovered(server, "a");
}

}  // namespace
}  // namespace signalbox::test
