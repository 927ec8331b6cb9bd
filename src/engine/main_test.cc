// The test program is its own guard: EngineProcess starts it as `engine_test guard …`, as the server starts
// itself.
#include <csignal>
#include <string_view>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/guard.h"

int main(int argc, char** argv) {
  if (argc > 1 && std::string_view(argv[1]) == "guard") return signalbox::engine::guard_main(argc, argv);
  ::signal(SIGPIPE, SIG_IGN);  // as app/ does
  ::testing::InitGoogleMock(&argc, argv);
  return RUN_ALL_TESTS();
}
