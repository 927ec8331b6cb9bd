// How a client chooses, by header, how it is told of its wait.
#include "http/status_headers.h"

#include <map>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace signalbox::http {
namespace {

using testing::HasSubstr;

RequestHead head_with(std::map<std::string, std::string, std::less<>> headers) {
  RequestHead head;
  head.header = [headers = std::move(headers)](std::string_view name) -> std::optional<std::string_view> {
    const auto found = headers.find(name);
    if (found == headers.end()) return std::nullopt;
    return found->second;
  };
  return head;
}

TEST(StatusHeaders, LeaveTheConfiguredValuesWithoutHeaders) {
  api::AnswerOptions options;
  options.status_text = api::StatusText::reasoning;
  const RequestHead head = head_with({});
  ASSERT_TRUE(apply_status_headers(head, options));
  EXPECT_EQ(options.status_text, api::StatusText::reasoning);
}

TEST(StatusHeaders, OverrideTheConfiguredValues) {
  api::AnswerOptions options;
  const RequestHead head = head_with({{"X-Status-Text", "none"}, {"X-Status-Chunks", "comment"}});
  ASSERT_TRUE(apply_status_headers(head, options));
  EXPECT_EQ(options.status_text, api::StatusText::none);
  EXPECT_EQ(options.status_chunks, api::StatusChunks::comment);
}

TEST(StatusHeaders, RefuseAnUnknownValueAndNameThoseAllowed) {
  api::AnswerOptions options;
  const RequestHead head = head_with({{"X-Status-Chunks", "loud"}});
  const auto applied = apply_status_headers(head, options);
  ASSERT_FALSE(applied);
  EXPECT_EQ(applied.error().kind, api::ErrorKind::invalid_request);
  EXPECT_EQ(applied.error().param, "X-Status-Chunks");
  EXPECT_THAT(applied.error().message, HasSubstr("'loud'; allowed are data, comment, off"));
}

}  // namespace
}  // namespace signalbox::http
