// Which models an OpenAI-compatible server says it has, and whether those of a measurement are among them.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/bench_session.h"

namespace signalbox::cli {

// Names and aliases of OpenAI's list, in its order; none if this is no such list. Pure.
[[nodiscard]] std::optional<std::vector<std::string>> listed_models(std::string_view body);
// Those that are not listed. A server that names `x:latest` also answers to `x`. Pure.
[[nodiscard]] std::vector<std::string> not_listed(const std::vector<std::string>& wanted,
                                                  const std::vector<std::string>& listed);

// Asks the server. None: go on. Else the exit code, and standard error says why. A server that has no list is
// taken at its word.
[[nodiscard]] std::optional<int> check_models(BenchSession& session, const std::vector<std::string>& models,
                                              const Surround& surround);

}  // namespace signalbox::cli
