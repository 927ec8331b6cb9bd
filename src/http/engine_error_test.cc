// What becomes of an engine's refusal.
#include "http/engine_error.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace signalbox::http {
namespace {

TEST(EngineError, QuotesTheEnginesMessage) {
  const auto error =
      engine_error(400, R"({"error":{"code":400,"message":"context size exceeded","type":"x"}})", "m");
  EXPECT_EQ(error.kind, api::ErrorKind::invalid_request);
  EXPECT_EQ(error.message, "The engine of model 'm' answered with status 400: context size exceeded");
}

TEST(EngineError, MakesAFailureOfTheEngineOfA5xx) {
  EXPECT_EQ(engine_error(500, R"({"error":{"message":"boom"}})", "m").kind, api::ErrorKind::engine_error);
}

TEST(EngineError, SaysTheStatusWhenTheBodyIsNoJson) {
  EXPECT_EQ(engine_error(502, "<html>", "m").message, "The engine of model 'm' answered with status 502.");
  EXPECT_EQ(engine_error(500, R"({"error":"text"})", "m").message,
            "The engine of model 'm' answered with status 500.");
  EXPECT_EQ(engine_error(500, R"([1])", "m").message, "The engine of model 'm' answered with status 500.");
}

TEST(EngineError, CutsALongMessageBetweenCharacters) {
  std::string message;
  for (int i = 0; i < 999; ++i) message += 'x';
  message += "\u00e9\u00e9";  // two bytes each: the cut would fall into the first
  const auto error = engine_error(400, R"({"error":{"message":")" + message + R"("}})", "m");
  EXPECT_EQ(error.message.back(), 'x');
}

}  // namespace
}  // namespace signalbox::http
