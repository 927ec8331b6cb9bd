#include "control/switch_log.h"

#include <optional>
#include <string_view>

#include "base/assert.h"
#include "base/log.h"

namespace signalbox::control {

namespace {

std::string_view name_of(const std::vector<std::string>& names, std::optional<ModelIndex> model) {
  if (!model) return "none";
  SB_ASSERT(to_index(*model) < names.size());
  return names[to_index(*model)];
}

}  // namespace

void log_switch(const sched::Command& command, const std::vector<std::string>& names) {
  if (const auto* started = std::get_if<sched::SwitchStarted>(&command)) {
    log::info("switch started", {{"from", name_of(names, started->from)},
                                 {"to", name_of(names, started->to)},
                                 {"cause", started->cause}});
  } else if (const auto* finished = std::get_if<sched::SwitchFinished>(&command)) {
    log::info("switch finished", {{"from", name_of(names, finished->from)},
                                  {"to", name_of(names, finished->to)},
                                  {"drain_ms", to_ms(finished->drain)},
                                  {"stop_ms", to_ms(finished->stop)},
                                  {"load_ms", to_ms(finished->load)},
                                  {"overlap_ms", to_ms(finished->overlap)},
                                  {"switch_ms", to_ms(finished->total)}});
  } else if (const auto* failed = std::get_if<sched::SwitchFailed>(&command)) {
    const bool called_off = failed->end == sched::SwitchEnd::called_off;
    log::write(called_off ? log::Level::info : log::Level::error,
               called_off ? "switch called off" : "switch failed",
               {{"from", name_of(names, failed->from)},
                {"to", name_of(names, failed->to)},
                {"reason", failed->reason},
                {"switch_ms", to_ms(failed->total)}});
  } else if (const auto* kill = std::get_if<sched::KillEngine>(&command)) {
    log::warning("engine killed", {{"epoch", kill->epoch.value()}, {"reason", kill->reason}});
  }
}

void log_switch_told(const SwitchTold& told, const std::vector<std::string>& names) {
  const auto& phases = told.phases;
  log::info("switch served", {{"from", name_of(names, told.from)},
                              {"to", name_of(names, told.to)},
                              {"drain_ms", to_ms(phases.drain)},
                              {"save_ms", to_ms(phases.save)},
                              {"stop_ms", to_ms(phases.stop)},
                              {"spawn_ms", to_ms(phases.spawn)},
                              {"load_ms", to_ms(phases.load)},
                              {"context_ms", to_ms(phases.context)},
                              {"overlap_ms", to_ms(told.overlap)},
                              {"restore_ms", to_ms(told.restore)},
                              {"streamed", told.first_token.has_value()},
                              {"first_token_ms", to_ms(told.first_token.value_or(Duration(0)))},
                              {"total_ms", to_ms(told.total)}});
}

}  // namespace signalbox::control
