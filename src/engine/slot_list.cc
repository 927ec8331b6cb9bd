#include "engine/slot_list.h"

#include "engine/json_fields.h"

namespace signalbox::engine {
namespace {

// Older engines say `state`: 0 is idle.
bool is_busy(const boost::json::value& slot) {
  if (const auto* processing = find_field(slot, {"is_processing"}); processing != nullptr) {
    return processing->is_bool() && processing->get_bool();
  }
  return find_count(slot, {"state"}).value_or(0) != 0;
}

bool is_slot(const boost::json::value& value) {
  return find_field(value, {"is_processing"}) != nullptr || find_field(value, {"state"}) != nullptr;
}

}  // namespace

Result<SlotList> read_slots(std::string_view body) {
  const auto parsed = parse_json(body);
  const auto* slots = parsed ? parsed->if_array() : nullptr;
  if (slots == nullptr) return fail(ErrorCode::invalid, "the engine's answer to /slots is no list");
  SlotList list;
  for (std::uint32_t i = 0; i < slots->size(); ++i) {
    const auto& slot = (*slots)[i];
    if (!is_slot(slot))
      return fail(ErrorCode::invalid, "the engine's list of slots does not say which are busy");
    if (is_busy(slot)) {
      ++list.busy;
    } else {
      list.idle.push_back(i);
    }
  }
  return list;
}

}  // namespace signalbox::engine
