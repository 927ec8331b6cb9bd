#include "cli/status_report.h"

#include "cli/json_read.h"

namespace signalbox::cli {
namespace {

ModelReport model_report(const boost::json::object& model) {
  ModelReport report;
  report.id = text(model, "id").value_or("-");
  report.status = text(model, "status").value_or("-");
  report.queue_length = number(model, "queue_length");
  report.queue_size = number(model, "queue_size");
  report.in_flight = number(model, "in_flight");
  report.loads = number(model, "loads");
  report.last_load_ms = number(model, "last_load_ms");
  if (report.queue_length.value_or(0) > 0) report.oldest_wait_ms = number(model, "oldest_wait_ms");
  report.quarantined_for_ms = number(model, "quarantined_for_ms");
  report.last_error = text(model, "last_error");
  const auto& costs = part(model, "costs");
  report.service_ms = number(costs, "service_ms");
  report.changeover_ms = number(costs, "changeover_ms");
  report.tail_ms = number(costs, "tail_ms");
  return report;
}

}  // namespace

std::optional<StatusReport> read_status(std::string_view body) {
  const auto answer = object_of(body);
  const auto status = answer ? text(*answer, "status") : std::nullopt;
  if (!status) return std::nullopt;
  StatusReport report;
  report.status = *status;
  report.active_model = text(*answer, "active_model");
  report.target_model = text(*answer, "target_model");
  report.last_error = text(*answer, "last_error");
  report.progress = number(*answer, "progress");
  report.switch_elapsed_ms = number(*answer, "switch_elapsed_ms");
  const auto& workers = part(*answer, "workers");
  report.workers_busy = number(workers, "busy");
  report.workers_size = number(workers, "size");
  for (const auto& model : list(*answer, "models")) {
    if (model.is_object()) report.models.push_back(model_report(model.get_object()));
  }
  return report;
}

}  // namespace signalbox::cli
