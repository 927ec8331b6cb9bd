// From a raw value to a typed one.
#include "config/given.h"

#include <array>
#include <optional>
#include <span>
#include <utility>

#include <fmt/core.h>

#include "config/api_key_reader.h"
#include "config/nearest.h"
#include "config/utf8.h"
#include "config/yaml_source.h"

namespace signalbox::config {
namespace {

constexpr std::size_t kTextShownMax = 100;
// What the launcher puts into a model's command.
constexpr std::array<std::string_view, 3> kCommandPlaceholders = {"port", "socket", "model"};

std::string shown(std::string_view text) {
  if (text.size() <= kTextShownMax) return fmt::format("\"{}\"", text);
  auto end = kTextShownMax;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
  return fmt::format("\"{}...\"", text.substr(0, end));
}

std::string_view form_name(Raw::Form form) {
  switch (form) {
    case Raw::Form::nothing:
      return "empty";
    case Raw::Form::scalar:
      return "a single value";
    case Raw::Form::list:
      return "a list";
    case Raw::Form::map:
      return "a map";
  }
  return {};
}

std::string hint(const Key& key, std::string_view text) {
  const std::string with_unit = std::string(text) + "s";
  if (key.type == Type::duration && parse_count(text) && parse_value(key, with_unit)) {
    return fmt::format("; did you mean {}?", with_unit);
  }
  if (key.type == Type::choice) {
    return did_you_mean(text, std::vector<std::string>(key.choices.begin(), key.choices.end()));
  }
  return {};
}

Origin place_in(Origin source, YamlPlace place) {
  if (source.source != Source::file) return source;
  source.line = place.line;
  source.column = place.column;
  return source;
}

// One reading of one value: who asks, and where to complain.
class Reading {
 public:
  Reading(const Key& key, std::string_view name, const Surroundings& surroundings, ConfigErrors& errors)
      : key_(key), name_(name), surroundings_(surroundings), errors_(errors) {}

  std::optional<Value> scalar(const Raw& raw) {
    const auto text = expanded(raw.text, raw.origin);
    if (!text) return std::nullopt;
    if (text->empty() && is_text()) return empty_text(raw.origin);
    if (key_.type == Type::path) return path(*text, raw.origin);
    if (key_.type == Type::address) return address(*text, raw.origin);
    auto value = parse_value(key_, *text);
    if (!value)
      return refuse(raw.origin,
                    fmt::format("is {}; {} is allowed{}", shown(*text), allowed(key_), hint(key_, *text)));
    return value;
  }

  std::optional<Value> words(const Raw& raw, std::vector<Origin>& origins) {
    if (key_.type == Type::command && raw.items.empty()) {
      return refuse(raw.origin, fmt::format("is an empty list; {} is allowed", allowed(key_)));
    }
    Words words;
    for (const auto& item : raw.items) {
      if (item.form != Raw::Form::scalar) {
        refuse(item.origin, fmt::format("holds {}; a list of texts is allowed", form_name(item.form)));
        return std::nullopt;
      }
      auto text = expanded(item.text, item.origin);
      if (!text) return std::nullopt;
      if (text->contains('\0')) return refuse(item.origin, "holds a NUL byte; a text without is allowed");
      if (key_.type == Type::command && words.empty() && !as_program(*text, item.origin)) return std::nullopt;
      words.push_back(*std::move(text));
      origins.push_back(item.origin);
    }
    return words;
  }

  // All of them are read, so that every error is told at once.
  std::optional<Value> api_keys(const Raw& raw, std::vector<Origin>& origins) {
    ApiKeys api_keys;
    bool are_right = true;
    for (const auto& item : raw.items) {
      auto api_key = read_api_key(name_, item, surroundings_, errors_);
      are_right = are_right && api_key.has_value();
      if (!api_key) continue;
      api_keys.push_back(*std::move(api_key));
      origins.push_back(item.origin);
    }
    return are_right ? std::optional<Value>(std::move(api_keys)) : std::nullopt;
  }

  std::optional<Value> list(const Raw& raw, std::vector<Origin>& origins) {
    return key_.type == Type::secrets ? api_keys(raw, origins) : words(raw, origins);
  }

  std::nullopt_t refuse(const Origin& where, std::string_view message) {
    errors_.push_back({.where = where, .message = fmt::format("{} {}", name_, message)});
    return std::nullopt;
  }

 private:
  [[nodiscard]] bool is_text() const {
    return key_.type == Type::text || key_.type == Type::path || key_.type == Type::address;
  }

  std::optional<Value> empty_text(const Origin& where) {
    // How a variable or flag takes back what the file says.
    if (key_.scope == Scope::server && key_.default_text.empty()) return Value();
    return refuse(where, "is empty; a text is allowed");
  }

  std::optional<std::string> expanded(const std::string& text, const Origin& where) {
    const bool is_models_command = key_.type == Type::command && key_.scope == Scope::one_model;
    const auto kept =
        is_models_command ? std::span(kCommandPlaceholders) : std::span<const std::string_view>();
    auto result = expand_environment(text, surroundings_.environment, kept);
    if (!result) return refuse(where, result.error().message);
    if (is_text() && find_bad_byte(*result)) {
      return refuse(where, "holds a control character or no UTF-8; plain text is allowed");
    }
    return *std::move(result);
  }

  std::optional<Value> path(std::string_view text, const Origin& where) {
    auto path = expand_path(text, surroundings_.folder, surroundings_.environment);
    if (!path) return refuse(where, path.error().message);
    return Value(*std::move(path));
  }

  // Without a slash a program is looked up on PATH later, and stays as it is.
  bool as_program(std::string& program, const Origin& where) {
    if (program.empty()) refuse(where, "begins with an empty text; a program is allowed");
    if (!program.contains('/')) return !program.empty();
    const auto found = path(program, where);
    if (found) program = std::get<std::string>(*found);
    return found.has_value();
  }

  std::optional<Value> address(const std::string& text, const Origin& where) {
    constexpr std::string_view kUnix = "unix:";
    if (!text.starts_with(kUnix) || text.size() == kUnix.size()) return Value(text);
    const auto socket = path(std::string_view(text).substr(kUnix.size()), where);
    if (!socket) return std::nullopt;
    return Value(std::string(kUnix) + std::get<std::string>(*socket));
  }

  const Key& key_;
  std::string_view name_;
  const Surroundings& surroundings_;
  ConfigErrors& errors_;
};

}  // namespace

Given understand(const Key& key, std::string_view name, const Raw& raw, Layer layer,
                 const Surroundings& surroundings, ConfigErrors& errors) {
  Reading reading(key, name, surroundings, errors);
  Given given;
  given.origin = raw.origin;
  given.layer = layer;
  const auto expected = is_list(key) ? Raw::Form::list : Raw::Form::scalar;
  if (raw.form != expected) {
    const bool is_lone =
        is_list(key) && key.type != Type::secrets && raw.form == Raw::Form::scalar && !raw.text.contains('[');
    reading.refuse(raw.origin, fmt::format("is {}; {} is allowed{}", form_name(raw.form), allowed(key),
                                           is_lone ? fmt::format("; did you mean [{}]?", raw.text) : ""));
    return given;
  }
  auto value = expected == Raw::Form::list ? reading.list(raw, given.item_origins) : reading.scalar(raw);
  if (value) given.value = *std::move(value);
  return given;
}

Raw::Form form_of(const YamlNode& node) {
  switch (node.kind) {
    case YamlNode::Kind::null:
      return Raw::Form::nothing;
    case YamlNode::Kind::scalar:
      return Raw::Form::scalar;
    case YamlNode::Kind::list:
      return Raw::Form::list;
    case YamlNode::Kind::map:
      return Raw::Form::map;
  }
  return Raw::Form::nothing;
}

Raw::Item raw_item(const YamlNode& node, const Origin& source) {
  Raw::Item item{.form = form_of(node), .text = node.text, .origin = place_in(source, node.place)};
  for (const auto& [key, key_place, value] : node.members) {
    // What lies deeper has no meaning anywhere; its form is enough to refuse it.
    Raw::Item inner{.form = form_of(value), .text = value.text, .origin = place_in(source, value.place)};
    item.members.push_back({.name = key, .origin = place_in(source, key_place), .value = std::move(inner)});
  }
  return item;
}

Raw raw_of_text(const Key& key, std::string_view text, Origin origin) {
  Raw raw;
  raw.origin = std::move(origin);
  if (!is_list(key)) {
    raw.text = text;
    return raw;
  }
  raw.form = Raw::Form::list;
  if (text.starts_with('[')) {
    const auto document = parse_yaml(text);
    if (document.problems.empty() && document.root.kind == YamlNode::Kind::list) {
      for (const auto& item : document.root.items) raw.items.push_back(raw_item(item, raw.origin));
      return raw;
    }
    raw.form = Raw::Form::scalar;
    raw.text = text;
    return raw;
  }
  const auto words = std::get<Words>(*parse_value(key, text));
  for (const auto& word : words)
    raw.items.push_back({.form = Raw::Form::scalar, .text = word, .origin = raw.origin});
  return raw;
}

}  // namespace signalbox::config
