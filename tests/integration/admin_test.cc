// The routes beside generation: models, status, events, health, and what is no route.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/test_server.h"

namespace signalbox::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

std::vector<std::string> keys_of(const boost::json::object& object) {
  std::vector<std::string> keys;
  for (const auto& [key, value] : object) keys.emplace_back(key);
  return keys;
}

TEST(Models, AreListedWithStatusAndAliases) {
  TestServer server({.models = {{.name = "a", .keys = {"aliases: [chat]"}}, {.name = "org/b"}}});
  server.load("a");
  const auto list = server.get("/v1/models").json();
  EXPECT_EQ(list.at("object").as_string(), "list");
  const auto& data = list.at("data").as_array();
  ASSERT_EQ(data.size(), 2U);
  EXPECT_EQ(data[0].at("id").as_string(), "a");
  EXPECT_EQ(data[0].at("object").as_string(), "model");
  EXPECT_TRUE(data[0].at("created").is_int64());
  EXPECT_TRUE(data[0].at("owned_by").is_string());
  EXPECT_EQ(data[0].at("status").as_string(), "ready");
  EXPECT_EQ(data[0].at("aliases").at(0).as_string(), "chat");
  EXPECT_EQ(data[0].at("meta").at("n_params").as_int64(), 128576);
  EXPECT_EQ(data[1].at("id").as_string(), "org/b");
  EXPECT_EQ(data[1].at("status").as_string(), "unloaded");
}

TEST(Models, AreFoundByNameAliasAndSlash) {
  TestServer server({.models = {{.name = "a", .keys = {"aliases: [chat]"}}, {.name = "org/b"}}});
  EXPECT_EQ(server.get("/v1/models/a").json().at("id").as_string(), "a");
  EXPECT_EQ(server.get("/v1/models/chat").status, 200U);
  EXPECT_EQ(server.get("/v1/models/org%2Fb").json().at("id").as_string(), "org/b");
  EXPECT_EQ(server.get("/v1/models/org/b").json().at("id").as_string(), "org/b");
  const auto unknown = server.get("/v1/models/nobody");
  EXPECT_EQ(unknown.status, 404U);
  EXPECT_EQ(unknown.error("code"), "model_not_found");
}

TEST(Status, HasItsKeysInTheOrderOfTheContract) {
  TestServer server({.models = {{.name = "a"}, {.name = "b"}}});
  server.load("a");
  const auto status = server.status();
  auto keys = keys_of(status);
  std::erase(keys, "switch_elapsed_ms");
  std::erase(keys, "progress");
  EXPECT_THAT(keys, ElementsAre("status", "active_model", "target_model", "last_error", "switch_requested_at",
                                "in_flight_requests", "workers", "backlog_ms", "queue_lengths", "models"));
  EXPECT_THAT(keys_of(status.at("models").at(0).as_object()),
              ElementsAre("id", "status", "queue_length", "queue_size", "oldest_wait_ms", "in_flight",
                          "loads", "last_load_ms", "last_error", "costs"));
  const auto costs = status.at("models").at(0).at("costs").as_object();
  EXPECT_THAT(keys_of(costs), ElementsAre("service_ms", "changeover_ms", "tail_ms"));
  EXPECT_GE(costs.at("changeover_ms").as_int64(), 0);
  EXPECT_EQ(status.at("models").at(0).at("queue_size").as_int64(), 10);
  EXPECT_EQ(status.at("models").at(0).at("loads").as_int64(), 1);
  EXPECT_GE(status.at("models").at(0).at("last_load_ms").as_int64(), 0);
  EXPECT_TRUE(status.at("models").at(1).at("last_load_ms").is_null());
}

TEST(Events, TellEachRequestThatIsOverToWhoAsksForThem) {
  TestServer server({.models = {{.name = "a", .keys = {"aliases: [chat]"}}}});
  EXPECT_EQ(server.get("/v1/events?requests=perhaps").status, 400U);
  EventStream events(server.connect());
  events.connection().send(request_text("GET", "/v1/events?requests=true"));
  server.load("chat");
  EXPECT_EQ(server.chat("a", {.more = R"("service_tier":"flex")"}).status, 200U);
  std::vector<boost::json::object> requests;
  while (requests.size() < 2) {
    const auto event = events.next();
    ASSERT_TRUE(event.has_value());
    if (event->name == "request") requests.push_back(event->json());
  }
  EXPECT_THAT(keys_of(requests[0]), ElementsAre("model", "class", "number", "arrived_ms", "wait_ms",
                                                "service_ms", "open_since_ms"));
  EXPECT_EQ(requests[0].at("model").as_string(), "a");
  EXPECT_EQ(requests[0].at("class").as_string(), "default");
  EXPECT_EQ(requests[1].at("class").as_string(), "flex");
  EXPECT_EQ(requests[0].at("number").as_int64(), 1);
  EXPECT_EQ(requests[1].at("number").as_int64(), 2);
  EXPECT_GE(requests[0].at("wait_ms").as_int64(), 0);
  EXPECT_GE(requests[1].at("arrived_ms").as_int64(), requests[0].at("arrived_ms").as_int64());
  EXPECT_TRUE(requests[1].at("open_since_ms").is_null());
}

TEST(Events, BeginWithASnapshotAndTellEveryTransition) {
  TestServer server({.models = {{.name = "a", .fake = {"load_until=@/a"}}}});
  EventStream events(server.connect());
  events.connection().send(request_text("GET", "/v1/events"));
  const auto first = events.next();
  ASSERT_TRUE(first.has_value());
  EXPECT_EQ(first->json().at("status").as_string(), "idle");
  auto stream = server.stream_chat("a");
  const auto until = [&](std::string_view status) {
    while (const auto event = events.next()) {
      if (!event->data.empty() && event->json().at("status").as_string() == status) return true;
    }
    return false;
  };
  EXPECT_TRUE(until("loading"));
  server.touch("a");
  EXPECT_TRUE(until("ready"));
  EXPECT_TRUE(transcript_of(stream.rest()).done);
}

TEST(Events, HaveALimitedNumberOfListeners) {
  TestServer server({.models = {{.name = "a"}}, .server = {"events_clients_max: 1"}});
  EventStream first(server.connect());
  first.connection().send(request_text("GET", "/v1/events"));
  ASSERT_TRUE(first.next().has_value());
  EXPECT_EQ(server.get("/v1/events").status, 503U);
  first.connection().close();
  EXPECT_TRUE(eventually([&] {
    EventStream second(server.connect());
    second.connection().send(request_text("GET", "/v1/events"));
    return second.connection().read_head().status == 200;
  }));
}

TEST(Health, AnswersWhateverGoesOn) {
  TestServer server({.models = {{.name = "a", .fake = {"load_hang"}}}});
  auto waiting = server.stream_chat("a");
  static_cast<void>(waiting.next_status("loading"));
  EXPECT_EQ(server.get("/health").status, 200U);
  EXPECT_EQ(server.get("/ready").status, 200U);
}

TEST(Routes, UnknownOnesAre404WithAnError) {
  TestServer server({.models = {{.name = "a"}}});
  for (const auto* path :
       {"/", "/nothing", "/v1", "/v1/chat", "/v1/messages", "/v2/chat/completions", "/v1/models/"}) {
    const auto reply = server.get(path);
    EXPECT_EQ(reply.status, 404U) << path;
    EXPECT_EQ(reply.error("type"), "invalid_request_error") << path;
    EXPECT_THAT(reply.header("X-Request-Id"), Not(IsEmpty()));
  }
  EXPECT_EQ(server.post("/v1/messages", R"({"model":"a"})").status, 404U);
}

TEST(Routes, AWrongMethodIs405WithAllow) {
  TestServer server({.models = {{.name = "a"}}});
  const auto get = server.get("/v1/chat/completions");
  EXPECT_EQ(get.status, 405U);
  EXPECT_THAT(get.header("Allow"), HasSubstr("POST"));
  EXPECT_EQ(get.error("type"), "invalid_request_error");
  const auto post = server.post("/v1/models", "{}");
  EXPECT_EQ(post.status, 405U);
  EXPECT_THAT(post.header("Allow"), HasSubstr("GET"));
}

TEST(Routes, HeadIsGetWithoutABody) {
  TestServer server({.models = {{.name = "a"}}});
  auto connection = server.connect();
  connection.send(request_text("HEAD", "/health"));
  EXPECT_EQ(connection.read_head().status, 200U);
  connection.send(request_text("GET", "/health"));
  EXPECT_EQ(connection.read_reply().status, 200U) << "and the connection goes on right after the head";
}

TEST(Routes, AQueryAndEscapesDoNotChangeThePath) {
  TestServer server({.models = {{.name = "a"}}});
  EXPECT_EQ(server.get("/health?x=1").status, 200U);
  EXPECT_EQ(server.get("/v1/%6Dodels").status, 200U);
}

}  // namespace
}  // namespace signalbox::test
