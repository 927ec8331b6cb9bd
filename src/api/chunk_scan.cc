#include "api/chunk_scan.h"

#include <charconv>

namespace signalbox::api {

std::uint32_t read_index(std::string_view number) {
  std::uint32_t index = 0;
  const char* end = number.data() + number.size();
  const auto read = std::from_chars(number.data(), end, index);
  return read.ec == std::errc{} && read.ptr == end ? index : 0;
}

bool ChunkScan::read(std::string_view chunk) {
  chunk_ = chunk;
  members_.clear();
  roles_.clear();
  choices_are_empty_ = false;
  finishes_ = false;
  has_content_ = false;
  JsonCursor cursor(JsonCursor::Of::object, chunk);
  JsonMember member;
  while (cursor.next(member)) {
    members_.push_back(member);
    if (member.key == "choices") read_choices(member.value);
  }
  return cursor.complete();
}

std::string_view ChunkScan::value(std::string_view key) const {
  for (const auto& member : members_) {
    if (member.key == key) return member.value;
  }
  return {};
}

std::size_t ChunkScan::offset(std::string_view part) const {
  return static_cast<std::size_t>(part.data() - chunk_.data());
}

void ChunkScan::read_choices(std::string_view choices) {
  JsonCursor cursor(JsonCursor::Of::array, choices);
  JsonMember choice;
  choices_are_empty_ = true;
  while (cursor.next(choice)) {
    choices_are_empty_ = false;
    read_choice(choice.value);
  }
  if (!cursor.complete()) choices_are_empty_ = false;  // not a list: nothing we know how to leave out
}

void ChunkScan::read_choice(std::string_view choice) {
  JsonCursor cursor(JsonCursor::Of::object, choice);
  JsonMember member;
  std::uint32_t index = 0;
  std::string_view delta;
  while (cursor.next(member)) {
    if (member.key == "index") {
      index = read_index(member.value);
    } else if (member.key == "delta") {
      delta = member.value;
    } else if (member.key == "text") {
      has_content_ = has_content_ || member.value != R"("")";
    } else if (member.key == "finish_reason") {
      finishes_ = finishes_ || member.value != "null";
    }
  }
  if (!delta.empty()) read_delta(delta, index);
}

void ChunkScan::read_delta(std::string_view delta, std::uint32_t choice) {
  JsonCursor cursor(JsonCursor::Of::object, delta);
  JsonMember member;
  const std::size_t base = offset(delta);
  std::size_t previous_end = 0;
  bool cut_to_next = false;
  while (cursor.next(member)) {
    if (cut_to_next) roles_.back().end = base + member.begin;
    cut_to_next = false;
    if (member.key == "role") {
      const std::size_t begin = previous_end == 0 ? member.begin : previous_end;
      roles_.push_back({.choice = choice, .begin = base + begin, .end = base + member.end});
      cut_to_next = previous_end == 0;
    } else {
      has_content_ = has_content_ || member.key != "content" || member.value != "null";
    }
    previous_end = member.end;
  }
}

}  // namespace signalbox::api
