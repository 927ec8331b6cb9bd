// What holds for the requests that come with one API key, or with none where none is asked for. Plain values.
#pragma once

#include <optional>

#include "api/request.h"

namespace signalbox::http {

struct KeyRules {
  bool allows_priority = true;                     // requests with `service_tier: priority`
  std::optional<api::ServiceTier> service_tier{};  // of requests that name none; without it the model's

  friend bool operator==(const KeyRules&, const KeyRules&) = default;
};

}  // namespace signalbox::http
