// The configuration as plain values: what `models.yaml`, the environment and the flags come to. Every default
// stands here. No I/O: loading is in load.h.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
#include "config/api_key.h"

namespace signalbox::config {

struct ServerSection {
  std::string listen = "127.0.0.1:8080";  // host:port, [v6]:port or unix:/absolute/path
  bool allow_unauthenticated = false;     // an address that others can reach is an error without it or a key
  ApiKeys api_keys;
  std::vector<std::string> allowed_hosts;
  std::vector<std::string> allowed_origins;
  bool metrics_without_key = false;
  std::size_t max_connections = 10'000;
  std::size_t max_header_bytes = std::size_t{32} * 1024;
  std::size_t max_body_bytes = std::size_t{64} * 1024 * 1024;
  std::size_t max_queued_bytes = std::size_t{1024} * 1024 * 1024;
  std::size_t events_clients_max = 64;
  Duration header_timeout = std::chrono::seconds(10);
  Duration body_timeout = std::chrono::seconds(60);
  Duration keep_alive_timeout = std::chrono::seconds(75);
  Duration client_stall_timeout = std::chrono::seconds(30);
  Duration shutdown_grace = std::chrono::seconds(30);
  bool list_aliases = false;
};

enum class NextModel { cost, longest_wait };
enum class Replay { once, off };
enum class Overlap { off, automatic };  // `auto` in the file

// scheduler.* keys that concern the whole server. The per-model ones are in Model, filled from defaults and
// sections.
struct SchedulerSection {
  Duration starvation_limit = std::chrono::seconds(15);
  std::uint32_t min_visit_thousandths = 1000;  // written as 1.0
  NextModel next_model = NextModel::cost;
  Replay replay = Replay::once;
  Overlap overlap = Overlap::off;
  std::uint64_t overlap_reserve = std::uint64_t{1024} * 1024 * 1024;
  Duration flex_limit = std::chrono::minutes(10);
  Duration heartbeat_interval = std::chrono::seconds(1);
  std::optional<std::string> default_model;  // a model's name, never an alias
};

enum class StatusText { automatic, content, reasoning, none };  // `auto` in the file
enum class StatusChunks { data, comment, off };

enum class Launcher { llama_server, command };

enum class ReadAhead { automatic, off };  // `auto` in the file

struct EngineSection {
  std::vector<std::string> command = {"llama-server"};
  std::vector<std::string> args;  // for every model, before the model's own
  Duration engine_timeout = std::chrono::seconds(120);
  Duration stop_timeout = std::chrono::seconds(5);
  std::uint64_t device_budget = 0;  // bytes; 0: not stated
  ReadAhead readahead = ReadAhead::automatic;
};

// Conversations that survive the end of their engine.
struct CarryOverSection {
  bool enabled = true;
  std::optional<std::string> kv_dir;  // absolute; none: below the user's cache folder
  std::uint64_t kv_budget = std::uint64_t{2} * 1024 * 1024 * 1024;
  std::uint32_t kv_min_tokens = 256;
  Duration kv_save_timeout = std::chrono::seconds(2);
  bool kv_persist = false;
};

// One model with every value that holds for it, after precedence.
struct Model {
  std::string name;
  std::vector<std::string> aliases;
  Launcher launcher = Launcher::llama_server;
  std::string path;                  // absolute; of a command empty
  std::vector<std::string> command;  // of a command: holds ${port} or ${socket}
  std::string health = "/health";    // of a command: answers 200 once it can serve
  std::vector<std::string> args;
  std::uint32_t queue_size = 10;
  std::uint32_t flex_queue_size = 10;
  Priority priority = Priority::allow;
  ServiceTier service_tier = ServiceTier::standard;  // of requests that name none
  std::uint32_t slots = 4;
  std::uint32_t workers = 4;        // = slots unless given
  std::uint32_t context = 4096;     // tokens a slot
  std::uint64_t device_memory = 0;  // bytes; 0: not stated
  Duration wait_timeout = std::chrono::seconds(30);
  Duration stream_wait_timeout{0};
  Duration load_timeout = std::chrono::seconds(300);
  Duration idle_unload{0};
  StatusText status_text = StatusText::automatic;
  StatusChunks status_chunks = StatusChunks::data;
  std::string metadata_field = "candle_metadata";
};

struct Config {
  ServerSection server;
  SchedulerSection scheduler;
  EngineSection engine;
  CarryOverSection carry_over;
  std::vector<Model> models;  // at least one
};

}  // namespace signalbox::config
