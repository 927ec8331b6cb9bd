// Bytes read from a connection and not used yet. Its memory goes away with its last byte, so that thousands
// of idle connections cost none. No limit of its own: wire.h says how much may be read.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <memory>
#include <span>
#include <string_view>

#include "base/assert.h"

namespace signalbox::http {

class InputBuffer {
 public:
  [[nodiscard]] std::string_view view() const { return {memory_.get() + begin_, end_ - begin_}; }
  [[nodiscard]] std::size_t size() const { return end_ - begin_; }
  [[nodiscard]] bool empty() const { return begin_ == end_; }
  [[nodiscard]] std::size_t capacity() const { return capacity_; }

  // Room for up to `bytes` more behind what is there; what `view` gave is invalid afterwards. `commit` says
  // how much came.
  [[nodiscard]] std::span<char> prepare(std::size_t bytes) {
    if (capacity_ - end_ < std::min(bytes, kSpareMin)) make_room(bytes);
    return {memory_.get() + end_, std::min(bytes, capacity_ - end_)};
  }
  void commit(std::size_t bytes) {
    end_ += bytes;
    SB_ASSERT(end_ <= capacity_);
    if (empty()) release();
  }
  void consume(std::size_t bytes) {
    SB_ASSERT(bytes <= size());
    begin_ += bytes;
    if (empty()) release();
  }

 private:
  void make_room(std::size_t bytes) {
    const std::size_t wanted = size() + bytes;
    auto bigger = std::make_unique_for_overwrite<char[]>(wanted);
    if (!empty()) std::memcpy(bigger.get(), memory_.get() + begin_, size());
    end_ -= begin_;
    begin_ = 0;
    capacity_ = wanted;
    memory_ = std::move(bigger);
  }
  void release() {
    memory_.reset();
    begin_ = end_ = capacity_ = 0;
  }

  // Less free room than this is not worth a read; more is used up first, so that a head that trickles in byte
  // by byte is not copied with each byte.
  static constexpr std::size_t kSpareMin = 1024;

  std::unique_ptr<char[]> memory_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  std::size_t capacity_ = 0;
};

}  // namespace signalbox::http
