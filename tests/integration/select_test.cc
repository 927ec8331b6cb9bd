// POST /v1/models/select.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/test_server.h"

namespace signalbox::test {
namespace {

using testing::HasSubstr;

std::string status_word(const Reply& reply) {
  return std::string(reply.json().at("status").as_string());
}

Setup three_models() {
  return {.models = {{.name = "a", .fake = {"tokens_until=@/go"}},
                     {.name = "b", .fake = {"load_until=@/b"}},
                     {.name = "c"}}};
}

TEST(Select, StartsASwitchAndSaysSo) {
  TestServer server(three_models());
  const auto reply = server.select("b");
  EXPECT_EQ(reply.status, 202U);
  EXPECT_EQ(status_word(reply), "initiated");
  const auto again = server.select("b");
  EXPECT_EQ(again.status, 202U);
  EXPECT_EQ(status_word(again), "in_progress");
  server.touch("b");
  ASSERT_TRUE(eventually([&] { return server.active_model() == "b"; }));
  const auto active = server.select("b");
  EXPECT_EQ(active.status, 200U);
  EXPECT_EQ(status_word(active), "already_active");
}

TEST(Select, OfAnUnknownModelIs404) {
  TestServer server(three_models());
  const auto reply = server.select("nobody");
  EXPECT_EQ(reply.status, 404U);
  EXPECT_EQ(reply.error("type"), "invalid_request_error");
  EXPECT_EQ(reply.error("code"), "model_not_found");
}

TEST(Select, OfAnotherModelDuringASwitchIs409) {
  TestServer server(three_models());
  ASSERT_EQ(server.select("b").status, 202U);
  const auto reply = server.select("c");
  EXPECT_EQ(reply.status, 409U);
  EXPECT_EQ(reply.header("x-should-retry"), "false");
  EXPECT_EQ(reply.error("type"), "conflict");
  EXPECT_EQ(reply.error("code"), "switch_in_progress");
  server.touch("b");
  EXPECT_TRUE(eventually([&] { return server.active_model() == "b"; }));
}

TEST(Select, OfTheModelThatIsBeingDrainedIs409) {
  TestServer server(three_models());
  auto running = server.run_chat("a");
  ASSERT_EQ(server.select("c").status, 202U);
  EXPECT_EQ(server.select("a").status, 409U);
  server.touch("go");
  EXPECT_TRUE(transcript_of(running.rest()).done);
  EXPECT_TRUE(eventually([&] { return server.active_model() == "c"; }));
}

TEST(Select, LetsRunningRequestsFinishAndKeepsTheQueue) {
  TestServer server(
      {.models = {{.name = "a", .fake = {"tokens_until=@/go"}, .keys = {"slots: 1"}}, {.name = "c"}},
       .scheduler = {"starvation_limit: 300ms"}});
  auto running = server.run_chat("a");
  auto queued = server.stream_chat("a");
  static_cast<void>(queued.next_status("queued"));
  ASSERT_EQ(server.select("c").status, 202U);
  ASSERT_TRUE(eventually([&] { return server.state() == "switching"; }));
  EXPECT_EQ(server.status().at("target_model").as_string(), "c");
  server.touch("go");
  EXPECT_TRUE(transcript_of(running.rest()).done);
  // What waited for the old model brings it back.
  EXPECT_TRUE(transcript_of(queued.rest()).done);
  EXPECT_EQ(server.model_status("c").at("loads").as_int64(), 1);
  EXPECT_EQ(server.model_status("a").at("loads").as_int64(), 2);
}

TEST(Select, WithWaitAnswersWhenItIsReady) {
  TestServer server(three_models());
  auto connection = server.start("/v1/models/select?wait=true", R"({"model":"b"})");
  ASSERT_TRUE(eventually([&] { return server.state() == "loading"; }));
  EXPECT_FALSE(connection.readable(std::chrono::milliseconds(50)));
  server.touch("b");
  EXPECT_EQ(connection.read_reply().status, 200U);
  EXPECT_EQ(server.active_model(), "b");
}

TEST(Select, ReadsWaitAmongOtherParametersAndRefusesOtherValues) {
  TestServer server({.models = {{.name = "a"}}});
  for (const auto* query : {"?wait", "?wait=", "?wait=1", "?wait=true&wait=maybe"}) {
    const auto reply = server.select("a", query);
    EXPECT_EQ(reply.status, 400U) << query;
    EXPECT_EQ(reply.error("type"), "invalid_request_error");
  }
  EXPECT_EQ(server.state(), "idle");
  EXPECT_EQ(server.select("a", "?from=script&wait=true").status, 200U);
  EXPECT_EQ(server.state(), "ready");
  EXPECT_EQ(server.select("a", "?wait=false").status, 200U);
}

TEST(Select, WithWaitTellsWhyTheLoadFailed) {
  TestServer server({.models = {{.name = "b", .fake = {"load_fail=no room for it"}}}});
  const auto reply = server.select("b", "?wait=true");
  EXPECT_EQ(reply.status, 500U);
  EXPECT_EQ(reply.error("type"), "model_load_failed");
  EXPECT_THAT(reply.error("message"), HasSubstr("no room for it"));
}

TEST(Select, LiftsAQuarantine) {
  TestServer server({.models = {{.name = "b", .fake = {"load_fail=no room"}}}});
  EXPECT_EQ(server.select("b", "?wait=true").status, 500U);
  EXPECT_EQ(server.chat("b").error("code"), "quarantined");
  EXPECT_EQ(server.select("b", "?wait=true").status, 500U) << "it was tried again";
  EXPECT_EQ(server.records("start").size(), 2U);
}

TEST(Select, WithABodyThatIsWrongIs400) {
  TestServer server(three_models());
  for (const auto* body : {"", "{", "[]", R"({"model":7})", R"({"other":"a"})", "null"}) {
    const auto reply = server.post("/v1/models/select", body);
    EXPECT_EQ(reply.status, 400U) << body;
    EXPECT_EQ(reply.error("type"), "invalid_request_error");
  }
}

TEST(Select, TakesAnAlias) {
  TestServer server({.models = {{.name = "a", .keys = {"aliases: [chat]"}}}});
  EXPECT_EQ(server.select("chat", "?wait=true").status, 200U);
  EXPECT_EQ(server.active_model(), "a");
}

}  // namespace
}  // namespace signalbox::test
