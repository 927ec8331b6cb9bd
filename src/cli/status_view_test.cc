// What is shown of answers that lack something, and the line of `select --wait`.
#include "cli/status_view.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/bar.h"
#include "cli/test_status.h"

namespace signalbox::cli {
namespace {

using ::testing::HasSubstr;

TEST(StatusView, ShowsWhatIsThere) {
  const auto report = read_status(
      R"({"status":"ready","active_model":"a","models":[{"id":"a"},5,{"queue_length":"x","last_load_ms":1e999}],"workers":[]})");
  ASSERT_TRUE(report.has_value());
  const std::string text = status_text(*report, false);
  EXPECT_THAT(text, HasSubstr("workers       - of - busy\n"));
  EXPECT_THAT(text, HasSubstr("\na      -       -/-      -        -      -          -\n"));
}

TEST(StatusReport, IsNothingElse) {
  EXPECT_FALSE(read_status(std::string(100'000, '[')).has_value());
  for (const auto* body : {"x", "[]", "{}", R"({"status":5})"}) EXPECT_FALSE(read_status(body)) << body;
}

TEST(StatusView, TellsTheProgressOfAModel) {
  const auto loads = read_status(kStatus);
  EXPECT_EQ(progress_text(*loads, "gemma", std::chrono::milliseconds(3999), {}),
            "gemma: loading ########............ 40 %, 3 s");
  EXPECT_EQ(progress_text(*loads, "gemma", Duration(), {.glyphs = Glyphs::unicode}),
            "gemma: loading ████████░░░░░░░░░░░░ 40 %, 0 s");
  EXPECT_EQ(progress_text(*loads, "an-alias", Duration(), {}),
            "an-alias: loading gemma ########............ 40 %, 0 s");
}

TEST(StatusView, TellsWhomASelectWaitsFor) {
  for (const auto* body : {R"({"status":"switching","active_model":"a","target_model":"b"})",
                           R"({"status":"ready","active_model":"a"})"}) {
    EXPECT_EQ(progress_text(*read_status(body), "b", std::chrono::seconds(2), {}),
              "b: waiting for a to finish, 2 s");
  }
  EXPECT_EQ(progress_text(*read_status(R"({"status":"idle"})"), "b", Duration(), {}), "b: waiting, 0 s");
}

TEST(StatusView, KeepsTheProgressInOneLine) {
  EXPECT_EQ(progress_text(*read_status(kStatus), "gemma", Duration(), {.size = {.rows = 1, .columns = 12}}),
            "gemma: lo...");
}

TEST(Bar, NeverDrawsALittleAsNothingNorAlmostAllAsAll) {
  EXPECT_EQ(bar(0, 4, Glyphs::ascii), "....");
  EXPECT_EQ(bar(0.01, 4, Glyphs::ascii), "#...");
  EXPECT_EQ(bar(0.5, 4, Glyphs::ascii), "##..");
  EXPECT_EQ(bar(0.99, 4, Glyphs::ascii), "###.");
  EXPECT_EQ(bar(1, 4, Glyphs::ascii), "####");
  EXPECT_EQ(bar(7, 4, Glyphs::ascii), "####");
  EXPECT_EQ(bar(-1, 4, Glyphs::ascii), "....");
  EXPECT_EQ(bar(0.5, 0, Glyphs::ascii), "");
}

}  // namespace
}  // namespace signalbox::cli
