#include "http/status_json.h"

#include <boost/json.hpp>

#include "base/assert.h"

namespace signalbox::http {

namespace json = boost::json;

namespace {

json::string_view text(std::string_view view) {
  return {view.data(), view.size()};
}

std::string_view name_of(sched::ServerStatus status) {
  switch (status) {
    case sched::ServerStatus::idle:
      return "idle";
    case sched::ServerStatus::ready:
      return "ready";
    case sched::ServerStatus::switching:
      return "switching";
    case sched::ServerStatus::loading:
      return "loading";
    case sched::ServerStatus::error:
      return "error";
  }
  SB_ASSERT(false);
}

std::string_view name_of(sched::ModelStatus status) {
  switch (status) {
    case sched::ModelStatus::unloaded:
      return "unloaded";
    case sched::ModelStatus::loading:
      return "loading";
    case sched::ModelStatus::standing_by:
      return "standing_by";
    case sched::ModelStatus::ready:
      return "ready";
    case sched::ModelStatus::draining:
      return "draining";
    case sched::ModelStatus::stopping:
      return "stopping";
    case sched::ModelStatus::quarantined:
      return "quarantined";
  }
  SB_ASSERT(false);
}

std::string_view name_of(sched::ServiceClass service_class) {
  switch (service_class) {
    case sched::ServiceClass::standard:
      return "default";
    case sched::ServiceClass::priority:
      return "priority";
    case sched::ServiceClass::flex:
      return "flex";
  }
  SB_ASSERT(false);
}

json::value optional_name(const Services& services, std::optional<ModelIndex> model) {
  if (!model) return nullptr;
  return json::value(text(services.catalog.name(*model)));
}

json::value optional_text(const std::optional<std::string>& value) {
  if (!value) return nullptr;
  return json::value(text(*value));
}

json::value optional_ms(std::optional<Duration> duration) {
  if (!duration) return nullptr;
  return to_ms(*duration);
}

json::object costs_of(const sched::Costs& costs) {
  return {{"service_ms", optional_ms(costs.service)},
          {"changeover_ms", optional_ms(costs.changeover)},
          {"tail_ms", optional_ms(costs.tail)}};
}

json::object model_status(const Services& services, const sched::ModelSnapshot& snapshot, std::size_t index) {
  json::object out;
  out["id"] = text(services.catalog.models()[index].name);
  out["status"] = text(name_of(snapshot.status));
  out["queue_length"] = snapshot.queue_length;
  out["queue_size"] = snapshot.queue_size;
  out["oldest_wait_ms"] = optional_ms(snapshot.oldest_wait);
  out["in_flight"] = snapshot.in_flight;
  out["loads"] = snapshot.loads;
  out["last_load_ms"] = optional_ms(snapshot.last_load);
  out["last_error"] = optional_text(snapshot.last_error);
  out["costs"] = costs_of(snapshot.costs);
  if (snapshot.quarantined_for) out["quarantined_for_ms"] = to_ms(*snapshot.quarantined_for);
  return out;
}

json::object next_engine(const Services& services, const sched::NextEngine& next) {
  json::object out;
  out["model"] = text(services.catalog.name(next.model));
  out["status"] =
      text(name_of(next.is_ready ? sched::ModelStatus::standing_by : sched::ModelStatus::loading));
  if (next.progress_thousandths) out["progress"] = *next.progress_thousandths / 1000.0;
  return out;
}

json::value model_meta(const Services& services, ModelIndex model) {
  const auto& info = services.control.engine_info(model);
  if (!info) return nullptr;
  json::object meta;
  if (info->context_tokens) meta["n_ctx"] = *info->context_tokens;
  if (info->parameters) meta["n_params"] = *info->parameters;
  if (info->model_bytes) meta["size"] = *info->model_bytes;
  return meta;
}

json::object model_entry(const Services& services, const sched::Snapshot& snapshot, ModelIndex model,
                         std::string_view name) {
  const ServedModel& served = services.catalog.model(model);
  json::object out;
  out["id"] = text(name);
  out["object"] = "model";
  out["created"] = services.started_at;
  out["owned_by"] = "signalbox";
  out["status"] = text(name_of(snapshot.models[to_index(model)].status));
  json::array aliases;
  for (const auto& alias : served.aliases) aliases.emplace_back(text(alias));
  out["aliases"] = std::move(aliases);
  out["meta"] = model_meta(services, model);
  return out;
}

}  // namespace

std::string status_body(const Services& services, const sched::Snapshot& snapshot) {
  json::object out;
  out["status"] = text(name_of(snapshot.status));
  out["active_model"] = optional_name(services, snapshot.active_model);
  out["target_model"] = optional_name(services, snapshot.target_model);
  out["last_error"] = optional_text(snapshot.last_error);
  out["switch_requested_at"] = nullptr;
  if (snapshot.switch_requested_at) {
    const TimePoint since = *snapshot.switch_requested_at;
    out["switch_requested_at"] = services.control.unix_seconds(since);
    out["switch_elapsed_ms"] = to_ms(services.clock.now() - since);
  }
  if (snapshot.next_engine) out["next_engine"] = next_engine(services, *snapshot.next_engine);
  if (snapshot.progress_thousandths) out["progress"] = *snapshot.progress_thousandths / 1000.0;
  out["in_flight_requests"] = snapshot.in_flight;
  out["workers"] = json::object{{"size", snapshot.workers}, {"busy", snapshot.workers_busy}};
  out["backlog_ms"] = to_ms(snapshot.backlog);
  json::object lengths;
  json::array models;
  for (std::size_t i = 0; i < snapshot.models.size(); ++i) {
    lengths[text(services.catalog.models()[i].name)] = snapshot.models[i].queue_length;
    models.push_back(model_status(services, snapshot.models[i], i));
  }
  out["queue_lengths"] = std::move(lengths);
  out["models"] = std::move(models);
  return json::serialize(out);
}

std::string request_body(const Services& services, const control::RequestFinished& finished) {
  json::object out;
  out["model"] = text(services.catalog.name(finished.model));
  out["class"] = text(name_of(finished.service_class));
  out["number"] = finished.number;
  out["arrived_ms"] = to_ms(finished.arrived);
  out["wait_ms"] = to_ms(finished.wait);
  out["service_ms"] = to_ms(finished.service);
  out["open_since_ms"] = optional_ms(finished.open_since);
  return json::serialize(out);
}

std::string switch_body(const Services& services, const control::SwitchTold& told) {
  json::object phases;
  phases["drain_ms"] = to_ms(told.phases.drain);
  phases["save_ms"] = to_ms(told.phases.save);
  phases["stop_ms"] = to_ms(told.phases.stop);
  phases["spawn_ms"] = to_ms(told.phases.spawn);
  phases["load_ms"] = to_ms(told.phases.load);
  phases["context_ms"] = to_ms(told.phases.context);
  phases["restore_ms"] = to_ms(told.restore);
  phases["first_token_ms"] = optional_ms(told.first_token);
  json::object out;
  out["from"] = optional_name(services, told.from);
  out["to"] = text(services.catalog.name(told.to));
  out["phases"] = std::move(phases);
  out["overlap_ms"] = to_ms(told.overlap);
  out["total_ms"] = to_ms(told.total);
  return json::serialize(out);
}

std::string models_body(const Services& services, const sched::Snapshot& snapshot) {
  json::array data;
  for (std::size_t i = 0; i < services.catalog.models().size(); ++i) {
    const ModelIndex model(static_cast<std::uint32_t>(i));
    const ServedModel& served = services.catalog.model(model);
    data.push_back(model_entry(services, snapshot, model, served.name));
    if (!services.options.list_aliases) continue;
    for (const auto& alias : served.aliases) data.push_back(model_entry(services, snapshot, model, alias));
  }
  json::object out;
  out["object"] = "list";
  out["data"] = std::move(data);
  return json::serialize(out);
}

std::string model_body(const Services& services, const sched::Snapshot& snapshot, ModelIndex model,
                       std::string_view name) {
  return json::serialize(model_entry(services, snapshot, model, name));
}

}  // namespace signalbox::http
