// The real engine has too little memory: for its load, or from some moment on.
#include <filesystem>
#include <fstream>
#include <sys/resource.h>
#include <unistd.h>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "faults/ending.h"
#include "faults/real_engine.h"
#include "faults/recovery.h"

namespace signalbox::test {
namespace {

using testing::AnyOf;
using testing::HasSubstr;

TEST(Memory, TooLittleForTheLoadIsToldWithTheEnginesWords) {
  SKIP_WITHOUT_REAL_ENGINE();
  // Enough for the program and the file, not for its context. Once the file `plenty` is there it has enough.
  constexpr auto kWrapper = R"([ -e "$XDG_RUNTIME_DIR/plenty" ] || ulimit -v 300000; exec "$0" "$@")";
  const auto folder = testing::TempDir() + fmt::format("sbm-{}", ::getpid());
  std::filesystem::create_directories(folder);
  {
    FaultServer server(real_setup({.engine_command = {"/bin/sh", "-c", kWrapper, real_engine().program},
                                   .environment = {"XDG_RUNTIME_DIR=" + folder}}));
    auto stream = server.stream_chat("a");
    auto whole = server.start_chat("a", {.stream = false});
    const auto streamed = ending_of(stream);
    EXPECT_EQ(streamed.how, How::told);
    EXPECT_EQ(streamed.type, "model_load_failed");
    EXPECT_THAT(streamed.words, HasSubstr("exited with status 1: "));
    EXPECT_THAT(streamed.words, AnyOf(HasSubstr("context"), HasSubstr("alloc"))) << "the reason";
    const auto waited = ending_of(whole);
    EXPECT_EQ(waited.how, How::refused);
    EXPECT_EQ(waited.type, "model_load_failed");
    std::ofstream(folder + "/plenty") << "";
    expect_recovered(server, "a");
  }
  std::filesystem::remove_all(folder);
}

TEST(Memory, ThatRunsOutLaterEndsTheEngineAndNotTheServer) {
  SKIP_WITHOUT_REAL_ENGINE();
  FaultServer server(real_setup());
  server.load("a");
  const auto engines = server.engines();
  ASSERT_EQ(engines.size(), 1U);
  // Whatever it asks for from now on it does not get.
  const rlimit nothing{.rlim_cur = 4096, .rlim_max = 4096};
  ASSERT_EQ(::prlimit(engines[0].pid, RLIMIT_AS, &nothing, nullptr), 0);
  std::vector<Connection> clients;
  for (int i = 0; i < 2; ++i) {
    auto chat = exactly(300, Weight::bulky);
    chat.messages = long_messages(400);
    clients.push_back(server.start_chat("a", chat));
  }
  bool told = false;
  for (auto& client : clients) {
    const auto ending = ending_of(client);
    EXPECT_TRUE(ending.proper()) << testing::PrintToString(ending);
    told = told || ending.how == How::told || ending.how == How::refused;
  }
  // Those without a byte of their answer got a new engine.
  told = told || !server.log("request replayed").empty();
  // It may do with what it has; then its time has not come.
  if (!told) GTEST_LOG_(WARNING) << "NOT TESTED: the engine needed no more memory";
  expect_recovered(server, "a");
}

}  // namespace
}  // namespace signalbox::test
