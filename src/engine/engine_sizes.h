// Reads what a loaded engine says of itself in /props and /v1/models. Pure and lenient: what is missing stays
// as it was.
#pragma once

#include <string_view>

#include "ports/engine_launcher.h"

namespace signalbox::engine {

void add_props(EngineInfo& info, std::string_view body);
void add_model_sizes(EngineInfo& info, std::string_view body);

}  // namespace signalbox::engine
