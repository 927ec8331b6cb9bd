#include "metrics/metrics.h"

#include <prometheus/text_serializer.h>
#include <utility>

#include "base/assert.h"
#include "base/log.h"

namespace signalbox::metrics {

namespace {

using prometheus::Labels;
using Buckets = prometheus::Histogram::BucketBoundaries;

// Upper bounds in seconds. A wait spans everything from a free place at once to `wait_timeout`.
const Buckets& wait_buckets() {
  static const Buckets buckets{0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600};
  return buckets;
}
const Buckets& service_buckets() {
  static const Buckets buckets{0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600};
  return buckets;
}
const Buckets& switch_buckets() {
  static const Buckets buckets{0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300};
  return buckets;
}
// A request that needs nothing from disk is prepared in microseconds.
const Buckets& kv_buckets() {
  static const Buckets buckets{0.0001, 0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5};
  return buckets;
}
// Of the wait itself.
const Buckets& error_buckets() {
  static const Buckets buckets{0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1, 2, 5};
  return buckets;
}
const Buckets& lag_buckets() {
  static const Buckets buckets{0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5};
  return buckets;
}

double seconds(Duration duration) {
  return std::chrono::duration<double>(duration).count();
}

auto& counters(prometheus::Registry& registry, const char* name, const char* help) {
  return prometheus::BuildCounter().Name(name).Help(help).Register(registry);
}
auto& gauges(prometheus::Registry& registry, const char* name, const char* help) {
  return prometheus::BuildGauge().Name(name).Help(help).Register(registry);
}
auto& histograms(prometheus::Registry& registry, const char* name, const char* help) {
  return prometheus::BuildHistogram().Name(name).Help(help).Register(registry);
}

Labels of_model(const std::string& name) {
  return {{"model", name}};
}

}  // namespace

Metrics::Metrics(const Options& options) : models_(options.model_names.size()) {
  declare_requests(options.model_names);
  declare_states(options.model_names);
  declare_switches();
  declare_engines(options.model_names);
  declare_carry(options.model_names);
  declare_read_ahead(options.model_names);
  declare_server();
  declare_process(options);
}

void Metrics::declare_requests(const Names& names) {
  auto& requests = counters(registry_, "signalbox_requests_total",
                            "Generation requests that named a configured model, by how they ended.");
  auto& replays = counters(registry_, "signalbox_requests_replayed_total",
                           "Requests put back into their queue because their engine died or hung before "
                           "their client had a byte of the answer.");
  auto& waits = histograms(registry_, "signalbox_wait_seconds",
                           "Time from a request's arrival to its first start, of the requests that started.");
  auto& errors =
      histograms(registry_, "signalbox_wait_estimate_error_ratio",
                 "How far the first estimate of a wait was from the wait, as a share of the wait.");
  auto& services = histograms(registry_, "signalbox_service_seconds",
                              "Time from a request's start to the end of its answer, of complete answers.");
  auto& first_tokens =
      histograms(registry_, "signalbox_time_to_first_token_seconds",
                 "Time from a streamed request's arrival to the first part of its answer, waiting included.");
  auto& tokens = counters(registry_, "signalbox_generated_tokens_total",
                          "Tokens of complete answers, as the engine told them in its usage.");
  for (std::size_t i = 0; i < names.size(); ++i) {
    const Labels labels = of_model(names[i]);
    OfModel& model = models_[i];
    for (const std::string_view route : Label<Route>::kValues) {
      Labels both = labels;
      both.emplace(Label<Route>::kKey, route);
      model.requests.emplace_back(requests, both);
    }
    model.replays = &replays.Add(labels);
    model.wait = &waits.Add(labels, wait_buckets());
    model.estimate_error = &errors.Add(labels, error_buckets());
    model.service = &services.Add(labels, service_buckets());
    model.first_token = &first_tokens.Add(labels, wait_buckets());
    model.tokens = &tokens.Add(labels);
  }
  disconnects_ = Children<Stage, Counter>(
      counters(
          registry_, "signalbox_client_disconnects_total",
          "Clients that left or stalled before the end of their answer, by what their request was doing."),
      {});
}

void Metrics::declare_states(const Names& names) {
  auto& lengths = gauges(registry_, "signalbox_queue_length", "Requests that wait.");
  auto& running = gauges(registry_, "signalbox_requests_in_flight", "Requests that run at the engine.");
  auto& active = gauges(registry_, "signalbox_model_active", "1 for the model that is loaded and ready.");
  auto& quarantined = gauges(registry_, "signalbox_model_quarantined",
                             "1 for a model that failed to load lately and is left alone for now.");
  for (std::size_t i = 0; i < names.size(); ++i) {
    const Labels labels = of_model(names[i]);
    models_[i].queue_length = &lengths.Add(labels);
    models_[i].in_flight = &running.Add(labels);
    models_[i].active = &active.Add(labels);
    models_[i].quarantined = &quarantined.Add(labels);
  }
  backlog_ = &gauges(registry_, "signalbox_backlog_seconds",
                     "What it would take to serve all that waits now, each model once, as estimated.")
                  .Add({});
  states_ = Children<ServerState, Gauge>(
      gauges(registry_, "signalbox_state", "1 for the state that the server is in, 0 for the others."), {});
}

void Metrics::declare_switches() {
  switch_starts_ = Children<SwitchCause, Counter>(
      counters(registry_, "signalbox_switches_started_total", "Model switches and first loads that began."),
      {});
  auto& ends = counters(registry_, "signalbox_switches_ended_total",
                        "Model switches and first loads that ended, by how they ended.");
  for (const std::string_view cause : Label<SwitchCause>::kValues) {
    switch_ends_.emplace_back(ends, Labels{{std::string(Label<SwitchCause>::kKey), std::string(cause)}});
  }
  switch_phases_ = Children<SwitchPhase, Histogram>(
      histograms(
          registry_, "signalbox_switch_phase_seconds",
          "Duration of each phase of finished switches; a first load has no drain, no save and no stop, the "
          "last two are of the first answer."),
      {}, switch_buckets());
  switch_ = &histograms(registry_, "signalbox_switch_seconds",
                        "Duration of finished switches and first loads as a whole.")
                 .Add({}, switch_buckets());
  overlaps_ = Children<OverlapEvent, Counter>(
      counters(
          registry_, "signalbox_overlaps_total",
          "With `overlap: auto`: next engines started beside the present one, how many of them took over, "
          "and what memory forbade."),
      {});
}

void Metrics::declare_engines(const Names& names) {
  auto& failures =
      counters(registry_, "signalbox_load_failures_total",
               "Loads that failed: a bad model file, or an engine that ended or hung before it was ready.");
  auto& starts = counters(registry_, "signalbox_engine_starts_total", "Engine processes started.");
  auto& deaths = counters(registry_, "signalbox_engine_deaths_total",
                          "Engine processes that ended without being told to.");
  auto& kills =
      counters(registry_, "signalbox_engine_kills_total",
               "Engine processes killed because they hung, did not stop, or were not wanted any more.");
  for (std::size_t i = 0; i < names.size(); ++i) {
    const Labels labels = of_model(names[i]);
    models_[i].load_failures = &failures.Add(labels);
    models_[i].engine_starts = &starts.Add(labels);
    models_[i].engine_deaths = &deaths.Add(labels);
    models_[i].engine_kills = &kills.Add(labels);
  }
}

void Metrics::declare_carry(const Names& names) {
  auto& times =
      histograms(registry_, "signalbox_kv_move_seconds",
                 "Time that a conversation's state took to disk and back, of those that got there.");
  auto& bytes = counters(registry_, "signalbox_kv_bytes_total", "Bytes of conversations saved and restored.");
  auto& tokens =
      counters(registry_, "signalbox_kv_tokens_total",
               "Tokens of conversations saved and restored: the latter need not be computed again.");
  auto& failures = counters(registry_, "signalbox_kv_failures_total",
                            "States that could not be saved or restored; their prompts are computed again.");
  auto& prepares =
      histograms(registry_, "signalbox_kv_prepare_seconds",
                 "What a request waited for its slot: to find it, and to save and restore as it needed.");
  for (std::size_t i = 0; i < names.size(); ++i) {
    const Labels labels = of_model(names[i]);
    OfModel& model = models_[i];
    model.kv_seconds = Children<KvMove, Histogram>(times, labels, kv_buckets());
    model.kv_bytes = Children<KvMove, Counter>(bytes, labels);
    model.kv_tokens = Children<KvMove, Counter>(tokens, labels);
    model.kv_failures = Children<KvMove, Counter>(failures, labels);
    model.kv_prepare = &prepares.Add(labels, kv_buckets());
  }
  kv_saving_ = &gauges(registry_, "signalbox_kv_saving",
                       "1 while conversations are saved; 0 once the disk was full, until the next start.")
                    .Add({});
  kv_saving_->Set(1);
}

void Metrics::declare_read_ahead(const Names& names) {
  auto& bytes = counters(registry_, "signalbox_readahead_bytes_total",
                         "Bytes of model files read from disk while the model before was still active.");
  for (std::size_t i = 0; i < names.size(); ++i) {
    models_[i].bytes_read_ahead = &bytes.Add(of_model(names[i]));
  }
  read_ahead_ends_ = Children<ReadAheadEnd, Counter>(
      counters(registry_, "signalbox_readahead_stopped_total",
               "Model files read ahead, by why it ended; stopped is the start of the engine, or that nobody "
               "wants the model any more."),
      {});
}

void Metrics::declare_server() {
  rejections_ = Children<Rejection, Counter>(
      counters(registry_, "signalbox_rejections_total",
               "Errors told to clients on any route, by row of the error table."),
      {});
  bad_requests_ = &counters(registry_, "signalbox_bad_requests_total",
                            "Requests whose head was no proper HTTP, too long or too slow.")
                       .Add({});
  connections_ =
      &gauges(registry_, "signalbox_connections_open", "Client connections that are open.").Add({});
  body_bytes_ =
      &gauges(registry_, "signalbox_queued_body_bytes",
              "Bytes of request bodies held for as long as their requests may have to be sent to an engine.")
           .Add({});
}

void Metrics::declare_process(const Options& options) {
  loop_lag_ = &histograms(registry_, "signalbox_loop_lag_seconds",
                          "How late the event loop ran a timer that comes five times a second.")
                   .Add({}, lag_buckets());
  log_lines_dropped_ = &counters(registry_, "signalbox_log_lines_dropped_total",
                                 "Log lines thrown away because the log's sink was too slow.")
                            .Add({});
  gauges(registry_, "signalbox_build_info", "Always 1; the label is the version that runs.")
      .Add({{"version", options.version}})
      .Set(1);
  // The one name without our prefix: by Prometheus's own convention it is the same for every program.
  gauges(registry_, "process_start_time_seconds", "When the process started, in seconds since 1970.")
      .Add({})
      .Set(static_cast<double>(options.started_at));
}

Metrics::OfModel& Metrics::of(ModelIndex model) {
  SB_ASSERT(to_index(model) < models_.size());
  return models_[to_index(model)];
}

void Metrics::request_started(ModelIndex model, Duration waited) {
  of(model).wait->Observe(seconds(waited));
}

// Below a millisecond there is nothing to measure an error against.
void Metrics::wait_was_estimated(ModelIndex model, Duration estimate, Duration waited) {
  if (waited < std::chrono::milliseconds(1)) return;
  of(model).estimate_error->Observe(seconds(std::chrono::abs(estimate - waited)) / seconds(waited));
}

void Metrics::request_replayed(ModelIndex model) {
  of(model).replays->Increment();
}

void Metrics::first_token_came(ModelIndex model, Duration since_arrival) {
  of(model).first_token->Observe(seconds(since_arrival));
}

void Metrics::answer_completed(ModelIndex model, Duration service, std::uint64_t tokens) {
  of(model).service->Observe(seconds(service));
  of(model).tokens->Increment(static_cast<double>(tokens));
}

void Metrics::client_left(Stage stage) {
  disconnects_[stage].Increment();
}

void Metrics::request_ended(ModelIndex model, Route route, Outcome outcome) {
  of(model).requests[static_cast<std::size_t>(route)][outcome].Increment();
}

void Metrics::rejected(Rejection reason) {
  rejections_[reason].Increment();
}

void Metrics::bad_request_came() {
  bad_requests_->Increment();
}

void Metrics::connections_changed(std::size_t open) {
  connections_->Set(static_cast<double>(open));
}

void Metrics::switch_started(SwitchCause cause) {
  switch_starts_[cause].Increment();
}

void Metrics::switch_ended(SwitchCause cause, SwitchEnd end) {
  switch_ends_[static_cast<std::size_t>(cause)][end].Increment();
}

void Metrics::switch_phase_took(SwitchPhase phase, Duration duration) {
  switch_phases_[phase].Observe(seconds(duration));
}

void Metrics::switch_took(Duration duration) {
  switch_->Observe(seconds(duration));
}

void Metrics::overlap(OverlapEvent event) {
  overlaps_[event].Increment();
}

void Metrics::load_failed(ModelIndex model) {
  of(model).load_failures->Increment();
}

void Metrics::engine_started(ModelIndex model) {
  of(model).engine_starts->Increment();
}

void Metrics::engine_died(ModelIndex model) {
  of(model).engine_deaths->Increment();
}

void Metrics::engine_killed(ModelIndex model) {
  of(model).engine_kills->Increment();
}

void Metrics::kv_moved(ModelIndex model, KvMove move, Duration took, std::uint64_t bytes,
                       std::uint64_t tokens) {
  of(model).kv_seconds[move].Observe(seconds(took));
  of(model).kv_bytes[move].Increment(static_cast<double>(bytes));
  of(model).kv_tokens[move].Increment(static_cast<double>(tokens));
}

void Metrics::kv_move_failed(ModelIndex model, KvMove move) {
  of(model).kv_failures[move].Increment();
}

void Metrics::kv_prepared(ModelIndex model, Duration took) {
  of(model).kv_prepare->Observe(seconds(took));
}

void Metrics::kv_turned_off() {
  kv_saving_->Set(0);
}

void Metrics::read_ahead_ended(ModelIndex model, ReadAheadEnd why, std::uint64_t bytes_read) {
  of(model).bytes_read_ahead->Increment(static_cast<double>(bytes_read));
  read_ahead_ends_[why].Increment();
}

void Metrics::loop_lagged(Duration lag) {
  loop_lag_->Observe(seconds(lag));
}

std::string Metrics::text(const Present& present) {
  show(present);
  return prometheus::TextSerializer().Serialize(registry_.Collect());
}

void Metrics::show(const Present& present) {
  SB_ASSERT(present.models.size() == models_.size());
  for (std::size_t i = 0; i < models_.size(); ++i) {
    const Present::Model& now = present.models[i];
    models_[i].queue_length->Set(now.queue_length);
    models_[i].in_flight->Set(now.in_flight);
    models_[i].active->Set(now.active ? 1 : 0);
    models_[i].quarantined->Set(now.quarantined ? 1 : 0);
  }
  for (std::size_t i = 0; i < Label<ServerState>::kValues.size(); ++i) {
    const auto state = static_cast<ServerState>(i);
    states_[state].Set(state == present.state ? 1 : 0);
  }
  backlog_->Set(seconds(present.backlog));
  body_bytes_->Set(static_cast<double>(present.body_bytes));
  log_lines_dropped_->Increment(static_cast<double>(log::dropped()) - log_lines_dropped_->Value());
}

}  // namespace signalbox::metrics
