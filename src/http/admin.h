// The routes that show something: models, status, health. They answer from memory and never wait.
#pragma once

#include <memory>

#include <boost/asio/awaitable.hpp>

#include "http/exchange.h"
#include "http/services.h"

namespace signalbox::http {

boost::asio::awaitable<void> serve_models(Services* services, std::shared_ptr<Exchange> exchange);
// /v1/models/{id}: a name or an alias; an id may hold '/'.
boost::asio::awaitable<void> serve_model(Services* services, std::shared_ptr<Exchange> exchange);
boost::asio::awaitable<void> serve_status(Services* services, std::shared_ptr<Exchange> exchange);
// The process lives.
boost::asio::awaitable<void> serve_health(Services* services, std::shared_ptr<Exchange> exchange);
// It takes requests: 503 once it shuts down.
boost::asio::awaitable<void> serve_ready(Services* services, std::shared_ptr<Exchange> exchange);

}  // namespace signalbox::http
