// Waits on the loop for what a job on the FileThread returns.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <utility>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "base/time.h"
#include "engine/file_thread.h"

namespace signalbox::engine {

// None when `patience` is over, or if too many jobs wait. The job may still run then: what it holds it must
// own. Whatever was submitted before has run and reported when the answer comes.
template <class T>
boost::asio::awaitable<std::optional<T>> ask_files(std::shared_ptr<FileThread> files,
                                                   boost::asio::any_io_executor loop, Duration patience,
                                                   std::function<T()> work) {
  struct Waiting {
    explicit Waiting(const boost::asio::any_io_executor& executor) : timer(executor) {}
    boost::asio::steady_timer timer;
    std::optional<T> answer;
  };
  // Only this coroutine owns it, so that a late answer goes nowhere.
  const auto waiting = std::make_shared<Waiting>(loop);
  const auto accepted =
      files->submit([work = std::move(work), weak = std::weak_ptr(waiting)]() -> FileThread::Report {
        return [weak, answer = work()]() mutable {
          const auto alive = weak.lock();
          if (!alive) return;
          alive->answer = std::move(answer);
          alive->timer.cancel();
        };
      });
  if (accepted == FileThread::Accepted::full) co_return std::nullopt;
  waiting->timer.expires_after(patience);
  co_await waiting->timer.async_wait(boost::asio::as_tuple(boost::asio::use_awaitable));
  co_return std::move(waiting->answer);
}

}  // namespace signalbox::engine
