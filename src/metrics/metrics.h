// Every number that the server tells about itself, and its text for GET /metrics. The names, types, labels
// and help texts are all in metrics.cc. Functions say what happened, in the past tense; those that know call
// them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <string>
#include <vector>

#include "base/id.h"
#include "base/time.h"
#include "metrics/children.h"
#include "metrics/labels.h"

namespace signalbox::metrics {

struct Options {
  std::vector<std::string> model_names{};  // in configuration order
  std::string version{};
  std::int64_t started_at = 0;  // seconds since 1970
};

// What is known elsewhere and only asked for when somebody scrapes.
struct Present {
  struct Model {
    std::uint32_t queue_length = 0;
    std::uint32_t in_flight = 0;
    bool active = false;
    bool quarantined = false;
  };
  ServerState state = ServerState::idle;
  std::size_t body_bytes = 0;
  Duration backlog{0};
  std::vector<Model> models{};  // in configuration order
};

// Loop thread only. Outlives whoever counts.
class Metrics {
 public:
  explicit Metrics(const Options& options);
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;

  // The life of a request that named a model.
  void request_started(ModelIndex model, Duration waited);
  // What a client was told first of its wait, and the wait that came.
  void wait_was_estimated(ModelIndex model, Duration estimate, Duration waited);
  // Once for each request at most.
  void request_replayed(ModelIndex model);
  void first_token_came(ModelIndex model, Duration since_arrival);
  // `tokens`: as the engine told, 0 if it did not.
  void answer_completed(ModelIndex model, Duration service, std::uint64_t tokens);
  void client_left(Stage stage);
  void request_ended(ModelIndex model, Route route, Outcome outcome);

  // Once for every error that a client is told, whatever the route.
  void rejected(Rejection reason);
  void bad_request_came();
  void connections_changed(std::size_t open);

  void switch_started(SwitchCause cause);
  void switch_ended(SwitchCause cause, SwitchEnd end);
  void switch_phase_took(SwitchPhase phase, Duration duration);
  void switch_took(Duration duration);
  void overlap(OverlapEvent event);
  void load_failed(ModelIndex model);
  void engine_started(ModelIndex model);
  void engine_died(ModelIndex model);
  void engine_killed(ModelIndex model);

  // Conversations carried from one engine, or one request, to the next.
  void kv_moved(ModelIndex model, KvMove move, Duration took, std::uint64_t bytes, std::uint64_t tokens);
  void kv_move_failed(ModelIndex model, KvMove move);
  void kv_prepared(ModelIndex model, Duration took);
  void kv_turned_off();

  void read_ahead_ended(ModelIndex model, ReadAheadEnd why, std::uint64_t bytes_read);

  void loop_lagged(Duration lag);

  // The Prometheus text exposition format.
  [[nodiscard]] std::string text(const Present& present);

 private:
  using Counter = prometheus::Counter;
  using Gauge = prometheus::Gauge;
  using Histogram = prometheus::Histogram;

  struct OfModel {
    std::vector<Children<Outcome, Counter>> requests;  // by route
    Counter* replays = nullptr;
    Histogram* wait = nullptr;
    Histogram* estimate_error = nullptr;
    Histogram* service = nullptr;
    Histogram* first_token = nullptr;
    Counter* tokens = nullptr;
    Counter* load_failures = nullptr;
    Counter* engine_starts = nullptr;
    Counter* engine_deaths = nullptr;
    Counter* engine_kills = nullptr;
    Children<KvMove, Histogram> kv_seconds;
    Children<KvMove, Counter> kv_bytes;
    Children<KvMove, Counter> kv_tokens;
    Children<KvMove, Counter> kv_failures;
    Histogram* kv_prepare = nullptr;
    Counter* bytes_read_ahead = nullptr;
    Gauge* queue_length = nullptr;
    Gauge* in_flight = nullptr;
    Gauge* active = nullptr;
    Gauge* quarantined = nullptr;
  };
  using Names = std::vector<std::string>;

  void declare_requests(const Names& names);
  void declare_states(const Names& names);
  void declare_switches();
  void declare_engines(const Names& names);
  void declare_carry(const Names& names);
  void declare_read_ahead(const Names& names);
  void declare_server();
  void declare_process(const Options& options);
  [[nodiscard]] OfModel& of(ModelIndex model);
  void show(const Present& present);

  prometheus::Registry registry_;
  std::vector<OfModel> models_;
  Children<Stage, Counter> disconnects_;
  Children<Rejection, Counter> rejections_;
  Children<SwitchCause, Counter> switch_starts_;
  std::vector<Children<SwitchEnd, Counter>> switch_ends_;  // by cause
  Children<SwitchPhase, Histogram> switch_phases_;
  Children<OverlapEvent, Counter> overlaps_;
  Children<ServerState, Gauge> states_;
  Children<ReadAheadEnd, Counter> read_ahead_ends_;
  Histogram* switch_ = nullptr;
  Histogram* loop_lag_ = nullptr;
  Gauge* kv_saving_ = nullptr;
  Counter* bad_requests_ = nullptr;
  Counter* log_lines_dropped_ = nullptr;
  Gauge* body_bytes_ = nullptr;
  Gauge* backlog_ = nullptr;
  Gauge* connections_ = nullptr;
};

}  // namespace signalbox::metrics
