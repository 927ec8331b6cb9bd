// models.yaml, the environment and the command line -> one Config in which every value knows its origin.
// Called by the commands; reads the file, and looks whether the models' files are there.
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/config.h"
#include "config/expand.h"
#include "config/origin.h"
#include "config/overrides.h"

namespace signalbox::config {

// One setting as it holds in the end.
struct EffectiveValue {
  struct Replaced {
    std::string text;
    Origin origin;
  };

  std::string key;   // scheduler.wait_timeout, models.big.wait_timeout
  std::string text;  // as one would write it; empty: not given. Secrets are ***.
  Origin origin;
  std::optional<Replaced> was;  // none if the default holds
  bool is_override = false;     // the environment or the command line won: logged at start
};

struct LoadedConfig {
  std::string file;  // as it was named
  Config config;
  std::vector<EffectiveValue> values;  // the server's, then each model's
  std::vector<ConfigError> warnings;
};

struct LoadRequest {
  std::optional<std::string> config;  // --config
  std::vector<FlagGiven> flags;       // as on the command line; a later one wins
  std::vector<std::string> sets;      // KEY=VALUE; a later one wins
  Environment environment;
  std::string working_directory;  // absolute
};

using LoadResult = std::expected<LoadedConfig, ConfigErrors>;

// Every error at once, those of the file first, in its order.
[[nodiscard]] LoadResult load(const LoadRequest& request);
// The same for a text that was read already; relative paths lie in `folder`.
[[nodiscard]] LoadResult load_text(const LoadRequest& request, const std::string& file,
                                   const std::string& folder, std::string_view text);

// `config override key=scheduler.wait_timeout value=10s origin=flag --wait-timeout was=30s (models.yaml:14)`,
// one for each value that the environment or the command line replaced.
[[nodiscard]] std::vector<std::string> override_lines(const LoadedConfig& loaded);

// The process's environment as a map.
[[nodiscard]] Environment environment_of(const char* const* variables);

}  // namespace signalbox::config
