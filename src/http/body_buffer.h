// The bytes of one request body: contiguous, and growing without a copy on the loop however big it gets. No
// parsing, no limit of its own (the reader holds max_body_bytes). The exchange fills it; a route keeps it
// alive.
#pragma once

#include <cstddef>
#include <string_view>

namespace signalbox::http {

// Small bodies live on the heap; from kMappedFrom on in a mapping of their own, which mremap moves by its
// page tables instead of copying 60 MB (that would stop the loop for about 10 ms). Throws std::bad_alloc when
// there is no memory.
class BodyBuffer {
 public:
  // A Content-Length is believed up to here; a client that announces 64 MiB and sends nothing costs no more.
  static constexpr std::size_t kReserveMax = std::size_t{1} * 1024 * 1024;
  static constexpr std::size_t kMappedFrom = std::size_t{256} * 1024;

  BodyBuffer() = default;
  BodyBuffer(const BodyBuffer&) = delete;
  BodyBuffer& operator=(const BodyBuffer&) = delete;
  ~BodyBuffer();

  void reserve(std::size_t announced);
  void append(std::string_view bytes);
  // Valid until the next append.
  [[nodiscard]] std::string_view view() const { return {data_, size_}; }
  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] std::size_t capacity() const { return capacity_; }

 private:
  void grow_to(std::size_t capacity);
  [[nodiscard]] bool mapped() const { return capacity_ >= kMappedFrom; }

  char* data_ = nullptr;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
};

}  // namespace signalbox::http
