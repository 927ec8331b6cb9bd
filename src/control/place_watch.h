// Finds out when the engine has let go of requests that were cut: closing a connection cancels them, but
// their slot works on until its batch ends, and a new request sent before would wait inside the engine, where
// nobody can cancel it.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>

#include "base/id.h"
#include "base/time.h"

namespace signalbox::control {

class Control;

// Loop thread only. Part of its Control.
class PlaceWatch {
 public:
  explicit PlaceWatch(Control& control);

  // A request of this engine was cut, or its answer was lost: Control::places_freed will be called when
  // `/slots` says that it is gone. The scheduler's own release_timeout bounds the wait. Once for each
  // request; more often makes no difference.
  void add(RequestId request, std::uint32_t places, Epoch epoch);
  // This engine is gone or about to be: nothing to watch any more.
  void clear(Epoch epoch);

 private:
  static constexpr Duration kPollInterval = std::chrono::milliseconds(20);
  static constexpr Duration kPollTimeout = std::chrono::seconds(1);
  // A request this young may not have taken its slot yet.
  static constexpr Duration kSettleTime = std::chrono::milliseconds(250);

  struct Cut {
    RequestId request;
    std::uint32_t places;
  };

  void run();
  boost::asio::awaitable<void> poll(std::uint64_t round);
  void release(std::uint32_t busy);

  Control& control_;
  std::deque<Cut> cuts_;
  Epoch epoch_;
  std::uint64_t round_ = 0;  // a poll of an earlier round must not touch this one's
  bool polling_ = false;
};

}  // namespace signalbox::control
