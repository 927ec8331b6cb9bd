#include "support/event_stream.h"

#include <algorithm>
#include <cstdlib>
#include <stdexcept>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

namespace signalbox::test {
namespace {

std::string string_of(const boost::json::object& object, std::string_view key) {
  const auto* value = object.if_contains(key);
  return value != nullptr && value->is_string() ? std::string(value->as_string()) : "";
}

void add_new(std::vector<std::string>& list, const std::string& text) {
  if (!text.empty() && std::ranges::find(list, text) == list.end()) list.push_back(text);
}

}  // namespace

boost::json::object Event::json() const {
  boost::system::error_code error;
  auto value = boost::json::parse(data, error);
  if (error || !value.is_object()) throw std::runtime_error("an event that is no JSON object: " + raw);
  return value.as_object();
}

boost::json::object Event::metadata(std::string_view metadata_field) const {
  if (data.empty() || data == "[DONE]") return {};
  const auto object = json();
  const auto* found = object.if_contains(metadata_field);
  return found != nullptr && found->is_object() ? found->as_object() : boost::json::object();
}

std::string Event::status(std::string_view metadata_field) const {
  return string_of(metadata(metadata_field), "status");
}

const Reply& EventStream::head(Duration within) {
  if (head_) return *head_;
  auto head = connection_.read_head(within);
  if (head.status != 200 || head.header("Content-Type").find("text/event-stream") == std::string::npos) {
    throw std::runtime_error(fmt::format("no event stream: status {}, {}", head.status, connection_.input()));
  }
  head_ = std::move(head);
  return *head_;
}

void EventStream::take_chunks() {
  auto& input = connection_.input();
  while (true) {
    const auto line_end = input.find("\r\n");
    if (line_end == std::string::npos) return;
    const auto size = std::strtoull(input.c_str(), nullptr, 16);
    if (input.size() < line_end + 2 + size + 2) return;
    raw_ += input.substr(line_end + 2, size);
    input.erase(0, line_end + 2 + size + 2);
    if (size == 0) {
      end_ = End::clean;
      return;
    }
  }
}

std::optional<Event> EventStream::take_event() {
  const auto end = raw_.find("\n\n", parsed_);
  if (end == std::string::npos) return std::nullopt;
  Event event;
  event.raw = raw_.substr(parsed_, end + 2 - parsed_);
  event.arrived = now();
  parsed_ = end + 2;
  std::size_t position = 0;
  while (position + 1 < event.raw.size()) {
    const auto line_end = event.raw.find('\n', position);
    const auto line = event.raw.substr(position, line_end - position);
    if (line.starts_with("data: ")) event.data += line.substr(6);
    if (line.starts_with("event: ")) event.name = line.substr(7);
    if (line.starts_with(":")) event.comment = line.substr(std::min<std::size_t>(line.size(), 2));
    position = line_end + 1;
  }
  return event;
}

std::optional<Event> EventStream::next(Duration within) {
  head(within);
  const auto deadline = now() + within;
  while (true) {
    take_chunks();
    if (auto event = take_event()) return event;
    if (end_ != End::open) return std::nullopt;
    auto& input = connection_.input();
    auto before = std::exchange(input, {});
    auto more = connection_.read(deadline - now());
    if (more.empty()) end_ = End::cut;
    input = std::move(before) + more;
  }
}

Event EventStream::next_status(std::string_view status, Duration within) {
  const auto deadline = now() + within;
  while (true) {
    auto event = next(deadline - now());
    if (!event) throw std::runtime_error(fmt::format("the stream ended before status {}: {}", status, raw_));
    if (event->status() == status) return *event;
  }
}

std::vector<Event> EventStream::rest(Duration within) {
  const auto deadline = now() + within;
  std::vector<Event> events;
  while (auto event = next(deadline - now())) events.push_back(std::move(*event));
  return events;
}

ChatTranscript transcript_of(const std::vector<Event>& events, std::string_view metadata_field) {
  ChatTranscript result;
  for (const auto& event : events) {
    if (event.data == "[DONE]") result.done = true;
    if (event.data.empty() || event.data == "[DONE]") continue;
    const auto object = event.json();
    if (const auto* error = object.if_contains("error")) {
      if (result.error) throw std::runtime_error("two errors in one stream: " + event.raw);
      result.error = error->as_object();
      continue;
    }
    add_new(result.ids, string_of(object, "id"));
    add_new(result.models, string_of(object, "model"));
    const auto status = event.status(metadata_field);
    if (!status.empty() && (result.statuses.empty() || result.statuses.back() != status))
      result.statuses.push_back(status);
    if (status.empty()) ++result.chunks;
    if (const auto* usage = object.if_contains("usage"); usage != nullptr && usage->is_object()) {
      result.usage = usage->as_object();
    }
    for (const auto& choice : object.at("choices").as_array()) {
      const auto reason = string_of(choice.as_object(), "finish_reason");
      if (!reason.empty()) result.finish_reasons.push_back(reason);
      const auto* delta = choice.as_object().if_contains("delta");
      const auto& part = delta != nullptr ? delta->as_object() : choice.as_object();
      if (part.contains("role")) ++result.roles;
      (status.empty() ? result.text : result.words) += string_of(part, delta != nullptr ? "content" : "text");
    }
  }
  return result;
}

}  // namespace signalbox::test
