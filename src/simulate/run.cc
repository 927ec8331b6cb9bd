#include "simulate/run.h"

#include <algorithm>

#include "simulate/world.h"

namespace signalbox::simulate {

Settings same_for_all(std::size_t models, const ModelSettings& each) {
  Settings settings;
  settings.scheduling.models.resize(models);
  for (auto& model : settings.scheduling.models) {
    model.queue_size = each.queue_size;
    model.flex_queue_size = each.queue_size;
    model.workers = each.workers;
  }
  settings.engines.assign(models, each.engine);
  return settings;
}

Outcome run(const Workload& workload, const Settings& settings, Policy& policy,
            const OnProgress& on_progress) {
  return World(workload, settings, policy, on_progress).run();
}

Outcome run(const Workload& workload, Settings settings, PolicyName policy, const OnProgress& on_progress) {
  for (std::size_t i = 0; i < settings.engines.size(); ++i) {
    auto& model = settings.scheduling.models[i];
    // An engine that takes its time here tells of no progress on the way.
    model.load_timeout = std::max(model.load_timeout, settings.engines[i].load + Duration(1));
    if (settings.lengths == Lengths::known) model.believed.per_token = kToken;
  }
  const auto decides = make_policy(policy, settings.scheduling);
  return run(workload, settings, *decides, on_progress);
}

}  // namespace signalbox::simulate
