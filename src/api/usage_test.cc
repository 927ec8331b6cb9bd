#include "api/usage.h"

#include <gtest/gtest.h>

namespace signalbox::api {
namespace {

std::uint64_t tokens_of(std::string_view chunk) {
  ChunkScan scan;
  EXPECT_TRUE(scan.read(chunk)) << chunk;
  return generated_tokens(scan);
}

TEST(Usage, TellsTheTokensOfEachRoute) {
  EXPECT_EQ(generated_tokens(R"({"prompt_tokens":9,"completion_tokens":4,"total_tokens":13})"), 4U);
  EXPECT_EQ(generated_tokens(R"({"input_tokens":9,"output_tokens":5,"total_tokens":14})"), 5U);
}

TEST(Usage, SaysNothingWhenTheEngineDoesNot) {
  EXPECT_EQ(generated_tokens(""), 0U);
  EXPECT_EQ(generated_tokens("null"), 0U);
  EXPECT_EQ(generated_tokens("{}"), 0U);
  EXPECT_EQ(generated_tokens("17"), 0U);
  EXPECT_EQ(generated_tokens(R"({"completion_tokens":-3})"), 0U);
  EXPECT_EQ(generated_tokens(R"({"completion_tokens":"many"})"), 0U);
}

TEST(Usage, IsTakenFromTheLastChunksOnly) {
  EXPECT_EQ(tokens_of(R"({"choices":[],"usage":{"completion_tokens":4}})"), 4U);
  EXPECT_EQ(tokens_of(R"({"choices":[{"index":0,"text":"","finish_reason":"stop"}],)"
                      R"("usage":{"completion_tokens":3}})"),
            3U);
  EXPECT_EQ(tokens_of(R"({"choices":[{"index":0,"text":"a","finish_reason":null}],)"
                      R"("usage":{"completion_tokens":2}})"),
            0U)
      << "a running total";
}

}  // namespace
}  // namespace signalbox::api
