#include "engine/token_pace.h"

#include <utility>

#include "base/assert.h"

namespace signalbox::engine {
namespace {

// For products of bytes and microseconds.
__extension__ using Wide = __int128;

}  // namespace

Flow operator-(const Flow& later, const Flow& earlier) {
  return {.bytes = later.bytes - earlier.bytes,
          .pieces = later.pieces - earlier.pieces,
          .stream_time = later.stream_time - earlier.stream_time};
}

PaceChange compare(const Flow& before, const Flow& during) {
  if (before.pieces < kPiecesMin || before.bytes == 0 || before.stream_time <= Duration(0))
    return PaceChange::unknown;
  const Wide time_before = before.stream_time.count();
  const Wide time_during = during.stream_time.count();
  if (during.stream_time < kStreamTimeMin) return PaceChange::unknown;
  if (Wide{before.pieces} * time_during < Wide{kPiecesMin} * time_before) return PaceChange::unknown;
  const Wide now = Wide{during.bytes} * time_before * 1000;
  const Wide least = Wide{before.bytes} * time_during * kKeptThousandths;
  return now < least ? PaceChange::slowed : PaceChange::kept;
}

Flow TokenPace::total(TimePoint now) const {
  Flow total = total_;
  total.stream_time += (now - at_) * streams_;
  return total;
}

void TokenPace::advance(TimePoint now) {
  SB_ASSERT(now >= at_);
  total_ = total(now);
  at_ = now;
  if (now - window_began_ < kWindow) return;
  mark_before_ = mark_;
  mark_ = total_;
  window_began_ = now;
}

void TokenPace::began(TimePoint now) {
  advance(now);
  if (streams_++ > 0) return;
  mark_before_ = mark_ = total_;
  window_began_ = now;
}

void TokenPace::came(std::size_t bytes, TimePoint now) {
  SB_ASSERT(streams_ > 0);
  advance(now);
  total_.bytes += bytes;
  ++total_.pieces;
}

void TokenPace::ended(TimePoint now) {
  SB_ASSERT(streams_ > 0);
  advance(now);
  --streams_;
}

void StreamPace::came(std::size_t bytes) {
  if (pace_ == nullptr) return;
  if (std::exchange(began_, true)) return pace_->came(bytes, clock_.now());
  pace_->began(clock_.now());
}

void StreamPace::end() {
  if (std::exchange(began_, false)) pace_->ended(clock_.now());
  pace_ = nullptr;
}

}  // namespace signalbox::engine
