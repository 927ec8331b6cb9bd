#include "engine/room.h"

#include <limits>

#include <gtest/gtest.h>

namespace signalbox::engine {
namespace {

constexpr std::uint64_t kMost = std::numeric_limits<std::uint64_t>::max();

TEST(Room, IsWhatIsFreeButForTheReserve) {
  EXPECT_EQ(room_for({.free = 100, .footprint = 70, .reserve = 30}), Room::suffices);
  EXPECT_EQ(room_for({.free = 100, .footprint = 71, .reserve = 30}), Room::no_memory);
  EXPECT_EQ(room_for({.free = 100, .footprint = 0, .reserve = 101}), Room::no_memory);
  EXPECT_EQ(room_for({.free = kMost, .footprint = kMost, .reserve = kMost}), Room::no_memory);
}

TEST(Room, IsNotBelievedInWithoutFigures) {
  EXPECT_EQ(room_for({.free = 100, .footprint = std::nullopt}), Room::not_measured);
  EXPECT_EQ(room_for({.free = std::nullopt, .footprint = 1}), Room::no_memory);
}

TEST(Room, OnDevicesIsWhatWasStated) {
  RoomFacts facts{.free = 100, .footprint = 10, .uses_devices = true, .device_budget = 50, .on_device = 50};
  EXPECT_EQ(room_for(facts), Room::suffices);
  facts.on_device = 51;
  EXPECT_EQ(room_for(facts), Room::no_device_memory);
  facts.on_device = std::nullopt;
  EXPECT_EQ(room_for(facts), Room::device_unknown);
  facts = {.free = 100, .footprint = 10, .uses_devices = true, .device_budget = 0, .on_device = 0};
  EXPECT_EQ(room_for(facts), Room::device_unknown);
  facts.uses_devices = false;
  EXPECT_EQ(room_for(facts), Room::suffices);
}

}  // namespace
}  // namespace signalbox::engine
