#include "engine/request_head.h"

#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace signalbox::engine {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

UpstreamRequest post(std::vector<std::pair<std::string, std::string>> headers = {}) {
  return {
      .method = "POST", .target = "/v1/chat/completions", .headers = std::move(headers), .body = Rope("{}")};
}

TEST(RequestHead, OfAPost) {
  EXPECT_EQ(
      make_request_head(post({{"X-Request-Id", "r 1"}}), {}).value(),
      "POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nX-Request-Id: r 1\r\n"
      "Content-Type: application/json\r\nContent-Length: 2\r\n\r\n");
}

TEST(RequestHead, OfAGetSaysNothingOfABody) {
  EXPECT_EQ(make_request_head({.method = "GET", .target = "/health", .headers = {}, .body = {}}, {}).value(),
            "GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
}

TEST(RequestHead, LeavesOutWhatBelongsToTheConnection) {
  const auto head = make_request_head(post({{"HOST", "evil"},
                                            {"Content-length", "99"},
                                            {"transfer-encoding", "chunked"},
                                            {"Connection", "keep-alive"},
                                            {"content-type", "text/plain"},
                                            {"Expect", "100-continue"},
                                            {"Upgrade", "h2c"}}),
                                      {});
  EXPECT_EQ(*head, *make_request_head(post(), {}));
}

TEST(RequestHead, LeavesOutTheHeaderThatDisablesCancelling) {
  EXPECT_EQ(*make_request_head(post({{"X-Conversation-Id", "c"}, {"x-conversation-ID", "c"}}), {}),
            *make_request_head(post(), {}));
  EXPECT_THAT(*make_request_head(post({{"X-Conversation-Id2", "c"}}), {}),
              HasSubstr("X-Conversation-Id2: c\r\n"));
}

TEST(RequestHead, CarriesTheEnginesKeyInPlaceOfTheClients) {
  const EngineAddress address{.socket_path = {}, .port = 7, .api_key = "secret"};
  const auto head = make_request_head(post({{"authorization", "Bearer client"}}), address).value();
  EXPECT_THAT(head, HasSubstr("\r\nAuthorization: Bearer secret\r\n"));
  EXPECT_THAT(head, Not(HasSubstr("client")));
}

TEST(RequestHead, RefusesWhatWouldBreakOutOfItsLine) {
  for (const auto& header : std::vector<std::pair<std::string, std::string>>{{"X", "a\r\nY: b"},
                                                                             {"X", "a\nb"},
                                                                             {"X", std::string("a\0b", 3)},
                                                                             {"X\r\nY", "a"},
                                                                             {"X Y", "a"},
                                                                             {"X:", "a"},
                                                                             {"", "a"}}) {
    EXPECT_FALSE(make_request_head(post({header}), {})) << header.first;
  }
  for (const std::string target : {"", "v1", "/a b", "/a\r\nX: y", "/\x7f"}) {
    auto request = post();
    request.target = target;
    EXPECT_FALSE(make_request_head(request, {})) << target;
  }
  auto request = post();
  request.method = "GET /x HTTP/1.1\r\n";
  EXPECT_FALSE(make_request_head(request, {}));
}

TEST(RequestHead, KeepsTabsAndOtherAlphabetsInAValue) {
  EXPECT_THAT(*make_request_head(post({{"X", "a\t\xC3\xA9"}}), {}), HasSubstr("X: a\t\xC3\xA9\r\n"));
}

}  // namespace
}  // namespace signalbox::engine
