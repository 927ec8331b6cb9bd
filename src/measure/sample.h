// What a request of a measurement asks for, and what came of it. Pure data: cli/ sends and reads, the runs of
// this folder decide what is asked next.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"

namespace signalbox::measure {

struct Message {
  std::string role;
  std::string content;

  friend bool operator==(const Message&, const Message&) = default;
};

// A streamed chat request at temperature 0.
struct Ask {
  std::string model;
  std::vector<Message> messages;
  std::uint32_t tokens_max = 1;
};

enum class Ending {
  whole,     // a token at least, and the stream's terminator
  empty,     // the terminator and no token
  rejected,  // 429 or 503: the server has no place for it
  failed,    // any other error, told by the server or met on the way to it
  silent,    // it ended as if all was well, but without the terminator
  late,      // not over within the time that it was given
};

struct Sample {
  Ending ending = Ending::failed;
  std::optional<Duration> first_token{};  // since the request was sent
  Duration total{0};
  std::string text{};     // all tokens together
  std::string trouble{};  // a sentence about an ending that is not whole
  // What the server told of them: of the prompt in all, from its cache, and computed for this answer.
  std::optional<std::uint64_t> prompt_tokens{};
  std::optional<std::uint64_t> cached{};
  std::optional<std::uint64_t> computed{};
};

[[nodiscard]] std::string_view name_of(Ending ending);

// A server that fails so often in a row is not worth asking on.
inline constexpr std::size_t kFailuresInARowMax = 3;

}  // namespace signalbox::measure
