// What the fuzz targets share. A target takes any bytes and states what must hold for all of them; libFuzzer
// looks for bytes for which it does not, or at which a sanitizer speaks up.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/core.h>

namespace signalbox::fuzz {

// Ends the run and keeps the input.
inline void must(bool holds, const char* what) {
  if (holds) return;
  fmt::print(stderr, "does not hold: {}\n", what);
  std::abort();
}

// The first byte of an input chooses; the rest is what the program gets.
struct Input {
  std::uint8_t choice = 0;
  std::string_view bytes{};

  Input(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return;
    choice = data[0];
    bytes = {reinterpret_cast<const char*>(data) + 1, size - 1};
  }
  // In pieces of 1 to 16 bytes, by the choice: what comes over a socket may be cut anywhere.
  [[nodiscard]] std::vector<std::string> pieces() const {
    const std::size_t length = 1 + choice % 16;
    std::vector<std::string> cut;
    for (std::size_t at = 0; at < bytes.size(); at += length) cut.emplace_back(bytes.substr(at, length));
    return cut;
  }
};

}  // namespace signalbox::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
