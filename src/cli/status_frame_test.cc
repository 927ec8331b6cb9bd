// Whole pictures of the live status, character for character.
#include "cli/status_frame.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/test_status.h"

namespace signalbox::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::SizeIs;

const Cell kHeadline{.text = "Signalbox at x"};

StatusReport many_models(std::size_t count) {
  StatusReport report{.status = "ready", .active_model = "m0", .workers_busy = 1, .workers_size = 4};
  for (std::size_t i = 0; i < count; ++i) {
    report.models.push_back(
        {.id = "m" + std::to_string(i), .status = "unloaded", .queue_length = 0, .queue_size = 10});
  }
  return report;
}

TEST(StatusFrame, ShowsALoad) {
  EXPECT_THAT(status_frame(*read_status(kStatus), kHeadline, "Ctrl-C ends this.", {}),
              ElementsAre("Signalbox at x",                                                        //
                          "status   loading",                                                      //
                          "active   -",                                                            //
                          "switch   to gemma  ########............ 40 %, 0.8 s",                   //
                          "workers  ..........  0 of 4 busy",                                      //
                          "",                                                                      //
                          "MODEL    STATUS    QUEUE            RUNNING  OLDEST WAIT  LAST ERROR",  //
                          "smollm2  unloaded  .......... 0/10  0        -            boom [31m",   //
                          "gemma    loading   ###....... 3/10  0        0.8 s",                    //
                          "",                                                                      //
                          "Ctrl-C ends this."));
}

TEST(StatusFrame, TellsWhoFinishesBeforeASwitch) {
  const auto report = read_status(
      R"({"status":"switching","active_model":"a","target_model":"b","switch_elapsed_ms":1500,"workers":{"size":2,"busy":1}})");
  EXPECT_THAT(status_frame(*report, kHeadline, "", {.glyphs = Glyphs::unicode}),
              ElementsAre("Signalbox at x", "status   switching", "active   a",
                          "switch   to b, a finishes first, 1.5 s", "workers  █████░░░░░  1 of 2 busy", "",
                          "MODEL  STATUS  QUEUE  RUNNING  OLDEST WAIT"));
}

TEST(StatusFrame, CountsDownAQuarantine) {
  auto report = many_models(1);
  report.models[0] = {.id = "a", .status = "quarantined", .quarantined_for_ms = 41'900, .last_error = "boom"};
  EXPECT_EQ(status_frame(report, kHeadline, "", {}).back(),
            "a      quarantined 42 s  .......... -/-  -        -            boom");
}

TEST(StatusFrame, PutsModelsWithNewsFirstIfNotAllFit) {
  auto report = many_models(9);
  report.models[8].queue_length = 2;
  const auto lines = status_frame(report, kHeadline, "hint", {.size = {.rows = 10, .columns = 80}});
  ASSERT_THAT(lines, SizeIs(10));
  EXPECT_EQ(lines[7], "m8     unloaded  ##........ 2/10  -        -");
  EXPECT_EQ(lines[8], "m0     unloaded  .......... 0/10  -        -");
  EXPECT_EQ(lines[9], "... and 7 more");
}

TEST(StatusFrame, FitsEverySize) {
  auto report = many_models(30);
  report.last_error = std::string(300, 'e');
  report.target_model = std::string(300, 't');
  report.models[3].id = std::string(300, 'n');
  report.models[4].last_error = std::string(300, 'x');
  for (const std::size_t rows : {1U, 2U, 5U, 8U, 24U, 100U}) {
    for (const std::size_t columns : {1U, 2U, 3U, 20U, 69U, 70U, 80U, 200U}) {
      const Look look{.size = {.rows = rows, .columns = columns}};
      const auto lines = status_frame(report, kHeadline, "hint", look);
      EXPECT_LE(lines.size(), rows);
      for (const auto& line : lines) EXPECT_LE(width(line), columns) << line;
    }
  }
}

TEST(StatusFrame, KeepsTheColumnsBesideALongName) {
  auto report = many_models(1);
  report.models[0].id = std::string(100, 'n');
  EXPECT_EQ(status_frame(report, kHeadline, "", {}).back(),
            "nnnnnnnnnnnnnnnnnnn...  unloaded  .......... 0/10  -        -");
}

TEST(StatusFrame, IsColouredOnlyIfColourIsUsed) {
  const auto plain = status_frame(many_models(2), kHeadline, "hint", {});
  for (const auto& line : plain) EXPECT_FALSE(line.contains('\x1b')) << line;
  const auto coloured = status_frame(many_models(2), kHeadline, "hint", {.uses_colour = true});
  EXPECT_EQ(coloured[1], "status   \x1b[32mready\x1b[0m");
}

}  // namespace
}  // namespace signalbox::cli
