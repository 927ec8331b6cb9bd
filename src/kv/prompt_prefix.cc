#include "kv/prompt_prefix.h"

#include <algorithm>
#include <utility>

#include "kv/hash.h"

namespace signalbox::kv {

PromptPrefix::PromptPrefix(std::string_view tools, std::string_view text) {
  auto chained = hash(tools);
  const auto count = std::min(text.size() / kBlockBytes, kBlocksMax);
  hashes_.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    chained = hash(text.substr(i * kBlockBytes, kBlockBytes), chained);
    hashes_.push_back(chained);
  }
}

PromptPrefix PromptPrefix::from_hashes(std::vector<std::uint64_t> hashes) {
  PromptPrefix prefix;
  prefix.hashes_ = std::move(hashes);
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

}  // namespace signalbox::kv
