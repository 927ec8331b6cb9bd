#include "app/options.h"

#include <algorithm>
#include <string_view>

#include "base/assert.h"
#include "config/listen.h"

namespace signalbox::app {

namespace {

// Set-up's own engine, for a machine without one on PATH.
constexpr std::string_view kFetchedEngine = "/signalbox/engine/current/llama-server";
constexpr std::string_view kKvDir = "/signalbox/kv";

// In the user's cache folder; empty if there is none.
std::string in_cache(std::string_view path) {
  const std::vector<std::string> environment = engine::current_environment();
  const std::string cache = engine::find_variable(environment, "XDG_CACHE_HOME");
  if (cache.starts_with('/')) return cache + std::string(path);
  const std::string home = engine::find_variable(environment, "HOME");
  return home.empty() ? std::string() : home + "/.cache" + std::string(path);
}

api::StatusText to_api(config::StatusText value) {
  switch (value) {
    case config::StatusText::automatic:
      return api::StatusText::automatic;
    case config::StatusText::content:
      return api::StatusText::content;
    case config::StatusText::reasoning:
      return api::StatusText::reasoning;
    case config::StatusText::none:
      return api::StatusText::none;
  }
  SB_ASSERT(false);
}

api::StatusChunks to_api(config::StatusChunks value) {
  switch (value) {
    case config::StatusChunks::data:
      return api::StatusChunks::data;
    case config::StatusChunks::comment:
      return api::StatusChunks::comment;
    case config::StatusChunks::off:
      return api::StatusChunks::off;
  }
  SB_ASSERT(false);
}

api::ServiceTier to_api(config::ServiceTier value) {
  switch (value) {
    case config::ServiceTier::standard:
      return api::ServiceTier::standard;
    case config::ServiceTier::priority:
      return api::ServiceTier::priority;
    case config::ServiceTier::flex:
      return api::ServiceTier::flex;
  }
  SB_ASSERT(false);
}

std::vector<http::ApiKey> api_keys_of(const config::ServerSection& server) {
  std::vector<http::ApiKey> api_keys;
  api_keys.reserve(server.api_keys.size());
  for (const config::ApiKey& api_key : server.api_keys) {
    const http::KeyRules rules{.allows_priority = api_key.priority == config::Priority::allow,
                               .service_tier = api_key.service_tier.transform(
                                   [](config::ServiceTier tier) { return to_api(tier); })};
    api_keys.push_back({.key = api_key.key, .rules = rules});
  }
  return api_keys;
}

// A unix socket is no address that a browser could call.
bool listens_on_loopback(const std::string& listen) {
  const auto address = config::parse_listen(listen);
  SB_ASSERT(address.has_value());  // config/ has checked it
  return address->reach == config::ListenAddress::Reach::loopback;
}

ModelIndex index_of(const config::Config& config, const std::string& name) {
  const auto found = std::ranges::find_if(config.models, [&](const config::Model& model) {
    return model.name == name || std::ranges::find(model.aliases, name) != model.aliases.end();
  });
  SB_ASSERT(found != config.models.end());  // config/ has checked it
  return ModelIndex(static_cast<std::uint32_t>(found - config.models.begin()));
}

}  // namespace

metrics::Options metrics_options(const config::Config& config, std::int64_t started_at) {
  metrics::Options options{.version = SIGNALBOX_VERSION, .started_at = started_at};
  for (const config::Model& model : config.models) options.model_names.push_back(model.name);
  return options;
}

control::Options control_options(const config::Config& config) {
  control::Options options;
  options.heartbeat_interval = config.scheduler.heartbeat_interval;
  sched::Options& scheduling = options.scheduling;
  scheduling.starvation_limit = config.scheduler.starvation_limit;
  scheduling.min_visit_thousandths = config.scheduler.min_visit_thousandths;
  scheduling.next_model = config.scheduler.next_model == config::NextModel::cost
                              ? sched::NextModel::cost
                              : sched::NextModel::longest_wait;
  scheduling.replay =
      config.scheduler.replay == config::Replay::once ? sched::Replay::once : sched::Replay::off;
  scheduling.overlap = config.scheduler.overlap == config::Overlap::automatic ? sched::Overlap::automatic
                                                                              : sched::Overlap::off;
  scheduling.flex_limit = config.scheduler.flex_limit;
  // What the engine is saved for comes before it is asked to exit.
  scheduling.stop_timeout = config.engine.stop_timeout +
                            (config.carry_over.enabled ? config.carry_over.kv_save_timeout : Duration(0));
  scheduling.shutdown_grace = config.server.shutdown_grace;
  if (config.scheduler.default_model)
    scheduling.default_model = index_of(config, *config.scheduler.default_model);
  for (const config::Model& model : config.models) {
    options.model_names.push_back(model.name);
    scheduling.models.push_back(sched::ModelOptions{.queue_size = model.queue_size,
                                                    .flex_queue_size = model.flex_queue_size,
                                                    .workers = model.workers,
                                                    .wait_timeout = model.wait_timeout,
                                                    .stream_wait_timeout = model.stream_wait_timeout,
                                                    .load_timeout = model.load_timeout,
                                                    .idle_unload = model.idle_unload});
  }
  return options;
}

http::ServerOptions server_options(const config::Config& config) {
  const config::ServerSection& server = config.server;
  return http::ServerOptions{.listen = server.listen,
                             .connections_max = server.max_connections,
                             .header_bytes_max = server.max_header_bytes,
                             .body_bytes_max = server.max_body_bytes,
                             .header_timeout = server.header_timeout,
                             .body_timeout = server.body_timeout,
                             .keep_alive_timeout = server.keep_alive_timeout,
                             .client_stall_timeout = server.client_stall_timeout,
                             .access = {.api_keys = api_keys_of(server),
                                        .allowed_origins = server.allowed_origins,
                                        .only_known_hosts = listens_on_loopback(server.listen),
                                        .allowed_hosts = server.allowed_hosts,
                                        .metrics_without_key = server.metrics_without_key}};
}

http::RouteOptions route_options(const config::Config& config) {
  return http::RouteOptions{.engine_timeout = config.engine.engine_timeout,
                            .queued_bytes_max = config.server.max_queued_bytes,
                            .events_clients_max = config.server.events_clients_max,
                            .list_aliases = config.server.list_aliases};
}

std::vector<http::ServedModel> served_models(const config::Config& config) {
  std::vector<http::ServedModel> models;
  models.reserve(config.models.size());
  for (const config::Model& model : config.models) {
    models.push_back(http::ServedModel{.name = model.name,
                                       .aliases = model.aliases,
                                       .status_text = to_api(model.status_text),
                                       .status_chunks = to_api(model.status_chunks),
                                       .metadata_field = model.metadata_field,
                                       .allows_priority = model.priority == config::Priority::allow,
                                       .service_tier = to_api(model.service_tier),
                                       .tells_progress = model.launcher == config::Launcher::llama_server});
  }
  return models;
}

engine::LauncherOptions launcher_options(const config::Config& config, const std::string& runtime_folder) {
  engine::LauncherOptions options;
  for (const config::Model& model : config.models) {
    options.models.push_back(engine::EngineModel{.name = model.name,
                                                 .path = model.path,
                                                 .slots = model.slots,
                                                 .context = model.context,
                                                 .args = model.args,
                                                 .command = model.command,
                                                 .health = model.health});
  }
  if (config.scheduler.overlap == config::Overlap::automatic) {
    options.overlap = {.reserve_bytes = config.scheduler.overlap_reserve,
                       .device_budget_bytes = config.engine.device_budget};
    for (const config::Model& model : config.models)
      options.overlap->device_bytes.push_back(model.device_memory);
  }
  options.command = config.engine.command;
  options.args = config.engine.args;
  options.fallback_program = in_cache(kFetchedEngine);
  options.runtime_folder = runtime_folder;
  options.guard_program = "/proc/self/exe";  // this very program, even if its file was replaced since
  return options;
}

engine::KvCarry::Options kv_options(const config::Config& config) {
  return {.budget_bytes = config.carry_over.kv_budget,
          .tokens_min = config.carry_over.kv_min_tokens,
          .save_timeout = config.carry_over.kv_save_timeout,
          .persist = config.carry_over.kv_persist};
}

std::string default_kv_dir() {
  return in_cache(kKvDir);
}

}  // namespace signalbox::app
