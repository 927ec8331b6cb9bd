// The slots of the fake engine: which work, what prompt each holds, and saving and restoring them as
// llama-server does. Four bytes of a prompt are a token. Owned by fake_server.cc.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "support/fake_options.h"

namespace signalbox::fake {

class Slots {
 public:
  explicit Slots(const Options& options) : options_(options), slots_(options.parallel) {}

  [[nodiscard]] std::size_t size() const { return slots_.size(); }
  [[nodiscard]] std::uint32_t free() const;
  // Free slots, `id_slot` alone if the request names one. None while there are not enough.
  [[nodiscard]] std::optional<std::vector<std::size_t>> take(std::uint32_t wanted,
                                                             std::optional<std::size_t> id_slot);
  void release(const std::vector<std::size_t>& taken);
  [[nodiscard]] bool is_busy(std::size_t slot) const { return slots_[slot].busy; }

  // The slot gets this prompt; how many tokens of it were there already.
  std::uint32_t prompt(std::size_t slot, std::string_view text);

  struct Moved {
    std::uint32_t tokens = 0;
    std::size_t bytes = 0;
  };
  // To and from a file below --slot-save-path. Errors in the engine's words.
  [[nodiscard]] Result<Moved> save(std::size_t slot, std::string_view file_name) const;
  [[nodiscard]] Result<Moved> restore(std::size_t slot, std::string_view file_name);

  // GET /slots
  [[nodiscard]] std::string list() const;

 private:
  struct Slot {
    bool busy = false;
    std::string prompt;
  };
  [[nodiscard]] std::string path_of(std::string_view file_name) const;

  const Options& options_;
  std::vector<Slot> slots_;
};

// What a body says: where it wants to run, and its prompt as text.
[[nodiscard]] std::optional<std::size_t> id_slot_in(std::string_view body);
[[nodiscard]] std::string prompt_in(std::string_view body);

}  // namespace signalbox::fake
