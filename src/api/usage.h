// How many tokens an engine says that it generated. Called by the answers of all routes.
#pragma once

#include <cstdint>
#include <string_view>

#include "api/chunk_scan.h"

namespace signalbox::api {

// Of a usage object, as chat and completions (completion_tokens) or responses (output_tokens) write it; 0 if
// it does not say.
[[nodiscard]] std::uint64_t generated_tokens(std::string_view usage);
// Of a chunk that ends a choice or carries nothing but usage. Others may have running totals, which would be
// counted twice.
[[nodiscard]] std::uint64_t generated_tokens(const ChunkScan& chunk);

}  // namespace signalbox::api
