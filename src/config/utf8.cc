// One pass over the bytes; refuses overlong forms, surrogates and what lies beyond U+10FFFF.
#include "config/utf8.h"

#include <cstdint>

namespace signalbox::config {
namespace {

struct Lead {
  std::size_t length;
  std::uint32_t bits;
  std::uint32_t least;  // the smallest character that needs this length
};

std::optional<Lead> lead_of(unsigned char c) {
  if (c < 0x80) return Lead{.length = 1, .bits = c, .least = 0};
  if (c >= 0xC2 && c < 0xE0) return Lead{.length = 2, .bits = c & 0x1FU, .least = 0x80};
  if (c >= 0xE0 && c < 0xF0) return Lead{.length = 3, .bits = c & 0x0FU, .least = 0x800};
  if (c >= 0xF0 && c < 0xF5) return Lead{.length = 4, .bits = c & 0x07U, .least = 0x10000};
  return std::nullopt;
}

bool is_allowed(std::uint32_t character) {
  if (character == '\t' || character == '\n' || character == '\r') return true;
  if (character < 0x20 || (character >= 0x7F && character < 0xA0)) return false;
  if (character >= 0xD800 && character < 0xE000) return false;
  return character <= 0x10FFFF;
}

}  // namespace

std::optional<std::size_t> find_bad_byte(std::string_view text) {
  std::size_t at = 0;
  while (at < text.size()) {
    const auto lead = lead_of(static_cast<unsigned char>(text[at]));
    if (!lead || text.size() - at < lead->length) return at;
    std::uint32_t character = lead->bits;
    for (std::size_t i = 1; i < lead->length; ++i) {
      const auto next = static_cast<unsigned char>(text[at + i]);
      if ((next & 0xC0U) != 0x80U) return at;
      character = (character << 6U) | (next & 0x3FU);
    }
    if (character < lead->least || !is_allowed(character)) return at;
    at += lead->length;
  }
  return std::nullopt;
}

}  // namespace signalbox::config
