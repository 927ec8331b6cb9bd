// Service tiers and estimates, as clients see them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/test_server.h"

namespace signalbox::test {
namespace {

using testing::HasSubstr;

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
