#include "api/response_output.h"

#include <algorithm>
#include <ranges>
#include <utility>

#include <fmt/format.h>

#include "api/engine_event.h"
#include "api/json_cursor.h"

namespace signalbox::api {
namespace {

using Kind = ResponseItem::Kind;

std::string quoted(std::string_view body) {
  return fmt::format(R"("{}")", body);
}

// The event's name for the text of this kind of item.
std::string text_event(const ResponseItem& item, std::string_view what) {
  return fmt::format("response.{}.{}", item.kind == Kind::reasoning ? "reasoning_text" : "output_text", what);
}

// What of a whole text has not been sent yet; nothing if what was sent is not its beginning.
std::string_view missing(const ResponseItem& item, std::string_view text) {
  std::string_view body = json_string_body(text);
  if (!body.starts_with(item.text)) return {};
  body.remove_prefix(item.text.size());
  return body;
}

}  // namespace

ResponseEventWriter ResponseOutput::begin(std::string_view type, std::string& out) {
  ResponseEventWriter writer(out);
  writer.begin(type, take_sequence_number());
  return writer;
}

ResponseEventWriter ResponseOutput::begin_of(std::string_view type, const ResponseItem& item,
                                             std::string& out) {
  auto writer = begin(type, out);
  writer.number("output_index", index(item));
  return writer;
}

ResponseEventWriter ResponseOutput::begin_of_part(std::string_view type, const ResponseItem& item,
                                                  std::string& out) {
  auto writer = begin_of(type, item, out);
  writer.number("content_index", item.part_index).member("item_id", item.id);
  return writer;
}

void ResponseOutput::hold(std::string& kept, std::string_view more) {
  kept.append(more);
  bytes_held_ += more.size();
}

// The one that is being filled is nearly always the last.
ResponseItem* ResponseOutput::find(std::string_view id) {
  const auto found = std::ranges::find(items_ | std::views::reverse, id, &ResponseItem::id);
  return found == items_.rend() ? nullptr : &*found;
}

std::size_t ResponseOutput::index(const ResponseItem& item) const {
  return static_cast<std::size_t>(&item - items_.data());
}

Result<ResponseItem*> ResponseOutput::item(std::string_view id, Kind kind, std::string_view announcement,
                                           std::string& out) {
  if (ResponseItem* known = find(id)) return known;
  if (!is_json_string(id)) return fail(ErrorCode::invalid, "The engine sent an output item without an id.");
  if (items_.size() == kAnswerPartsMax) return answer_too_long();
  ResponseItem& item = items_.emplace_back();
  item.kind = kind;
  hold(item.id, id);
  hold(item.added, announcement.empty() ? announce_item(kind, id, {}) : std::string(announcement));
  begin_of("response.output_item.added", item, out).member("item", item.added).end();
  return &item;
}

void ResponseOutput::open_part(ResponseItem& item, std::string_view part, std::string& out) {
  if (item.part_done) {
    ++item.part_index;
    item.text.clear();
    item.part_open = item.text_done = item.part_done = false;
  }
  if (std::exchange(item.part_open, true)) return;
  begin_of_part("response.content_part.added", item, out)
      .member("part", part.empty() ? item.part({}) : std::string(part))
      .end();
}

void ResponseOutput::add_text(ResponseItem& item, std::string_view delta, std::string_view more,
                              std::string& out) {
  open_part(item, {}, out);
  hold(item.text, json_string_body(delta));
  auto writer = begin_of_part(text_event(item, "delta"), item, out);
  writer.member("delta", delta);
  if (item.kind == Kind::message && !more.contains("\"logprobs\":")) writer.member("logprobs", "[]");
  writer.raw(more).end();
}

void ResponseOutput::close_text(ResponseItem& item, std::string_view text, std::string_view more,
                                std::string& out) {
  if (item.text_done) return;
  open_part(item, {}, out);
  if (const auto rest = missing(item, text); !rest.empty()) add_text(item, quoted(rest), {}, out);
  item.text_done = true;
  auto writer = begin_of_part(text_event(item, "done"), item, out);
  writer.member("text", text);
  if (item.kind == Kind::message && !more.contains("\"logprobs\":")) writer.member("logprobs", "[]");
  writer.raw(more).end();
}

void ResponseOutput::close_part(ResponseItem& item, std::string_view part, std::string_view more,
                                std::string& out) {
  if (!item.part_open || std::exchange(item.part_done, true)) return;
  begin_of_part("response.content_part.done", item, out).member("part", part).raw(more).end();
}

void ResponseOutput::add_arguments(ResponseItem& item, std::string_view delta, std::string_view more,
                                   std::string& out) {
  hold(item.text, json_string_body(delta));
  begin_of("response.function_call_arguments.delta", item, out)
      .member("item_id", item.id)
      .member("delta", delta)
      .raw(more)
      .end();
}

void ResponseOutput::close_arguments(ResponseItem& item, std::string_view arguments, std::string_view more,
                                     std::string& out) {
  if (item.text_done) return;
  if (const auto rest = missing(item, arguments); !rest.empty()) add_arguments(item, quoted(rest), {}, out);
  item.text_done = true;
  auto writer = begin_of("response.function_call_arguments.done", item, out);
  writer.member("item_id", item.id).member("arguments", arguments);
  if (const auto name = json_member(item.added, "name"); !name.empty()) writer.member("name", name);
  writer.raw(more).end();
}

void ResponseOutput::end_content(ResponseItem& item, std::string_view ended_item, std::string& out) {
  if (item.kind == Kind::function_call) {
    const auto arguments = json_member(ended_item, "arguments");
    if (is_json_string(arguments)) close_arguments(item, arguments, {}, out);
    return;
  }
  if (item.kind == Kind::other) return;
  JsonCursor parts(JsonCursor::Of::array, json_member(ended_item, "content"));
  JsonMember part;
  for (std::size_t i = 0; parts.next(part); ++i) {
    if (i < item.part_index || (i == item.part_index && item.part_done)) continue;
    const auto text = json_member(part.value, "text");
    if (!is_json_string(text)) continue;
    open_part(item, {}, out);
    close_text(item, text, {}, out);
    close_part(item, part.value, {}, out);
  }
}

Result<void> ResponseOutput::end_item(std::string_view ended_item, std::string& out) {
  const std::string_view id = json_member(ended_item, "id");
  const Kind kind = item_kind(ended_item);
  ResponseItem* item = find(id);
  if (item == nullptr) {
    const auto announced = this->item(id, kind, announce_item(kind, id, ended_item), out);
    if (!announced) return std::unexpected(announced.error());
    item = *announced;
  }
  if (!item->done.empty()) return {};
  end_content(*item, ended_item, out);
  hold(item->done, with_status(ended_item));
  begin_of("response.output_item.done", *item, out).member("item", item->done).end();
  return {};
}

void ResponseOutput::end_the_rest(std::string_view status, std::string& out) {
  for (ResponseItem& item : items_) {
    if (!item.done.empty()) continue;
    if (item.kind == Kind::message || item.kind == Kind::reasoning) open_part(item, {}, out);
    const std::string ended = item.json(status);
    end_content(item, ended, out);
    hold(item.done, ended);
    begin_of("response.output_item.done", item, out).member("item", item.done).end();
  }
}

std::string ResponseOutput::json() const {
  std::string out;
  for (const ResponseItem& item : items_) {
    if (!out.empty()) out += ',';
    out += item.json("in_progress");
  }
  return out;
}

}  // namespace signalbox::api
