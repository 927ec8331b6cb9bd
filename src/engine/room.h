// Whether another engine has room beside those that run (overlap), decided from a few figures. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace signalbox::engine {

enum class Room {
  suffices,
  not_measured,    // what the next one takes is not known: it has not run yet
  no_memory,       // of the host, or of a control group
  device_unknown,  // an engine may use a device, and what it takes there was not stated
  no_device_memory,
};
[[nodiscard]] std::string_view name_of(Room room);

// Bytes, each.
struct RoomFacts {
  std::optional<std::uint64_t> free{};       // memory to be had, what running engines have mapped not counted
  std::optional<std::uint64_t> footprint{};  // most that an engine with the next model has taken
  std::uint64_t reserve = 0;                 // is to stay free
  bool uses_devices = false;                 // one of the engines may
  std::uint64_t device_budget = 0;           // 0: not stated
  std::optional<std::uint64_t> on_device{};  // of all of them together; none: not stated for one
};

[[nodiscard]] Room room_for(const RoomFacts& facts);

}  // namespace signalbox::engine
