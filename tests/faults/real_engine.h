// The real llama-server and a small model, as set-up left them, for tests of what only they can show. Found
// as the scripts find them: SIGNALBOX_ENGINE and SIGNALBOX_MODEL_DIR, else the cache folder.
#pragma once

#include <string>
#include <vector>

#include "support/test_server.h"

namespace signalbox::test {

struct RealEngine {
  std::string program;
  std::string model;
  [[nodiscard]] bool found() const { return !program.empty() && !model.empty(); }
};

[[nodiscard]] const RealEngine& real_engine();

// Models a and b: the same small file twice, two places each, one thread, so that a switch is quick on a busy
// machine. What is given comes on top.
[[nodiscard]] Setup real_setup(Setup more = {});

// A text of about so many tokens, as messages of a Chat: its prefill takes a while.
[[nodiscard]] std::string long_messages(std::size_t words);

// Asks for exactly so many tokens. Each comes with its twenty likeliest neighbours, some kilobytes of them,
// if `bulky`.
enum class Weight { slim, bulky };
[[nodiscard]] Chat exactly(std::uint32_t tokens, Weight weight = Weight::slim);

// Sends a signal to every engine process; true if there was one.
bool signal_engines(const TestServer& server, int number);
// Waits for the engine of a load that has just begun and stops it (SIGSTOP), so that it stays in its load.
[[nodiscard]] bool stop_engine_in_its_load(const TestServer& server);

}  // namespace signalbox::test

#define SKIP_WITHOUT_REAL_ENGINE()                                                                          \
  if (!signalbox::test::real_engine().found())                                                              \
  GTEST_SKIP() << "NOT TESTED: there is no llama-server or no demo model (make setup, or SIGNALBOX_ENGINE " \
                  "and SIGNALBOX_MODEL_DIR)"
