// What a stream must look like that ends with an error. For tests.
#pragma once

#include <string>
#include <string_view>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/event_stream.h"

namespace signalbox::test {

// Returns the error's message. Exactly one error without choices, then a clean end without [DONE].
inline std::string expect_in_stream_error(EventStream& stream, std::string_view type) {
  const auto got = transcript_of(stream.rest());
  EXPECT_EQ(stream.end(), End::clean) << "a cut connection hides the message";
  EXPECT_FALSE(got.done);
  EXPECT_THAT(got.finish_reasons, testing::IsEmpty()) << "it would pass as a complete answer";
  if (!got.error) {
    ADD_FAILURE() << "no error in: " << stream.raw();
    return "";
  }
  EXPECT_EQ(got.error->at("type").as_string(), type);
  return std::string(got.error->at("message").as_string());
}

}  // namespace signalbox::test
