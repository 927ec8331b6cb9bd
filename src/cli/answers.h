// What the commands say when a server's answer is not the one that they asked for, and how they then exit.
#pragma once

#include <expected>
#include <string>

#include "base/result.h"
#include "cli/http_call.h"
#include "cli/terminal.h"

namespace signalbox::cli {

constexpr unsigned kHttpOk = 200;

// Both print to standard error and return the exit code.
[[nodiscard]] int no_answer(const Error& error, const Surround& surround);
[[nodiscard]] int refused(const HttpAnswer& answer, const Surround& surround);

[[nodiscard]] HttpRequest get_request(const std::string& target);
// The body of a 200; else the exit code, and standard error says why. Blocks for the request's timeout at
// most.
[[nodiscard]] std::expected<std::string, int> ask(const ServerAddress& address, const HttpRequest& request,
                                                  const Surround& surround);

}  // namespace signalbox::cli
