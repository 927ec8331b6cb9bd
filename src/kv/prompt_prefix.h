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

// What is left over behind the last whole block. None of a text that is longer than it is known.
struct PromptTail {
  std::uint32_t bytes = 0;
  std::uint64_t hash = 0;  // holds all before it, too
  friend bool operator==(const PromptTail&, const PromptTail&) = default;
};

// A block is kBlockBytes of raw text, of JSON as it came, without the bracket or the quote at its end, which
// the next turn has elsewhere.
class PromptPrefix {
 public:
  static constexpr std::size_t kBlockBytes = 256;
  // A longer text is known by its first mebibyte.
  static constexpr std::size_t kBlocksMax = 4096;

  PromptPrefix() = default;
  // `before` decides what becomes of the text in every prompt, such as tools: with others it is another
  // prompt.
  PromptPrefix(std::string_view before, std::string_view text);
  // As written down earlier; more than kBlocksMax are cut off.
  [[nodiscard]] static PromptPrefix from_hashes(std::vector<std::uint64_t> hashes,
                                                const PromptTail& tail = {});

  // The hash of the first block, of the first two, and so on. Stable between versions and machines.
  [[nodiscard]] std::span<const std::uint64_t> hashes() const { return hashes_; }
  [[nodiscard]] std::size_t blocks() const { return hashes_.size(); }
  [[nodiscard]] const PromptTail& tail() const { return tail_; }
  [[nodiscard]] bool is_empty() const { return hashes_.empty() && tail_.bytes == 0; }
  [[nodiscard]] std::size_t common_blocks(const PromptPrefix& other) const;

  friend bool operator==(const PromptPrefix&, const PromptPrefix&) = default;

 private:
  std::vector<std::uint64_t> hashes_;
  PromptTail tail_;
};

// A prompt while its text is there: it can be asked whether it is the next turn of an earlier one.
class PromptText {
 public:
  // The texts outlive it.
  PromptText(std::string_view before, std::string_view text);

  [[nodiscard]] const PromptPrefix& prefix() const { return prefix_; }
  // Whether it begins with the whole text of the earlier one, and is perhaps the same.
  [[nodiscard]] bool goes_on_from(const PromptPrefix& earlier) const;

 private:
  std::string_view before_;
  std::string_view text_;
  PromptPrefix prefix_;
};

}  // namespace signalbox::kv
