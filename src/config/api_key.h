// One of server.api_keys, and the words about service tiers that a key and a model have in common. Plain
// values.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace signalbox::config {

enum class Priority { allow, forbid };                // requests with `service_tier: priority`
enum class ServiceTier { standard, priority, flex };  // `default` in the file

struct ApiKey {
  std::string key;  // itself, wherever it came from; never shown
  Priority priority = Priority::allow;
  std::optional<ServiceTier> service_tier{};  // of requests that name none; without it the model's

  friend bool operator==(const ApiKey&, const ApiKey&) = default;
};

using ApiKeys = std::vector<ApiKey>;

}  // namespace signalbox::config
