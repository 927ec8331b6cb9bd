// The one table of every setting: what it is called, what it may be, where its value goes, what its flag and
// variable are, and a sentence about it. The parser, its errors, the flags, the environment and
// docs/configuration.md all come from it: a setting is added in key_table.cc and config.h and nowhere else.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "config/config.h"
#include "config/value.h"

namespace signalbox::config {

// Where a key may stand in the file. `model` is an entry of `models`.
enum class Section { server, scheduler, status, engine, carry_over, defaults, model };

// `model`: may stand in its section, in `defaults` and in every model. `one_model`: only in a model's entry.
enum class Scope { server, model, one_model };

enum class Type {
  boolean,
  bytes,
  count,
  duration,
  seconds,
  factor,
  choice,
  text,
  address,
  path,
  words,
  command,
  secrets,  // API keys, never shown: api_key_reader.h
};

struct Range {
  std::uint64_t least = 0;  // microseconds, bytes, thousandths or a plain number
  std::uint64_t most = 0;
};

using StoreInConfig = void (*)(Config& config, const Value& value);
using StoreInModel = void (*)(Model& model, const Value& value);

struct Key {
  Section section;
  std::string_view name;
  Type type;
  Scope scope;
  std::string_view default_text{};  // as one would write it; empty: not given
  std::string_view without{};       // what holds when it is not given, for the reference
  Range range{};
  std::span<const std::string_view> choices{};
  std::string_view flag{};  // empty: there is none
  std::string_view doc{};
  std::variant<StoreInConfig, StoreInModel> store{};
};

// A key's place in the table.
using KeyIndex = std::size_t;

[[nodiscard]] std::span<const Key> keys();
[[nodiscard]] std::string_view to_string(Section section);
// `server` to `defaults`; none for `models`, which is a list.
[[nodiscard]] std::optional<Section> find_section(std::string_view name);
[[nodiscard]] std::optional<KeyIndex> find_key(Section section, std::string_view name);
[[nodiscard]] std::optional<KeyIndex> find_flag(std::string_view flag);
[[nodiscard]] bool belongs_in(const Key& key, Section section);
[[nodiscard]] std::vector<std::string> key_names(Section section);

// A section of a feature that this version does not have. Refused, never ignored.
[[nodiscard]] bool is_later_section(std::string_view name);

// Whether a value of the key is a list.
[[nodiscard]] bool is_list(const Key& key);
// "server.lisen is not a known key; allowed in server: ...; did you mean listen?" for a name that find_key
// refused. `owner` is what stands before the key: "server", "models.big".
[[nodiscard]] std::string unknown_key_message(Section section, std::string_view owner, std::string_view name);

[[nodiscard]] std::string full_name(const Key& key);  // scheduler.wait_timeout
[[nodiscard]] std::string environment_name(Section section,
                                           const Key& key);  // SIGNALBOX_SCHEDULER_WAIT_TIMEOUT

// "a duration such as 15s, 1.5s, 200ms or 5m, from 1ms to 24h"
[[nodiscard]] std::string allowed(const Key& key);
[[nodiscard]] std::string format_value(const Key& key, const Value& value);
// The value of `default_text`; monostate if that is empty.
[[nodiscard]] Value default_value(const Key& key);
// A single text, already expanded. Words are cut at white space, secrets too and still to be read. None: not
// allowed.
[[nodiscard]] std::optional<Value> parse_value(const Key& key, std::string_view text);

}  // namespace signalbox::config
