#include "cli/simulate_settings.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "cli/option_reading.h"

namespace signalbox::cli {
namespace {

constexpr Duration kRunMax = std::chrono::hours(24 * 366);
constexpr Duration kSwitchTime = std::chrono::seconds(2);

const config::Model* configured(const config::Config* config, const std::string& name) {
  if (config == nullptr) return nullptr;
  const auto found = std::ranges::find_if(config->models, [&](const config::Model& model) {
    return model.name == name || std::ranges::find(model.aliases, name) != model.aliases.end();
  });
  return found == config->models.end() ? nullptr : &*found;
}

const ModelReport* measured(const StatusReport* report, const std::string& name) {
  if (report == nullptr) return nullptr;
  const auto found = std::ranges::find(report->models, name, &ModelReport::id);
  return found == report->models.end() ? nullptr : &*found;
}

std::optional<Duration> from_ms(std::optional<double> ms) {
  constexpr double kMost = 86'400'000;
  if (!ms || !(*ms >= 0) || *ms > kMost) return std::nullopt;
  return Duration(static_cast<std::int64_t>(*ms * 1000));
}

sched::NextModel next_model(config::NextModel value) {
  return value == config::NextModel::cost ? sched::NextModel::cost : sched::NextModel::longest_wait;
}

sched::Overlap overlap(config::Overlap value) {
  return value == config::Overlap::automatic ? sched::Overlap::automatic : sched::Overlap::off;
}

void take_config(const config::Config& config, const std::vector<std::string>& models,
                 simulate::Settings& settings) {
  settings.scheduling.starvation_limit = config.scheduler.starvation_limit;
  settings.scheduling.min_visit_thousandths = config.scheduler.min_visit_thousandths;
  settings.scheduling.flex_limit = config.scheduler.flex_limit;
  settings.scheduling.next_model = next_model(config.scheduler.next_model);
  settings.scheduling.overlap = overlap(config.scheduler.overlap);
  for (std::size_t i = 0; i < models.size(); ++i) {
    const auto* model = configured(&config, models[i]);
    if (model == nullptr) continue;
    auto& scheduled = settings.scheduling.models[i];
    scheduled.queue_size = model->queue_size;
    scheduled.flex_queue_size = model->flex_queue_size;
    scheduled.workers = model->workers;
    scheduled.stream_wait_timeout = model->stream_wait_timeout;
    scheduled.idle_unload = model->idle_unload;
  }
}

void take_measured(const StatusReport& report, const std::vector<std::string>& models,
                   simulate::Settings& settings) {
  for (std::size_t i = 0; i < models.size(); ++i) {
    const auto* model = measured(&report, models[i]);
    if (model == nullptr) continue;
    // A server that tells no costs still tells how long the last load took.
    const auto changeover = from_ms(model->changeover_ms ? model->changeover_ms : model->last_load_ms);
    if (changeover) settings.engines[i] = {.load = *changeover, .stop = Duration{0}};
    auto& believed = settings.scheduling.models[i].believed;
    believed.changeover = changeover;
    believed.service = from_ms(model->service_ms);
    believed.tail = from_ms(model->tail_ms);
  }
}

}  // namespace

Result<simulate::Settings> simulation_settings(const SimulateOptions& options,
                                               const SimulationSources& sources,
                                               const std::vector<std::string>& models) {
  OptionReading reading;
  const auto switch_time = reading.duration("--switch-time", options.switch_time).value_or(kSwitchTime);
  auto settings = simulate::same_for_all(
      models.size(), simulate::ModelSettings{.engine = {.load = switch_time, .stop = Duration{0}}});
  if (sources.config != nullptr) take_config(*sources.config, models, settings);
  if (sources.measured != nullptr) take_measured(*sources.measured, models, settings);

  auto& scheduling = settings.scheduling;
  const auto take = [](auto& field, const auto& value) {
    if (value) field = *value;
  };
  take(scheduling.starvation_limit, reading.duration("--starvation-limit", options.starvation_limit));
  take(scheduling.min_visit_thousandths, reading.factor("--min-visit", options.min_visit));
  take(scheduling.flex_limit, reading.duration("--flex-limit", options.flex_limit));
  const auto queue_size = reading.count("--queue-size", options.queue_size, 0);
  const auto workers = reading.count("--workers", options.workers, 1);
  for (auto& model : scheduling.models) {
    take(model.queue_size, queue_size);
    take(model.flex_queue_size, queue_size);
    take(model.workers, workers);
  }
  if (options.next_model == "cost") scheduling.next_model = next_model(config::NextModel::cost);
  if (options.next_model == "longest_wait")
    scheduling.next_model = next_model(config::NextModel::longest_wait);
  if (options.overlap == "auto") scheduling.overlap = overlap(config::Overlap::automatic);
  if (options.overlap == "off") scheduling.overlap = overlap(config::Overlap::off);
  settings.time_max = reading.duration("--time-limit", options.time_limit, kRunMax);
  if (options.lengths == "known") settings.lengths = simulate::Lengths::known;
  if (reading.error()) return std::unexpected(*reading.error());
  return settings;
}

std::vector<simulate::PolicyName> policies_of(const SimulateOptions& options) {
  std::vector<simulate::PolicyName> policies;
  const auto add = [&](simulate::PolicyName policy) {
    if (std::ranges::find(policies, policy) == policies.end()) policies.push_back(policy);
  };
  for (const auto& text : options.policies) {
    for (const auto policy : simulate::kPolicyNames) {
      if (text == "all" || text == simulate::name_of(policy)) add(policy);
    }
  }
  if (policies.empty()) add(simulate::PolicyName::signalbox);
  return policies;
}

std::vector<std::string> unknown_models(const SimulationSources& sources,
                                        const std::vector<std::string>& models) {
  std::vector<std::string> unknown;
  for (const auto& name : models) {
    const bool is_known =
        configured(sources.config, name) != nullptr || measured(sources.measured, name) != nullptr;
    if (!is_known) unknown.push_back(name);
  }
  return unknown;
}

}  // namespace signalbox::cli
