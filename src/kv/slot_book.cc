#include "kv/slot_book.h"

#include <algorithm>

#include "base/assert.h"

namespace signalbox::kv {

SlotBook::SlotBook(std::uint32_t slots, std::size_t worth_blocks)
    : worth_blocks_(worth_blocks), slots_(slots) {
  SB_ASSERT(slots >= 1);
}

std::optional<Plan> SlotBook::plan(const PromptPrefix& prompt, const SavedStates& saved,
                                   Fingerprint fingerprint) {
  if (unknown_ > 0) return std::nullopt;
  const auto spare = slot_to_give_up();
  if (!spare) return std::nullopt;
  const auto near = best_idle(prompt);
  const auto far = saved.best_match(fingerprint, prompt);
  const auto near_blocks = near ? slots_[*near].content.common_blocks(prompt) : 0;
  // Not for a block or two, which are soon computed.
  const bool from_disk = far && far->blocks >= near_blocks + worth_blocks_;

  Plan plan{.slot = !from_disk && near ? *near : *spare};
  Slot& slot = slots_[plan.slot];
  const bool would_be_lost = from_disk || !goes_on(slot, prompt);
  plan.save_first = would_be_lost && is_worth(slot) && !slot.is_saved;
  if (from_disk) plan.restore = far->id;
  slot.use = Use::taken;
  return plan;
}

std::optional<SlotIndex> SlotBook::best_idle(const PromptPrefix& prompt) const {
  std::optional<SlotIndex> best;
  std::size_t best_blocks = 0;
  for (SlotIndex i = 0; i < slots_.size(); ++i) {
    if (slots_[i].use != Use::idle) continue;
    const auto blocks = slots_[i].content.common_blocks(prompt);
    if (blocks == 0 || blocks < best_blocks) continue;
    if (best && blocks == best_blocks && slots_[i].used < slots_[*best].used) continue;
    best = i;
    best_blocks = blocks;
  }
  return best;
}

std::optional<SlotIndex> SlotBook::slot_to_give_up() const {
  std::optional<SlotIndex> best;
  const auto rank = [](const Slot& slot) { return std::pair(slot.content.blocks() > 0, slot.used); };
  for (SlotIndex i = 0; i < slots_.size(); ++i) {
    if (slots_[i].use != Use::idle) continue;
    if (!best || rank(slots_[i]) < rank(slots_[*best])) best = i;
  }
  return best;
}

// The last blocks of a turn hold the brackets at its end, which the next turn has elsewhere.
bool SlotBook::goes_on(const Slot& slot, const PromptPrefix& prompt) const {
  const auto kept = slot.content.common_blocks(prompt);
  return kept > 0 && slot.content.blocks() - kept < worth_blocks_;
}

bool SlotBook::is_worth(const Slot& slot) const {
  return slot.content.blocks() >= worth_blocks_;
}

void SlotBook::saved(SlotIndex slot, StateId state) {
  slots_[slot].is_saved = true;
  slots_[slot].saved_as = state;
}

void SlotBook::restored(SlotIndex slot, const SavedState& state) {
  slots_[slot].content = state.prefix;
  saved(slot, state.id);
}

void SlotBook::emptied(SlotIndex slot) {
  slots_[slot].content = {};
  slots_[slot].is_saved = false;
  slots_[slot].saved_as.reset();
}

void SlotBook::begun(SlotIndex slot, const PromptPrefix& prompt) {
  Slot& now = slots_[slot];
  // Another conversation: its save must not supersede that of the one from which it branches off.
  if (!goes_on(now, prompt)) now.saved_as.reset();
  now.content = prompt;
  now.is_saved = false;
  now.used = ++uses_;
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
    if (slot.use == Use::idle && !slot.is_saved && is_worth(slot)) result.push_back(i);
  }
  std::ranges::sort(result, [this](SlotIndex a, SlotIndex b) { return slots_[a].used > slots_[b].used; });
  return result;
}

}  // namespace signalbox::kv
