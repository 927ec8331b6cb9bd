#include "engine/file_thread.h"

#include <atomic>
#include <future>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace signalbox::engine {
namespace {

using ::testing::ElementsAre;

TEST(FileThread, WorksOffTheLoopAndReportsOnIt) {
  boost::asio::io_context loop;
  FileThread files(loop.get_executor());
  const auto loop_thread = std::this_thread::get_id();
  std::thread::id work_thread;
  std::thread::id report_thread;
  ASSERT_EQ(files.submit([&]() -> FileThread::Report {
    work_thread = std::this_thread::get_id();
    return [&] { report_thread = std::this_thread::get_id(); };
  }),
            FileThread::Accepted::yes);
  loop.run();
  EXPECT_NE(work_thread, loop_thread);
  EXPECT_EQ(report_thread, loop_thread);
}

TEST(FileThread, KeepsTheOrder) {
  boost::asio::io_context loop;
  FileThread files(loop.get_executor());
  std::vector<int> order;
  for (int i = 0; i < 4; ++i) {
    std::ignore = files.submit([&, i]() -> FileThread::Report { return [&, i] { order.push_back(i); }; });
  }
  loop.run();
  EXPECT_THAT(order, ElementsAre(0, 1, 2, 3));
}

TEST(FileThread, RefusesMoreThanItHolds) {
  boost::asio::io_context loop;
  FileThread files(loop.get_executor());
  std::promise<void> disk;
  std::size_t reports = 0;
  const auto slow = [&, answer = disk.get_future().share()]() -> FileThread::Report {
    answer.wait();
    return [&] { ++reports; };
  };
  for (std::size_t i = 0; i < FileThread::kJobsMax; ++i)
    EXPECT_EQ(files.submit(slow), FileThread::Accepted::yes);
  EXPECT_EQ(files.submit(slow), FileThread::Accepted::full);
  disk.set_value();
  loop.run();
  EXPECT_EQ(reports, FileThread::kJobsMax);
}

TEST(FileThread, IsLeftBehindWhenADiskHangs) {
  std::promise<void> disk;
  std::promise<void> hung;
  const auto reported = std::make_shared<std::atomic<bool>>(false);
  {
    boost::asio::io_context loop;
    FileThread files(loop.get_executor());
    std::ignore = files.submit([&, answer = disk.get_future().share(), reported]() -> FileThread::Report {
      hung.set_value();
      answer.wait();
      return [reported] { *reported = true; };
    });
    hung.get_future().wait();
  }  // must not wait for the disk
  disk.set_value();
  EXPECT_FALSE(*reported);
}

}  // namespace
}  // namespace signalbox::engine
