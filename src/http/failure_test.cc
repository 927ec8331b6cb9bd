// Each way in which a request fails has its row of the error table and a sentence with the model's name.
#include "http/failure.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace signalbox::http {
namespace {

using api::ErrorKind;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

control::Refused refused(sched::Refusal refusal, Duration retry_after = Duration(0),
                         std::string detail = {}) {
  return control::Refused{.refusal = refusal, .retry_after = retry_after, .detail = std::move(detail)};
}

TEST(Failure, TellsAFullQueueWhenToComeBack) {
  const auto error = refusal_error(refused(sched::Refusal::queue_full, std::chrono::milliseconds(2500)), "m");
  EXPECT_EQ(error.kind, ErrorKind::queue_full);
  EXPECT_EQ(error.retry_after, std::chrono::milliseconds(2500));
  EXPECT_THAT(error.message, HasSubstr("'m'"));
}

TEST(Failure, QuotesWhyALoadFailed) {
  const auto error =
      refusal_error(refused(sched::Refusal::model_load_failed, Duration(0), "no such file"), "m");
  EXPECT_EQ(error.kind, ErrorKind::model_load_failed);
  EXPECT_EQ(error.message, "Model 'm' could not be loaded: no such file");
  EXPECT_FALSE(error.retry_after);
}

TEST(Failure, RoundsTheRestOfAQuarantineUp) {
  const auto error =
      refusal_error(refused(sched::Refusal::quarantined, std::chrono::milliseconds(4001), "bad file"), "m");
  EXPECT_EQ(error.kind, ErrorKind::quarantined);
  EXPECT_THAT(error.message, HasSubstr("another 5 s: bad file"));
}

TEST(Failure, MapsTheOtherRefusals) {
  EXPECT_EQ(refusal_error(refused(sched::Refusal::too_many_places), "m").kind, ErrorKind::too_many_sequences);
  EXPECT_EQ(refusal_error(refused(sched::Refusal::wait_timeout), "m").kind, ErrorKind::wait_timeout);
  EXPECT_EQ(refusal_error(refused(sched::Refusal::shutting_down), "m").kind, ErrorKind::shutting_down);
}

TEST(Failure, MapsWhatTheSchedulerAborts) {
  const sched::AbortRequest died{
      .request = RequestId(1), .abort = sched::Abort::engine_died, .detail = "signal 9"};
  EXPECT_EQ(abort_error(died, "m", Deaths::one).kind, ErrorKind::engine_error);
  EXPECT_THAT(abort_error(died, "m", Deaths::one).message,
              AllOf(HasSubstr("signal 9"), Not(HasSubstr("twice"))));
  EXPECT_THAT(abort_error(died, "m", Deaths::two).message, AllOf(HasSubstr("signal 9"), HasSubstr("twice")));
  const sched::AbortRequest hung{
      .request = RequestId(1), .abort = sched::Abort::engine_hung, .detail = "silent"};
  EXPECT_EQ(abort_error(hung, "m", Deaths::one).kind, ErrorKind::engine_timeout);
}

TEST(Failure, TellsASilentEngineFromADeadOne) {
  EXPECT_EQ(upstream_error(Error{.code = ErrorCode::timeout, .message = ""}, "m").kind,
            ErrorKind::engine_timeout);
  EXPECT_EQ(upstream_error(Error{.code = ErrorCode::closed, .message = ""}, "m").kind,
            ErrorKind::engine_error);
  EXPECT_THAT(upstream_error(Error{.code = ErrorCode::io, .message = "bad grammar"}, "m").message,
              HasSubstr("bad grammar"));
}

}  // namespace
}  // namespace signalbox::http
