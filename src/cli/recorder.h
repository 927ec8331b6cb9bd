// From a server's events to the lines of a trace: reads the stream's bytes, keeps the requests in the order
// of their arrival although they end in another one. Pure. Called by record_command.cc.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "api/sse.h"
#include "base/result.h"
#include "base/time.h"

namespace signalbox::cli {

class Recorder {
 public:
  // A request that is over waits here until no older one is open. More than this, and the oldest is written
  // all the same; those that are older and end later are left out then.
  static constexpr std::size_t kHeldMax = 100'000;

  // Whole lines for the trace, or nothing. The error: this is no event stream.
  [[nodiscard]] Result<std::string> take(std::string_view bytes);
  // What is still held, once nothing more comes.
  [[nodiscard]] std::string rest();

  [[nodiscard]] std::uint64_t written() const { return written_; }
  // Requests that the server told of while we could not keep up, or that ended too late.
  [[nodiscard]] std::uint64_t lost() const { return lost_; }

 private:
  struct Ended {
    std::string model;
    Duration service{0};
    std::string service_class;
  };

  void take_request(std::string_view json);
  void count_gap(double number);
  void write_until(std::optional<Duration> open_since, std::string& lines);
  void write_first(std::string& lines);

  api::SseReader reader_;
  std::multimap<Duration, Ended> held_;  // by arrival
  std::optional<Duration> open_since_;
  std::optional<Duration> first_arrival_;  // the trace's beginning
  Duration last_written_{0};
  std::optional<double> last_number_;
  std::uint64_t written_ = 0;
  std::uint64_t lost_ = 0;
};

}  // namespace signalbox::cli
