// Every route of the server, in one list.
#pragma once

#include "http/router.h"
#include "http/services.h"

namespace signalbox::http {

// Services outlive the router.
[[nodiscard]] Router make_router(Services& services);

}  // namespace signalbox::http
