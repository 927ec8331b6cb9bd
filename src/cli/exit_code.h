// What the commands' exit codes mean. Also told by --help.
#pragma once

namespace signalbox::cli {

constexpr int kExitOk = 0;
constexpr int kExitFailed = 1;
constexpr int kExitUsage = 2;  // the command line or the configuration is wrong
constexpr int kExitNoServer = 3;

}  // namespace signalbox::cli
