#include "engine/model_reader.h"

#include <algorithm>
#include <utility>

#include "base/assert.h"
#include "engine/model_parts.h"
#include "engine/page_cache.h"

namespace signalbox::engine {

ModelReader::ModelReader(const std::string& path, std::vector<pid_t> engines, Options options)
    : engines_(std::move(engines)), options_(std::move(options)) {
  SB_ASSERT(options_.step_bytes > 0 && options_.step_bytes % (64UL * 1024) == 0);  // whole pages
  for (auto& part : parts_of_model(path)) parts_.push_back({.path = std::move(part)});
}

bool ModelReader::look_at_parts() {
  for (auto& part : parts_) {
    const auto file = look_at_file(part.path);
    if (!file) return false;
    part.file = *file;
    total_bytes_ += file->size;
  }
  return true;
}

// Page cache that is free for others counts what has been read of this model too, so all of it must have
// room, not only what is left: else the last steps would push out the first.
bool ModelReader::has_memory() const {
  const auto free = options_.free_memory(file_bytes_in_use_);
  return free && *free >= kReserveBytes && *free - kReserveBytes >= total_bytes_;
}

// None if the part is open and still the file that was looked at.
std::optional<ModelReader::Step> ModelReader::open_part() {
  const auto& part = parts_[part_];
  if (look_at_file(part.path) != part.file) return Step::file_changed;
  if (open_.get() >= 0) return std::nullopt;
  open_ = open_to_read_ahead(part.path);
  if (open_.get() < 0) return Step::file_unreadable;
  return std::nullopt;
}

ModelReader::Step ModelReader::step() {
  if (stop_) return Step::stopped;
  if (!std::exchange(begun_, true)) {
    give_way();
    if (!look_at_parts()) return Step::file_unreadable;
    for (const auto engine : engines_)
      file_bytes_in_use_ += memory_of(engine).value_or(ProcessMemory()).file_bytes;
  }
  return read_on();
}

ModelReader::Step ModelReader::read_on() {
  while (part_ < parts_.size()) {
    if (stop_) return Step::stopped;
    if (const auto problem = open_part()) return *problem;
    const auto& part = parts_[part_];
    const FileSpan span{.fd = open_.get(),
                        .offset = offset_,
                        .bytes = std::min(options_.step_bytes, part.file.size - offset_)};
    const auto resident = resident_pages(span, part.path);
    const bool is_there = std::ranges::all_of(resident, [](bool page) { return page; });
    if (!is_there && !has_memory()) return Step::memory_short;
    const auto read_before = read_.load();
    const auto outcome = is_there ? ReadOutcome::done : read_pages(span, resident, stop_, read_);
    if (outcome == ReadOutcome::stopped) return Step::stopped;
    if (outcome == ReadOutcome::failed) return Step::file_unreadable;
    resident_ += span.bytes - (read_ - read_before);
    offset_ += span.bytes;
    if (offset_ >= part.file.size) {
      open_ = Descriptor();
      offset_ = 0;
      ++part_;
    }
    if (!is_there && part_ < parts_.size()) return Step::more;
  }
  return Step::complete;
}

}  // namespace signalbox::engine
