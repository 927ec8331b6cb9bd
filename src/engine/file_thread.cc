#include "engine/file_thread.h"

#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include <boost/asio/execution/outstanding_work.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/prefer.hpp>

namespace signalbox::engine {

namespace {
struct Job {
  boost::asio::any_io_executor loop;  // tracks the work, so that the loop does not end before it
  std::function<FileThread::Report()> work;
};
}  // namespace

// Belongs to the thread and to the object, whichever lives longer.
struct FileThread::Shared {
  std::mutex mutex;
  std::condition_variable changed;
  std::deque<Job> jobs;
  bool closed = false;
};

FileThread::FileThread(boost::asio::any_io_executor loop)
    : loop_(std::move(loop)), shared_(std::make_shared<Shared>()) {
  // Detached, because a thread that a dead disk holds can be neither joined nor cancelled; it touches only
  // `Shared`.
  std::thread([shared = shared_] { run(shared); }).detach();
}

FileThread::~FileThread() {
  std::deque<Job> left;
  {
    const std::scoped_lock lock(shared_->mutex);
    shared_->closed = true;
    left.swap(shared_->jobs);
  }
  shared_->changed.notify_one();
}

FileThread::Accepted FileThread::submit(std::function<Report()> work) {
  {
    const std::scoped_lock lock(shared_->mutex);
    if (shared_->jobs.size() >= kJobsMax) return Accepted::full;
    shared_->jobs.push_back(
        {.loop = boost::asio::prefer(loop_, boost::asio::execution::outstanding_work.tracked),
         .work = std::move(work)});
  }
  shared_->changed.notify_one();
  return Accepted::yes;
}

void FileThread::run(const std::shared_ptr<Shared>& shared) {
  std::unique_lock lock(shared->mutex);
  for (;;) {
    shared->changed.wait(lock, [&] { return shared->closed || !shared->jobs.empty(); });
    if (shared->closed) return;
    auto work = std::move(shared->jobs.front().work);
    lock.unlock();
    auto report = work();
    work = nullptr;
    lock.lock();
    // Under the lock: once `closed` is set the loop may be gone.
    if (shared->closed) return;
    // The job stayed at the front so that it still counts as queued.
    boost::asio::post(shared->jobs.front().loop, std::move(report));
    shared->jobs.pop_front();
  }
}

}  // namespace signalbox::engine
