// One thread for work that a slow or dead disk may hold up, so that it never holds up the loop. A job that
// hangs holds up those behind it, and the queue is bounded. Owned by the launcher; called from the loop
// thread.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>

#include <boost/asio/any_io_executor.hpp>

namespace signalbox::engine {

class FileThread {
 public:
  static constexpr std::size_t kJobsMax = 64;

  explicit FileThread(boost::asio::any_io_executor loop);
  // Does not wait for a job that hangs. Nothing is posted to the loop any more.
  ~FileThread();
  FileThread(const FileThread&) = delete;
  FileThread& operator=(const FileThread&) = delete;

  enum class Accepted { yes, full };
  // Runs `work` on the thread and then, on the loop, what it returns. The loop has something to wait for
  // until then.
  using Report = std::function<void()>;
  [[nodiscard]] Accepted submit(std::function<Report()> work);

 private:
  struct Shared;
  static void run(const std::shared_ptr<Shared>& shared);

  boost::asio::any_io_executor loop_;
  std::shared_ptr<Shared> shared_;
};

}  // namespace signalbox::engine
