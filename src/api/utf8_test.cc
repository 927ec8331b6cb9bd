#include "api/utf8.h"

#include <string>
#include <string_view>

#include <gtest/gtest.h>

namespace signalbox::api {
namespace {

bool is_utf8(std::string_view bytes) {
  Utf8Check check;
  for (const char byte : bytes) {
    if (!check.take(static_cast<unsigned char>(byte))) return false;
  }
  return check.between_characters();
}

// Written down anew from the definition: decode, then look at the value and whether it was the shortest form.
std::string encoded(std::uint32_t value, int length) {
  std::string bytes(static_cast<std::size_t>(length), '\0');
  for (int i = length - 1; i > 0; --i) {
    bytes[static_cast<std::size_t>(i)] = static_cast<char>(0x80U | (value & 0x3FU));
    value >>= 6;
  }
  const unsigned lead = length == 1 ? 0U : length == 2 ? 0xC0U : length == 3 ? 0xE0U : 0xF0U;
  bytes[0] = static_cast<char>(lead | value);
  return bytes;
}

int shortest(std::uint32_t value) {
  return value < 0x80 ? 1 : value < 0x800 ? 2 : value < 0x10000 ? 3 : 4;
}

TEST(Utf8Check, TakesEveryCharacterInItsShortestForm) {
  for (std::uint32_t value = 0; value <= 0x10FFFF; ++value) {
    const bool surrogate = value >= 0xD800 && value <= 0xDFFF;
    ASSERT_EQ(is_utf8(encoded(value, shortest(value))), !surrogate) << std::hex << value;
  }
}

TEST(Utf8Check, RefusesOverlongForms) {
  for (const std::uint32_t value : {0x00U, 0x2FU, 0x7FU}) {
    EXPECT_FALSE(is_utf8(encoded(value, 2)));
    EXPECT_FALSE(is_utf8(encoded(value, 3)));
    EXPECT_FALSE(is_utf8(encoded(value, 4)));
  }
  EXPECT_FALSE(is_utf8(encoded(0x7FF, 3)));
  EXPECT_FALSE(is_utf8(encoded(0x7FF, 4)));
  EXPECT_FALSE(is_utf8(encoded(0xFFFF, 4)));
}

TEST(Utf8Check, RefusesWhatLiesAboveUnicode) {
  EXPECT_TRUE(is_utf8("\xF4\x8F\xBF\xBF"));
  EXPECT_FALSE(is_utf8("\xF4\x90\x80\x80"));
  for (int lead = 0xF5; lead <= 0xFF; ++lead) {
    EXPECT_FALSE(is_utf8(std::string(1, static_cast<char>(lead)) + "\x80\x80\x80")) << lead;
  }
}

TEST(Utf8Check, RefusesAContinuationWithoutALead) {
  for (int byte = 0x80; byte <= 0xC1; ++byte)
    EXPECT_FALSE(is_utf8(std::string(1, static_cast<char>(byte)))) << byte;
}

TEST(Utf8Check, KnowsThatACharacterIsCutShort) {
  for (const std::string_view whole : {"\xC3\xA9", "\xE2\x82\xAC", "\xF0\x9F\x98\x80"}) {
    for (std::size_t length = 1; length < whole.size(); ++length) {
      EXPECT_FALSE(is_utf8(whole.substr(0, length)));
      EXPECT_FALSE(is_utf8(std::string(whole.substr(0, length)) + "a"));
      EXPECT_FALSE(is_utf8(std::string(whole.substr(0, length)) + std::string(whole)));
    }
  }
}

}  // namespace
}  // namespace signalbox::api
