// Keys, hosts and origins at the real server, streams included.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/test_server.h"

namespace signalbox::test {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

constexpr std::string_view kChat = "/v1/chat/completions";

Setup with(std::vector<std::string> server) {
  return {.models = {{.name = "a"}}, .server = std::move(server)};
}

TEST(Keys, AreNeededEverywhereButForHealth) {
  const TestServer server(with({"api_keys: [sk-right]"}));
  for (const auto* target :
       {"/v1/models", "/v1/models/a", "/v1/models/status", "/v1/events", "/nowhere", "/"}) {
    const auto reply = server.get(target);
    EXPECT_EQ(reply.status, 401U) << target;
    EXPECT_EQ(reply.error("type"), "authentication_error");
    EXPECT_EQ(reply.header("WWW-Authenticate"), "Bearer");
  }
  EXPECT_EQ(server.post(kChat, chat_body("a", {})).status, 401U);
  EXPECT_EQ(server.post("/v1/models/select", R"({"model":"a"})").status, 401U);
  EXPECT_EQ(server.get("/health").status, 200U);
  EXPECT_EQ(server.get("/ready").status, 200U);
}

TEST(Keys, LetARequestThrough) {
  const TestServer server(with({"api_keys: [sk-right, sk-other]"}));
  const auto reply =
      server.post(kChat, chat_body("a", {.stream = false}), {{"Authorization", "Bearer sk-other"}});
  EXPECT_EQ(reply.status, 200U);
  EXPECT_EQ(server.get("/v1/models", {{"X-Api-Key", "sk-right"}}).status, 200U);
}

TEST(Keys, ThatAreWrongAreAnsweredLikeNoneAndReachNoLog) {
  const TestServer server(with({"api_keys: [sk-right]"}));
  const auto none = server.post(kChat, chat_body("a", {}));
  const auto wrong = server.post(kChat, chat_body("a", {}), {{"Authorization", "Bearer sk-wrong"}});
  EXPECT_EQ(wrong.status, 401U);
  EXPECT_EQ(wrong.body, none.body);
  EXPECT_EQ(server.post(kChat, chat_body("a", {}), {{"X-Api-Key", "sk-right"}}).status, 200U);
  EXPECT_THAT(server.log_text(), Not(HasSubstr("sk-")));
  EXPECT_THAT(server.log("access refused"), SizeIs(2));
}

TEST(Hosts, ThatAreNoneOfLoopbacksReachNoRoute) {
  const TestServer server(with({}));
  const auto reply = server.post(kChat, chat_body("a", {}), {{"Host", "evil.example"}});
  EXPECT_EQ(reply.status, 403U);
  EXPECT_EQ(reply.error("type"), "permission_error");
  EXPECT_THAT(server.records("start"), IsEmpty());
}

TEST(Origins, ThatAreNotListedReachNoRoute) {
  const TestServer server(with({}));
  const auto reply = server.post(kChat, chat_body("a", {}), {{"Origin", "https://evil.example"}});
  EXPECT_EQ(reply.status, 403U);
  EXPECT_THAT(server.records("start"), IsEmpty());
  EXPECT_TRUE(server.get("/v1/models").header("Access-Control-Allow-Origin").empty());
}

TEST(Origins, ThatAreListedMayReadAnswersAndStreams) {
  const TestServer server(with({"allowed_origins: [\"https://chat.example\"]"}));
  const Headers page = {{"Origin", "https://chat.example"}};
  EXPECT_EQ(server.get("/v1/models", page).header("Access-Control-Allow-Origin"), "https://chat.example");
  const auto refusal = server.post(kChat, "no json", page);
  EXPECT_EQ(refusal.status, 400U);
  EXPECT_EQ(refusal.header("Access-Control-Allow-Origin"), "https://chat.example")
      << "so that the page can read why";
  const auto stream = server.post(kChat, chat_body("a", {}), page);
  EXPECT_EQ(stream.header("Access-Control-Allow-Origin"), "https://chat.example");
  EXPECT_THAT(stream.body, HasSubstr("[DONE]"));
}

}  // namespace
}  // namespace signalbox::test
