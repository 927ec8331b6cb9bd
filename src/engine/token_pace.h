// How fast the running engine's streamed answers arrive, so that work beside them can notice when it slows
// them down. Pure: no clock. EngineUpstream tells it of each piece, ReadAhead asks.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/time.h"

namespace signalbox::engine {

// What arrived in some span of time.
struct Flow {
  std::uint64_t bytes = 0;
  std::uint64_t pieces = 0;
  Duration stream_time{0};  // summed over the streams, so that bytes a second are those of one stream
  friend bool operator==(const Flow&, const Flow&) = default;
};
[[nodiscard]] Flow operator-(const Flow& later, const Flow& earlier);

// Fewer pieces say nothing about the pace: one more or less would count for too much.
inline constexpr std::uint64_t kPiecesMin = 8;
// Nor does less time: it is a few turns of everybody's processor.
inline constexpr Duration kStreamTimeMin = std::chrono::milliseconds(500);
// Below so many thousandths of the pace before, clients feel it.
inline constexpr std::uint32_t kKeptThousandths = 800;
enum class PaceChange { unknown, kept, slowed };
// `unknown` if too little came before, too little was to be expected since, or nothing streams.
[[nodiscard]] PaceChange compare(const Flow& before, const Flow& during);

// Loop thread only. Times do not go back. No allocation, and no loop over streams: a piece costs a few
// additions.
class TokenPace {
 public:
  // recent() looks back at least so far, and at most twice.
  static constexpr Duration kWindow = std::chrono::seconds(4);

  // A stream's first piece came: what is before it is prefill and no pace.
  void began(TimePoint now);
  void came(std::size_t bytes, TimePoint now);  // each further piece
  void ended(TimePoint now);                    // of a stream that has begun

  // Ever since: the difference of two of them is what came between.
  [[nodiscard]] Flow total(TimePoint now) const;
  // Not further back than when the first of the present streams began: before that it may have been another
  // engine.
  [[nodiscard]] Flow recent(TimePoint now) const { return total(now) - mark_before_; }

 private:
  void advance(TimePoint now);

  Flow total_;  // at at_
  TimePoint at_;
  std::uint32_t streams_ = 0;
  // Of the window that began at window_began_, and of the one before it.
  Flow mark_;
  Flow mark_before_;
  TimePoint window_began_;
};

// One stream as TokenPace sees it: begins with its first piece, ends with the object. The pace and the clock
// outlive it.
class StreamPace {
 public:
  // `pace`: null where nobody asks for it.
  StreamPace(TokenPace* pace, const Clock& clock) : pace_(pace), clock_(clock) {}
  ~StreamPace() { end(); }
  StreamPace(const StreamPace&) = delete;
  StreamPace& operator=(const StreamPace&) = delete;
  void came(std::size_t bytes);
  [[nodiscard]] bool has_begun() const { return began_; }
  void end();

 private:
  TokenPace* pace_;
  const Clock& clock_;
  bool began_ = false;
};

}  // namespace signalbox::engine
