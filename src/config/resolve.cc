// Precedence is the order of Layer; within a layer the later one wins.
#include "config/resolve.h"

#include <algorithm>
#include <utility>

namespace signalbox::config {
namespace {

Resolved weigh(const Key& key, const std::vector<Given>& candidates) {
  Resolved resolved;
  resolved.now.value = default_value(key);
  for (const Given& candidate : candidates) {
    if (candidate.layer >= resolved.now.layer) {
      resolved.was = std::exchange(resolved.now, candidate);
    } else if (!resolved.was || candidate.layer >= resolved.was->layer) {
      resolved.was = candidate;
    }
  }
  return resolved;
}

ResolvedByKey resolve_model(const Draft& draft, const ModelDraft& model) {
  ResolvedByKey by_key(keys().size());
  for (KeyIndex i = 0; i < keys().size(); ++i) {
    if (!belongs_in(keys()[i], Section::model)) continue;
    std::vector<Given> candidates = draft.whole[i];
    candidates.insert(candidates.end(), model.own[i].begin(), model.own[i].end());
    by_key[i] = weigh(keys()[i], candidates);
  }
  return by_key;
}

// The values that a whole key means when it is not given.
void fill_in(ResolvedByKey& by_key, const ModelDraft& model) {
  auto& workers = by_key[*find_key(Section::model, "workers")].now.value;
  if (std::holds_alternative<std::monostate>(workers))
    workers = by_key[*find_key(Section::model, "slots")].now.value;
  by_key[*find_key(Section::model, "name")].now.value = model.name;
}

EffectiveValue effective(const Key& key, std::string name, const Resolved& resolved) {
  EffectiveValue value;
  value.key = std::move(name);
  value.text = format_value(key, resolved.now.value);
  value.origin = resolved.now.origin;
  // That a model's path and aliases have no default need not be told.
  const bool is_plain = key.scope == Scope::one_model && resolved.now.layer == Layer::file_model;
  if (resolved.was && !is_plain)
    value.was = {.text = format_value(key, resolved.was->value), .origin = resolved.was->origin};
  value.is_override = resolved.now.layer >= Layer::environment;
  return value;
}

// What holds for every model is logged with the server's values, once.
bool concerns_this_model_alone(const Resolved& resolved) {
  return resolved.now.layer == Layer::set_model || (resolved.was && resolved.was->layer == Layer::file_model);
}

// A model's name is normal form of what may be an alias.
std::optional<std::string> name_of(const std::vector<Model>& models,
                                   const std::optional<std::string>& wanted) {
  if (!wanted) return std::nullopt;
  for (const auto& model : models) {
    if (std::ranges::find(model.aliases, *wanted) != model.aliases.end()) return model.name;
  }
  return wanted;
}

}  // namespace

ResolvedDraft resolve(const Draft& draft) {
  ResolvedDraft resolved;
  resolved.whole.resize(keys().size());
  for (KeyIndex i = 0; i < keys().size(); ++i) {
    if (keys()[i].scope != Scope::one_model) resolved.whole[i] = weigh(keys()[i], draft.whole[i]);
  }
  for (const auto& model : draft.models) {
    resolved.models.push_back(resolve_model(draft, model));
    fill_in(resolved.models.back(), model);
  }
  return resolved;
}

Config build_config(const Draft& draft, const ResolvedDraft& resolved) {
  Config config;
  config.models.resize(draft.models.size());
  for (KeyIndex i = 0; i < keys().size(); ++i) {
    if (const auto* store = std::get_if<StoreInConfig>(&keys()[i].store)) {
      (*store)(config, resolved.whole[i].now.value);
    }
    if (const auto* store = std::get_if<StoreInModel>(&keys()[i].store)) {
      for (std::size_t m = 0; m < config.models.size(); ++m)
        (*store)(config.models[m], resolved.models[m][i].now.value);
    }
  }
  config.scheduler.default_model = name_of(config.models, config.scheduler.default_model);
  return config;
}

std::vector<EffectiveValue> effective_values(const Draft& draft, const ResolvedDraft& resolved) {
  std::vector<EffectiveValue> values;
  for (KeyIndex i = 0; i < keys().size(); ++i) {
    const Key& key = keys()[i];
    if (key.scope != Scope::one_model) values.push_back(effective(key, full_name(key), resolved.whole[i]));
  }
  for (std::size_t m = 0; m < draft.models.size(); ++m) {
    for (KeyIndex i = 0; i < keys().size(); ++i) {
      const Key& key = keys()[i];
      if (!belongs_in(key, Section::model) || key.name == "name") continue;
      auto value = effective(key, "models." + draft.models[m].name + "." + std::string(key.name),
                             resolved.models[m][i]);
      value.is_override = value.is_override && concerns_this_model_alone(resolved.models[m][i]);
      values.push_back(std::move(value));
    }
  }
  return values;
}

}  // namespace signalbox::config
