// From the configuration to the options of each part: the only place that knows both.
#pragma once

#include <string>
#include <vector>

#include "config/config.h"
#include "control/control.h"
#include "engine/kv_carry.h"
#include "engine/launcher_options.h"
#include "http/catalog.h"
#include "http/server.h"
#include "http/services.h"
#include "metrics/metrics.h"

namespace signalbox::app {

[[nodiscard]] metrics::Options metrics_options(const config::Config& config, std::int64_t started_at);
[[nodiscard]] control::Options control_options(const config::Config& config);
[[nodiscard]] http::ServerOptions server_options(const config::Config& config);
[[nodiscard]] http::RouteOptions route_options(const config::Config& config);
[[nodiscard]] std::vector<http::ServedModel> served_models(const config::Config& config);
[[nodiscard]] engine::LauncherOptions launcher_options(const config::Config& config,
                                                       const std::string& runtime_folder);
[[nodiscard]] engine::KvCarry::Options kv_options(const config::Config& config);
// Where conversations are saved if the configuration does not say; empty if there is no home folder.
[[nodiscard]] std::string default_kv_dir();

}  // namespace signalbox::app
