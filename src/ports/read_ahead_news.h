// What came of reading a model's file ahead: for the metrics and the log.
#pragma once

#include <cstdint>

#include "base/id.h"
#include "base/time.h"

namespace signalbox {

struct ReadAheadNews {
  enum class End {
    complete,         // all of it is in the page cache
    stopped,          // its engine starts, or it is not wanted any more
    memory_short,     // the rest would have pushed out what is in use
    clients_slowed,   // the running answers came slower, again and again
    file_changed,     // it is being replaced
    file_unreadable,  // not there, or the disk says no
    disk_stuck,       // no answer from the disk
  };
  ModelIndex model;
  End end = End::complete;
  std::uint64_t bytes_read = 0;
  std::uint64_t bytes_resident = 0;  // were in the page cache already
  std::uint32_t pauses = 0;          // because the running answers came slower
  Duration took{0};
};

// Loop thread only; told once for each read-ahead, perhaps from inside the call that ends it.
class ReadAheadObserver {
 public:
  virtual ~ReadAheadObserver() = default;
  virtual void read_ahead_ended(const ReadAheadNews& news) = 0;
};

}  // namespace signalbox
