#include "http/body_buffer.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <new>
#include <sys/mman.h>

namespace signalbox::http {
namespace {

constexpr std::size_t kFirstCapacity = 4096;
constexpr std::size_t kPage = 4096;

std::size_t round_up_to_page(std::size_t bytes) {
  return (bytes + kPage - 1) / kPage * kPage;
}

}  // namespace

BodyBuffer::~BodyBuffer() {
  if (mapped()) {
    ::munmap(data_, capacity_);
  } else {
    std::free(data_);
  }
}

void BodyBuffer::reserve(std::size_t announced) {
  const std::size_t wanted = std::min(announced, kReserveMax);
  if (wanted > capacity_) grow_to(wanted);
}

void BodyBuffer::append(std::string_view bytes) {
  if (bytes.empty()) return;
  const std::size_t needed = size_ + bytes.size();
  if (needed > capacity_) grow_to(std::max({needed, capacity_ * 2, kFirstCapacity}));
  std::memcpy(data_ + size_, bytes.data(), bytes.size());
  size_ = needed;
}

void BodyBuffer::grow_to(std::size_t capacity) {
  if (capacity < kMappedFrom) {
    void* grown = std::realloc(data_, capacity);
    if (grown == nullptr) throw std::bad_alloc();
    data_ = static_cast<char*>(grown);
    capacity_ = capacity;
    return;
  }
  capacity = round_up_to_page(capacity);
  void* grown = mapped()
                    ? ::mremap(data_, capacity_, capacity, MREMAP_MAYMOVE)
                    : ::mmap(nullptr, capacity, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (grown == MAP_FAILED) throw std::bad_alloc();
  if (!mapped() && data_ != nullptr) {
    std::memcpy(grown, data_, size_);
    std::free(data_);
  }
  data_ = static_cast<char*>(grown);
  capacity_ = capacity;
}

}  // namespace signalbox::http
