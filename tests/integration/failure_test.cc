// Engines that fail: in mid-answer, before it, while they load. Never a silent end, never a wrong 200.
#include <ostream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "integration/in_stream_error.h"
#include "support/test_server.h"

namespace signalbox::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

struct Breakage {
  std::string fake;
  std::string type;
  friend void PrintTo(const Breakage& breakage, std::ostream* out) { *out << breakage.fake; }
};

class InStream : public testing::TestWithParam<Breakage> {};

TEST_P(InStream, IsToldAndTheNextRequestIsServed) {
  TestServer server({.models = {{.name = "a", .fake = {GetParam().fake, "ping_ms=20"}}},
                     .engine = {"engine_timeout: 400ms"}});
  server.load("a");  // one token: it ends before the trouble begins
  auto stream = server.stream_chat("a", {.max_tokens = 10});
  EXPECT_THAT(expect_in_stream_error(stream, GetParam().type), Not(IsEmpty()));
  EXPECT_THAT(stream.raw(), AllOf(HasSubstr("w2"), Not(HasSubstr("w3"))));
  EXPECT_EQ(server.chat("a", {.max_tokens = 1}).status, 200U);
  EXPECT_TRUE(eventually([&] { return server.busy_workers() == 0; }));
}

INSTANTIATE_TEST_SUITE_P(Failure, InStream,
                         testing::Values(Breakage{"crash_at_token=3", "engine_error"},
                                         Breakage{"end_early_at_token=3", "engine_error"},
                                         Breakage{"error_at_token=3", "engine_error"},
                                         Breakage{"hang_at_token=3", "engine_timeout"}),
                         [](const auto& info) {
                           return info.param.fake.substr(0, info.param.fake.find('_'));
                         });

struct EarlyBreakage {
  std::string fake;
  unsigned status;
  std::string type;
  friend void PrintTo(const EarlyBreakage& breakage, std::ostream* out) { *out << breakage.fake; }
};

class BeforeTheFirstByte : public testing::TestWithParam<EarlyBreakage> {};

TEST_P(BeforeTheFirstByte, IsAnHttpError) {
  const auto& wanted = GetParam();
  for (const bool stream : {false, true}) {
    TestServer server({.models = {{.name = "a", .fake = {wanted.fake}}},
                       .scheduler = {"default_model: a", "replay: off"},
                       .engine = {"engine_timeout: 400ms"}});
    ASSERT_TRUE(eventually([&] { return server.active_model() == "a"; }));
    const auto reply = server.start_chat("a", {.stream = stream}).read_reply();
    EXPECT_EQ(reply.status, wanted.status) << "stream: " << stream;
    EXPECT_EQ(reply.error("type"), wanted.type);
  }
}

INSTANTIATE_TEST_SUITE_P(Failure, BeforeTheFirstByte,
                         testing::Values(EarlyBreakage{"crash_at_token=0", 502, "engine_error"},
                                         EarlyBreakage{"end_early_at_token=0", 502, "engine_error"},
                                         EarlyBreakage{"hang_at_token=0", 504, "engine_timeout"}),
                         [](const auto& info) {
                           return info.param.fake.substr(0, info.param.fake.find('_'));
                         });

TEST(LoadFailure, GivesEachWaiterTheEnginesLastWords) {
  TestServer server(
      {.models = {{.name = "a"}, {.name = "b", .fake = {"load_until=@/b", "load_fail=need 7 GiB, have 3"}}}});
  server.load("a");
  auto stream = server.stream_chat("b");
  auto whole = server.start_chat("b", {.stream = false});
  EventStream responses(server.start("/v1/responses", R"({"model":"b","input":"x","stream":true})"));
  ASSERT_TRUE(eventually([&] { return server.queue_length("b") == 3; }));
  server.touch("b");
  const auto words = expect_in_stream_error(stream, "model_load_failed");
  EXPECT_THAT(words, HasSubstr("need 7 GiB, have 3"));
  const auto reply = whole.read_reply();
  EXPECT_EQ(reply.status, 500U);
  EXPECT_EQ(reply.error("type"), "model_load_failed");
  EXPECT_EQ(reply.error("message"), words);
  static_cast<void>(responses.rest());
  EXPECT_THAT(responses.raw(), HasSubstr("need 7 GiB, have 3"));
  EXPECT_THAT(server.records("start"), SizeIs(2)) << "one load of a, and one of b for all three";
  const auto status = server.status();
  EXPECT_EQ(status.at("status").as_string(), "error");
  EXPECT_THAT(std::string(status.at("last_error").as_string()), HasSubstr("need 7 GiB, have 3"));
  EXPECT_EQ(server.chat("a").status, 200U) << "the model loaded before comes back";
  EXPECT_EQ(server.state(), "ready");
}

TEST(LoadFailure, QuarantinesTheModel) {
  TestServer server({.models = {{.name = "a"}, {.name = "b", .fake = {"load_fail=need 7 GiB"}}}});
  EXPECT_EQ(server.chat("b").status, 500U);
  const auto again = server.chat("b");
  EXPECT_EQ(again.status, 503U);
  EXPECT_EQ(again.error("type"), "model_load_failed");
  EXPECT_EQ(again.error("code"), "quarantined");
  EXPECT_THAT(again.header("Retry-After"), Not(IsEmpty()));
  EXPECT_EQ(server.model_status("b").at("status").as_string(), "quarantined");
  EXPECT_THAT(server.records("start"), SizeIs(1));
}

TEST(LoadFailure, EndsAQuarantineByItself) {
  TestServer server({.models = {{.name = "b", .fake = {"load_exit=3"}}}});
  const auto first = server.chat("b");
  EXPECT_EQ(first.status, 500U);
  EXPECT_THAT(first.error("message"), HasSubstr("3")) << "the exit status";
  // The first back-off is five seconds and some.
  EXPECT_TRUE(eventually([&] { return server.chat("b").status == 500U; }));
  EXPECT_THAT(server.records("start"), SizeIs(2));
}

TEST(LoadFailure, ALoadWithoutProgressTimesOut) {
  TestServer server(
      {.models = {{.name = "a"}, {.name = "b", .fake = {"load_hang"}, .keys = {"load_timeout: 300ms"}}}});
  const auto reply = server.chat("b");
  EXPECT_EQ(reply.status, 500U);
  EXPECT_EQ(reply.error("type"), "model_load_failed");
  EXPECT_EQ(server.chat("a").status, 200U);
  EXPECT_THAT(server.engines(), SizeIs(1));
}

TEST(LoadFailure, ALoadWithProgressDoesNot) {
  TestServer server(
      {.models = {{.name = "b", .fake = {"load_ms=1500", "load_steps=30"}, .keys = {"load_timeout: 1s"}}}});
  EXPECT_EQ(server.chat("b").status, 200U);
}

class BadFile : public testing::TestWithParam<ModelFile> {};

TEST_P(BadFile, GivesEachWaiterTheSameErrorAndEvictsNobody) {
  // So long a visit that both wait when the file is looked at, which is when nothing runs any more.
  TestServer server({.models = {{.name = "a", .fake = {"tokens_until=@/go", "load_ms=300"}},
                                {.name = "b", .file = GetParam()}},
                     .scheduler = {"min_visit: 100", "starvation_limit: 0"}});
  auto running = server.run_chat("a");
  auto whole = server.start_chat("b", {.stream = false});
  auto stream = server.stream_chat("b");
  ASSERT_TRUE(eventually([&] { return server.queue_length("b") == 2; }));
  server.touch("go");
  const auto reply = whole.read_reply();
  EXPECT_EQ(reply.status, 500U) << reply.body;
  EXPECT_EQ(reply.error("type"), "model_load_failed");
  EXPECT_EQ(expect_in_stream_error(stream, "model_load_failed"), reply.error("message"));
  EXPECT_TRUE(transcript_of(running.rest()).done);
  EXPECT_EQ(server.active_model(), "a");
  ASSERT_TRUE(eventually([&] { return !server.log("switch failed").empty(); }));
  EXPECT_THAT(server.log("switch failed"), SizeIs(1)) << "one look for both";
  EXPECT_EQ(server.chat("a").status, 200U);
  EXPECT_THAT(server.records("start"), SizeIs(1)) << "the engine of a, and no other";
  EXPECT_EQ(server.model_status("a").at("loads").as_int64(), 1);
}

TEST_P(BadFile, LeavesARunningRequestAndItsGateAlone) {
  TestServer server(
      {.models = {{.name = "a", .fake = {"tokens_until=@/go"}}, {.name = "b", .file = GetParam()}},
       .scheduler = {"min_visit: 0"}});
  auto running = server.run_chat("a");
  EXPECT_EQ(server.chat("b").status, 500U);
  auto second = server.run_chat("a");  // starts: the gate is open
  server.touch("go");
  EXPECT_TRUE(transcript_of(running.rest()).done);
  EXPECT_TRUE(transcript_of(second.rest()).done);
  EXPECT_THAT(server.records("start"), SizeIs(1));
}

INSTANTIATE_TEST_SUITE_P(LoadFailure, BadFile, testing::Values(ModelFile::missing, ModelFile::no_gguf),
                         [](const auto& info) {
                           return info.param == ModelFile::missing ? "missing" : "no_gguf";
                         });

TEST(BadFileSelect, TellsWhoWaits) {
  TestServer server({.models = {{.name = "b", .file = ModelFile::missing}}});
  const auto reply = server.select("b", "?wait=true");
  EXPECT_EQ(reply.status, 500U);
  EXPECT_EQ(reply.error("type"), "model_load_failed");
}

}  // namespace
}  // namespace signalbox::test
