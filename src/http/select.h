// POST /v1/models/select {"model"}: asks for a model to be loaded; `?wait=true` answers when that is done.
#pragma once

#include <memory>

#include <boost/asio/awaitable.hpp>

#include "http/exchange.h"
#include "http/services.h"

namespace signalbox::http {

boost::asio::awaitable<void> serve_select(Services* services, std::shared_ptr<Exchange> exchange);

}  // namespace signalbox::http
