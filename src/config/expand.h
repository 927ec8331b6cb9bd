// `${env:NAME}` and `~` in values. No I/O: the environment comes in.
#pragma once

#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"

namespace signalbox::config {

using Environment = std::map<std::string, std::string, std::less<>>;

// Replaces each ${env:NAME}; $${ stands for ${. An unset variable and any other ${ are errors, whose message
// is the "what was found; what is allowed" of a config error. `kept`: "port" leaves ${port} as it is, for
// whoever reads the value later.
[[nodiscard]] Result<std::string> expand_environment(std::string_view text, const Environment& environment,
                                                     std::span<const std::string_view> kept = {});

// Makes an absolute path: `~` and `~/x` lie in HOME, a relative path in `folder`.
[[nodiscard]] Result<std::string> expand_path(std::string_view path, std::string_view folder,
                                              const Environment& environment);

}  // namespace signalbox::config
