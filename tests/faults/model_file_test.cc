// The model's file goes away, comes back, or is cut short under a running engine.
#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "faults/ending.h"
#include "faults/real_engine.h"
#include "faults/recovery.h"

namespace signalbox::test {
namespace {

using testing::HasSubstr;

TEST(ModelFile, RemovedWhileNothingIsLoadedIsAClearErrorUntilItIsBack) {
  SKIP_WITHOUT_REAL_ENGINE();
  FaultServer server(real_setup());
  std::filesystem::remove(server.model_file(0));
  auto first = server.start_chat("a", {.stream = false});
  const auto failed = ending_of(first);
  EXPECT_EQ(failed.status, 500U);
  EXPECT_EQ(failed.type, "model_load_failed");
  EXPECT_THAT(failed.words, HasSubstr("no such file"));
  auto second = server.start_chat("a", {});
  EXPECT_EQ(ending_of(second).status, 503U) << "in quarantine";
  expect_settled(server);
  std::filesystem::create_symlink(real_engine().model, server.model_file(0));
  EXPECT_EQ(server.select("a", "?wait=true").status, 200U) << "a select ends the quarantine";
  expect_recovered(server, "a");
}

TEST(ModelFile, RemovedUnderARunningEngineIsFeltAtTheNextLoadOnly) {
  SKIP_WITHOUT_REAL_ENGINE();
  FaultServer server(real_setup());
  auto running = server.run_chat("a", exactly(40));
  std::filesystem::remove(server.model_file(0));
  EXPECT_EQ(ending_of(running).how, How::done);
  EXPECT_EQ(server.chat("a").status, 200U) << "the running engine goes on";
  EXPECT_EQ(server.chat("b").status, 200U);
  auto again = server.stream_chat("a");
  const auto failed = ending_of(again);
  EXPECT_EQ(failed.how, How::told) << testing::PrintToString(failed);
  EXPECT_THAT(failed.words, HasSubstr("no such file"));
  EXPECT_EQ(server.active_model(), "b") << "a file that is missing evicts nobody";
  std::filesystem::create_symlink(real_engine().model, server.model_file(0));
  // Without a select: by itself, once the quarantine is over.
  EXPECT_TRUE(eventually([&] { return server.chat("a").status == 200U; }));
  expect_recovered(server, "a");
}

// The engine has it mapped: reading beyond the new end kills it (SIGBUS).
TEST(ModelFile, CutShortUnderARunningEngineEndsThatEngineOnly) {
  SKIP_WITHOUT_REAL_ENGINE();
  FaultServer server(real_setup());
  std::filesystem::remove(server.model_file(0));
  std::filesystem::copy_file(real_engine().model, server.model_file(0));
  auto running = server.run_chat("a", exactly(1500));
  std::filesystem::resize_file(server.model_file(0), 4096);
  const auto ending = ending_of(running);
  EXPECT_EQ(ending.how, How::told) << testing::PrintToString(ending);
  EXPECT_EQ(ending.type, "engine_error");
  auto again = server.start_chat("a", {.stream = false});
  const auto failed = ending_of(again);
  EXPECT_EQ(failed.status, 500U);
  EXPECT_THAT(failed.words, HasSubstr("exited with status 1"));
  expect_recovered(server, "b");
}

}  // namespace
}  // namespace signalbox::test
