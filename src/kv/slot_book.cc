#include "kv/slot_book.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "base/assert.h"

namespace signalbox::kv {

SlotBook::SlotBook(std::uint32_t slots, std::size_t worth_blocks)
    : worth_blocks_(worth_blocks), slots_(slots) {
  SB_ASSERT(slots >= 1);
}

std::optional<Plan> SlotBook::plan(const PromptText& prompt, const SavedStates& saved,
                                   Fingerprint fingerprint) {
  if (unknown_ > 0) return std::nullopt;
  const auto spare = slot_to_give_up();
  if (!spare) return std::nullopt;
  const auto near = best_idle(prompt);
  const auto far = saved.best_match(fingerprint, prompt);
  const auto near_blocks = near ? near->blocks + near->answer_blocks : 0;
  // Not for a block or two, which are soon computed.
  const bool from_disk = far && far->blocks + far->answer_blocks >= near_blocks + worth_blocks_;
  const bool from_near = near && !from_disk;

  Plan plan{.slot = from_near ? near->slot : *spare};
  plan.goes_on = from_disk ? far->is_turn_before : (from_near && near->is_turn_before);
  if (from_disk) plan.restore = far->id;
  Slot& slot = slots_[plan.slot];
  const auto lost = blocks_of(slot) - (from_near ? near->blocks : 0);
  plan.save_first = !(from_near && near->is_turn_before) && lost >= worth_blocks_ && !slot.is_saved;
  slot.use = Use::taken;
  return plan;
}

std::optional<SlotBook::Near> SlotBook::best_idle(const PromptText& prompt) const {
  std::optional<Near> best;
  const auto rank = [](const Near& of) { return std::tuple(of.blocks, of.is_turn_before, of.used); };
  for (SlotIndex i = 0; i < slots_.size(); ++i) {
    const Slot& slot = slots_[i];
    if (slot.use != Use::idle) continue;
    Near near{.slot = i,
              .blocks = slot.content.common_blocks(prompt.prefix()),
              .is_turn_before = prompt.goes_on_from(slot.content),
              .used = slot.used};
    if (near.blocks == 0 && !near.is_turn_before) continue;
    if (near.is_turn_before) near.answer_blocks = slot.answer_blocks;
    if (!best || rank(near) > rank(*best)) best = near;
  }
  return best;
}

std::optional<SlotIndex> SlotBook::slot_to_give_up() const {
  std::optional<SlotIndex> best;
  const auto rank = [](const Slot& slot) { return std::pair(!slot.content.is_empty(), slot.used); };
  for (SlotIndex i = 0; i < slots_.size(); ++i) {
    if (slots_[i].use != Use::idle) continue;
    if (!best || rank(slots_[i]) < rank(slots_[*best])) best = i;
  }
  return best;
}

void SlotBook::saved(SlotIndex slot, StateId state) {
  slots_[slot].is_saved = true;
  slots_[slot].saved_as = state;
}

void SlotBook::restored(SlotIndex slot, const SavedState& state) {
  slots_[slot].content = state.prefix;
  slots_[slot].answer_blocks = 0;
  saved(slot, state.id);
}

void SlotBook::emptied(SlotIndex slot) {
  slots_[slot].content = {};
  slots_[slot].answer_blocks = 0;
  slots_[slot].is_saved = false;
  slots_[slot].saved_as.reset();
}

void SlotBook::begun(SlotIndex slot, const PromptPrefix& prompt, bool goes_on) {
  Slot& now = slots_[slot];
  // Another conversation: its save must not supersede that of the one from which it branches off.
  if (!goes_on) now.saved_as.reset();
  now.content = prompt;
  now.answer_blocks = 0;
  now.is_saved = false;
  now.used = ++uses_;
}

void SlotBook::answered(SlotIndex slot, std::size_t blocks) {
  slots_[slot].answer_blocks = blocks;
}

void SlotBook::give_back(SlotIndex slot) {
  slots_[slot].use = Use::idle;
}

void SlotBook::cut(SlotIndex slot) {
  slots_[slot].use = Use::cut;
}

void SlotBook::free_at_engine(std::span<const SlotIndex> idle) {
  for (const auto slot : idle) {
    if (slot < slots_.size() && slots_[slot].use == Use::cut) slots_[slot].use = Use::idle;
  }
}

void SlotBook::begin_unknown() {
  ++unknown_;
  for (SlotIndex i = 0; i < slots_.size(); ++i) {
    if (slots_[i].use != Use::taken) emptied(i);
  }
}

void SlotBook::end_unknown() {
  SB_ASSERT(unknown_ > 0);
  --unknown_;
}

void SlotBook::take(SlotIndex slot) {
  slots_[slot].use = Use::taken;
}

std::vector<SlotIndex> SlotBook::worth_saving() const {
  std::vector<SlotIndex> result;
  for (SlotIndex i = 0; i < slots_.size(); ++i) {
    const Slot& slot = slots_[i];
    if (slot.use == Use::idle && !slot.is_saved && blocks_of(slot) >= worth_blocks_) result.push_back(i);
  }
  std::ranges::sort(result, [this](SlotIndex a, SlotIndex b) { return slots_[a].used > slots_[b].used; });
  return result;
}

}  // namespace signalbox::kv
