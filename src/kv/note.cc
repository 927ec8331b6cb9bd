#include "kv/note.h"

#include <boost/json.hpp>

#include "base/assert.h"

namespace signalbox::kv {
namespace {

namespace json = boost::json;

constexpr std::uint64_t kVersion = 2;

std::optional<std::uint64_t> number(const json::object& object, std::string_view key) {
  const auto* found = object.if_contains(key);
  if (found == nullptr) return std::nullopt;
  // Boost.JSON reads a whole number as signed where it fits.
  if (found->is_uint64()) return found->get_uint64();
  if (found->is_int64() && found->get_int64() >= 0) return static_cast<std::uint64_t>(found->get_int64());
  return std::nullopt;
}

std::optional<std::vector<std::uint64_t>> numbers(const json::object& object, std::string_view key) {
  const auto* found = object.if_contains(key);
  const auto* list = found == nullptr ? nullptr : found->if_array();
  if (list == nullptr || list->size() > PromptPrefix::kBlocksMax) return std::nullopt;
  std::vector<std::uint64_t> result;
  for (const auto& entry : *list) {
    if (entry.is_uint64()) {
      result.push_back(entry.get_uint64());
    } else if (entry.is_int64() && entry.get_int64() >= 0) {
      result.push_back(static_cast<std::uint64_t>(entry.get_int64()));
    } else {
      return std::nullopt;
    }
  }
  return result;
}

}  // namespace

std::string format_note(const SavedState& state) {
  SB_ASSERT(state.checksum.has_value());
  const auto hashes = state.prefix.hashes();
  return json::serialize(json::object{{"version", kVersion},
                                      {"model", state.model},
                                      {"fingerprint", state.fingerprint.value()},
                                      {"tokens", state.tokens},
                                      {"bytes", state.bytes},
                                      {"checksum", *state.checksum},
                                      {"prefix", json::array(hashes.begin(), hashes.end())},
                                      {"tail_bytes", state.prefix.tail().bytes},
                                      {"tail_hash", state.prefix.tail().hash}});
}

std::optional<SavedState> parse_note(std::string_view text) {
  boost::system::error_code error;
  const auto parsed = json::parse(text, error);
  const auto* object = error ? nullptr : parsed.if_object();
  if (object == nullptr || number(*object, "version") != kVersion) return std::nullopt;
  const auto* model = object->if_contains("model");
  const auto fingerprint = number(*object, "fingerprint");
  const auto tokens = number(*object, "tokens");
  const auto bytes = number(*object, "bytes");
  const auto checksum = number(*object, "checksum");
  const auto tail_bytes = number(*object, "tail_bytes");
  const auto tail_hash = number(*object, "tail_hash");
  auto prefix = numbers(*object, "prefix");
  if (model == nullptr || !model->is_string() || !fingerprint || !tokens || *tokens > UINT32_MAX || !bytes ||
      !checksum || !prefix || !tail_bytes || *tail_bytes >= PromptPrefix::kBlockBytes || !tail_hash) {
    return std::nullopt;
  }
  const PromptTail tail{.bytes = static_cast<std::uint32_t>(*tail_bytes), .hash = *tail_hash};
  return SavedState{.id = {},
                    .model = std::string(model->get_string()),
                    .fingerprint = Fingerprint(*fingerprint),
                    .prefix = PromptPrefix::from_hashes(std::move(*prefix), tail),
                    .tokens = static_cast<std::uint32_t>(*tokens),
                    .bytes = *bytes,
                    .checksum = checksum};
}

}  // namespace signalbox::kv
