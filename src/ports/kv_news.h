// What the carrying of conversations from one engine to the next has done: for the metrics and the log.
#pragma once

#include <cstdint>

#include "base/id.h"
#include "base/time.h"

namespace signalbox {

struct KvNews {
  enum class What {
    saved,           // a slot, to disk
    restored,        // a slot, from disk
    save_failed,     // its conversation will be computed again
    restore_failed,  // likewise
    prepared,        // a request's slot was found, saved and restored as it needed; `took` is what it waited
    turned_off,      // the disk is full: nothing is saved any more
  };
  What what = What::saved;
  ModelIndex model;
  Duration took{0};
  std::uint32_t tokens = 0;  // saved, restored
  std::uint64_t bytes = 0;   // likewise
};

// Loop thread only; never told from inside a call to the one who tells.
class KvObserver {
 public:
  virtual ~KvObserver() = default;
  virtual void kv_told(const KvNews& news) = 0;
};

}  // namespace signalbox
