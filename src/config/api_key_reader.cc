#include "config/api_key_reader.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "config/nearest.h"
#include "config/secret.h"

namespace signalbox::config {
namespace {

constexpr std::array<std::pair<std::string_view, SecretSource>, 3> kSources = {
    {{"key", SecretSource::text}, {"key_env", SecretSource::variable}, {"key_file", SecretSource::file}}};
constexpr std::string_view kPriority = "priority";
constexpr std::string_view kServiceTier = "service_tier";
constexpr std::string_view kAllowed =
    "a text or a mapping with key: TEXT, key_env: NAME or key_file: PATH is allowed";

const SecretSource* find_source(std::string_view member) {
  const auto* const found = std::ranges::find(kSources, member, &decltype(kSources)::value_type::first);
  return found == kSources.end() ? nullptr : &found->second;
}

class EntryReader {
 public:
  EntryReader(std::string_view name, const Surroundings& surroundings, ConfigErrors& errors)
      : name_(name), surroundings_(surroundings), errors_(errors), errors_before_(errors.size()) {}

  std::optional<ApiKey> read(const Raw::Item& item) {
    if (item.form == Raw::Form::map) {
      for (const auto& member : item.members) read_member(member);
      check_whole(item);
    } else if (item.form == Raw::Form::scalar) {
      secret(SecretSource::text, item);
    } else {
      error(item.origin, fmt::format("holds something else than a key; {}", kAllowed));
    }
    return errors_.size() == errors_before_ ? std::optional(std::move(api_key_)) : std::nullopt;
  }

 private:
  void error(const Origin& where, std::string_view message) {
    errors_.push_back({.where = where, .message = fmt::format("{} {}", name_, message)});
  }

  void read_member(const Raw::Member& member) {
    if (const auto* source = find_source(member.name)) {
      if (source_ != nullptr) return second_source(member);
      source_ = &member;
      return secret(*source, member.value);
    }
    if (member.name == kPriority) {
      if (const auto chosen = rule<Priority>(member)) api_key_.priority = *chosen;
    } else if (member.name == kServiceTier) {
      api_key_.service_tier = rule<ServiceTier>(member);
      tier_origin_ = member.value.origin;
    } else {
      unknown(member);
    }
  }

  void secret(SecretSource source, const Raw::Item& value) {
    if (value.form != Raw::Form::scalar) {
      return error(value.origin, fmt::format("holds something else than a key; {}", kAllowed));
    }
    auto key = read_secret(source, value.text, surroundings_);
    if (!key) return error(value.origin, key.error().message);
    api_key_.key = *std::move(key);
  }

  void second_source(const Raw::Member& member) {
    error(member.origin,
          fmt::format("has an entry with {} and {}; one of key, key_env and key_file is allowed",
                      source_->name, member.name));
  }

  // A rule is written like the model's key of the same name. None: an error that is told.
  template <class Choice>
  std::optional<Choice> rule(const Raw::Member& member) {
    const Key& key = keys()[*find_key(Section::model, member.name)];
    const Raw raw{
        .form = member.value.form, .text = member.value.text, .items = {}, .origin = member.value.origin};
    // The list it stands in has a layer; it has none of its own.
    const Given given = understand(key, fmt::format("{}.{}", name_, member.name), raw, Layer::built_in,
                                   surroundings_, errors_);
    const auto* choice = std::get_if<std::uint64_t>(&given.value);
    return choice == nullptr ? std::nullopt : std::optional(static_cast<Choice>(*choice));
  }

  // Its name is not shown: it may be a key where a name belongs.
  void unknown(const Raw::Member& member) {
    std::vector<std::string> known;
    known.reserve(kSources.size() + 2);
    for (const auto& [source, how] : kSources) known.emplace_back(source);
    known.emplace_back(kPriority);
    known.emplace_back(kServiceTier);
    error(member.origin, fmt::format("has an entry with an unknown name; allowed: {}{}",
                                     fmt::join(known, ", "), did_you_mean(member.name, known)));
  }

  void check_whole(const Raw::Item& item) {
    if (api_key_.priority == Priority::forbid && api_key_.service_tier == ServiceTier::priority) {
      error(tier_origin_,
            "has an entry whose service_tier is priority, and its priority is forbid; default or "
            "flex is allowed");
    }
    // An unknown name may be a misspelt source.
    if (source_ != nullptr || errors_.size() != errors_before_) return;
    error(item.origin,
          "has an entry without a key; one of key: TEXT, key_env: NAME and key_file: PATH is needed");
  }

  std::string_view name_;
  const Surroundings& surroundings_;
  ConfigErrors& errors_;
  std::size_t errors_before_;
  ApiKey api_key_;
  const Raw::Member* source_ = nullptr;
  Origin tier_origin_;
};

}  // namespace

std::optional<ApiKey> read_api_key(std::string_view name, const Raw::Item& item,
                                   const Surroundings& surroundings, ConfigErrors& errors) {
  return EntryReader(name, surroundings, errors).read(item);
}

}  // namespace signalbox::config
