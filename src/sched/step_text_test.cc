#include "sched/step_text.h"

#include <gtest/gtest.h>

namespace signalbox::sched {
namespace {

TEST(StepText, NamesEveryFieldOfAnEvent) {
  EXPECT_EQ(text_of(RequestArrived{.request = RequestId(7),
                                   .model = ModelIndex(1),
                                   .places = 2,
                                   .mode = AnswerMode::whole,
                                   .service_class = ServiceClass::flex,
                                   .tokens_max = 100}),
            "RequestArrived request=7 model=1 places=2 mode=whole class=flex tokens_max=100");
  EXPECT_EQ(text_of(RequestClosed{.request = RequestId(7), .closing = Closing::cut}),
            "RequestClosed request=7 closing=cut tokens=-");
  EXPECT_EQ(text_of(EngineExited{.epoch = Epoch(3), .reason = "it said \"no\"", .jitter_thousandths = 12}),
            R"(EngineExited epoch=3 reason="it said \"no\"" jitter=12)");
  EXPECT_EQ(text_of(DeadlinePassed{}), "DeadlinePassed");
}

TEST(StepText, NamesTheCommandsInTheirOrder) {
  EXPECT_EQ(text_of(Commands{}), "");
  EXPECT_EQ(text_of(Commands{StartEngine{.model = ModelIndex(1), .epoch = Epoch(2)},
                             SwitchStarted{.from = std::nullopt, .to = ModelIndex(1), .cause = "waiters"},
                             StatusChanged{.waiters = Waiters::as_before}}),
            "StartEngine model=1 epoch=2 beside=false; SwitchStarted from=- to=1 cause=\"waiters\"; "
            "StatusChanged waiters=as_before");
}

}  // namespace
}  // namespace signalbox::sched
