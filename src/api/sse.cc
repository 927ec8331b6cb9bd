#include "api/sse.h"

#include <algorithm>
#include <utility>

namespace signalbox::api {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
constexpr std::string_view kLineEnds = "\r\n";

// Calls `line` for each line of `text`, the last one too if it is empty.
template <class Line>
void for_each_line(std::string_view text, Line line) {
  for (;;) {
    const std::size_t end = text.find_first_of(kLineEnds);
    line(text.substr(0, end));
    if (end == std::string_view::npos) return;
    text.remove_prefix(end + (text.substr(end).starts_with("\r\n") ? 2 : 1));
  }
}

void append_field(std::string& out, std::string_view field, std::string_view text) {
  for_each_line(text, [&](std::string_view line) {
    out.append(field).append(line.empty() ? ":" : ": ").append(line) += '\n';
  });
}

}  // namespace

Result<void> SseReader::feed(std::string_view bytes) {
  while (!bytes.empty()) {
    if (std::exchange(after_return_, false) && bytes.front() == '\n') {
      bytes.remove_prefix(1);
      continue;
    }
    const std::size_t end = bytes.find_first_of(kLineEnds);
    if (line_.size() + data_.size() + std::min(end, bytes.size()) > kEventBytesMax) {
      return fail(ErrorCode::limit, "An event of the stream is too long.");
    }
    if (end == std::string_view::npos) {
      line_.append(bytes);
      return {};
    }
    if (line_.empty()) {
      take_line(bytes.substr(0, end));
    } else {
      line_.append(bytes.substr(0, end));
      take_line(line_);
      line_.clear();
    }
    after_return_ = bytes[end] == '\r';
    bytes.remove_prefix(end + 1);
  }
  return {};
}

void SseReader::take_line(std::string_view line) {
  if (std::exchange(first_line_, false) && line.starts_with(kByteOrderMark)) {
    line.remove_prefix(kByteOrderMark.size());
  }
  if (line.empty()) {
    if (has_data_) ready_.push_back({.name = std::move(name_), .data = std::move(data_)});
    name_.clear();
    data_.clear();
    has_data_ = false;
    return;
  }
  const std::size_t colon = line.find(':');
  const std::string_view field = line.substr(0, colon);
  std::string_view value = colon == std::string_view::npos ? std::string_view{} : line.substr(colon + 1);
  if (value.starts_with(' ')) value.remove_prefix(1);
  if (field == "event") {
    name_ = value;
  } else if (field == "data") {
    if (has_data_) data_ += '\n';
    data_.append(value);
    has_data_ = true;
  }
}

bool SseReader::next(SseEvent& event) {
  if (ready_.empty()) return false;
  current_ = std::move(ready_.front());
  ready_.pop_front();
  event = {.name = current_.name, .data = current_.data};
  return true;
}

bool SseReader::pending() const {
  return has_data_ || !name_.empty() || !line_.empty();
}

std::string sse_data(std::string_view data) {
  std::string out;
  out.reserve(data.size() + sizeof("data: \n\n"));
  append_field(out, "data", data);
  return out += '\n';
}

std::string sse_event(std::string_view name, std::string_view data) {
  std::string out = "event: ";
  out.append(name) += '\n';
  append_field(out, "data", data);
  return out += '\n';
}

std::string sse_comment(std::string_view text) {
  std::string out;
  append_field(out, "", text);
  return out += '\n';
}

}  // namespace signalbox::api
