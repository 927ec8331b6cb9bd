// Takes a request's body out of the bytes on the wire: by Content-Length, or chunk by chunk. Pure; holds no
// bytes itself. The exchange feeds it, in pieces of any size.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <string_view>

#include "http/body_buffer.h"
#include "http/head_parser.h"

namespace signalbox::http {

//   Of a chunked body:
//     size --;--> extension --CR--> size_lf --LF, size > 0--> data --> data_cr --> data_lf --> size
//       +---------CR-------------------^  +---LF, size 0--> trailer_start --CR--> end_lf --LF--> done
//                                                            ^  +--> trailer_name --:--> trailer_value
//                                                            --CR--> trailer_lf
//                                                            +---------------------------------------------------LF--+
class BodyDecoder {
 public:
  // Of one chunk-size line, and of the last one with all trailers.
  static constexpr std::uint64_t kLineBytesMax = std::uint64_t{8} * 1024;
  // Of everything that is not data: one line's worth, and this much for each byte of the body (a 1-byte chunk
  // needs 5).
  static constexpr std::uint64_t kFramingBytesPerByteMax = 8;

  BodyDecoder(const MessageHead& head, std::size_t body_bytes_max);

  // The whole body has been read. True at once for a request without one.
  [[nodiscard]] bool done() const { return state_ == State::done; }
  // Appends what `input` holds of the body; returns how many bytes of it were used: all, unless the body ends
  // in it. Not called again after an error or once done().
  [[nodiscard]] std::expected<std::size_t, BadMessage> decode(std::string_view input, BodyBuffer& body);

 private:
  enum class State {
    length,  // data of a body that is not chunked
    size,
    extension,
    size_lf,
    data,
    data_cr,
    data_lf,
    trailer_start,
    trailer_name,
    trailer_value,
    trailer_lf,
    end_lf,
    done,
  };

  // One byte of framing. The reason why it cannot stand there; empty if it can.
  [[nodiscard]] std::string_view take(char c);
  [[nodiscard]] std::string_view take_size(char c);
  [[nodiscard]] std::string_view take_trailer(char c);
  [[nodiscard]] std::string_view expect(char c, char wanted, State next);
  [[nodiscard]] std::size_t take_data(std::string_view input, BodyBuffer& body);

  std::size_t body_bytes_max_;
  State state_;
  std::uint64_t remaining_;  // of the body or chunk; while reading a size, that size
  std::uint32_t size_digits_ = 0;
  std::uint64_t line_bytes_ = 0;
  std::uint64_t framing_bytes_ = 0;
};

}  // namespace signalbox::http
