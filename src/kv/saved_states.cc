#include "kv/saved_states.h"

#include <algorithm>

namespace signalbox::kv {

std::optional<SavedStates::Match> SavedStates::best_match(Fingerprint fingerprint,
                                                          const PromptPrefix& prompt) const {
  std::optional<Match> best;
  for (const auto& state : states_) {
    if (state.fingerprint != fingerprint) continue;
    const auto blocks = state.prefix.common_blocks(prompt);
    if (blocks > 0 && (!best || blocks >= best->blocks)) best = Match{.id = state.id, .blocks = blocks};
  }
  return best;
}

const SavedState* SavedStates::find(StateId id) const {
  const auto found = std::ranges::find(states_, id, &SavedState::id);
  return found == states_.end() ? nullptr : &*found;
}

std::vector<StateId> SavedStates::add(SavedState state) {
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
