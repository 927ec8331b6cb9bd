#include "cli/signals.h"

#include <csignal>

#include <gtest/gtest.h>

namespace signalbox::cli {
namespace {

TEST(TerminalSignals, DoNotWaitForATimeThatIsOver) {
  TerminalSignals signals;
  EXPECT_EQ(signals.wait_for(std::chrono::milliseconds(-5)), TerminalSignals::Event::none);
  EXPECT_EQ(signals.wait_for(Duration(0)), TerminalSignals::Event::none);
}

TEST(TerminalSignals, ComeAsEvents) {
  TerminalSignals signals;
  constexpr auto kLong = std::chrono::seconds(20);
  raise(SIGWINCH);
  EXPECT_EQ(signals.wait_for(kLong), TerminalSignals::Event::resized);
  raise(SIGTSTP);
  EXPECT_EQ(signals.wait_for(kLong), TerminalSignals::Event::suspend);
  raise(SIGINT);
  EXPECT_EQ(signals.wait_for(kLong), TerminalSignals::Event::stop);
}

}  // namespace
}  // namespace signalbox::cli
