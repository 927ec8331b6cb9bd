// Service tiers and estimates, as clients see them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/test_server.h"

namespace signalbox::test {
namespace {

using testing::HasSubstr;

using testing::Not;

Headers with_key(const std::string& key) {
  return {{"Authorization", "Bearer " + key}};
}

Chat of_tier(std::string_view tier) {
  return {.more = "\"service_tier\":\"" + std::string(tier) + "\""};
}

TEST(ServiceTier, OfAnotherNameIsRefusedWithTheAllowedOnes) {
  TestServer server({.models = {{.name = "a"}}});
  const auto reply = server.chat("a", of_tier("gold"));
  EXPECT_EQ(reply.status, 400U);
  EXPECT_EQ(reply.error("param"), "service_tier");
  EXPECT_THAT(reply.error("message"), HasSubstr("auto, default, priority, flex"));
}

TEST(ServiceTier, PriorityIsRefusedWhereItIsForbidden) {
  TestServer server({.models = {{.name = "a", .keys = {"priority: forbid"}}, {.name = "b"}}});
  const auto refused = server.chat("a", of_tier("priority"));
  EXPECT_EQ(refused.status, 400U);
  EXPECT_EQ(refused.error("param"), "service_tier");
  EXPECT_THAT(refused.error("message"), HasSubstr("model 'a' allows auto, default, flex"));
  EXPECT_EQ(server.chat("a", of_tier("flex")).status, 200U);
  EXPECT_EQ(server.chat("b", of_tier("priority")).status, 200U);
}

// The class in which each of the next requests that are over was served.
class ServedClasses {
 public:
  explicit ServedClasses(const TestServer& server, const Headers& headers = {}) : events_(server.connect()) {
    events_.connection().send(request_text("GET", "/v1/events?requests=true", "", headers));
    EXPECT_TRUE(events_.next().has_value()) << "the snapshot: it listens";
  }
  std::string next() {
    while (const auto event = events_.next()) {
      if (event->name == "request") return std::string(event->json().at("class").as_string());
    }
    return "none";
  }

 private:
  EventStream events_;
};

TEST(ServiceTier, OfARequestThatNamesNoneIsItsModels) {
  TestServer server({.models = {{.name = "a", .keys = {"service_tier: flex"}}, {.name = "b"}}});
  ServedClasses classes(server);
  EXPECT_EQ(server.chat("a").status, 200U);
  EXPECT_EQ(classes.next(), "flex");
  EXPECT_EQ(server.chat("a", of_tier("auto")).status, 200U);
  EXPECT_EQ(classes.next(), "flex");
  EXPECT_EQ(server.chat("a", of_tier("default")).status, 200U);
  EXPECT_EQ(classes.next(), "default");
  EXPECT_EQ(server.chat("b").status, 200U);
  EXPECT_EQ(classes.next(), "default");
}

// Beside one key without rules.
TestServer server_with_key(const std::string& entry, const std::vector<std::string>& model = {}) {
  return TestServer(
      {.models = {{.name = "a", .keys = model}}, .server = {"api_keys: [sk-plain, " + entry + "]"}});
}

TEST(ServiceTier, PriorityIsRefusedForAKeyThatForbidsIt) {
  const TestServer server = server_with_key("{key: sk-guest, priority: forbid}");
  Chat chat = of_tier("priority");
  chat.headers = with_key("sk-guest");
  const auto refused = server.chat("a", chat);
  EXPECT_EQ(refused.status, 400U);
  EXPECT_EQ(refused.error("param"), "service_tier");
  EXPECT_EQ(refused.error("message"),
            "service_tier is \"priority\"; the API key of this request allows auto, default, flex.");
  chat.headers = with_key("sk-plain");
  EXPECT_EQ(server.chat("a", chat).status, 200U);
  chat.headers = with_key("sk-unknown");
  EXPECT_EQ(server.chat("a", chat).status, 401U);
  EXPECT_THAT(server.log_text(), Not(HasSubstr("sk-")));
}

TEST(ServiceTier, OfARequestThatNamesNoneIsItsKeysBeforeItsModels) {
  const TestServer server =
      server_with_key("{key: sk-first, service_tier: priority}", {"service_tier: flex"});
  ServedClasses classes(server, with_key("sk-plain"));
  EXPECT_EQ(server.chat("a", {.headers = with_key("sk-plain")}).status, 200U);
  EXPECT_EQ(classes.next(), "flex");
  EXPECT_EQ(server.chat("a", {.headers = with_key("sk-first")}).status, 200U);
  EXPECT_EQ(classes.next(), "priority");
  Chat own = of_tier("default");
  own.headers = with_key("sk-first");
  EXPECT_EQ(server.chat("a", own).status, 200U);
  EXPECT_EQ(classes.next(), "default");
}

TEST(ServiceTier, OfAKeyIsStandardWhereTheModelForbidsIt) {
  const TestServer server = server_with_key("{key: sk-first, service_tier: priority}", {"priority: forbid"});
  ServedClasses classes(server, with_key("sk-plain"));
  EXPECT_EQ(server.chat("a", {.headers = with_key("sk-first")}).status, 200U);
  EXPECT_EQ(classes.next(), "default");
}

// Two requests of one connection with two keys: each has its own rules.
TEST(ServiceTier, OfAKeyDoesNotStickToTheConnection) {
  const TestServer server = server_with_key("{key: sk-batch, service_tier: flex}");
  ServedClasses classes(server, with_key("sk-plain"));
  Connection connection = server.connect();
  const std::string body = chat_body("a", {.stream = false});
  connection.send(request_text("POST", "/v1/chat/completions", body, with_key("sk-batch")));
  EXPECT_EQ(connection.read_reply().status, 200U);
  EXPECT_EQ(classes.next(), "flex");
  connection.send(request_text("POST", "/v1/chat/completions", body, with_key("sk-plain")));
  EXPECT_EQ(connection.read_reply().status, 200U);
  EXPECT_EQ(classes.next(), "default");
}

TEST(Estimate, IsToldOnceModelsHaveBeenChangedAndServed) {
  TestServer server({.models = {{.name = "a", .fake = {"load_ms=50"}}, {.name = "b", .fake = {"load_ms=50"}}},
                     .scheduler = {"min_visit: 0"}});
  auto unknown = server.stream_chat("a");
  EXPECT_FALSE(unknown.next_status("loading").metadata().contains("eta_ms")) << "nothing was ever measured";
  EXPECT_TRUE(transcript_of(unknown.rest()).done);
  EXPECT_TRUE(transcript_of(server.stream_chat("b").rest()).done);
  auto known = server.stream_chat("a");
  const auto told = known.next_status("waiting_for_model").metadata();
  ASSERT_TRUE(told.contains("eta_ms"));
  EXPECT_GE(told.at("eta_ms").as_int64(), 0);
  EXPECT_LT(told.at("eta_ms").as_int64(), 60'000);
  EXPECT_TRUE(transcript_of(known.rest()).done);
}

}  // namespace
}  // namespace signalbox::test
