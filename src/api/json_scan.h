// A JSON text to tokens, piece by piece, as the bytes arrive. It checks all of the grammar (RFC 8259, UTF-8,
// depth) and builds nothing: what a token means is its reader's business. Called by RequestScan.
#pragma once

#include <bitset>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "api/error.h"
#include "api/utf8.h"

namespace signalbox::api {

enum class JsonKind { object, array, string, number, boolean, null };

struct JsonToken {
  enum class Part { open, close, key, scalar };

  Part part = Part::scalar;
  JsonKind kind = JsonKind::null;
  // How many objects and arrays surround it: 0 for the top-level object itself, 1 for its keys and values.
  std::size_t depth = 0;
  // Offsets in the whole text. `open` and `close` are one byte each; strings and keys include their quotes.
  std::size_t begin = 0;
  std::size_t end = 0;
  // Keys and scalars: the token's first JsonScan::kStartBytesMax bytes as they stand there, without quotes
  // and with escapes; valid during the call. Cut anywhere if it is not whole.
  std::string_view start;
  bool start_is_whole = true;
};

class JsonTokenReader {
 public:
  virtual ~JsonTokenReader() = default;
  // An error ends the scan and becomes its result.
  [[nodiscard]] virtual std::expected<void, ApiError> token(const JsonToken& token) = 0;
};

// One object and nothing after it. Escapes of lone surrogates are refused: no engine can turn them into text,
// and llama-server answers with the whole string, prompt and all, in its message and its log. Time linear in
// each piece, no recursion, memory constant. Order of calls: feed*, finish; after an error both repeat it.
class JsonScan {
 public:
  static constexpr std::size_t kDepthMax = 512;
  static constexpr std::size_t kStartBytesMax = 256;

  // `reader` outlives the scan.
  explicit JsonScan(JsonTokenReader& reader) : reader_(reader) {}

  [[nodiscard]] std::expected<void, ApiError> feed(std::string_view piece);
  // No more bytes come.
  [[nodiscard]] std::expected<void, ApiError> finish();
  [[nodiscard]] std::size_t bytes() const { return base_ + at_; }

 private:
  // From `string` to `literal` we are inside a token, see inside_token.
  enum class State : std::uint8_t {
    begin,
    first_key,
    key,
    colon,
    value,
    first_element,
    after_value,
    end,
    string,
    escape,
    hex,
    low_backslash,
    low_u,
    minus,
    zero,
    integer,
    point,
    fraction,
    exponent,
    exponent_sign,
    exponent_digits,
    literal,
  };
  enum class Surrogate : std::uint8_t { none, high_seen };

  [[nodiscard]] bool inside_token() const { return state_ >= State::string; }
  // Each takes what it can of the piece. False: error_ says why.
  [[nodiscard]] bool step();
  [[nodiscard]] bool structure();
  [[nodiscard]] bool begin_value(char byte);
  [[nodiscard]] bool after_value(char byte);
  [[nodiscard]] bool string_run();
  [[nodiscard]] bool string_end(char byte);
  [[nodiscard]] bool escape(char byte);
  [[nodiscard]] bool hex_digit(char byte);
  [[nodiscard]] bool low_surrogate(char byte);
  [[nodiscard]] bool number();
  [[nodiscard]] bool number_byte(char byte, State& next) const;
  [[nodiscard]] bool literal(char byte);
  [[nodiscard]] bool open(JsonKind kind);
  [[nodiscard]] bool close(JsonKind kind);
  void begin_token(JsonKind kind, State state);
  void begin_string(JsonToken::Part part);
  [[nodiscard]] bool end_token(std::size_t end);
  [[nodiscard]] bool emit(const JsonToken& token);
  void value_ended() { state_ = depth_ == 0 ? State::end : State::after_value; }
  void keep_start();
  [[nodiscard]] std::string_view expected_here() const;
  [[nodiscard]] bool fail_here();
  [[nodiscard]] bool fail_found(std::string_view remark);
  [[nodiscard]] bool fail_with(std::string message);

  JsonTokenReader& reader_;
  State state_ = State::begin;
  std::size_t depth_ = 0;
  std::bitset<kDepthMax> objects_;  // per open container: an object, not an array

  std::string_view piece_;
  std::size_t at_ = 0;    // next byte in the piece
  std::size_t base_ = 0;  // offset of the piece in the text

  std::size_t token_begin_ = 0;
  JsonToken::Part token_part_ = JsonToken::Part::scalar;
  JsonKind token_kind_ = JsonKind::null;
  std::string token_start_;  // of a token that began in an earlier piece

  Utf8Check utf8_;
  unsigned hex_left_ = 0;
  unsigned hex_value_ = 0;
  Surrogate surrogate_ = Surrogate::none;
  std::string_view literal_left_;

  std::optional<ApiError> error_;
};

}  // namespace signalbox::api
