// Which engine it is whose saved states suit: another model file, program or argument makes another. Pure.
#pragma once

#include <string>
#include <vector>

#include "engine/engine_addresses.h"
#include "engine/engine_program.h"
#include "engine/files.h"
#include "kv/saved_states.h"

namespace signalbox::engine {

// `argv` without what is new at every start: where it listens, and its key.
[[nodiscard]] kv::Fingerprint fingerprint_of(const std::vector<std::string>& argv,
                                             const EngineAddress& address, const EngineProgram& program,
                                             const ModelFiles& files);

}  // namespace signalbox::engine
