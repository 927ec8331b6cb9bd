#include "api/status.h"

#include <limits>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "api/narrator.h"

namespace signalbox::api {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

StatusReport waiting() {
  return {.status = Status::waiting_for_model,
          .model = "gemma",
          .position = 3,
          .queue_length = 5,
          .active_model = "smollm2",
          .blocking_model = "smollm2",
          .eta_ms = 4200};
}

StatusReport loading(std::optional<double> progress) {
  return {
      .status = Status::loading, .model = "gemma", .queue_length = 5, .progress = progress, .waited_ms = 8};
}

TEST(StatusJson, IsTheContractsExample) {
  EXPECT_EQ(
      status_json(waiting()),
      R"({"status":"waiting_for_model","model":"gemma","position":3,"queue_length":5,"active_model":"smollm2",)"
      R"("waited_ms":0,"eta_ms":4200})");
}

TEST(StatusJson, LeavesOutWhatIsUnknownButForTheActiveModel) {
  StatusReport report = waiting();
  report.eta_ms = std::nullopt;
  report.active_model = std::nullopt;
  EXPECT_EQ(
      status_json(report),
      R"({"status":"waiting_for_model","model":"gemma","position":3,"queue_length":5,"active_model":null,)"
      R"("waited_ms":0})");
}

TEST(StatusJson, OfLoadingHasProgressAndNoPosition) {
  StatusReport report = loading(0.4);
  report.position = 3;
  EXPECT_EQ(
      status_json(report),
      R"({"status":"loading","model":"gemma","progress":0.40,"queue_length":5,"active_model":null,"waited_ms":8})");
  EXPECT_EQ(status_json(loading(std::nullopt)),
            R"({"status":"loading","model":"gemma","queue_length":5,"active_model":null,"waited_ms":8})");
}

TEST(StatusJson, OfProcessingHasItsTwoTimesOnly) {
  StatusReport report = waiting();
  report.status = Status::processing;
  report.waited_ms = 5012;
  report.switch_ms = 4180;
  EXPECT_EQ(status_json(report),
            R"({"status":"processing","model":"gemma","waited_ms":5012,"switch_ms":4180})");
}

TEST(StatusJson, ProgressHasTwoDecimalsAndIsOneOnlyWhenDone) {
  for (const auto& [progress, text] : std::vector<std::pair<double, std::string>>{{0.0, "0.00"},
                                                                                  {0.29, "0.29"},
                                                                                  {0.305, "0.30"},
                                                                                  {0.994, "0.99"},
                                                                                  {0.999, "0.99"},
                                                                                  {1.0, "1.00"},
                                                                                  {7.0, "1.00"},
                                                                                  {-1.0, "0.00"}}) {
    EXPECT_THAT(status_json(loading(progress)), HasSubstr("\"progress\":" + text + ",")) << progress;
  }
  for (const double odd :
       {std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity()}) {
    EXPECT_THAT(status_json(loading(odd)), Not(HasSubstr("progress")));
  }
}

TEST(StatusWords, ComeFromTheFixedList) {
  EXPECT_EQ(status_words(waiting()), "Waiting for smollm2 to finish, then gemma (position 3).");
  StatusReport report = waiting();
  report.blocking_model = std::nullopt;
  EXPECT_EQ(status_words(report), "Queued for gemma (position 3).");
  report.blocking_model = "gemma";
  EXPECT_EQ(status_words(report), "Queued for gemma (position 3).");
  report.status = Status::queued;
  report.blocking_model = "smollm2";
  EXPECT_EQ(status_words(report), "Queued for gemma (position 3).");
  EXPECT_EQ(status_words(loading(std::nullopt)), "Loading gemma.");
  EXPECT_EQ(status_words(loading(0.99)), "Loading gemma.");
  EXPECT_EQ(status_words(loading(1.0)), "Starting gemma.");
  report.status = Status::processing;
  EXPECT_EQ(status_words(report), "");
}

std::vector<std::string> narrate(const std::vector<StatusReport>& reports) {
  Narrator narrator;
  std::vector<std::string> sentences;
  sentences.reserve(reports.size());
  for (const auto& report : reports) sentences.push_back(narrator.sentence(report));
  return sentences;
}

StatusReport queued() {
  return {.status = Status::queued, .model = "gemma", .position = 1};
}

TEST(Narrator, SpeaksOncePerChangeOfStatus) {
  StatusReport nearer = waiting();
  nearer.position = 2;
  nearer.blocking_model = "other";
  EXPECT_THAT(narrate({waiting(), nearer, queued(), queued(), waiting()}),
              ElementsAre("Waiting for smollm2 to finish, then gemma (position 3).", "",
                          "Queued for gemma (position 1).", "",
                          "Waiting for smollm2 to finish, then gemma (position 3)."));
}

TEST(Narrator, SpeaksOnceMoreWhenLoadingIsDone) {
  EXPECT_THAT(narrate({loading(std::nullopt), loading(0.5), loading(0.99), loading(1.0), loading(1.0),
                       loading(0.5), loading(1.0)}),
              ElementsAre("Loading gemma.", "", "", "Starting gemma.", "", "", ""));
}

TEST(Narrator, StartsAtThePresentStep) {
  EXPECT_THAT(narrate({loading(1.0), loading(1.0)}), ElementsAre("Starting gemma.", ""));
}

TEST(Narrator, ASecondLoadIsToldAgain) {
  EXPECT_THAT(
      narrate({loading(1.0), queued(), loading(0.1), loading(1.0)}),
      ElementsAre("Starting gemma.", "Queued for gemma (position 1).", "Loading gemma.", "Starting gemma."));
}

TEST(Narrator, EndsWordsOnceAndOnlyIfThereWereSome) {
  Narrator silent;
  EXPECT_EQ(silent.sentence({.status = Status::processing, .model = "gemma"}), "");
  EXPECT_FALSE(silent.end_words());
  Narrator narrator;
  static_cast<void>(narrator.sentence(queued()));
  EXPECT_TRUE(narrator.end_words());
  EXPECT_FALSE(narrator.end_words());
}

TEST(Narrator, SaysNothingAfterTheEndOfItsWords) {
  Narrator narrator;
  EXPECT_EQ(narrator.sentence(loading(0.5)), "Loading gemma.");
  EXPECT_TRUE(narrator.end_words());
  EXPECT_EQ(narrator.sentence(queued()), "");
  EXPECT_EQ(narrator.sentence(loading(1.0)), "");
}

}  // namespace
}  // namespace signalbox::api
