// By what a prompt is known again: hashes of ever longer beginnings of its text. The next turn of a
// conversation repeats the text of the turn before and goes on, so the two share their first hashes. Only a
// hint: the engine compares tokens itself, so a wrong guess costs time and never an answer.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace signalbox::kv {

// A block is kBlockBytes of raw text, of JSON as it came; what is left over at the end does not count.
class PromptPrefix {
 public:
  static constexpr std::size_t kBlockBytes = 256;
  // A longer text is known by its first mebibyte.
  static constexpr std::size_t kBlocksMax = 4096;

  PromptPrefix() = default;
  // `tools` stands before the text in every prompt that a template makes of them: other tools, another
  // prompt.
  PromptPrefix(std::string_view tools, std::string_view text);
  // As written down earlier; more than kBlocksMax are cut off.
  [[nodiscard]] static PromptPrefix from_hashes(std::vector<std::uint64_t> hashes);

  // The hash of the first block, of the first two, and so on. Stable between versions and machines.
  [[nodiscard]] std::span<const std::uint64_t> hashes() const { return hashes_; }
  [[nodiscard]] std::size_t blocks() const { return hashes_.size(); }
  [[nodiscard]] std::size_t common_blocks(const PromptPrefix& other) const;

  friend bool operator==(const PromptPrefix&, const PromptPrefix&) = default;

 private:
  std::vector<std::uint64_t> hashes_;
};

}  // namespace signalbox::kv
