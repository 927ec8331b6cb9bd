// From the configuration to the options of each part: the only place that knows both.
#pragma once

#include <string>
#include <vector>

#include "config/config.h"
#include "control/control.h"
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

}  // namespace signalbox::app
