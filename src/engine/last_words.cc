#include "engine/last_words.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdint>
#include <ranges>
#include <span>

namespace signalbox::engine {
namespace {

// Lines of this many bytes are enough to quote from.
constexpr std::size_t kKeptBytesMax = 1024;

constexpr std::array<std::string_view, 9> kErrorWords = {
    "error", "fail", "invalid", "cannot", "couldn't", "unable", "unsupported", "abort", "assert"};
// What crashes write, in llama.cpp, GGML, the C++ runtime and the dynamic loader.
constexpr std::array<std::string_view, 7> kCrashWords = {
    "ggml_assert",   "ggml_abort",         "terminate called",   "cuda error",
    "out of memory", "failed to allocate", "insufficient memory"};
// True, but they only repeat that something failed.
constexpr std::array<std::string_view, 5> kEmptyWords = {"failed to load model", "failed to create context",
                                                         "failed to create_context", "exiting due to",
                                                         "backtrace"};

std::string lower(std::string_view text) {
  std::string result(text);
  std::ranges::transform(result, result.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return result;
}

bool has_any(std::string_view text, std::span<const std::string_view> words) {
  return std::ranges::any_of(words, [&](std::string_view word) { return text.contains(word); });
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_lower(char c) {
  return c >= 'a' && c <= 'z';
}

// "0.00.026.084 " in front of a line.
std::string_view without_time(std::string_view line) {
  const auto end = std::ranges::find_if(line, [](char c) { return !is_digit(c) && c != '.'; });
  const auto length = static_cast<std::size_t>(end - line.begin());
  const bool is_time = length > 0 && end != line.end() && *end == ' ' && line.substr(0, length).contains('.');
  return is_time ? line.substr(length + 1) : line;
}

struct Levelled {
  char level = 0;
  std::string_view rest;
};

// "E " in front of what is left.
Levelled without_level(std::string_view line) {
  const bool has_level = line.size() > 2 && line[1] == ' ' && std::string_view("DIWE").contains(line[0]);
  return has_level ? Levelled{.level = line[0], .rest = line.substr(2)} : Levelled{.level = 0, .rest = line};
}

std::string_view without_blanks(std::string_view line) {
  const auto first = line.find_first_not_of(' ');
  return first == std::string_view::npos ? std::string_view() : line.substr(first);
}

// "srv    load_model: " and "llama_model_load: " and "operator(): ". A plain word such as "error: " stays.
std::string_view without_function(std::string_view line) {
  const auto tag_end = std::ranges::find_if_not(line, is_lower);
  const auto tag = static_cast<std::size_t>(tag_end - line.begin());
  const bool tagged = tag >= 2 && tag <= 4 && line.substr(tag).starts_with("  ");
  const auto rest = tagged ? without_blanks(line.substr(tag)) : line;
  const auto end = std::ranges::find_if_not(rest, [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '_' || c == '(' || c == ')' || c == '~';
  });
  const auto length = static_cast<std::size_t>(end - rest.begin());
  const auto name = rest.substr(0, length);
  const bool is_function = name.contains('_') || name.contains('(') || (tagged && !name.empty());
  if (!is_function || !rest.substr(length).starts_with(": ")) return rest;
  return without_blanks(rest.substr(length + 2));
}

bool is_error(std::string_view line) {
  const auto levelled = without_level(without_time(line));
  return levelled.level == 'E' || (levelled.level == 0 && has_any(lower(line), kErrorWords));
}

bool is_crash(std::string_view line) {
  return has_any(lower(line), kCrashWords);
}

bool names_a_cause(std::string_view line) {
  return is_error(line) && !has_any(lower(line), kEmptyWords);
}

// Cuts in front of a UTF-8 continuation byte, so that no character is torn.
void shorten(std::string& text, std::size_t bytes_max) {
  if (text.size() <= bytes_max) return;
  auto end = bytes_max;
  while (end > 0 && (static_cast<std::uint8_t>(text[end]) & 0xC0U) == 0x80U) --end;
  text.resize(end);
}

}  // namespace

std::string plain_words(std::string_view line) {
  auto words = without_level(without_time(line)).rest;
  // Twice: "srv    operator(): operator(): cleaning up".
  words = without_function(without_function(without_blanks(words)));
  std::string result(words);
  for (char& c : result) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) c = ' ';
  }
  shorten(result, LastWords::kQuoteBytesMax);
  while (result.ends_with(' ')) result.pop_back();
  return result;
}

void LastWords::add(std::string_view line) {
  if (lines_.size() == kLinesMax) lines_.pop_front();
  lines_.emplace_back(line.substr(0, kKeptBytesMax));
}

std::string LastWords::of_failed_start() const {
  if (lines_.empty()) return {};
  auto backwards = lines_ | std::views::reverse;
  auto line = std::ranges::find_if(backwards, names_a_cause);
  if (line == backwards.end()) line = std::ranges::find_if(backwards, is_error);
  return plain_words(line == backwards.end() ? lines_.back() : *line);
}

std::string LastWords::of_crash() const {
  auto backwards = lines_ | std::views::reverse;
  const auto line = std::ranges::find_if(backwards, is_crash);
  return line == backwards.end() ? std::string() : plain_words(*line);
}

}  // namespace signalbox::engine
