// Which states of conversations lie saved on disk: a list within a budget, least recently used first out.
// Pure: the files themselves are folder.h's business.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/id.h"
#include "kv/prompt_prefix.h"

namespace signalbox::kv {

// One file. Never reused, also not by a later process that finds the files of this one.
using StateId = Id<struct StateIdTag, std::uint64_t>;
// Everything that decides whether a state suits an engine: model file, program, arguments.
using Fingerprint = Id<struct FingerprintTag, std::uint64_t>;

// About so many bytes of text make a token; only decides what is worth a file.
inline constexpr std::uint64_t kTextBytesAToken = 4;

struct SavedState {
  StateId id;
  std::string model;  // its name, for people and for throwing away what does not suit any more
  Fingerprint fingerprint;
  PromptPrefix prefix;
  std::uint32_t tokens = 0;
  std::uint64_t bytes = 0;
  std::optional<std::uint64_t> checksum{};  // XXH3 of the file; none: not known yet
};

class SavedStates {
 public:
  static constexpr std::size_t kStatesMax = 4096;

  explicit SavedStates(std::uint64_t budget_bytes) : budget_bytes_(budget_bytes) {}

  struct Match {
    StateId id;
    std::size_t blocks = 0;         // in common
    bool is_turn_before = false;    // the prompt goes on from it; else at least one block is in common
    std::size_t answer_blocks = 0;  // of a turn before, about: they need not be computed again either
  };
  // The state that shares most with the prompt, a turn before it rather than another; of several the one used
  // last.
  [[nodiscard]] std::optional<Match> best_match(Fingerprint fingerprint, const PromptText& prompt) const;
  [[nodiscard]] const SavedState* find(StateId id) const;

  // As the one used last. Returns those that had to go for it, perhaps itself: their files are to be removed.
  [[nodiscard]] std::vector<StateId> add(SavedState state);
  void set_checksum(StateId id, std::uint64_t checksum);
  void touch(StateId id);
  // False if it is not there.
  bool erase(StateId id);
  // Those of this model that suit another engine than it has now.
  [[nodiscard]] std::vector<StateId> erase_unsuited(const std::string& model, Fingerprint fingerprint);

  // The one used last at the end.
  [[nodiscard]] const std::vector<SavedState>& all() const { return states_; }
  [[nodiscard]] std::uint64_t bytes() const { return bytes_; }

 private:
  std::uint64_t budget_bytes_;
  std::uint64_t bytes_ = 0;
  std::vector<SavedState> states_;
};

}  // namespace signalbox::kv
