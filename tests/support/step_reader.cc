#include "support/step_reader.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <type_traits>
#include <utility>

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include "sched/step_fields.h"
#include "sched/words.h"

namespace signalbox::test {
namespace {

[[noreturn]] void give_up(std::string_view what, std::string_view text) {
  throw std::runtime_error(std::string(what) + ": " + std::string(text));
}

// Takes `name=value` after `name=value` from the text.
class FieldReader {
 public:
  explicit FieldReader(std::string_view text) : rest_(text) {}

  template <class Value>
  void operator()(std::string_view name, Value& value) {
    const std::string wanted = " " + std::string(name) + "=";
    if (!rest_.starts_with(wanted)) give_up("no field " + std::string(name), rest_);
    rest_.remove_prefix(wanted.size());
    read(value);
  }
  [[nodiscard]] bool at_end() const { return rest_.empty(); }

 private:
  template <class Value>
  void read(std::optional<Value>& value) {
    if (rest_.starts_with("-")) return void(rest_.remove_prefix(1));
    read(value.emplace());
  }
  void read(std::string& value) {
    std::size_t end = 1;
    while (end < rest_.size() && rest_[end] != '"') end += rest_[end] == '\\' ? 2 : 1;
    if (end >= rest_.size()) give_up("no string", rest_);
    value = std::string(boost::json::parse(rest_.substr(0, end + 1)).as_string());
    rest_.remove_prefix(end + 1);
  }
  void read(bool& value) {
    const auto told = word();
    if (told != "true" && told != "false") give_up("neither true nor false", told);
    value = told == "true";
  }
  template <class Value>
  void read(Value& value) {
    if constexpr (std::is_enum_v<Value>) {
      const auto& words = sched::kWords<Value>;
      const auto found = std::ranges::find(words, word());
      if (found == words.end()) give_up("no such word", rest_);
      value = static_cast<Value>(found - words.begin());
    } else if constexpr (std::is_arithmetic_v<Value>) {
      const auto digits = word();
      const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
      if (error != std::errc{} || end != digits.data() + digits.size()) give_up("no number", digits);
    } else {
      std::remove_cvref_t<decltype(value.value())> number{};
      read(number);
      value = Value(number);
    }
  }
  std::string_view word() {
    const auto found = rest_.substr(0, rest_.find(' '));
    rest_.remove_prefix(found.size());
    return found;
  }

  std::string_view rest_;
};

template <std::size_t... kIndex>
sched::Event event_at(std::size_t index, std::index_sequence<kIndex...> /*all*/) {
  std::optional<sched::Event> event;
  const auto make = [&]<std::size_t kThis>() {
    if (kThis == index) event.emplace(std::in_place_index<kThis>);
  };
  (make.template operator()<kIndex>(), ...);
  return *std::move(event);
}

}  // namespace

sched::Event read_event(std::string_view text) {
  const auto name = text.substr(0, text.find(' '));
  const auto* const found = std::ranges::find(sched::kEventNames, name);
  if (found == sched::kEventNames.end() || name == "OptionsChanged") give_up("no event to play", text);
  auto event = event_at(static_cast<std::size_t>(found - sched::kEventNames.begin()),
                        std::make_index_sequence<sched::kEventNames.size()>());
  FieldReader reader(text.substr(name.size()));
  std::visit([&reader](auto& alternative) { sched::visit_fields(alternative, reader); }, event);
  if (!reader.at_end()) give_up("more than its fields", text);
  return event;
}

std::vector<RecordedStep> read_steps(const std::vector<boost::json::object>& lines) {
  std::vector<RecordedStep> steps;
  for (const auto& line : lines) {
    steps.push_back({.at = Duration(line.at("at_us").as_int64()),
                     .event = read_event(line.at("seen").as_string()),
                     .wanted = std::string(line.at("wanted").as_string())});
  }
  return steps;
}

}  // namespace signalbox::test
