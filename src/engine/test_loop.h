// For this folder's tests: an io_context that runs until something is true, with a deadline that only a
// broken build reaches, and the other half of a coroutine that a test waits for.
#pragma once

#include <chrono>
#include <exception>
#include <memory>
#include <optional>
#include <stdexcept>
#include <utility>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include "base/time.h"

namespace signalbox::engine {

inline constexpr std::chrono::seconds kTestPatience{30};

class TestLoop {
 public:
  [[nodiscard]] boost::asio::io_context& context() { return context_; }
  [[nodiscard]] boost::asio::any_io_executor executor() { return context_.get_executor(); }
  [[nodiscard]] const SystemClock& clock() const { return clock_; }
  [[nodiscard]] TimePoint in(Duration duration) const { return clock_.now() + duration; }

  // Runs the loop until `done`, at most kTestPatience. False: the time is over.
  template <class Done>
  [[nodiscard]] bool run_until(Done done) {
    const auto deadline = clock_.now() + kTestPatience;
    while (!done()) {
      if (clock_.now() >= deadline) return false;
      context_.restart();
      context_.run_one_for(std::chrono::milliseconds(20));
    }
    return true;
  }

  // Starts a coroutine; its outcome will be in `outcome`. With a signal it can be cancelled.
  template <class T>
  void spawn(boost::asio::awaitable<T> work, std::shared_ptr<std::optional<T>> outcome,
             boost::asio::cancellation_signal* cancel = nullptr) {
    auto done = [outcome](const std::exception_ptr& error, T value) {
      if (error) std::rethrow_exception(error);
      *outcome = std::move(value);
    };
    if (cancel == nullptr) return boost::asio::co_spawn(context_, std::move(work), std::move(done));
    boost::asio::co_spawn(context_, std::move(work),
                          boost::asio::bind_cancellation_slot(cancel->slot(), std::move(done)));
  }

  // Runs the coroutine to its end.
  template <class T>
  T await(boost::asio::awaitable<T> work) {
    const auto outcome = std::make_shared<std::optional<T>>();
    spawn(std::move(work), outcome);
    if (!run_until([&] { return outcome->has_value(); }))
      throw std::runtime_error("the coroutine did not end");
    return std::move(**outcome);
  }

 private:
  SystemClock clock_;
  boost::asio::io_context context_;
};

}  // namespace signalbox::engine
