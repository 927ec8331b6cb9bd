// XXH3, the hash of everything here: fast, the same everywhere, not against anybody who means harm.
#pragma once

#include <cstdint>
#include <string_view>
#include <xxhash.h>

namespace signalbox::kv {

[[nodiscard]] inline std::uint64_t hash(std::string_view bytes, std::uint64_t seed = 0) {
  return XXH3_64bits_withSeed(bytes.data(), bytes.size(), seed);
}

}  // namespace signalbox::kv
