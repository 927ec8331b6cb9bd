#include "app/serve.h"

#include <cstdlib>
#include <optional>
#include <string>
#include <utility>

#include "app/app.h"
#include "app/options.h"
#include "app/process_setup.h"
#include "engine/launcher_options.h"
#include "engine/runtime_folder.h"
#include "kv/folder.h"

namespace signalbox::app {

namespace {

constexpr int kExitBadConfig = 2;

// None where conversations are not to be carried, or where nobody said where and the usual place is no good.
// A folder that somebody chose must be good.
Result<std::optional<kv::Folder>> open_kv_folder(const config::CarryOverSection& carry_over) {
  if (!carry_over.enabled) return std::nullopt;
  const std::string path = carry_over.kv_dir.value_or(default_kv_dir());
  auto folder = path.empty()
                    ? fail(ErrorCode::not_found, "there is no home folder for it; set carry_over.kv_dir")
                    : kv::Folder::open(path);
  if (folder) return std::move(*folder);
  if (carry_over.kv_dir) return std::unexpected(std::move(folder.error()));
  log::warning("conversations end with their engine", {{"reason", folder.error().message}});
  return std::nullopt;
}

int run(const config::Config& config) {
  const std::string xdg_runtime_dir = engine::find_variable(engine::current_environment(), "XDG_RUNTIME_DIR");
  auto folder = engine::RuntimeFolder::make(xdg_runtime_dir);
  if (!folder) {
    log::error("no folder for the engines' sockets", {{"reason", folder.error().message}});
    return 1;
  }
  auto kv_folder = open_kv_folder(config.carry_over);
  if (!kv_folder) {
    log::error("kv_dir cannot be used", {{"reason", kv_folder.error().message}});
    return kExitBadConfig;
  }
  App app(config, std::move(*folder), std::move(*kv_folder));
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
