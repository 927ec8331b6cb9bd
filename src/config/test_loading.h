// Verbs for the tests of loading: a text in, the config or the told errors out. Tests only.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "config/load.h"

namespace signalbox::config {

// A loader of texts that need no folder of their own: the file is called models.yaml and lies in /etc/sb, the
// command runs in /shell.
class Loading {
 public:
  Loading& variable(const std::string& name, const std::string& value) {
    request_.environment[name] = value;
    return *this;
  }
  Loading& flag(const std::string& flag, const std::string& value) {
    request_.flags.push_back({.flag = flag, .value = value});
    return *this;
  }
  Loading& set(const std::string& text) {
    request_.sets.push_back(text);
    return *this;
  }

  [[nodiscard]] LoadResult result(std::string_view text) const {
    LoadRequest request = request_;
    request.working_directory = "/shell";
    return load_text(request, "models.yaml", "/etc/sb", text);
  }
  // As `signalbox check` prints them.
  [[nodiscard]] std::vector<std::string> errors(std::string_view text) const {
    const auto loaded = result(text);
    return loaded ? std::vector<std::string>{} : texts(loaded.error());
  }
  [[nodiscard]] LoadedConfig config(std::string_view text) const {
    auto loaded = result(text);
    if (!loaded) {
      for (const auto& error : loaded.error()) ADD_FAILURE() << to_string(error);
      return {};
    }
    return *std::move(loaded);
  }

  static std::vector<std::string> texts(const ConfigErrors& errors) {
    std::vector<std::string> lines;
    for (const auto& error : errors) lines.push_back(to_string(error));
    return lines;
  }

 private:
  LoadRequest request_;
};

inline std::vector<std::string> errors_of(std::string_view text) {
  return Loading().errors(text);
}

inline const EffectiveValue& value_of(const LoadedConfig& loaded, std::string_view key) {
  for (const auto& value : loaded.values) {
    if (value.key == key) return value;
  }
  ADD_FAILURE() << "no value of " << key;
  static const EffectiveValue none;
  return none;
}

// "10s from flag --wait-timeout"
inline std::string told(const LoadedConfig& loaded, std::string_view key) {
  const auto& value = value_of(loaded, key);
  return value.text + " from " + to_string(value.origin);
}

constexpr std::string_view kOneModel = "models:\n- name: big\n  path: /m/big.gguf\n";

}  // namespace signalbox::config
