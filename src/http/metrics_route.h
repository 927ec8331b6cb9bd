// GET /metrics. Answers from memory, whatever waits or loads.
#pragma once

#include <memory>

#include <boost/asio/awaitable.hpp>

#include "http/exchange.h"
#include "http/services.h"

namespace signalbox::http {

boost::asio::awaitable<void> serve_metrics(Services* services, std::shared_ptr<Exchange> exchange);

}  // namespace signalbox::http
