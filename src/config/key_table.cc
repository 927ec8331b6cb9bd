// The table itself. Its order is the order of the reference and of `signalbox config`.
// Long because every key has its place in it.
#include <array>
#include <type_traits>

#include "config/keys.h"

namespace signalbox::config {
namespace {

using std::string_view;

constexpr std::uint64_t kMillisecond = 1'000;
constexpr std::uint64_t kHour = 3'600'000'000;
constexpr std::uint64_t kKiB = 1'024;
constexpr std::uint64_t kMiB = 1'024 * kKiB;
constexpr std::uint64_t kGiB = 1'024 * kMiB;

constexpr Range kWait = {.least = kMillisecond, .most = 24 * kHour};
constexpr Range kWaitOrOff = {.least = 0, .most = 24 * kHour};
constexpr Range kIdle = {.least = 0, .most = 720 * kHour};

// In the order of StatusText and StatusChunks.
constexpr std::array<string_view, 4> kStatusText = {"auto", "content", "reasoning", "none"};
constexpr std::array<string_view, 3> kStatusChunks = {"data", "comment", "off"};
constexpr std::array<string_view, 2> kLaunchers = {"llama-server", "command"};  // in the order of Launcher
constexpr std::array<string_view, 2> kNextModel = {"cost", "longest_wait"};     // in the order of NextModel
constexpr std::array<string_view, 2> kReadAhead = {"auto", "off"};              // in the order of ReadAhead
constexpr std::array<string_view, 2> kReplay = {"once", "off"};                 // in the order of Replay
constexpr std::array<string_view, 2> kOverlap = {"off", "auto"};                // in the order of Overlap
constexpr std::array<string_view, 2> kPriority = {"allow", "forbid"};           // in the order of Priority
constexpr std::array<string_view, 3> kServiceTier = {"default", "priority", "flex"};  // of ServiceTier

void put(bool& to, const Value& value) {
  to = std::get<bool>(value);
}
void put(std::uint64_t& to, const Value& value) {
  to = std::get<std::uint64_t>(value);
}
void put(std::uint32_t& to, const Value& value) {
  if (const auto* number = std::get_if<std::uint64_t>(&value)) to = static_cast<std::uint32_t>(*number);
}
void put(Duration& to, const Value& value) {
  to = std::get<Duration>(value);
}
void put(std::string& to, const Value& value) {
  if (const auto* text = std::get_if<std::string>(&value)) to = *text;
}
void put(std::optional<std::string>& to, const Value& value) {
  const auto* text = std::get_if<std::string>(&value);
  to = text != nullptr ? std::optional(*text) : std::nullopt;
}
void put(Words& to, const Value& value) {
  if (const auto* words = std::get_if<Words>(&value)) to = *words;
}
void put(ApiKeys& to, const Value& value) {
  if (const auto* keys = std::get_if<ApiKeys>(&value)) to = *keys;
}
// A choice: the number of its word.
template <class Choice>
  requires std::is_enum_v<Choice>
void put(Choice& to, const Value& value) {
  to = static_cast<Choice>(std::get<std::uint64_t>(value));
}

template <auto Part, auto Member>
constexpr StoreInConfig kTo = [](Config& config, const Value& value) { put(config.*Part.*Member, value); };
template <auto Member>
constexpr StoreInModel kToModel = [](Model& model, const Value& value) { put(model.*Member, value); };

template <auto Member>
constexpr StoreInConfig kToServer = kTo<&Config::server, Member>;
template <auto Member>
constexpr StoreInConfig kToScheduler = kTo<&Config::scheduler, Member>;
template <auto Member>
constexpr StoreInConfig kToEngine = kTo<&Config::engine, Member>;
template <auto Member>
constexpr StoreInConfig kToCarryOver = kTo<&Config::carry_over, Member>;

constexpr std::array kKeys = {
    Key{.section = Section::server,
        .name = "listen",
        .type = Type::address,
        .scope = Scope::server,
        .default_text = "127.0.0.1:8080",
        .flag = "--listen",
        .doc = "Where the server listens. Port 0 takes any free one. An address that other machines can "
               "reach needs `allow_unauthenticated`.",
        .store = kToServer<&ServerSection::listen>},
    Key{.section = Section::server,
        .name = "allow_unauthenticated",
        .type = Type::boolean,
        .scope = Scope::server,
        .default_text = "false",
        .flag = "--allow-unauthenticated",
        .doc = "Lets everybody who reaches `listen` use the server; without it and without `api_keys` only a "
               "loopback address or a unix socket is allowed.",
        .store = kToServer<&ServerSection::allow_unauthenticated>},
    Key{.section = Section::server,
        .name = "api_keys",
        .type = Type::secrets,
        .scope = Scope::server,
        .without = "none: no key is asked for",
        .doc = "Keys of which a client must send one, as `Authorization: Bearer` or `X-Api-Key`. They have "
               "no flag, because every user of the machine can read a command line, and are shown as `***`. "
               "`priority: forbid` answers 400 to the key's requests with `service_tier: priority`; "
               "`service_tier` is the tier of its requests that name none or `auto`, before the model's.",
        .store = kToServer<&ServerSection::api_keys>},
    Key{.section = Section::server,
        .name = "allowed_hosts",
        .type = Type::words,
        .scope = Scope::server,
        .without = "none",
        .flag = "--allowed-hosts",
        .doc = "Names, besides loopback's own, by which this server may be called where it has no keys and "
               "listens on "
               "a loopback address: `box.lan` or `box.lan:8080`. Others are answered 403, so that no web "
               "page reaches "
               "it through a name of its own.",
        .store = kToServer<&ServerSection::allowed_hosts>},
    Key{.section = Section::server,
        .name = "allowed_origins",
        .type = Type::words,
        .scope = Scope::server,
        .without = "none: CORS is off",
        .flag = "--allowed-origins",
        .doc = "Web pages that may call this server from a browser, as `https://chat.example` or "
               "`app://obsidian.md`; "
               "`*`, all of them, needs `api_keys`.",
        .store = kToServer<&ServerSection::allowed_origins>},
    Key{.section = Section::server,
        .name = "metrics_without_key",
        .type = Type::boolean,
        .scope = Scope::server,
        .default_text = "false",
        .flag = "--metrics-without-key",
        .doc = "Lets `/metrics` be read without one of the `api_keys`.",
        .store = kToServer<&ServerSection::metrics_without_key>},
    Key{.section = Section::server,
        .name = "max_connections",
        .type = Type::count,
        .scope = Scope::server,
        .default_text = "10000",
        .range = {.least = 1, .most = 1'000'000},
        .flag = "--max-connections",
        .doc = "Connections open at once; one more is answered 503 `too_many_connections`.",
        .store = kToServer<&ServerSection::max_connections>},
    Key{.section = Section::server,
        .name = "max_header_bytes",
        .type = Type::bytes,
        .scope = Scope::server,
        .default_text = "32KiB",
        .range = {.least = kKiB, .most = kMiB},
        .flag = "--max-header-bytes",
        .doc = "The longest request head; a longer one is answered 431.",
        .store = kToServer<&ServerSection::max_header_bytes>},
    Key{.section = Section::server,
        .name = "max_body_bytes",
        .type = Type::bytes,
        .scope = Scope::server,
        .default_text = "64MiB",
        .range = {.least = kKiB, .most = 4 * kGiB},
        .flag = "--max-body-bytes",
        .doc = "The longest request body; a longer one is answered 413.",
        .store = kToServer<&ServerSection::max_body_bytes>},
    Key{.section = Section::server,
        .name = "max_queued_bytes",
        .type = Type::bytes,
        .scope = Scope::server,
        .default_text = "1GiB",
        .range = {.least = kKiB, .most = 1'024 * kGiB},
        .flag = "--max-queued-bytes",
        .doc = "What the bodies of all requests may take together that wait or, with `replay: once`, have no "
               "byte "
               "of their answer yet; over it a request is answered 503 `too_many_bytes`.",
        .store = kToServer<&ServerSection::max_queued_bytes>},
    Key{.section = Section::server,
        .name = "events_clients_max",
        .type = Type::count,
        .scope = Scope::server,
        .default_text = "64",
        .range = {.least = 0, .most = 10'000},
        .flag = "--events-clients-max",
        .doc = "How many clients may follow `GET /v1/events` at once.",
        .store = kToServer<&ServerSection::events_clients_max>},
    Key{.section = Section::server,
        .name = "header_timeout",
        .type = Type::duration,
        .scope = Scope::server,
        .default_text = "10s",
        .range = kWait,
        .flag = "--header-timeout",
        .doc = "How long a request head may take to arrive.",
        .store = kToServer<&ServerSection::header_timeout>},
    Key{.section = Section::server,
        .name = "body_timeout",
        .type = Type::duration,
        .scope = Scope::server,
        .default_text = "60s",
        .range = kWait,
        .flag = "--body-timeout",
        .doc = "How long a request body may stand still before the request is answered 408.",
        .store = kToServer<&ServerSection::body_timeout>},
    Key{.section = Section::server,
        .name = "keep_alive_timeout",
        .type = Type::duration,
        .scope = Scope::server,
        .default_text = "75s",
        .range = kWait,
        .flag = "--keep-alive-timeout",
        .doc = "How long an idle connection is kept for its next request.",
        .store = kToServer<&ServerSection::keep_alive_timeout>},
    Key{.section = Section::server,
        .name = "client_stall_timeout",
        .type = Type::duration,
        .scope = Scope::server,
        .default_text = "30s",
        .range = kWait,
        .flag = "--client-stall-timeout",
        .doc = "How long a client may read nothing of its answer before the request ends, so that it cannot "
               "hold up a switch.",
        .store = kToServer<&ServerSection::client_stall_timeout>},
    Key{.section = Section::server,
        .name = "shutdown_grace",
        .type = Type::duration,
        .scope = Scope::server,
        .default_text = "30s",
        .range = kWaitOrOff,
        .flag = "--shutdown-grace",
        .doc = "How long running requests may go on after SIGTERM.",
        .store = kToServer<&ServerSection::shutdown_grace>},
    Key{.section = Section::server,
        .name = "list_aliases",
        .type = Type::boolean,
        .scope = Scope::server,
        .default_text = "false",
        .flag = "--list-aliases",
        .doc = "Whether `GET /v1/models` lists aliases beside names.",
        .store = kToServer<&ServerSection::list_aliases>},

    Key{.section = Section::scheduler,
        .name = "starvation_limit",
        .type = Type::duration,
        .scope = Scope::server,
        .default_text = "15s",
        .range = kWaitOrOff,
        .flag = "--starvation-limit",
        .doc = "How long another model's traffic may keep a waiting request away; 0 turns the limit off.",
        .store = kToScheduler<&SchedulerSection::starvation_limit>},
    Key{.section = Section::scheduler,
        .name = "min_visit",
        .type = Type::factor,
        .scope = Scope::server,
        .default_text = "1.0",
        .range = {.least = 0, .most = 100'000},
        .flag = "--min-visit",
        .doc = "How long a model stays active once its queue is empty while its requests still run, as a "
               "multiple of what changing to it and emptying it again takes.",
        .store = kToScheduler<&SchedulerSection::min_visit_thousandths>},
    Key{.section = Section::scheduler,
        .name = "next_model",
        .type = Type::choice,
        .scope = Scope::server,
        .default_text = "cost",
        .choices = kNextModel,
        .flag = "--next-model",
        .doc =
            "Which model is next: the one with the most waiting time for what its visit costs, or always the "
            "one whose oldest request has waited longest.",
        .store = kToScheduler<&SchedulerSection::next_model>},
    Key{.section = Section::scheduler,
        .name = "replay",
        .type = Type::choice,
        .scope = Scope::server,
        .default_text = "once",
        .choices = kReplay,
        .flag = "--replay",
        .doc = "Whether a request whose engine died or hung before the first byte of its answer went to the "
               "client is sent once more to the restarted engine (once), or ends with an error (off).",
        .store = kToScheduler<&SchedulerSection::replay>},
    Key{.section = Section::scheduler,
        .name = "overlap",
        .type = Type::choice,
        .scope = Scope::server,
        .default_text = "off",
        .choices = kOverlap,
        .flag = "--overlap",
        .doc = "Whether the next model's engine may be started while the present one still finishes its "
               "answers: `auto` does it where free memory exceeds what that model was measured to take by "
               "`overlap_reserve`. Off: never two engines at a time.",
        .store = kToScheduler<&SchedulerSection::overlap>},
    Key{.section = Section::scheduler,
        .name = "overlap_reserve",
        .type = Type::bytes,
        .scope = Scope::server,
        .default_text = "1GiB",
        .range = {.least = 0, .most = kGiB * 1'024 * 1'024},
        .flag = "--overlap-reserve",
        .doc = "The memory that must stay free beside two engines. When less is left, the younger one is "
               "stopped.",
        .store = kToScheduler<&SchedulerSection::overlap_reserve>},
    Key{.section = Section::scheduler,
        .name = "flex_limit",
        .type = Type::duration,
        .scope = Scope::server,
        .default_text = "600s",
        .range = kWaitOrOff,
        .flag = "--flex-limit",
        .doc = "How long a request with `service_tier: flex` gives way to all others; then it counts as any "
               "other. "
               "0 = for ever.",
        .store = kToScheduler<&SchedulerSection::flex_limit>},
    Key{.section = Section::scheduler,
        .name = "heartbeat_interval",
        .type = Type::duration,
        .scope = Scope::server,
        .default_text = "1s",
        .range = {.least = 10 * kMillisecond, .most = kHour},
        .flag = "--heartbeat-interval",
        .doc = "How often a waiting stream gets a status chunk when nothing changes.",
        .store = kToScheduler<&SchedulerSection::heartbeat_interval>},
    Key{.section = Section::scheduler,
        .name = "default_model",
        .type = Type::text,
        .scope = Scope::server,
        .without = "no model is loaded at start",
        .flag = "--default-model",
        .doc = "The model that is loaded at start: a name or an alias.",
        .store = kToScheduler<&SchedulerSection::default_model>},
    Key{.section = Section::scheduler,
        .name = "queue_size",
        .type = Type::count,
        .scope = Scope::model,
        .default_text = "10",
        .range = {.least = 0, .most = 100'000},
        .flag = "--queue-size",
        .doc = "How many requests may wait for a model; one more is answered 503 `queue_full` at once.",
        .store = kToModel<&Model::queue_size>},
    Key{.section = Section::scheduler,
        .name = "flex_queue_size",
        .type = Type::count,
        .scope = Scope::model,
        .default_text = "10",
        .range = {.least = 0, .most = 100'000},
        .flag = "--flex-queue-size",
        .doc =
            "How many requests with `service_tier: flex` may wait for a model, beside those of `queue_size`.",
        .store = kToModel<&Model::flex_queue_size>},
    Key{.section = Section::scheduler,
        .name = "priority",
        .type = Type::choice,
        .scope = Scope::model,
        .default_text = "allow",
        .choices = kPriority,
        .flag = "--priority",
        .doc = "Whether requests with `service_tier: priority` are served, or answered 400.",
        .store = kToModel<&Model::priority>},
    Key{.section = Section::scheduler,
        .name = "service_tier",
        .type = Type::choice,
        .scope = Scope::model,
        .default_text = "default",
        .choices = kServiceTier,
        .flag = "--service-tier",
        .doc = "The tier of requests that name none or `auto` and whose API key has none. `priority` needs "
               "`priority: allow`, and is `default` for a key that forbids it.",
        .store = kToModel<&Model::service_tier>},
    Key{.section = Section::scheduler,
        .name = "wait_timeout",
        .type = Type::duration,
        .scope = Scope::model,
        .default_text = "30s",
        .range = kWaitOrOff,
        .flag = "--wait-timeout",
        .doc = "How long a request that does not stream may wait from arrival to start; 0 = no limit.",
        .store = kToModel<&Model::wait_timeout>},
    Key{.section = Section::scheduler,
        .name = "stream_wait_timeout",
        .type = Type::duration,
        .scope = Scope::model,
        .default_text = "0",
        .range = kWaitOrOff,
        .flag = "--stream-wait-timeout",
        .doc = "The same for a request that streams; 0 = no limit.",
        .store = kToModel<&Model::stream_wait_timeout>},
    Key{.section = Section::scheduler,
        .name = "load_timeout",
        .type = Type::duration,
        .scope = Scope::model,
        .default_text = "300s",
        .range = kWait,
        .flag = "--load-timeout",
        .doc = "How long a load may go on without any progress before it has failed.",
        .store = kToModel<&Model::load_timeout>},
    Key{.section = Section::scheduler,
        .name = "idle_unload_secs",
        .type = Type::seconds,
        .scope = Scope::model,
        .default_text = "0",
        .range = kIdle,
        .flag = "--idle-unload-secs",
        .doc = "After how long without a request a model is unloaded; 0 = never.",
        .store = kToModel<&Model::idle_unload>},

    Key{.section = Section::status,
        .name = "status_text",
        .type = Type::choice,
        .scope = Scope::model,
        .default_text = "auto",
        .choices = kStatusText,
        .flag = "--status-text",
        .doc = "Where a waiting chat stream says in words what it waits for: in the content (auto: not if "
               "the request has tools or a format), as reasoning, or nowhere.",
        .store = kToModel<&Model::status_text>},
    Key{.section = Section::status,
        .name = "status_chunks",
        .type = Type::choice,
        .scope = Scope::model,
        .default_text = "data",
        .choices = kStatusChunks,
        .flag = "--status-chunks",
        .doc = "How status is sent in a stream: as chunks, as comment lines that clients do not see, or not "
               "at all.",
        .store = kToModel<&Model::status_chunks>},
    Key{.section = Section::status,
        .name = "metadata_field",
        .type = Type::text,
        .scope = Scope::model,
        .default_text = "candle_metadata",
        .flag = "--metadata-field",
        .doc = "The name of the object with the status in a chunk.",
        .store = kToModel<&Model::metadata_field>},

    Key{.section = Section::engine,
        .name = "command",
        .type = Type::command,
        .scope = Scope::server,
        .default_text = "llama-server",
        .flag = "--engine-command",
        .doc = "The engine's program, looked up on PATH if it has no slash, and arguments that stand before "
               "all others.",
        .store = kToEngine<&EngineSection::command>},
    Key{.section = Section::engine,
        .name = "args",
        .type = Type::words,
        .scope = Scope::server,
        .without = "none",
        .flag = "--engine-args",
        .doc = "Arguments for the engine of every model; a model's own `args` follow them.",
        .store = kToEngine<&EngineSection::args>},
    Key{.section = Section::engine,
        .name = "engine_timeout",
        .type = Type::duration,
        .scope = Scope::server,
        .default_text = "120s",
        .range = kWait,
        .flag = "--engine-timeout",
        .doc =
            "How long an engine may send nothing for a running request before the request is answered 504.",
        .store = kToEngine<&EngineSection::engine_timeout>},
    Key{.section = Section::engine,
        .name = "stop_timeout",
        .type = Type::duration,
        .scope = Scope::server,
        .default_text = "5s",
        .range = kWait,
        .flag = "--stop-timeout",
        .doc = "How long an engine may take to exit after it was asked before it is killed.",
        .store = kToEngine<&EngineSection::stop_timeout>},
    Key{.section = Section::engine,
        .name = "device_budget",
        .type = Type::bytes,
        .scope = Scope::server,
        .default_text = "0",
        .range = {.least = 0, .most = kGiB * 1'024 * 1'024},
        .flag = "--device-budget",
        .doc =
            "The memory of devices (GPUs) that two engines may take together with `overlap: auto`; what "
            "each takes is its model's `device_memory`. 0 = not stated: engines that may use a device never "
            "overlap.",
        .store = kToEngine<&EngineSection::device_budget>},
    Key{.section = Section::engine,
        .name = "device_memory",
        .type = Type::bytes,
        .scope = Scope::model,
        .default_text = "0",
        .range = {.least = 0, .most = kGiB * 1'024 * 1'024},
        .flag = "--device-memory",
        .doc = "What a model's engine takes of the devices' memory, for `device_budget`. 0 = not stated.",
        .store = kToModel<&Model::device_memory>},
    Key{.section = Section::engine,
        .name = "readahead",
        .type = Type::choice,
        .scope = Scope::server,
        .default_text = "auto",
        .choices = kReadAhead,
        .flag = "--readahead",
        .doc = "Whether the next model's file is read into the page cache while the active model finishes "
               "its requests (auto: as far as memory is to spare and those requests are not slowed down).",
        .store = kToEngine<&EngineSection::readahead>},

    Key{.section = Section::carry_over,
        .name = "enabled",
        .type = Type::boolean,
        .scope = Scope::server,
        .default_text = "true",
        .flag = "--carry-over",
        .doc =
            "Whether conversations survive a change of the model: what the engine has computed of them is "
            "saved "
            "to `kv_dir` before it stops, or before another conversation takes their place, and restored for "
            "their next turn.",
        .store = kToCarryOver<&CarryOverSection::enabled>},
    Key{.section = Section::carry_over,
        .name = "kv_dir",
        .type = Type::path,
        .scope = Scope::server,
        .without = "signalbox/kv in $XDG_CACHE_HOME or ~/.cache",
        .flag = "--kv-dir",
        .doc = "The folder for that: it holds what was said. It is made with mode 0700; one that is open to "
               "others, "
               "belongs to somebody else or is a symbolic link is refused. One server at a time.",
        .store = kToCarryOver<&CarryOverSection::kv_dir>},
    Key{.section = Section::carry_over,
        .name = "kv_budget",
        .type = Type::bytes,
        .scope = Scope::server,
        .default_text = "2GiB",
        .range = {.least = kKiB, .most = kGiB * 1'024 * 1'024},
        .flag = "--kv-budget",
        .doc = "What the saved conversations may take together; those used longest ago go first.",
        .store = kToCarryOver<&CarryOverSection::kv_budget>},
    Key{.section = Section::carry_over,
        .name = "kv_min_tokens",
        .type = Type::count,
        .scope = Scope::server,
        .default_text = "256",
        .range = {.least = 1, .most = 1'000'000},
        .flag = "--kv-min-tokens",
        .doc = "Shorter conversations are computed again rather than saved.",
        .store = kToCarryOver<&CarryOverSection::kv_min_tokens>},
    Key{.section = Section::carry_over,
        .name = "kv_save_timeout",
        .type = Type::duration,
        .scope = Scope::server,
        .default_text = "2s",
        .range = kWait,
        .flag = "--kv-save-timeout",
        .doc = "How long a stop may be held up by saving, and a request by saving and restoring. What is not "
               "done "
               "by then is left out.",
        .store = kToCarryOver<&CarryOverSection::kv_save_timeout>},
    Key{.section = Section::carry_over,
        .name = "kv_persist",
        .type = Type::boolean,
        .scope = Scope::server,
        .default_text = "false",
        .flag = "--kv-persist",
        .doc = "Whether saved conversations are kept for the next start of Signalbox; otherwise `kv_dir` is "
               "emptied "
               "at start and stop.",
        .store = kToCarryOver<&CarryOverSection::kv_persist>},

    Key{.section = Section::defaults,
        .name = "slots",
        .type = Type::count,
        .scope = Scope::model,
        .default_text = "4",
        .range = {.least = 1, .most = 1'024},
        .flag = "--slots",
        .doc = "Places for sequences in the engine.",
        .store = kToModel<&Model::slots>},
    Key{.section = Section::defaults,
        .name = "workers",
        .type = Type::count,
        .scope = Scope::model,
        .without = "as many as `slots`",
        .range = {.least = 1, .most = 1'024},
        .flag = "--workers",
        .doc = "Requests that run at once; at most `slots`.",
        .store = kToModel<&Model::workers>},
    Key{.section = Section::defaults,
        .name = "context",
        .type = Type::count,
        .scope = Scope::model,
        .default_text = "4096",
        .range = {.least = 1, .most = 16'777'216},
        .flag = "--context",
        .doc = "Tokens that one slot holds.",
        .store = kToModel<&Model::context>},
    Key{.section = Section::defaults,
        .name = "args",
        .type = Type::words,
        .scope = Scope::model,
        .without = "none",
        .doc = "Arguments for the model's engine, after `engine.args`. A model's own list replaces the one "
               "in `defaults`.",
        .store = kToModel<&Model::args>},

    Key{.section = Section::model,
        .name = "name",
        .type = Type::text,
        .scope = Scope::one_model,
        .without = "the file's name without `.gguf`",
        .doc = "What clients ask for: 1 to 128 bytes, any but control characters, commas and outer spaces; "
               "not `status` or `select`.",
        .store = kToModel<&Model::name>},
    Key{.section = Section::model,
        .name = "aliases",
        .type = Type::words,
        .scope = Scope::one_model,
        .without = "none",
        .doc = "Other names for the same model.",
        .store = kToModel<&Model::aliases>},
    Key{.section = Section::model,
        .name = "path",
        .type = Type::path,
        .scope = Scope::one_model,
        .without = "an error: every model needs one, or a command",
        .doc = "The model's GGUF file.",
        .store = kToModel<&Model::path>},
    Key{.section = Section::model,
        .name = "launcher",
        .type = Type::choice,
        .scope = Scope::one_model,
        .default_text = "llama-server",
        .choices = kLaunchers,
        .doc = "What runs the model: `engine.command`, or `command`, any server that speaks OpenAI's API.",
        .store = kToModel<&Model::launcher>},
    Key{.section = Section::model,
        .name = "command",
        .type = Type::command,
        .scope = Scope::one_model,
        .without = "needed with `launcher: command`",
        .doc =
            "The server's program and arguments. `${port}` stands for a free port on 127.0.0.1 that it shall "
            "listen on, or `${socket}` for the path of a unix socket; `${model}` for the model's name, which "
            "requests carry.",
        .store = kToModel<&Model::command>},
    Key{.section = Section::model,
        .name = "health",
        .type = Type::text,
        .scope = Scope::one_model,
        .default_text = "/health",
        .doc = "Of a command: the path that answers 200 once it can serve.",
        .store = kToModel<&Model::health>},
};

}  // namespace

std::span<const Key> keys() {
  return kKeys;
}

}  // namespace signalbox::config
