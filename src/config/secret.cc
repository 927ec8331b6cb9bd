#include "config/secret.h"

#include <algorithm>
#include <array>
#include <fstream>

#include <fmt/core.h>

#include "base/assert.h"

namespace signalbox::config {
namespace {

Result<std::string> from_variable(const std::string& name, const Environment& environment) {
  const auto found = environment.find(name);
  if (found != environment.end()) return found->second;
  return fail(ErrorCode::invalid,
              fmt::format("needs the variable {}, which is not set; set it or name another", name));
}

Result<std::string> from_file(const std::string& path, const Surroundings& surroundings) {
  const auto absolute = expand_path(path, surroundings.folder, surroundings.environment);
  if (!absolute) return std::unexpected(absolute.error());
  std::ifstream file(*absolute, std::ios::binary);
  std::array<char, kSecretBytesMax + 3> buffer{};  // a key of full length, its line break, and one too many
  file.read(buffer.data(), buffer.size());
  if (file.bad() || (!file.eof() && file.fail())) {
    return fail(ErrorCode::io, fmt::format("needs the file {}, which cannot be read", *absolute));
  }
  std::string key(buffer.data(), static_cast<std::size_t>(file.gcount()));
  if (key.ends_with('\n')) key.pop_back();
  if (key.ends_with('\r')) key.pop_back();
  return key;
}

Result<std::string> read(SecretSource source, const std::string& text, const Surroundings& surroundings) {
  switch (source) {
    case SecretSource::text:
      return expand_environment(text, surroundings.environment);
    case SecretSource::variable:
      return from_variable(text, surroundings.environment);
    case SecretSource::file:
      return from_file(text, surroundings);
  }
  SB_ASSERT(false);
}

}  // namespace

Result<std::string> read_secret(SecretSource source, const std::string& text,
                                const Surroundings& surroundings) {
  auto key = read(source, text, surroundings);
  if (!key) return key;
  const bool is_printable = std::ranges::all_of(*key, [](unsigned char c) { return c > 0x20 && c < 0x7F; });
  if (!key->empty() && key->size() <= kSecretBytesMax && is_printable) return key;
  return fail(
      ErrorCode::invalid,
      fmt::format("holds a key of {} bytes{}; 1 to {} visible ASCII characters are allowed", key->size(),
                  is_printable ? "" : " with blanks, control characters or other letters", kSecretBytesMax));
}

}  // namespace signalbox::config
