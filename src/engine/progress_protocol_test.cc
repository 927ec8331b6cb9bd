#include "engine/progress_protocol.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace signalbox::engine {
namespace {

using ::testing::Optional;
using State = LoadNews::State;

std::optional<LoadNews> state_line(std::string_view json) {
  return parse_load_news("cmd_child_to_router:state:" + std::string(json));
}

TEST(ProgressProtocol, ReadsHowFarALoadIs) {
  const auto news = state_line(
      R"({"state":"loading","payload":{"stages":["text_model"],"current":"text_model","value":0.30}})");
  ASSERT_TRUE(news);
  EXPECT_EQ(news->state, State::loading);
  EXPECT_THAT(news->progress_thousandths, Optional(300U));
  EXPECT_THAT(state_line(R"({"state":"loading","payload":{"value":0.0}})")->progress_thousandths,
              Optional(0U));
  EXPECT_THAT(state_line(R"({"state":"loading","payload":{"value":1}})")->progress_thousandths,
              Optional(1000U));
}

TEST(ProgressProtocol, ReadsTheSizesOfAReadyModel) {
  const auto news = state_line(
      R"({"state":"ready","payload":{"id":"smollm","meta":{"n_ctx":4096,"n_params":134515008,"size":96576768}}})");
  ASSERT_TRUE(news);
  EXPECT_EQ(news->state, State::ready);
  EXPECT_THAT(news->context_tokens, Optional(4096U));
  EXPECT_THAT(news->parameters, Optional(134515008U));
  EXPECT_THAT(news->model_bytes, Optional(96576768U));
}

TEST(ProgressProtocol, TakesReadyWithoutSizes) {
  for (const auto* line :
       {R"({"state":"ready"})", R"({"state":"ready","payload":null})",
        R"({"state":"ready","payload":{"meta":[]}})",
        R"({"state":"ready","payload":{"meta":{"n_ctx":"many","n_params":-1,"size":1e300}}})"}) {
    const auto news = state_line(line);
    ASSERT_TRUE(news) << line;
    EXPECT_EQ(news->state, State::ready) << line;
    EXPECT_FALSE(news->context_tokens || news->parameters || news->model_bytes) << line;
  }
}

TEST(ProgressProtocol, LeavesOutAProgressThatIsNone) {
  for (const auto* value : {"-0.1", "1.01", "1e999", "\"0.5\"", "null", "[]"}) {
    const auto news = state_line(std::string(R"({"state":"loading","payload":{"value":)") + value + "}}");
    if (news) {
      EXPECT_FALSE(news->progress_thousandths) << value;
    }
  }
  EXPECT_FALSE(state_line(R"({"state":"loading"})")->progress_thousandths);
}

TEST(ProgressProtocol, KeepsStatesThatItDoesNotKnowApart) {
  EXPECT_EQ(state_line(R"({"state":"sleeping","payload":{"value":0.5}})")->state, State::other);
}

TEST(ProgressProtocol, IsNotConfusedByWhatIsNoNews) {
  const std::string deep(100'000, '[');
  for (const std::string& line :
       {std::string(""), std::string("loading"), std::string("cmd_child_to_router:"),
        std::string("cmd_child_to_router:state:"), std::string("cmd_child_to_router:state:{\"state\":\"rea"),
        std::string("cmd_child_to_router:state:[]"), std::string("cmd_child_to_router:state:{\"state\":7}"),
        std::string("cmd_child_to_router:state:{\"state\":\"ready\"} and more"),
        "cmd_child_to_router:state:" + deep, std::string("cmd_child_to_router:info:{\"state\":\"ready\"}"),
        std::string(" cmd_child_to_router:state:{\"state\":\"ready\"}"),
        std::string("cmd_child_to_router:state:\0\xff", 28)}) {
    EXPECT_FALSE(parse_load_news(line)) << line.substr(0, 60);
  }
}

TEST(ProgressProtocol, TellsItsLinesFromTheLog) {
  EXPECT_TRUE(is_protocol_line("cmd_child_to_router:anything"));
  EXPECT_FALSE(is_protocol_line("0.00.1 I cmd_child_to_router:state:"));
}

}  // namespace
}  // namespace signalbox::engine
