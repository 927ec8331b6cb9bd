// What a server that is no llama-server is started with: the command of its model in the configuration, with
// the address filled in. Pure.
#pragma once

#include <string>
#include <vector>

#include "engine/engine_addresses.h"
#include "engine/llama_server.h"

namespace signalbox::engine {

// Whether it listens on a unix socket; else on a port.
[[nodiscard]] bool wants_socket(const std::vector<std::string>& command);

// ${port}, ${socket} and ${model} are replaced wherever they stand. `inherited`, the server's environment, is
// passed on as it is.
[[nodiscard]] EngineCommand fill_in_command(const EngineModel& model, const EngineAddress& address,
                                            const std::vector<std::string>& inherited);

}  // namespace signalbox::engine
