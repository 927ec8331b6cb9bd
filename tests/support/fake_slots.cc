#include "support/fake_slots.h"

#include <algorithm>
#include <fstream>
#include <iterator>

#include <boost/json.hpp>
#include <fmt/format.h>

namespace signalbox::fake {
namespace {

namespace json = boost::json;

constexpr std::string_view kMagic = "FAKEKV\n";
constexpr std::size_t kBytesAToken = 4;
// Tests of larger bodies are not about slots.
constexpr std::size_t kLookedAtBytesMax = std::size_t{1} * 1024 * 1024;

std::uint32_t tokens_of(std::size_t bytes) {
  return static_cast<std::uint32_t>(bytes / kBytesAToken);
}

json::object object_in(std::string_view body) {
  if (body.size() > kLookedAtBytesMax) return {};
  boost::system::error_code error;
  auto value = json::parse(body, error);
  return !error && value.is_object() ? value.get_object() : json::object();
}

}  // namespace

std::uint32_t Slots::free() const {
  return static_cast<std::uint32_t>(std::ranges::count(slots_, false, &Slot::busy));
}

std::optional<std::vector<std::size_t>> Slots::take(std::uint32_t wanted,
                                                    std::optional<std::size_t> id_slot) {
  std::vector<std::size_t> taken;
  for (std::size_t i = 0; i < slots_.size() && taken.size() < wanted; ++i) {
    if (!slots_[i].busy && (!id_slot || *id_slot == i)) taken.push_back(i);
  }
  if (taken.size() < (id_slot ? 1 : wanted)) return std::nullopt;
  for (const auto slot : taken) slots_[slot].busy = true;
  return taken;
}

void Slots::release(const std::vector<std::size_t>& taken) {
  for (const auto slot : taken) slots_[slot].busy = false;
}

std::uint32_t Slots::prompt(std::size_t slot, std::string_view text) {
  auto& now = slots_[slot].prompt;
  const auto differs = std::ranges::mismatch(now, text);
  const auto common = static_cast<std::size_t>(differs.in2 - text.begin());
  now = text;
  return tokens_of(common);
}

std::string Slots::path_of(std::string_view file_name) const {
  return fmt::format("{}/{}", options_.slot_save_path, file_name);
}

Result<Slots::Moved> Slots::save(std::size_t slot, std::string_view file_name) const {
  const auto& prompt = slots_[slot].prompt;
  std::ofstream file(path_of(file_name), std::ios::binary);
  file << kMagic << options_.alias << '\n' << prompt;
  file.close();
  if (!file) return fail(ErrorCode::io, "Unable to save slot");
  return Moved{.tokens = tokens_of(prompt.size()),
               .bytes = kMagic.size() + options_.alias.size() + 1 + prompt.size()};
}

Result<Slots::Moved> Slots::restore(std::size_t slot, std::string_view file_name) {
  slots_[slot].prompt.clear();
  std::ifstream file(path_of(file_name), std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  const auto head = fmt::format("{}{}\n", kMagic, options_.alias);
  if (!text.starts_with(head)) {
    return fail(ErrorCode::invalid,
                "Unable to restore slot: No available space in KV cache or invalid slot save file");
  }
  slots_[slot].prompt = text.substr(head.size());
  return Moved{.tokens = tokens_of(text.size() - head.size()), .bytes = text.size()};
}

std::string Slots::list() const {
  std::string text;
  for (std::size_t i = 0; i < slots_.size(); ++i) {
    text +=
        fmt::format(R"({}{{"id":{},"n_ctx":{},"speculative":false,"is_processing":{}}})", i == 0 ? "" : ",",
                    i, options_.context / options_.parallel, slots_[i].busy ? "true" : "false");
  }
  return "[" + text + "]";
}

std::optional<std::size_t> id_slot_in(std::string_view body) {
  const auto object = object_in(body);
  const auto* slot = object.if_contains("id_slot");
  if (slot == nullptr || !slot->is_int64() || slot->get_int64() < 0) return std::nullopt;
  return static_cast<std::size_t>(slot->get_int64());
}

// Without the bracket at its end, so that the next turn begins like this one.
std::string prompt_in(std::string_view body) {
  const auto object = object_in(body);
  for (const auto* key : {"messages", "prompt", "input"}) {
    const auto* found = object.if_contains(key);
    if (found == nullptr) continue;
    auto text = json::serialize(*found);
    text.pop_back();
    return text;
  }
  return {};
}

}  // namespace signalbox::fake
