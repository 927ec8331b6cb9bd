// Reads one entry of server.api_keys: a key, or a mapping that says where the key is and what holds for its
// requests. Its messages never hold a key.
#pragma once

#include <optional>
#include <string_view>

#include "config/api_key.h"
#include "config/given.h"

namespace signalbox::config {

// Appends an error for everything that is wrong, each at its place and beginning with `name`; none then.
[[nodiscard]] std::optional<ApiKey> read_api_key(std::string_view name, const Raw::Item& item,
                                                 const Surroundings& surroundings, ConfigErrors& errors);

}  // namespace signalbox::config
