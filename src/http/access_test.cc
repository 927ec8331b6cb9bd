// Keys, hosts and origins.
#include "http/access.h"

#include <map>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "http/ascii.h"

namespace signalbox::http {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Key;
using testing::Not;
using testing::Pair;

using Fields = std::vector<Header>;

RequestHead head_of(Fields fields, std::string path = "/v1/models", std::string method = "GET") {
  RequestHead head;
  head.method = std::move(method);
  head.path = std::move(path);
  head.header = [fields = std::move(fields)](std::string_view name) -> std::optional<std::string_view> {
    for (const auto& field : fields) {
      if (equal_ignoring_case(field.first, name)) return field.second;
    }
    return std::nullopt;
  };
  return head;
}

// 0: served.
unsigned status_of(const Access& access, Fields fields, std::string path = "/v1/models") {
  const auto rules = access.admit(head_of(std::move(fields), std::move(path)));
  return rules ? 0 : api::error_row(rules.error().kind).status;
}

TEST(ConstantTime, ComparesWholeTexts) {
  EXPECT_TRUE(equal_in_constant_time("sk-123", "sk-123"));
  for (const auto* given : {"", "s", "sk-12", "sk-1234", "sk-124", "tk-123", "sk-123sk-123"}) {
    EXPECT_FALSE(equal_in_constant_time(given, "sk-123")) << given;
  }
  EXPECT_FALSE(equal_in_constant_time("x", ""));
}

TEST(Keys, AreNotAskedForWhereThereAreNone) {
  EXPECT_EQ(status_of(Access({}), {}), 0U);
  EXPECT_EQ(status_of(Access({}), {{"Authorization", "Bearer anything"}}), 0U);
}

TEST(Keys, AreTakenFromEitherHeader) {
  const Access access({.api_keys = {{.key = "sk-one"}, {.key = "sk-two"}}});
  EXPECT_EQ(status_of(access, {{"Authorization", "Bearer sk-one"}}), 0U);
  EXPECT_EQ(status_of(access, {{"authorization", "bearer sk-two"}}), 0U);
  EXPECT_EQ(status_of(access, {{"X-Api-Key", "sk-two"}}), 0U);
}

TEST(Keys, ThatAreWrongAreToldLikeNone) {
  const Access access({.api_keys = {{.key = "sk-one"}}});
  const auto none = access.admit(head_of({}));
  ASSERT_FALSE(none.has_value());
  EXPECT_EQ(api::error_row(none.error().kind).status, 401U);
  for (const Fields& fields :
       {Fields{{"Authorization", "Bearer sk-on"}}, Fields{{"Authorization", "Bearer sk-onee"}},
        Fields{{"Authorization", "Bearer "}}, Fields{{"Authorization", "sk-one"}},
        Fields{{"Authorization", "Basic sk-one"}}, Fields{{"X-Api-Key", ""}},
        // Two different answers to one question: the first header decides.
        Fields{{"Authorization", "Bearer wrong"}, {"X-Api-Key", "sk-one"}}}) {
    const auto wrong = access.admit(head_of(fields));
    ASSERT_FALSE(wrong.has_value()) << fields.front().second;
    EXPECT_EQ(api::error_body(wrong.error()), api::error_body(none.error()));
  }
  EXPECT_THAT(none.error().message, Not(HasSubstr("sk-one")));
}

TEST(Keys, BringTheirOwnRules) {
  const KeyRules batch{.service_tier = api::ServiceTier::flex};
  const KeyRules guest{.allows_priority = false};
  const Access access(
      {.api_keys = {
           {.key = "sk-batch", .rules = batch}, {.key = "sk-guest", .rules = guest}, {.key = "sk-plain"}}});
  EXPECT_EQ(access.admit(head_of({{"X-Api-Key", "sk-batch"}})).value(), batch);
  EXPECT_EQ(access.admit(head_of({{"Authorization", "Bearer sk-guest"}})).value(), guest);
  EXPECT_EQ(access.admit(head_of({{"X-Api-Key", "sk-plain"}})).value(), KeyRules{});
  EXPECT_EQ(access.admit(head_of({}, "/health")).value(), KeyRules{});
  EXPECT_EQ(Access({}).admit(head_of({})).value(), KeyRules{}) << "nobody's key";
}

TEST(Keys, AreNotNeededToSeeThatTheServerLives) {
  const Access access({.api_keys = {{.key = "sk-one"}}});
  EXPECT_EQ(status_of(access, {}, "/health"), 0U);
  EXPECT_EQ(status_of(access, {}, "/ready"), 0U);
  EXPECT_EQ(status_of(access, {}, "/health/x"), 401U);
  EXPECT_EQ(status_of(access, {}, "/metrics"), 401U);
  EXPECT_EQ(status_of(Access({.api_keys = {{.key = "k"}}, .metrics_without_key = true}), {}, "/metrics"), 0U);
}

TEST(Hosts, AreLoopbacksOwnNames) {
  const Access access({.only_known_hosts = true, .allowed_hosts = {"box.lan", "other:8080"}});
  for (const auto* host : {"localhost", "localhost:8080", "LocalHost:1", "127.0.0.1:8080", "127.9.8.7",
                           "[::1]:80", "[::1]", "box.lan", "BOX.lan:8080", "other:8080"}) {
    EXPECT_EQ(status_of(access, {{"Host", host}}), 0U) << host;
  }
  for (const auto* host :
       {"evil.example", "evil.example:8080", "localhost.evil.example", "127.0.0.1.evil.example",
        "0.0.0.0:8080", "192.168.0.1", "[::2]:80", "other:81", "", ":80", "[", "[]", "]"}) {
    EXPECT_EQ(status_of(access, {{"Host", host}}), 403U) << host;
  }
  EXPECT_EQ(status_of(access, {}), 0U) << "HTTP/1.0";
}

TEST(Hosts, DoNotMatterBehindAKeyOrElsewhere) {
  EXPECT_EQ(status_of(Access({}), {{"Host", "box.lan"}}), 0U);
  const Access access({.api_keys = {{.key = "k"}}, .only_known_hosts = true});
  EXPECT_EQ(status_of(access, {{"Host", "evil.example"}, {"X-Api-Key", "k"}}), 0U);
}

TEST(Origins, AreRefusedUnlessTheyAreListed) {
  const Access access({.allowed_origins = {"https://chat.example", "app://obsidian.md"}});
  EXPECT_EQ(status_of(access, {{"Origin", "https://chat.example"}}), 0U);
  EXPECT_EQ(status_of(access, {{"Origin", "app://obsidian.md"}}), 0U);
  for (const auto* origin : {"https://evil.example", "http://chat.example", "https://chat.example:444",
                             "null", "", "https://chat.example.evil.example", "http://localhost:3000"}) {
    EXPECT_EQ(status_of(access, {{"Host", "localhost:8080"}, {"Origin", origin}}), 403U) << origin;
  }
  EXPECT_EQ(status_of(access, {{"Host", "localhost:8080"}, {"Origin", "http://localhost:8080"}}), 0U)
      << "a page of this server's own";
}

TEST(Preflight, IsAnsweredWithoutAKeyForListedOrigins) {
  const Access access({.api_keys = {{.key = "k"}}, .allowed_origins = {"https://chat.example"}});
  const auto answer = access.answer_preflight(
      head_of({{"Origin", "https://chat.example"},
               {"Access-Control-Request-Method", "POST"},
               {"Access-Control-Request-Headers", "authorization,content-type,x-stainless-os"}},
              "/v1/chat/completions", "OPTIONS"));
  ASSERT_TRUE(answer.has_value());
  EXPECT_EQ(answer->status, 204U);
  EXPECT_THAT(answer->headers,
              Contains(Pair("Access-Control-Allow-Headers", "authorization,content-type,x-stainless-os")));
  EXPECT_THAT(answer->headers, Contains(Pair("Access-Control-Allow-Methods", HasSubstr("POST"))));
}

TEST(Preflight, OfAnotherPageIs403AndOfNoPageNone) {
  const Access access({.allowed_origins = {"https://chat.example"}});
  const auto evil = access.answer_preflight(head_of(
      {{"Origin", "https://evil.example"}, {"Access-Control-Request-Method", "POST"}}, "/", "OPTIONS"));
  ASSERT_TRUE(evil.has_value());
  EXPECT_EQ(evil->status, 403U);
  EXPECT_FALSE(access.answer_preflight(head_of({}, "/", "OPTIONS")).has_value());
  EXPECT_FALSE(access.answer_preflight(head_of({{"Origin", "https://chat.example"}})).has_value());
}

TEST(Preflight, DoesNotSendBackWhatIsNoHeaderName) {
  const Access access({.allowed_origins = {"*"}});
  const auto answer = access.answer_preflight(head_of({{"Origin", "https://a.example"},
                                                       {"Access-Control-Request-Method", "POST"},
                                                       {"Access-Control-Request-Headers", "x: y\"<script>"}},
                                                      "/", "OPTIONS"));
  ASSERT_TRUE(answer.has_value());
  EXPECT_THAT(answer->headers, Not(Contains(Key("Access-Control-Allow-Headers"))));
}

TEST(Cors, IsOffUnlessOriginsAreListed) {
  EXPECT_THAT(Access({}).cors_headers(head_of({{"Origin", "https://chat.example"}})), IsEmpty());
}

TEST(Cors, NamesTheOriginThatMayReadTheAnswer) {
  const Access access({.allowed_origins = {"https://chat.example"}});
  const auto headers = access.cors_headers(head_of({{"Origin", "https://chat.example"}}));
  EXPECT_THAT(headers, Contains(Pair("Access-Control-Allow-Origin", "https://chat.example")));
  EXPECT_THAT(headers, Contains(Pair("Vary", "Origin")));
  EXPECT_THAT(headers, Not(Contains(Key("Access-Control-Allow-Credentials"))));
  const auto others = access.cors_headers(head_of({{"Origin", "https://evil.example"}}));
  EXPECT_THAT(others, Contains(Pair("Vary", "Origin"))) << "caches must keep the two answers apart";
  EXPECT_THAT(others, Not(Contains(Key("Access-Control-Allow-Origin"))));
}

}  // namespace
}  // namespace signalbox::http
