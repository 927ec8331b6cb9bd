// What the fake engine was told: the flags that it shares with llama-server, and how to misbehave. Pure
// parsing; called by fake_engine.cc once at start. Not the place for anything that our own server does.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace signalbox::fake {

using Milliseconds = std::chrono::milliseconds;

// Behaviour, given in a model's `args` as `--fake key=value`, repeated. Counts of tokens are per sequence.
struct Behaviour {
  // The load.
  Milliseconds load_ms{0};
  std::uint32_t load_steps = 1;   // progress lines between 0 and 1
  std::string load_until;         // a file: the load ends no earlier than this file exists
  std::uint32_t map_percent = 0;  // of the model's file: mapped and read before the load goes on
  std::string load_fail;          // ends the load with these words in the log, status 1
  std::optional<int> load_exit;   // ends the load with this status and no words
  Milliseconds start_ms{0};       // silence between progress 1 and ready
  bool load_hang = false;         // the load never ends; progress stays at 0
  std::uint32_t health_fail = 0;  // so many 503 from /health after the ready line
  bool fork_child = false;        // starts a grandchild in a session of its own

  // Answers.
  std::optional<std::uint32_t> tokens;  // at most so many; default: what the request asks for, else 64
  Milliseconds token_ms{1};
  Milliseconds first_token_ms{0};
  std::string first_until;      // a file: nothing of an answer, its head included, before this file exists
  std::string tokens_until;     // a file: no token after the first one before this file exists
  std::size_t token_bytes = 0;  // pads every token to this size
  std::uint32_t tokens_a_write = 1;                 // so many events go out together
  bool echo_prompt = false;                         // one token: the request's body as it came
  std::optional<std::uint32_t> crash_at_token;      // 0: before the head of the answer
  std::optional<std::uint32_t> hang_at_token;       // silence for ever
  std::optional<Milliseconds> ping_ms;              // while it hangs: comment lines at this interval
  std::optional<std::uint32_t> end_early_at_token;  // closes the connection without a terminator
  std::optional<std::uint32_t> error_at_token;      // an error event, then the end
  std::optional<unsigned> error_status;             // every generation request gets this status
  std::string half_error_until;  // a file: before it exists, half an error 500 and then silence
  std::string error_message = "the fake engine was told to refuse";
  bool slots_stuck = false;  // the slot of a cancelled request never becomes idle

  // Saving and restoring its slots: `hang`, `fail`, `crash`, or `unsupported` as with a model that sees
  // pictures.
  std::string save;
  std::string restore;
  Milliseconds save_ms{0};

  // The end.
  bool ignore_term = false;  // neither SIGTERM nor the exit command nor EOF ends it
  Milliseconds slow_stop_ms{0};

  std::string log_line;        // one more line on standard error at start
  std::string record;          // a file: what it was given, one JSON object a line
  bool forget_bodies = false;  // the record has no bodies
};

struct Options {
  std::string host = "127.0.0.1";  // or a path that ends in .sock
  std::uint16_t port = 8080;
  std::string alias;
  std::string model;
  std::string api_key;
  std::string slot_save_path;
  std::uint32_t parallel = 1;
  std::uint32_t context = 4096;  // all slots together
  bool version = false;
  bool list_devices = false;
  bool help = false;
  Behaviour behaviour;
};

// Which llama-server it plays. `old` knows neither unix sockets nor the progress protocol nor the flags that
// came with them; chosen by a program name that contains "old".
enum class Age { current, old };

// Flags as llama-server takes them; an unknown one is an error with its words.
[[nodiscard]] Result<Options> parse_options(const std::vector<std::string>& arguments, Age age);
[[nodiscard]] std::string help_text(Age age);
[[nodiscard]] std::string_view version_text(Age age);

}  // namespace signalbox::fake
