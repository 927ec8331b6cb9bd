#include "engine/memory_watch.h"

#include <filesystem>
#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "engine/test_folder.h"
#include "engine/test_loop.h"

namespace signalbox::engine {
namespace {

constexpr ModelIndex kA(0);
constexpr ModelIndex kB(1);
constexpr Epoch kFirst(1);
constexpr Epoch kSecond(2);
constexpr std::uint64_t kKiB = 1024;

// A machine of our own, with two processes: 100 of 600 KiB and 200 of 300 KiB, two thirds of each of them
// files.
class MemoryWatchTest : public testing::Test {
 protected:
  MemoryWatchTest() {
    process("100", "200", "400");
    process("200", "100", "200");
    machine_has_available(2'000);
  }
  ~MemoryWatchTest() override { watch_->close(); }
  void lay_out(std::string_view path, std::string_view text) const {
    std::filesystem::create_directories(std::filesystem::path(folder_.path(path)).parent_path());
    folder_.write(path, text);
  }
  void machine_has_available(std::uint64_t kib) const {
    lay_out("proc/meminfo", "MemAvailable: " + std::to_string(kib) + " kB\n");
  }
  void process(const std::string& number, const std::string& own, const std::string& mapped) const {
    lay_out("proc/" + number + "/smaps_rollup",
            "Pss_Anon: " + own + " kB\nPss_File: " + mapped + " kB\nPss_Shmem: 0 kB\n");
  }
  Room room_for(ModelIndex model, std::vector<bool> on_devices = {false, false}) {
    return loop_.await(MemoryWatch::room_for_another(watch_, model, std::move(on_devices)));
  }
  void measure(Epoch epoch, ModelIndex model, std::uint64_t at_least = 1) {
    watch_->measure(epoch);
    ASSERT_TRUE(loop_.run_until([&] { return watch_->footprint(model).value_or(0) >= at_least; }));
  }

  TestFolder folder_;
  TestLoop loop_;
  int alarms_ = 0;
  std::shared_ptr<MemoryWatch> watch_ =
      std::make_shared<MemoryWatch>(loop_.executor(),
                                    MemoryWatch::Options{.reserve_bytes = 1'000 * kKiB,
                                                         .device_budget_bytes = 10,
                                                         .device_bytes = {6, 4},
                                                         .root = folder_.path()},
                                    [this] { ++alarms_; });
};

TEST_F(MemoryWatchTest, HasNoRoomForWhatWasNeverMeasured) {
  watch_->runs(kFirst, kA, 100);
  EXPECT_EQ(room_for(kB), Room::not_measured);
}

TEST_F(MemoryWatchTest, RemembersTheMostThatAModelHasTaken) {
  watch_->runs(kFirst, kB, 200);
  measure(kFirst, kB);
  EXPECT_EQ(watch_->footprint(kB), 300 * kKiB);
  process("200", "150", "200");
  measure(kFirst, kB, 350 * kKiB);
  process("200", "1", "1");
  watch_->measure(kFirst);
  static_cast<void>(room_for(kB));  // answered after the measurement
  EXPECT_EQ(watch_->footprint(kB), 350 * kKiB);
  watch_->forget(kB);
  EXPECT_EQ(watch_->footprint(kB), std::nullopt);
}

// What the running engine has mapped counts as available and is in use all the same.
TEST_F(MemoryWatchTest, LeavesTheRunningEngineItsWeights) {
  watch_->runs(kFirst, kB, 200);
  measure(kFirst, kB);
  watch_->gone(kFirst);
  watch_->runs(kSecond, kA, 100);
  machine_has_available(1'000 + 300 + 400);
  EXPECT_EQ(room_for(kB), Room::suffices);
  machine_has_available(1'000 + 300 + 400 - 1);
  EXPECT_EQ(room_for(kB), Room::no_memory);
}

TEST_F(MemoryWatchTest, HoldsTheDevicesBudgetAgainstBoth) {
  machine_has_available(10'000);
  watch_->runs(kFirst, kB, 200);
  measure(kFirst, kB);
  watch_->gone(kFirst);
  watch_->runs(kSecond, kA, 100);
  EXPECT_EQ(room_for(kB, {true, true}), Room::suffices) << "6 and 4 of 10";
  watch_->runs(Epoch(3), kA, 100);
  EXPECT_EQ(room_for(kB, {true, true}), Room::no_device_memory);
  EXPECT_EQ(room_for(kB, {false, true}), Room::suffices);
}

TEST_F(MemoryWatchTest, RaisesTheAlarmOnceWhileTwoAreUp) {
  watch_->runs(kFirst, kA, 100);
  watch_->runs(kSecond, kB, 200);
  machine_has_available(1'000 + 400 + 200 - 1);
  ASSERT_TRUE(loop_.run_until([&] { return alarms_ > 0; }));
  for (int i = 0; i < 4; ++i) static_cast<void>(room_for(kB));
  EXPECT_EQ(alarms_, 1);
}

TEST_F(MemoryWatchTest, RaisesTheAlarmIfItCannotSee) {
  watch_->runs(kFirst, kA, 100);
  std::filesystem::remove(folder_.path("proc/meminfo"));
  watch_->runs(kSecond, kB, 200);
  EXPECT_TRUE(loop_.run_until([&] { return alarms_ > 0; }));
}

TEST_F(MemoryWatchTest, RemembersWhatAnEngineTookWhenItHadToGo) {
  watch_->runs(kFirst, kB, 200);
  measure(kFirst, kB);
  watch_->gone(kFirst);
  watch_->runs(kFirst, kA, 100);
  process("200", "100", "900");  // of its file, which it will have read and let go of once it is ready
  machine_has_available(1'000 + 400 + 300);
  ASSERT_EQ(room_for(kB), Room::suffices);
  watch_->runs(kSecond, kB, 200);
  ASSERT_TRUE(loop_.run_until([&] { return alarms_ > 0; }));
  watch_->gone(kSecond);
  EXPECT_EQ(watch_->footprint(kB), 1'000 * kKiB);
  EXPECT_EQ(room_for(kB), Room::no_memory);
}

TEST_F(MemoryWatchTest, IsQuietAboutOneEngine) {
  machine_has_available(0);
  watch_->runs(kFirst, kA, 100);
  for (int i = 0; i < 4; ++i) static_cast<void>(room_for(kB));
  EXPECT_EQ(alarms_, 0);
}

TEST_F(MemoryWatchTest, LooksAgainAtTheNextPair) {
  watch_->runs(kFirst, kA, 100);
  watch_->runs(kSecond, kB, 200);
  watch_->gone(kSecond);
  ASSERT_EQ(room_for(kA), Room::not_measured);
  machine_has_available(0);
  watch_->runs(Epoch(3), kB, 200);
  EXPECT_TRUE(loop_.run_until([&] { return alarms_ > 0; }));
}

}  // namespace
}  // namespace signalbox::engine
