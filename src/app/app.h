// The server's wiring: makes every part in order, runs the loop, stops them in reverse order. Nothing
// includes app/.
#pragma once

#include <memory>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>

#include "app/kv_counting.h"
#include "app/loop_watch.h"
#include "app/reading_ahead.h"
#include "base/time.h"
#include "config/config.h"
#include "control/control.h"
#include "engine/engine_addresses.h"
#include "engine/kv_carry.h"
#include "engine/posix_engine_launcher.h"
#include "engine/runtime_folder.h"
#include "engine/token_pace.h"
#include "engine/upstream_client.h"
#include "http/server.h"
#include "http/services.h"
#include "metrics/metrics.h"

namespace signalbox::app {

// Members stand in the order of their making; each may use those above it.
class App {
 public:
  // `kv_folder`: none where conversations end with their engine.
  App(const config::Config& config, engine::RuntimeFolder runtime_folder,
      std::optional<kv::Folder> kv_folder);
  App(const App&) = delete;
  App& operator=(const App&) = delete;
  ~App();

  // Serves until SIGTERM, SIGINT or SIGHUP; the process's exit code. A second signal ends the process at
  // once; the guards then end their engines.
  [[nodiscard]] int run();

 private:
  // What is left after every request has ended: last bytes on their way to clients.
  static constexpr Duration kCloseTimeout = std::chrono::seconds(2);

  boost::asio::awaitable<void> supervise();
  boost::asio::awaitable<void> stop_in_order();
  void exit_at_next_signal();

  boost::asio::io_context io_;
  SystemClock clock_;
  metrics::Metrics metrics_;
  engine::RuntimeFolder runtime_folder_;
  engine::EngineAddresses addresses_;
  KvCounting kv_counting_;
  std::shared_ptr<engine::KvCarry> carry_;  // null without a folder
  engine::TokenPace pace_;
  ReadAheadCounting read_ahead_counting_;
  engine::PosixEngineLauncher launcher_;
  engine::EngineUpstream upstream_;
  control::Control control_;
  http::Services services_;
  http::Server server_;
  LoopWatch loop_watch_;
  boost::asio::signal_set signals_;
};

}  // namespace signalbox::app
