// One text each: find the key it names, understand the value.
#include "config/overrides.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "base/assert.h"
#include "config/nearest.h"

namespace signalbox::config {
namespace {

constexpr std::string_view kPrefix = "SIGNALBOX_";
// Of the program and of `make run`, not of the configuration.
constexpr std::array<std::string_view, 6> kOtherVariables = {"SIGNALBOX_CONFIG",        "SIGNALBOX_API_KEY",
                                                             "SIGNALBOX_ENGINE",        "SIGNALBOX_MODEL_DIR",
                                                             "SIGNALBOX_DEBIAN_MIRROR", "SIGNALBOX_PROGRAM"};
constexpr std::array kVariableSections = {Section::server, Section::scheduler,  Section::status,
                                          Section::engine, Section::carry_over, Section::defaults};

struct Variable {
  KeyIndex key;
  Section section;
};

std::optional<Variable> find_variable(std::string_view name) {
  for (const Section section : kVariableSections) {
    for (KeyIndex i = 0; i < keys().size(); ++i) {
      if (belongs_in(keys()[i], section) && environment_name(section, keys()[i]) == name)
        return Variable{i, section};
    }
  }
  return std::nullopt;
}

std::vector<std::string> variable_names() {
  std::vector<std::string> names;
  for (const Section section : kVariableSections) {
    for (const Key& key : keys()) {
      if (belongs_in(key, section)) names.push_back(environment_name(section, key));
    }
  }
  return names;
}

void unknown_variable(const std::string& name, ConfigErrors& warnings) {
  const Origin where{.source = Source::environment, .name = name};
  warnings.push_back({.where = where,
                      .message = "is not a known variable and is ignored; SIGNALBOX_SECTION_KEY is allowed" +
                                 did_you_mean(name, variable_names())});
}

// The key part of a --set, taken apart.
struct SetKey {
  Section section = Section::server;
  std::string owner;  // "scheduler", "models.big"
  std::string key;
  std::size_t model = 0;  // with Section::model
};

class SetReader {
 public:
  SetReader(const Surroundings& surroundings, Draft& draft, ConfigErrors& errors)
      : surroundings_(surroundings), draft_(draft), errors_(errors) {}

  void read(std::string_view text) {
    origin_ = {.source = Source::set, .name = std::string(text.substr(0, text.find('=')))};
    const auto equals = find_equals(text);
    if (!equals) return refuse("has no value; KEY=VALUE is allowed, such as scheduler.wait_timeout=10s");
    const std::string_view name = text.substr(0, *equals);
    origin_.name = name;
    const auto key = take_apart(name);
    if (!key) return;
    const auto index = find_key(key->section, key->key);
    if (!index) return refuse(unknown_key_message(key->section, key->owner, key->key));
    if (keys()[*index].scope == Scope::one_model && keys()[*index].name == "name") {
      return refuse(key->owner + ".name cannot be set from outside; change the file");
    }
    const bool is_model = key->section == Section::model;
    auto given = understand(keys()[*index], key->owner + "." + key->key,
                            raw_of_text(keys()[*index], text.substr(*equals + 1), origin_),
                            is_model ? Layer::set_model : Layer::set, surroundings_, errors_);
    GivenByKey& to = is_model ? draft_.models[key->model].own : draft_.whole;
    to[*index].push_back(std::move(given));
  }

 private:
  static constexpr std::string_view kModels = "models.";
  static constexpr std::string_view kQuotedModel = "models[\"";
  static constexpr std::string_view kQuotedEnd = "\"].";

  void refuse(std::string message) { errors_.push_back({.where = origin_, .message = std::move(message)}); }

  // A quoted name may hold '='.
  static std::optional<std::size_t> find_equals(std::string_view text) {
    std::size_t from = 0;
    if (text.starts_with(kQuotedModel)) from = std::min(text.find(kQuotedEnd), text.size());
    const auto at = text.find('=', from);
    return at == std::string_view::npos ? std::nullopt : std::optional(at);
  }

  std::optional<SetKey> take_apart(std::string_view name) {
    if (name.starts_with(kQuotedModel)) return quoted_model(name.substr(kQuotedModel.size()));
    if (name.starts_with(kModels)) return model(name.substr(kModels.size()));
    const auto dot = name.find('.');
    const auto section = find_section(name.substr(0, dot));
    if (!section || dot == std::string_view::npos) {
      refuse(fmt::format("{} is not a known key; section.key or models.NAME.key is allowed{}", name,
                         did_you_mean(name, section_keys())));
      return std::nullopt;
    }
    return SetKey{.section = *section,
                  .owner = std::string(name.substr(0, dot)),
                  .key = std::string(name.substr(dot + 1))};
  }

  std::optional<SetKey> quoted_model(std::string_view rest) {
    const auto end = rest.find(kQuotedEnd);
    if (end == std::string_view::npos) {
      refuse("is not closed; models[\"NAME\"].key is allowed");
      return std::nullopt;
    }
    const std::string_view wanted = rest.substr(0, end);
    const auto found = std::ranges::find(draft_.models, wanted, &ModelDraft::name);
    if (found == draft_.models.end()) return unknown_model(wanted);
    return model_key(found, rest.substr(end + kQuotedEnd.size()));
  }

  // Names may hold dots: the longest name that fits wins.
  std::optional<SetKey> model(std::string_view rest) {
    auto longest = draft_.models.end();
    for (auto it = draft_.models.begin(); it != draft_.models.end(); ++it) {
      const bool fits = !it->name.empty() && rest.starts_with(it->name + ".");
      if (fits && (longest == draft_.models.end() || it->name.size() > longest->name.size())) longest = it;
    }
    if (longest == draft_.models.end()) return unknown_model(rest.substr(0, rest.rfind('.')));
    return model_key(longest, rest.substr(longest->name.size() + 1));
  }

  [[nodiscard]] SetKey model_key(std::vector<ModelDraft>::const_iterator model, std::string_view key) const {
    return {.section = Section::model,
            .owner = "models." + model->name,
            .key = std::string(key),
            .model = static_cast<std::size_t>(model - draft_.models.cbegin())};
  }

  std::nullopt_t unknown_model(std::string_view name) {
    // That there are none has been said already.
    if (draft_.models.empty()) return std::nullopt;
    std::vector<std::string> known;
    known.reserve(draft_.models.size());
    for (const auto& model : draft_.models) known.push_back(model.name);
    refuse(fmt::format("{} is not a model; the models are {}{}", name, fmt::join(known, ", "),
                       did_you_mean(name, known)));
    return std::nullopt;
  }

  static std::vector<std::string> section_keys() {
    std::vector<std::string> names;
    for (const Key& key : keys()) {
      if (key.scope != Scope::one_model) names.push_back(full_name(key));
    }
    return names;
  }

  const Surroundings& surroundings_;
  Draft& draft_;
  ConfigErrors& errors_;
  Origin origin_;
};

}  // namespace

void read_environment(const Surroundings& surroundings, Draft& draft, ConfigErrors& errors,
                      ConfigErrors& warnings) {
  for (const auto& [name, text] : surroundings.environment) {
    if (!name.starts_with(kPrefix) || std::ranges::find(kOtherVariables, name) != kOtherVariables.end())
      continue;
    const auto variable = find_variable(name);
    if (!variable) {
      unknown_variable(name, warnings);
      continue;
    }
    const Key& key = keys()[variable->key];
    const Raw raw = raw_of_text(key, text, {.source = Source::environment, .name = name});
    const std::string shown = fmt::format("{}.{}", to_string(variable->section), key.name);
    draft.whole[variable->key].push_back(
        understand(key, shown, raw, Layer::environment, surroundings, errors));
  }
}

void read_flags(const std::vector<FlagGiven>& flags, const Surroundings& surroundings, Draft& draft,
                ConfigErrors& errors) {
  for (const auto& [flag, text] : flags) {
    const auto index = find_flag(flag);
    SB_ASSERT(index.has_value());
    const Key& key = keys()[*index];
    const Raw raw = raw_of_text(key, text, {.source = Source::flag, .name = flag});
    draft.whole[*index].push_back(understand(key, full_name(key), raw, Layer::flag, surroundings, errors));
  }
}

void read_sets(const std::vector<std::string>& sets, const Surroundings& surroundings, Draft& draft,
               ConfigErrors& errors) {
  SetReader reader(surroundings, draft, errors);
  for (const auto& set : sets) reader.read(set);
}

}  // namespace signalbox::config
