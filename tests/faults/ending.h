// How a request ended, as its client saw it. A request that ended twice, or not at all, is `broken`.
#pragma once

#include <ostream>
#include <string>
#include <string_view>

#include "support/event_stream.h"
#include "support/http_client.h"

namespace signalbox::test {

enum class How {
  whole,    // an HTTP answer of the 2xx kind
  done,     // a stream with its terminator
  told,     // a stream with one error and then its end
  refused,  // an HTTP error with an error object
  broken,   // anything else: `words` say what
};

struct Ending {
  How how = How::broken;
  unsigned status = 0;
  std::string words;  // the error's message, or what is broken
  std::string type;   // the error's type

  [[nodiscard]] bool proper() const { return how != How::broken; }
  [[nodiscard]] bool good() const { return how == How::whole || how == How::done; }
};

void PrintTo(const Ending& ending, std::ostream* out);

// The rest of an answer of which nothing was read yet; closes the connection. Never throws: what comes late
// is broken.
[[nodiscard]] Ending ending_of(Connection& connection, Duration within = kPatience);
// The same for a stream of which a part was read.
[[nodiscard]] Ending ending_of(EventStream& stream, Duration within = kPatience);
// The body of a stream that ended as HTTP wants it: exactly one end, and nothing after it.
[[nodiscard]] Ending ending_of_body(std::string_view body);

}  // namespace signalbox::test
