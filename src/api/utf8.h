// Is this UTF-8? Takes bytes one by one, so that a character may be cut anywhere. No decoding, no
// replacement. Called by the JSON scan. Source: Unicode 15, table 3-7, "Well-Formed UTF-8 Byte Sequences".
#pragma once

namespace signalbox::api {

// Overlong forms, surrogates and what lies above U+10FFFF are refused at the first byte that shows them.
class Utf8Check {
 public:
  // False if this byte cannot stand here; the check is then of no further use.
  [[nodiscard]] constexpr bool take(unsigned char byte) {
    if (missing_ == 0) return lead(byte);
    if (byte < low_ || byte > high_) return false;
    low_ = kContinuationLow;
    high_ = kContinuationHigh;
    --missing_;
    return true;
  }
  [[nodiscard]] constexpr bool between_characters() const { return missing_ == 0; }

 private:
  static constexpr unsigned char kContinuationLow = 0x80;
  static constexpr unsigned char kContinuationHigh = 0xBF;

  constexpr bool lead(unsigned char byte) {
    if (byte < 0x80) return true;
    if (byte < 0xC2 || byte > 0xF4) return false;
    missing_ = byte < 0xE0 ? 1 : byte < 0xF0 ? 2 : 3;
    // Only the second byte's range depends on the first.
    if (byte == 0xE0) low_ = 0xA0;
    if (byte == 0xED) high_ = 0x9F;
    if (byte == 0xF0) low_ = 0x90;
    if (byte == 0xF4) high_ = 0x8F;
    return true;
  }

  int missing_ = 0;
  unsigned char low_ = kContinuationLow;
  unsigned char high_ = kContinuationHigh;
};

}  // namespace signalbox::api
