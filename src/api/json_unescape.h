// The inside of JSON strings and numbers that RequestScan has found valid: escapes to UTF-8, numbers to
// integers. Does not validate: what is cut or wrong ends the text early. Called by the request side.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace signalbox::api {

// Walks over the bytes that a string stands for, without copying it. Copy it to come back to a place.
class UnescapedBytes {
 public:
  // `raw`: what stands between the quotes; outlives this.
  explicit UnescapedBytes(std::string_view raw) : raw_(raw) {}

  // None at the end.
  [[nodiscard]] std::optional<char> next();
  // Takes `text` if it comes next; otherwise stays where it was.
  [[nodiscard]] bool take(std::string_view text);
  // Where the next byte stands in `raw`. Only between characters.
  [[nodiscard]] std::size_t raw_position() const { return at_; }

 private:
  [[nodiscard]] std::optional<char> escape();
  [[nodiscard]] std::optional<std::uint32_t> four_digits();
  [[nodiscard]] std::optional<std::uint32_t> character();
  [[nodiscard]] char encode(std::uint32_t character);

  std::string_view raw_;
  std::size_t at_ = 0;
  // The rest of an escaped character of several bytes, last byte first.
  std::array<char, 3> rest_{};
  std::size_t rest_size_ = 0;
};

[[nodiscard]] std::string unescape(std::string_view raw);

// A whole number, however it is spelled (12, 12.0, 1.2e1). None if it has a fraction or is beyond ±2^53.
[[nodiscard]] std::optional<std::int64_t> whole_number(std::string_view number);

}  // namespace signalbox::api
