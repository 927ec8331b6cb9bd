// Finding keys; the table is in key_table.cc, their texts in key_text.cc.
#include "config/keys.h"

#include <algorithm>
#include <array>

namespace signalbox::config {
namespace {

using std::string_view;

constexpr std::array<string_view, 1> kLaterSections = {"store"};

constexpr std::array<string_view, 7> kSections = {"server",     "scheduler", "status", "engine",
                                                  "carry_over", "defaults",  "models"};

}  // namespace

string_view to_string(Section section) {
  return kSections.at(static_cast<std::size_t>(section));
}

std::optional<Section> find_section(string_view name) {
  const auto found = std::ranges::find(kSections, name);
  if (found == kSections.end() || *found == "models") return std::nullopt;
  return static_cast<Section>(found - kSections.begin());
}

bool belongs_in(const Key& key, Section section) {
  switch (key.scope) {
    case Scope::server:
      return section == key.section;
    case Scope::model:
      return section == key.section || section == Section::defaults || section == Section::model;
    case Scope::one_model:
      return section == Section::model;
  }
  return false;
}

std::optional<KeyIndex> find_key(Section section, string_view name) {
  const auto found = std::ranges::find_if(
      keys(), [&](const Key& key) { return key.name == name && belongs_in(key, section); });
  if (found == keys().end()) return std::nullopt;
  return static_cast<KeyIndex>(found - keys().begin());
}

std::optional<KeyIndex> find_flag(string_view flag) {
  const auto found = std::ranges::find(keys(), flag, &Key::flag);
  if (flag.empty() || found == keys().end()) return std::nullopt;
  return static_cast<KeyIndex>(found - keys().begin());
}

std::vector<std::string> key_names(Section section) {
  std::vector<std::string> names;
  for (const Key& key : keys()) {
    if (belongs_in(key, section)) names.emplace_back(key.name);
  }
  return names;
}

bool is_later_section(string_view name) {
  return std::ranges::find(kLaterSections, name) != kLaterSections.end();
}

}  // namespace signalbox::config
