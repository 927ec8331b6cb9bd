#include "api/own_words.h"

#include <array>
#include <optional>

#include "api/json_unescape.h"

namespace signalbox::api {

namespace {

constexpr std::string_view kQueued = "Queued for ";
constexpr std::string_view kWaiting = "Waiting for ";
constexpr std::string_view kLoading = "Loading ";
constexpr std::string_view kStarting = "Starting ";
constexpr std::size_t kPositionDigitsMax = 10;

bool take_positive_number(UnescapedBytes& text) {
  UnescapedBytes ahead = text;
  std::size_t digits = 0;
  for (auto byte = ahead.next(); byte && *byte >= '0' && *byte <= '9'; byte = ahead.next()) {
    if (digits == kPositionDigitsMax || (digits == 0 && *byte == '0')) return false;
    ++digits;
    text = ahead;
  }
  return digits > 0;
}

// What follows the last name of a sentence.
enum class Tail { position, full_stop };

bool take_tail(UnescapedBytes& text, Tail tail) {
  if (tail == Tail::full_stop) return text.take(".");
  return text.take(" (position ") && take_positive_number(text) && text.take(").");
}

// A name may be the beginning of another, so each is tried together with what follows.
bool take_name_and_tail(UnescapedBytes& text, std::span<const std::string> names, Tail tail) {
  for (const auto& name : names) {
    UnescapedBytes ahead = text;
    if (!ahead.take(name) || !take_tail(ahead, tail)) continue;
    text = ahead;
    return true;
  }
  return false;
}

bool take_waiting(UnescapedBytes& text, std::span<const std::string> names) {
  for (const auto& name : names) {
    UnescapedBytes ahead = text;
    if (!ahead.take(name) || !ahead.take(" to finish, then ")) continue;
    if (!take_name_and_tail(ahead, names, Tail::position)) continue;
    text = ahead;
    return true;
  }
  return false;
}

bool take_sentence(UnescapedBytes& text, std::span<const std::string> names) {
  if (text.take(kQueued)) return take_name_and_tail(text, names, Tail::position);
  if (text.take(kWaiting)) return take_waiting(text, names);
  return (text.take(kLoading) || text.take(kStarting)) && take_name_and_tail(text, names, Tail::full_stop);
}

// At most a line break or two are left of trimmed words, but editors may add their own.
bool only_space_is_left(UnescapedBytes text) {
  constexpr std::size_t kSpaceMax = 16;
  for (std::size_t i = 0; i <= kSpaceMax; ++i) {
    const auto byte = text.next();
    if (!byte) return true;
    if (!std::string_view(" \t\r\n").contains(*byte)) return false;
  }
  return false;
}

}  // namespace

bool may_begin_with_own_words(std::string_view raw) {
  for (const auto beginning : {kQueued, kWaiting, kLoading, kStarting}) {
    if (UnescapedBytes(raw).take(beginning)) return true;
  }
  return false;
}

OwnWords find_own_words(std::string_view raw, std::span<const std::string> model_names) {
  UnescapedBytes text(raw);
  const auto found = [&text](std::size_t length) {
    return OwnWords{.length = length, .looked_at = text.raw_position()};
  };
  for (std::size_t sentence = 0; sentence < kOwnSentencesMax; ++sentence) {
    if (!take_sentence(text, model_names)) return found(0);
    if (text.take("\n\n")) return found(text.raw_position());
    if (only_space_is_left(text)) return found(raw.size());
    if (!text.take("\n")) return found(0);
  }
  return found(0);
}

}  // namespace signalbox::api
