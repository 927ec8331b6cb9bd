// GET /v1/events: a snapshot at once, then one at every transition and queue change, as server-sent events.
// With ?requests=true also every request that ran and is over.
#pragma once

#include <memory>

#include <boost/asio/awaitable.hpp>

#include "http/exchange.h"
#include "http/services.h"

namespace signalbox::http {

boost::asio::awaitable<void> serve_events(Services* services, std::shared_ptr<Exchange> exchange);

}  // namespace signalbox::http
