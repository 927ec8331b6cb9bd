// What the table's entries look like as text: names, what is allowed, values read and written.
#include <algorithm>
#include <cctype>

#include <fmt/format.h>

#include "base/assert.h"
#include "config/keys.h"
#include "config/nearest.h"

namespace signalbox::config {
namespace {

std::string upper(std::string_view text) {
  std::string result(text);
  std::ranges::transform(result, result.begin(),
                         [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return result;
}

std::string range_text(const Key& key, std::string (*format)(std::uint64_t)) {
  return fmt::format("from {} to {}", format(key.range.least), format(key.range.most));
}

std::string as_number(std::uint64_t number) {
  return fmt::format("{}", number);
}

std::string as_duration(std::uint64_t us) {
  constexpr std::uint64_t kHour = 3'600'000'000;
  if (us >= kHour && us % kHour == 0) return fmt::format("{}h", us / kHour);
  return format_duration(Duration(static_cast<std::int64_t>(us)));
}

// "auto, content, reasoning or none"
std::string one_of(std::span<const std::string_view> choices) {
  std::string text(choices.front());
  for (std::size_t i = 1; i < choices.size(); ++i) {
    text += i + 1 == choices.size() ? " or " : ", ";
    text += choices[i];
  }
  return text;
}

Words split_words(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n";
  Words words;
  while (true) {
    const auto first = text.find_first_not_of(kSpace);
    if (first == std::string_view::npos) return words;
    text.remove_prefix(first);
    const auto end = std::min(text.find_first_of(kSpace), text.size());
    words.emplace_back(text.substr(0, end));
    text.remove_prefix(end);
  }
}

std::optional<Value> parse_choice(const Key& key, std::string_view text) {
  const auto found = std::ranges::find(key.choices, text);
  if (found == key.choices.end()) return std::nullopt;
  return static_cast<std::uint64_t>(found - key.choices.begin());
}

std::optional<Value> within(const Key& key, std::optional<std::uint64_t> number) {
  if (!number || *number < key.range.least || *number > key.range.most) return std::nullopt;
  return *number;
}

std::optional<Value> within(const Key& key, std::optional<Duration> duration) {
  if (!duration || !within(key, static_cast<std::uint64_t>(duration->count()))) return std::nullopt;
  return *duration;
}

std::optional<Value> parse_boolean(std::string_view text) {
  if (text == "true") return true;
  if (text == "false") return false;
  return std::nullopt;
}

// As one would write it beside a key. Its words are those of the model's key of the same name.
template <class Choice>
std::string rule_text(std::string_view name, Choice choice) {
  const Key& rule = keys()[*find_key(Section::model, name)];
  return fmt::format("{}: {}", name, rule.choices[static_cast<std::size_t>(choice)]);
}

// "[***, *** (priority: forbid)]"
std::string format_api_keys(const ApiKeys& api_keys) {
  Words entries;
  for (const ApiKey& api_key : api_keys) {
    Words rules;
    if (api_key.priority != Priority::allow) rules.push_back(rule_text("priority", api_key.priority));
    if (api_key.service_tier) rules.push_back(rule_text("service_tier", *api_key.service_tier));
    entries.push_back(rules.empty() ? "***" : fmt::format("*** ({})", fmt::join(rules, ", ")));
  }
  return fmt::format("[{}]", fmt::join(entries, ", "));
}

}  // namespace

bool is_list(const Key& key) {
  return key.type == Type::words || key.type == Type::command || key.type == Type::secrets;
}

std::string unknown_key_message(Section section, std::string_view owner, std::string_view name) {
  const auto known = key_names(section);
  const std::string place = section == Section::model ? "a model" : std::string(to_string(section));
  const std::string here = fmt::format("allowed in {}: {}", place, fmt::join(known, ", "));
  const auto elsewhere = std::ranges::find(keys(), name, &Key::name);
  const std::string near = elsewhere != keys().end()
                               ? fmt::format("; did you mean {}?", full_name(*elsewhere))
                               : did_you_mean(name, known);
  return fmt::format("{}.{} is not a known key; {}{}", owner, name, here, near);
}

std::string full_name(const Key& key) {
  if (key.scope == Scope::one_model) return fmt::format("models.NAME.{}", key.name);
  return fmt::format("{}.{}", to_string(key.section), key.name);
}

std::string environment_name(Section section, const Key& key) {
  return fmt::format("SIGNALBOX_{}_{}", upper(to_string(section)), upper(key.name));
}

std::string allowed(const Key& key) {
  switch (key.type) {
    case Type::boolean:
      return "true or false";
    case Type::bytes:
      return "a size such as 64MiB, 32KiB or 65536, " + range_text(key, format_bytes);
    case Type::count:
      return "a whole number " + range_text(key, as_number);
    case Type::duration:
      return "a duration such as 15s, 1.5s, 200ms or 5m, " + range_text(key, as_duration);
    case Type::seconds:
      return "seconds such as 600 or a duration such as 10m, " + range_text(key, as_duration);
    case Type::factor:
      return "a number such as 1.0 or 0.5, " + range_text(key, format_thousandths);
    case Type::choice:
      return one_of(key.choices);
    case Type::text:
      return "a text";
    case Type::address:
      return "HOST:PORT with an IP address or localhost, [IPV6]:PORT or unix:/path";
    case Type::path:
      return "a path";
    case Type::words:
      return "a list of texts";
    case Type::command:
      return "a list of texts that begins with a program";
    case Type::secrets:
      return "a list of keys, each a text or a mapping with key: TEXT, key_env: NAME or key_file: PATH and, "
             "if "
             "wanted, priority: allow or forbid and service_tier: default, priority or flex";
  }
  return {};
}

std::string format_value(const Key& key, const Value& value) {
  if (std::holds_alternative<std::monostate>(value)) return is_list(key) ? "[]" : "";
  switch (key.type) {
    case Type::boolean:
      return std::get<bool>(value) ? "true" : "false";
    case Type::bytes:
      return format_bytes(std::get<std::uint64_t>(value));
    case Type::count:
      return as_number(std::get<std::uint64_t>(value));
    case Type::duration:
    case Type::seconds:
      return format_duration(std::get<Duration>(value));
    case Type::factor:
      return format_thousandths(std::get<std::uint64_t>(value));
    case Type::choice:
      return std::string(key.choices[std::get<std::uint64_t>(value)]);
    case Type::text:
    case Type::address:
    case Type::path:
      return std::get<std::string>(value);
    case Type::words:
    case Type::command:
      return format_words(std::get<Words>(value));
    case Type::secrets:
      return format_api_keys(std::get<ApiKeys>(value));
  }
  return {};
}

std::optional<Value> parse_value(const Key& key, std::string_view text) {
  switch (key.type) {
    case Type::boolean:
      return parse_boolean(text);
    case Type::bytes:
      return within(key, parse_bytes(text));
    case Type::count:
      return within(key, parse_count(text));
    case Type::duration:
      return within(key, parse_duration(text));
    case Type::seconds:
      return within(key, parse_duration(text, BareNumber::seconds));
    case Type::factor:
      return within(key, parse_thousandths(text));
    case Type::choice:
      return parse_choice(key, text);
    case Type::text:
    case Type::address:
    case Type::path:
      return Value(std::string(text));
    case Type::words:
    case Type::command:
    case Type::secrets:
      return Value(split_words(text));
  }
  return std::nullopt;
}

Value default_value(const Key& key) {
  if (key.default_text.empty()) return {};
  const auto value = parse_value(key, key.default_text);
  SB_ASSERT(value.has_value());
  return *value;
}

}  // namespace signalbox::config
