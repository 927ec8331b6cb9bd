// Reads one key of server.api_keys from where it stands: the text itself, a variable, a file. Its messages
// never hold a key.
#pragma once

#include <string>

#include "base/result.h"
#include "config/given.h"

namespace signalbox::config {

// What a header can carry, and long enough for any token.
constexpr std::size_t kSecretBytesMax = 4'096;

enum class SecretSource { text, variable, file };  // in a text ${env:NAME} counts

// `text` is the key itself, the variable's name or the file's path. A file's last line break is not part of
// the key. The error continues "server.api_keys ...".
[[nodiscard]] Result<std::string> read_secret(SecretSource source, const std::string& text,
                                              const Surroundings& surroundings);

}  // namespace signalbox::config
