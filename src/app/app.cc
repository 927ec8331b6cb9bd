#include "app/app.h"

#include <csignal>
#include <cstdlib>
#include <random>
#include <utility>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <fmt/format.h>

#include "app/options.h"
#include "base/log.h"
#include "http/routes.h"

namespace signalbox::app {

namespace asio = boost::asio;

namespace {

constexpr int kExitOk = 0;
constexpr int kExitFailed = 1;
constexpr int kExitForced = 130;

std::string random_salt() {
  std::random_device random;
  return fmt::format("{:08x}{:08x}", random(), random());
}

}  // namespace

App::App(const config::Config& config, engine::RuntimeFolder runtime_folder,
         std::optional<kv::Folder> kv_folder)
    : io_(1),
      metrics_(metrics_options(config, clock_.unix_seconds())),
      runtime_folder_(std::move(runtime_folder)),
      kv_counting_(metrics_),
      carry_(kv_folder ? std::make_shared<engine::KvCarry>(io_.get_executor(), clock_, std::move(*kv_folder),
                                                           kv_options(config), kv_counting_)
                       : nullptr),
      read_ahead_counting_(metrics_),
      launcher_(io_.get_executor(), clock_, launcher_options(config, runtime_folder_.path()), addresses_,
                carry_, make_read_ahead(config, io_.get_executor(), clock_, pace_, read_ahead_counting_)),
      upstream_(io_.get_executor(), clock_, addresses_, carry_, &pace_),
      control_(io_.get_executor(), clock_, launcher_, upstream_, metrics_, control_options(config)),
      services_{.control = control_,
                .clock = clock_,
                .metrics = metrics_,
                .catalog = http::Catalog(served_models(config)),
                .options = route_options(config),
                .started_at = clock_.unix_seconds(),
                .id_salt = random_salt()},
      server_(io_.get_executor(), clock_, metrics_, server_options(config), http::make_router(services_)),
      loop_watch_(io_.get_executor(), clock_, metrics_),
      signals_(io_, SIGTERM, SIGINT, SIGHUP) {}

App::~App() = default;

int App::run() {
  if (const auto started = server_.start(); !started) {
    log::error("cannot listen", {{"reason", started.error().message}});
    return kExitFailed;
  }
  log::info("listening", {{"address", server_.address()}, {"models", services_.catalog.models().size()}});
  asio::co_spawn(io_, supervise(), asio::detached);
  control_.begin();
  loop_watch_.begin();
  io_.run();
  log::info("stopped");
  return kExitOk;
}

asio::awaitable<void> App::supervise() {
  const auto [error, signal] = co_await signals_.async_wait(asio::as_tuple(asio::use_awaitable));
  if (error) co_return;
  log::info("stopping", {{"signal", signal}, {"in_flight", control_.snapshot().in_flight}});
  exit_at_next_signal();
  co_await stop_in_order();
  io_.stop();
}

asio::awaitable<void> App::stop_in_order() {
  using asio::experimental::awaitable_operators::operator||;
  if (carry_) carry_->server_stops();
  control_.stop();
  server_.drain();
  co_await control_.stopped();
  if (carry_) co_await engine::KvCarry::settled(carry_);
  asio::steady_timer timer(io_, kCloseTimeout);
  co_await (server_.drained() || timer.async_wait(asio::use_awaitable));
  server_.close();
  co_await server_.drained();
}

void App::exit_at_next_signal() {
  signals_.async_wait([](const boost::system::error_code& error, int signal) {
    if (error) return;
    log::warning("stopped at once", {{"signal", signal}});
    log::stop();
    std::_Exit(kExitForced);
  });
}

}  // namespace signalbox::app
