#include "engine/room.h"

namespace signalbox::engine {

std::string_view name_of(Room room) {
  switch (room) {
    case Room::suffices:
      return "suffices";
    case Room::not_measured:
      return "its memory has not been measured yet";
    case Room::no_memory:
      return "not enough memory";
    case Room::device_unknown:
      return "device_budget or device_memory is not stated";
    case Room::no_device_memory:
      return "not enough memory on the device";
  }
  return "?";
}

Room room_for(const RoomFacts& facts) {
  if (!facts.footprint) return Room::not_measured;
  // Written without a sum that could overflow.
  if (!facts.free || *facts.free < facts.reserve || *facts.free - facts.reserve < *facts.footprint) {
    return Room::no_memory;
  }
  if (!facts.uses_devices) return Room::suffices;
  if (facts.device_budget == 0 || !facts.on_device) return Room::device_unknown;
  return *facts.on_device <= facts.device_budget ? Room::suffices : Room::no_device_memory;
}

}  // namespace signalbox::engine
