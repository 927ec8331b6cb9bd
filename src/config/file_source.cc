// Walks sections, keys and models.
#include "config/file_source.h"

#include <algorithm>
#include <filesystem>
#include <utility>

#include <fmt/format.h>

#include "config/nearest.h"

namespace signalbox::config {
namespace {

class TreeReader {
 public:
  TreeReader(const std::string& file, const Surroundings& surroundings, Draft& draft, ConfigErrors& errors)
      : file_(file), surroundings_(surroundings), draft_(draft), errors_(errors) {}

  void read(const YamlDocument& document) {
    for (const auto& problem : document.problems) error(problem.place, problem.message);
    draft_.models_origin = {.source = Source::file, .name = file_};
    // After broken YAML the rest is not worth a second message.
    if (!document.problems.empty() && document.root.kind == YamlNode::Kind::null) return;
    if (document.root.kind == YamlNode::Kind::null) return no_models();
    if (document.root.kind != YamlNode::Kind::map) {
      return error(document.root.place, "the file is no map; sections such as `models:` are allowed");
    }
    bool has_models = false;
    for (const auto& member : document.root.members) {
      has_models = has_models || member.key == "models";
      top_level(member);
    }
    if (!has_models) no_models();
  }

 private:
  [[nodiscard]] Origin at(YamlPlace place) const {
    return {.source = Source::file, .name = file_, .line = place.line, .column = place.column};
  }
  void error(YamlPlace place, std::string message) {
    errors_.push_back({.where = at(place), .message = std::move(message)});
  }
  void no_models() {
    errors_.push_back({.where = draft_.models_origin,
                       .message = "models is missing; a list with at least one model is needed"});
  }

  void top_level(const YamlMember& member) {
    if (member.key == "models") return models(member);
    const auto section = find_section(member.key);
    if (!section) return unknown_section(member);
    // `server:` with all its keys commented out.
    if (member.value.kind == YamlNode::Kind::null) return;
    if (member.value.kind != YamlNode::Kind::map) {
      return error(member.value.place,
                   fmt::format("{} is no map; `key: value` lines are allowed", member.key));
    }
    const auto layer = *section == Section::defaults ? Layer::file_defaults : Layer::file_section;
    for (const auto& entry : member.value.members) key(*section, member.key, layer, entry, draft_.whole);
  }

  void unknown_section(const YamlMember& member) {
    const std::vector<std::string> known = {"server", "scheduler", "status", "engine", "defaults", "models"};
    if (is_later_section(member.key)) {
      return error(member.key_place,
                   fmt::format("{} is not in this version; allowed: {}", member.key, fmt::join(known, ", ")));
    }
    const auto misplaced = std::ranges::find(keys(), member.key, &Key::name);
    const std::string near = misplaced != keys().end()
                                 ? fmt::format("; did you mean {}?", full_name(*misplaced))
                                 : did_you_mean(member.key, known);
    error(member.key_place,
          fmt::format("{} is not a known section; allowed: {}{}", member.key, fmt::join(known, ", "), near));
  }

  void key(Section section, const std::string& owner, Layer layer, const YamlMember& member, GivenByKey& to) {
    const auto index = find_key(section, member.key);
    if (!index) return error(member.key_place, unknown_key_message(section, owner, member.key));
    const Raw raw = raw_of(member.value);
    to[*index].push_back(
        understand(keys()[*index], owner + "." + member.key, raw, layer, surroundings_, errors_));
  }

  [[nodiscard]] Raw raw_of(const YamlNode& node) const {
    Raw raw;
    raw.form = form_of(node);
    raw.text = node.text;
    raw.origin = at(node.place);
    for (const auto& item : node.items) raw.items.push_back(raw_item(item, raw.origin));
    return raw;
  }

  void models(const YamlMember& member) {
    draft_.models_origin = at(member.key_place);
    const YamlNode& list = member.value;
    if (list.kind == YamlNode::Kind::null || (list.kind == YamlNode::Kind::list && list.items.empty())) {
      return error(member.key_place, "models is empty; a list with at least one model is needed");
    }
    if (list.kind != YamlNode::Kind::list) {
      return error(list.place, "models is no list; entries that begin with `- name:` are allowed");
    }
    if (list.items.size() > kModelsMax) {
      return error(member.key_place, fmt::format("models has {} entries; at most {} are allowed",
                                                 list.items.size(), kModelsMax));
    }
    for (const auto& item : list.items) model(item);
  }

  void model(const YamlNode& node) {
    const std::string numbered = fmt::format("models[{}]", draft_.models.size());
    ModelDraft& model = draft_.models.emplace_back();
    model.entry = at(node.place);
    model.name_origin = model.entry;
    if (node.kind != YamlNode::Kind::map) {
      return error(node.place, numbered + " is no map; keys such as `name:` and `path:` are allowed");
    }
    const auto named = std::ranges::find(node.members, "name", &YamlMember::key);
    const bool has_name = named != node.members.end() && named->value.kind == YamlNode::Kind::scalar;
    const std::string owner =
        has_name && !named->value.text.empty() ? "models." + named->value.text : numbered;
    for (const auto& entry : node.members) key(Section::model, owner, Layer::file_model, entry, model.own);

    const auto& names = model.own[*find_key(Section::model, "name")];
    const auto& paths = model.own[*find_key(Section::model, "path")];
    const bool has_command = !model.own[*find_key(Section::model, "command")].empty();
    if (paths.empty() && !has_command) {
      error(node.place, owner + " has no path; the path of a GGUF file is needed, or a command");
    } else if (paths.empty() && names.empty()) {
      error(node.place, owner + " has no name; a model with a command needs one");
    }
    name_it(model, names.empty() ? nullptr : &names.front(), paths.empty() ? nullptr : &paths.front());
  }

  static void name_it(ModelDraft& model, const Given* name, const Given* path) {
    const Given* source = name != nullptr ? name : path;
    const auto* text = source != nullptr ? std::get_if<std::string>(&source->value) : nullptr;
    if (text == nullptr) return;
    model.name_origin = source->origin;
    model.name = *text;
    if (name != nullptr) return;
    const std::filesystem::path file(*text);
    model.name = (file.extension() == ".gguf" ? file.stem() : file.filename()).string();
  }

  const std::string& file_;
  const Surroundings& surroundings_;
  Draft& draft_;
  ConfigErrors& errors_;
};

}  // namespace

void read_tree(const YamlDocument& document, const std::string& file, const Surroundings& surroundings,
               Draft& draft, ConfigErrors& errors) {
  TreeReader(file, surroundings, draft, errors).read(document);
}

}  // namespace signalbox::config
