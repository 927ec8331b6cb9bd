// The first bytes of a request to an engine. Pure. EngineConnection sends them, and then the body as it lies.
#pragma once

#include <string>

#include "base/result.h"
#include "engine/engine_addresses.h"
#include "ports/upstream.h"

namespace signalbox::engine {

// Request line and headers with the blank line. Headers that belong to the connection are ours to write and
// are dropped from the request, and so is X-Conversation-Id: with it llama-server does not notice a client's
// leaving. `invalid` if a line break or another control character would get into the head.
[[nodiscard]] Result<std::string> make_request_head(const UpstreamRequest& request,
                                                    const EngineAddress& address);

}  // namespace signalbox::engine
