// What the slots of one living engine hold, and which slot a request is to take so that the fewest tokens are
// computed again. Pure: the engine is asked by engine/kv_carry.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "kv/prompt_prefix.h"
#include "kv/saved_states.h"

namespace signalbox::kv {

using SlotIndex = std::uint32_t;

// What to do before a request goes to its slot, in this order.
struct Plan {
  SlotIndex slot = 0;
  bool save_first = false;           // what it holds would be lost
  std::optional<StateId> restore{};  // then this belongs into it
  bool goes_on = false;              // the prompt is the next turn of what the slot holds then
};

class SlotBook {
 public:
  // `slots` at least 1. `worth_blocks`: fewer blocks than these are computed again rather than saved.
  SlotBook(std::uint32_t slots, std::size_t worth_blocks);

  // The slot for a request, which is taken from now on. None if the book knows no free slot, or not for sure:
  // then the engine chooses, between begin_unknown() and end_unknown().
  //
  // The idle slot or saved state that has most in common with the prompt wins; with nothing in common, and
  // for a state from disk, an empty slot is taken, else the one used longest ago.
  [[nodiscard]] std::optional<Plan> plan(const PromptText& prompt, const SavedStates& saved,
                                         Fingerprint fingerprint);

  // News of a taken slot.
  void saved(SlotIndex slot, StateId state);
  void restored(SlotIndex slot, const SavedState& state);
  void emptied(SlotIndex slot);  // a restore failed
  // The request has gone to the engine. `goes_on`: as planned.
  void begun(SlotIndex slot, const PromptPrefix& prompt, bool goes_on);
  void answered(SlotIndex slot, std::size_t blocks);  // so long was the answer that stands behind the prompt
  void give_back(SlotIndex slot);                     // it is over, or never went
  void cut(SlotIndex slot);  // its connection was closed: taken until free_at_engine() says otherwise

  // Slots that the engine says are idle: those that were cut are free again.
  void free_at_engine(std::span<const SlotIndex> idle);

  // What a request of which nobody knows the slot may overwrite: everything idle.
  void begin_unknown();
  void end_unknown();

  // For a save outside of a plan: taken until give_back().
  void take(SlotIndex slot);
  // Idle slots whose state is not saved and worth it, the one used last first.
  [[nodiscard]] std::vector<SlotIndex> worth_saving() const;
  [[nodiscard]] const PromptPrefix& content(SlotIndex slot) const { return slots_[slot].content; }
  // The saved state that a new save of this slot supersedes.
  [[nodiscard]] std::optional<StateId> saved_as(SlotIndex slot) const { return slots_[slot].saved_as; }

 private:
  enum class Use { idle, taken, cut };
  struct Slot {
    Use use = Use::idle;
    PromptPrefix content;
    std::size_t answer_blocks = 0;      // behind it
    bool is_saved = false;              // as it is now
    std::optional<StateId> saved_as{};  // now or at an earlier turn of the same conversation
    std::uint64_t used = 0;             // counts up; 0: never
  };

  struct Near {
    SlotIndex slot = 0;
    std::size_t blocks = 0;  // in common
    bool is_turn_before = false;
    std::size_t answer_blocks = 0;  // of a turn before
    std::uint64_t used = 0;
  };
  [[nodiscard]] std::optional<Near> best_idle(const PromptText& prompt) const;
  [[nodiscard]] std::optional<SlotIndex> slot_to_give_up() const;
  [[nodiscard]] static std::size_t blocks_of(const Slot& slot) {
    return slot.content.blocks() + slot.answer_blocks;
  }

  std::size_t worth_blocks_;
  std::vector<Slot> slots_;
  std::uint64_t uses_ = 0;
  std::uint32_t unknown_ = 0;  // requests in slots that nobody knows
};

}  // namespace signalbox::kv
