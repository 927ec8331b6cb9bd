// Where a setting came from, and what is wrong with it. Plain values; every part of config/ and the commands
// use them.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace signalbox::config {

enum class Source { built_in, file, environment, flag, set };

struct Origin {
  Source source = Source::built_in;
  std::string name;  // the file as it was named, the variable, the flag with its dashes, the key after --set
  std::size_t line = 0;    // from 1, files only; 0: the file as a whole
  std::size_t column = 0;  // from 1, in bytes

  friend bool operator==(const Origin&, const Origin&) = default;
};

// default | models.yaml:14:5 | environment SIGNALBOX_X | flag --wait-timeout | --set models.big.queue_size
[[nodiscard]] std::string to_string(const Origin& origin);
// The same without the column, as the override lines have it.
[[nodiscard]] std::string to_short_string(const Origin& origin);

// Also the form of a warning.
struct ConfigError {
  Origin where;
  std::string message;  // what was found; what is allowed; the nearest known key

  friend bool operator==(const ConfigError&, const ConfigError&) = default;
};

using ConfigErrors = std::vector<ConfigError>;

[[nodiscard]] std::string to_string(const ConfigError& error);

}  // namespace signalbox::config
