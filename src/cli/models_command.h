// `signalbox models`: which models a running server has.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "cli/server_address.h"
#include "cli/terminal.h"

namespace signalbox::cli {

// names: one a line, for shells; aliases are not among them.
enum class ModelsFormat { table, names, json };

// Blocks for the length of one request at most.
[[nodiscard]] int models_command(const ServerAddress& address, ModelsFormat format, const Surround& surround);

// The answer of GET /v1/models as a table for a person, or one name a line. None if it is no such answer.
// Pure.
[[nodiscard]] std::optional<std::string> models_table(std::string_view body, bool uses_colour);
[[nodiscard]] std::optional<std::string> model_names(std::string_view body);

}  // namespace signalbox::cli
