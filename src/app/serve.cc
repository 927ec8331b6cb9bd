#include "app/serve.h"

#include <cstdlib>
#include <string>
#include <utility>

#include "app/app.h"
#include "app/process_setup.h"
#include "engine/launcher_options.h"
#include "engine/runtime_folder.h"

namespace signalbox::app {

namespace {

int run(const config::Config& config) {
  const std::string xdg_runtime_dir = engine::find_variable(engine::current_environment(), "XDG_RUNTIME_DIR");
  auto folder = engine::RuntimeFolder::make(xdg_runtime_dir);
  if (!folder) {
    log::error("no folder for the engines' sockets", {{"reason", folder.error().message}});
    return 1;
  }
  App app(config, std::move(*folder));
  return app.run();
}

}  // namespace

int serve(const config::LoadedConfig& loaded, const ServeOptions& options) {
  log::start(options.log);
  for (const std::string& line : config::override_lines(loaded)) log::info(line);
  for (const config::ConfigError& warning : loaded.warnings) log::warning(config::to_string(warning));
  ignore_failed_writes();
  raise_descriptor_limit(loaded.config.server.max_connections);
  const int exit_code = run(loaded.config);
  // exit() would wait for the stream that the log is stuck in.
  if (log::stop() == log::Stopped::stuck) std::_Exit(exit_code);
  return exit_code;
}

}  // namespace signalbox::app
