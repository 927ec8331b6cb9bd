// Our own status sentences at the start of an assistant's text that a client sends back (wire-contract: chat
// pages and agents return the last answer). Finds them, byte by byte in the JSON string as it stands; removes
// nothing. Called by splice; RequestScan asks for the cheap first look.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace signalbox::api {

// One answer has far fewer: a sentence goes out once per change of status.
inline constexpr std::size_t kOwnSentencesMax = 256;

// Whether a string that starts so could begin with our words. `raw` is what stands after the quote, or its
// first 72 bytes: the longest beginning with every letter escaped.
[[nodiscard]] bool may_begin_with_own_words(std::string_view raw);

struct OwnWords {
  std::size_t length = 0;     // bytes of the raw text that are our own words; 0: none of it is ours
  std::size_t looked_at = 0;  // bytes that were compared to find out
};

// Looks at the start of `raw` (what stands between the quotes, with escapes) for whole sentences of the fixed
// list with names from `model_names`, each with its line break, and the empty line that ends them. Without an
// answer behind them they also count if white space at the end was trimmed.
[[nodiscard]] OwnWords find_own_words(std::string_view raw, std::span<const std::string> model_names);

}  // namespace signalbox::api
