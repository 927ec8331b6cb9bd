// What the commands' exit codes mean: the one table, which --help and the man page print.
#pragma once

#include <array>
#include <string_view>

namespace signalbox::cli {

constexpr int kExitOk = 0;
constexpr int kExitFailed = 1;
constexpr int kExitUsage = 2;
constexpr int kExitNoServer = 3;

struct ExitCode {
  int code = kExitOk;
  std::string_view meaning;
};

constexpr std::array kExitCodes = {
    ExitCode{.code = kExitOk, .meaning = "It worked."},
    ExitCode{.code = kExitFailed, .meaning = "It failed, or the server refused it; standard error says why."},
    ExitCode{.code = kExitUsage, .meaning = "The command line or the configuration is wrong."},
    ExitCode{.code = kExitNoServer, .meaning = "No server answers."},
};

}  // namespace signalbox::cli
