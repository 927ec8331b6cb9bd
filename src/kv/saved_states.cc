#include "kv/saved_states.h"

#include <algorithm>
#include <utility>

namespace signalbox::kv {

std::optional<SavedStates::Match> SavedStates::best_match(Fingerprint fingerprint,
                                                          const PromptText& prompt) const {
  std::optional<Match> best;
  for (const auto& state : states_) {
    if (state.fingerprint != fingerprint) continue;
    Match match{.id = state.id,
                .blocks = state.prefix.common_blocks(prompt.prefix()),
                .is_turn_before = prompt.goes_on_from(state.prefix)};
    if (match.blocks == 0 && !match.is_turn_before) continue;
    const auto all_blocks = state.tokens * kTextBytesAToken / PromptPrefix::kBlockBytes;
    if (match.is_turn_before && all_blocks > match.blocks) match.answer_blocks = all_blocks - match.blocks;
    const auto rank = [](const Match& of) { return std::pair(of.blocks, of.is_turn_before); };
    if (!best || rank(match) >= rank(*best)) best = match;
  }
  return best;
}

const SavedState* SavedStates::find(StateId id) const {
  const auto found = std::ranges::find(states_, id, &SavedState::id);
  return found == states_.end() ? nullptr : &*found;
}

std::vector<StateId> SavedStates::add(SavedState state) {
  if (state.bytes > budget_bytes_) return {state.id};  // the others are not to go for one that cannot stay
  bytes_ += state.bytes;
  states_.push_back(std::move(state));
  std::vector<StateId> gone;
  while (bytes_ > budget_bytes_ || states_.size() > kStatesMax) {
    gone.push_back(states_.front().id);
    erase(gone.back());
  }
  return gone;
}

void SavedStates::set_checksum(StateId id, std::uint64_t checksum) {
  const auto found = std::ranges::find(states_, id, &SavedState::id);
  if (found != states_.end()) found->checksum = checksum;
}

void SavedStates::touch(StateId id) {
  const auto found = std::ranges::find(states_, id, &SavedState::id);
  if (found != states_.end()) std::rotate(found, found + 1, states_.end());
}

bool SavedStates::erase(StateId id) {
  const auto found = std::ranges::find(states_, id, &SavedState::id);
  if (found == states_.end()) return false;
  bytes_ -= found->bytes;
  states_.erase(found);
  return true;
}

std::vector<StateId> SavedStates::erase_unsuited(const std::string& model, Fingerprint fingerprint) {
  std::vector<StateId> gone;
  for (const auto& state : states_) {
    if (state.model == model && state.fingerprint != fingerprint) gone.push_back(state.id);
  }
  for (const auto id : gone) erase(id);
  return gone;
}

}  // namespace signalbox::kv
