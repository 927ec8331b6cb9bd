#include "kv/prompt_prefix.h"

#include <algorithm>
#include <utility>

#include "kv/hash.h"

namespace signalbox::kv {

namespace {

std::string_view trimmed(std::string_view text) {
  return text.substr(0, text.find_last_not_of(" \t\r\n") + 1);
}

std::string_view without_end(std::string_view text) {
  text = trimmed(text);
  return text.ends_with(']') || text.ends_with('"') ? trimmed(text.substr(0, text.size() - 1)) : text;
}

}  // namespace

PromptPrefix::PromptPrefix(std::string_view before, std::string_view text) {
  text = without_end(text);
  auto chained = hash(before);
  const auto count = std::min(text.size() / kBlockBytes, kBlocksMax);
  hashes_.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    chained = hash(text.substr(i * kBlockBytes, kBlockBytes), chained);
    hashes_.push_back(chained);
  }
  const auto rest = text.substr(count * kBlockBytes);
  if (rest.empty() || rest.size() >= kBlockBytes) return;
  tail_ = {.bytes = static_cast<std::uint32_t>(rest.size()), .hash = hash(rest, chained)};
}

PromptPrefix PromptPrefix::from_hashes(std::vector<std::uint64_t> hashes, const PromptTail& tail) {
  PromptPrefix prefix;
  prefix.hashes_ = std::move(hashes);
  prefix.tail_ = tail;
  if (prefix.hashes_.size() > kBlocksMax) prefix.hashes_.resize(kBlocksMax);
  return prefix;
}

// Each hash holds all before it, so those that are equal are the first ones.
std::size_t PromptPrefix::common_blocks(const PromptPrefix& other) const {
  std::size_t equal = 0;
  std::size_t unlike = std::min(blocks(), other.blocks()) + 1;
  while (unlike - equal > 1) {
    const auto middle = equal + ((unlike - equal) / 2);
    (hashes_[middle - 1] == other.hashes_[middle - 1] ? equal : unlike) = middle;
  }
  return equal;
}

PromptText::PromptText(std::string_view before, std::string_view text)
    : before_(before), text_(text), prefix_(before, text) {}

bool PromptText::goes_on_from(const PromptPrefix& earlier) const {
  if (earlier.is_empty() || prefix_.common_blocks(earlier) != earlier.blocks()) return false;
  const auto& tail = earlier.tail();
  const auto begin = earlier.blocks() * PromptPrefix::kBlockBytes;
  if (tail.bytes == 0) return true;
  if (text_.size() < begin + tail.bytes) return false;
  const auto chained = earlier.blocks() == 0 ? hash(before_) : earlier.hashes().back();
  return hash(text_.substr(begin, tail.bytes), chained) == tail.hash;
}

}  // namespace signalbox::kv
