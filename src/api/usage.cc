#include "api/usage.h"

#include "api/json_cursor.h"

namespace signalbox::api {

std::uint64_t generated_tokens(std::string_view usage) {
  if (usage.empty() || usage == "null") return 0;
  const std::string_view tokens = json_member(usage, "completion_tokens");
  return read_index(tokens.empty() ? json_member(usage, "output_tokens") : tokens);
}

std::uint64_t generated_tokens(const ChunkScan& chunk) {
  if (!chunk.is_usage_only() && !chunk.finishes()) return 0;
  return generated_tokens(chunk.value("usage"));
}

}  // namespace signalbox::api
