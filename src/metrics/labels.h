// The values that the labels of the metrics may have, beside the names of the configured models. Fixed lists,
// so that no client can make a new time series. The folders that count translate their own words into these.
#pragma once

#include <array>
#include <string_view>

namespace signalbox::metrics {

enum class Route { chat, completions, responses };

enum class Outcome {
  answered,   // the engine's answer came to its end
  refused,    // an error before it ran, for which the server or the request has a good reason
  failed,     // the load or the engine failed
  cancelled,  // its client left or stalled
};

// Where a request stood when its client left.
enum class Stage { waiting, running, stalled };

// The rows of the error table, and what the engine itself refused.
enum class Rejection {
  invalid_request,
  unauthenticated,
  forbidden,
  model_not_found,
  not_found,
  method_not_allowed,
  switch_in_progress,
  request_timeout,
  body_too_large,
  header_too_large,
  expectation_failed,
  too_many_sequences,
  too_many_connections,
  too_many_bytes,
  queue_full,
  wait_timeout,
  model_load_failed,
  quarantined,
  shutting_down,
  engine_error,
  engine_timeout,
  engine_refused,
};

enum class SwitchCause {
  waiters,
  starvation_limit,
  select,
  default_model,
  reload,
  not_begun,  // it failed before it began: the file of the model that was to come is bad
};
enum class SwitchEnd { finished, failed, called_off };
enum class SwitchPhase { drain, save, stop, spawn, load, context, restore, first_token };

// What became of overlap at a switch that had to wait for answers.
enum class OverlapEvent {
  begun,         // the next engine was started beside the present one
  used,          // and took over
  no_memory,     // there was no room for it
  memory_short,  // it went again, because the memory that is to stay free no longer was
};

// What was done to a conversation's state.
enum class KvMove { save, restore };

// How the reading of a model's file ahead ended.
enum class ReadAheadEnd {
  complete,
  stopped,
  memory_short,
  clients_slowed,
  file_changed,
  file_unreadable,
  disk_stuck,
};

enum class ServerState { idle, ready, switching, loading, error };

// The label's key, and its values in the order of the enum.
template <class Enum>
struct Label;

template <>
struct Label<Route> {
  static constexpr std::string_view kKey = "route";
  static constexpr std::array<std::string_view, 3> kValues{"chat", "completions", "responses"};
};
template <>
struct Label<KvMove> {
  static constexpr std::string_view kKey = "move";
  static constexpr std::array<std::string_view, 2> kValues{"save", "restore"};
};
template <>
struct Label<Outcome> {
  static constexpr std::string_view kKey = "outcome";
  static constexpr std::array<std::string_view, 4> kValues{"answered", "refused", "failed", "cancelled"};
};
template <>
struct Label<Stage> {
  static constexpr std::string_view kKey = "stage";
  static constexpr std::array<std::string_view, 3> kValues{"waiting", "running", "stalled"};
};
template <>
struct Label<Rejection> {
  static constexpr std::string_view kKey = "reason";
  static constexpr std::array<std::string_view, 22> kValues{
      "invalid_request",      "unauthenticated",    "forbidden",
      "model_not_found",      "not_found",          "method_not_allowed",
      "switch_in_progress",   "request_timeout",    "body_too_large",
      "header_too_large",     "expectation_failed", "too_many_sequences",
      "too_many_connections", "too_many_bytes",     "queue_full",
      "wait_timeout",         "model_load_failed",  "quarantined",
      "shutting_down",        "engine_error",       "engine_timeout",
      "engine_refused"};
};
template <>
struct Label<SwitchCause> {
  static constexpr std::string_view kKey = "cause";
  static constexpr std::array<std::string_view, 6> kValues{"waiters",       "starvation_limit", "select",
                                                           "default_model", "reload",           "not_begun"};
};
template <>
struct Label<SwitchEnd> {
  static constexpr std::string_view kKey = "end";
  static constexpr std::array<std::string_view, 3> kValues{"finished", "failed", "called_off"};
};
template <>
struct Label<SwitchPhase> {
  static constexpr std::string_view kKey = "phase";
  static constexpr std::array<std::string_view, 8> kValues{"drain", "save",    "stop",    "spawn",
                                                           "load",  "context", "restore", "first_token"};
};
template <>
struct Label<OverlapEvent> {
  static constexpr std::string_view kKey = "event";
  static constexpr std::array<std::string_view, 4> kValues{"begun", "used", "no_memory", "memory_short"};
};
template <>
struct Label<ReadAheadEnd> {
  static constexpr std::string_view kKey = "reason";
  static constexpr std::array<std::string_view, 7> kValues{
      "complete",     "stopped",         "memory_short", "clients_slowed",
      "file_changed", "file_unreadable", "disk_stuck"};
};
template <>
struct Label<ServerState> {
  static constexpr std::string_view kKey = "state";
  static constexpr std::array<std::string_view, 5> kValues{"idle", "ready", "switching", "loading", "error"};
};

}  // namespace signalbox::metrics
