// What each model costs, as moving averages of what was measured (rule 15). Integer arithmetic only: the
// estimates decide.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/id.h"
#include "base/time.h"
#include "sched/options.h"

namespace signalbox::sched {

// The last kAverageWindow measurements or so: a fixed share of each new one.
inline constexpr std::int64_t kAverageWindow = 8;

class Estimates {
 public:
  explicit Estimates(const Options& options);

  // One answer in full; with the number of its tokens, where the engine said it.
  void note_service(ModelIndex model, Duration service, std::optional<std::uint32_t> tokens);
  // Stop of the engine before, if there was one, and own load.
  void note_changeover(ModelIndex model, Duration changeover);
  // Last ordinary start of a visit to engine empty.
  void note_tail(ModelIndex model, Duration tail);

  // Each: as measured or believed, else the mean of all models of which it is known, else none.
  [[nodiscard]] std::optional<Duration> service(ModelIndex model) const { return of(model, Kind::service); }
  [[nodiscard]] std::optional<Duration> changeover(ModelIndex model) const {
    return of(model, Kind::changeover);
  }
  [[nodiscard]] std::optional<Duration> tail(ModelIndex model) const { return of(model, Kind::tail); }
  [[nodiscard]] std::optional<Duration> per_token(ModelIndex model) const {
    return of(model, Kind::per_token);
  }
  [[nodiscard]] Costs costs(ModelIndex model) const;

 private:
  enum class Kind : std::uint8_t { service, changeover, tail, per_token };
  static constexpr std::size_t kKinds = 4;
  struct Average {
    Duration value{0};
    std::int64_t count = 0;  // up to kAverageWindow; 0: unknown
  };

  void note(ModelIndex model, Kind kind, Duration measured);
  [[nodiscard]] std::optional<Duration> of(ModelIndex model, Kind kind) const;

  Learning learning_;
  std::vector<std::array<Average, kKinds>> models_;
  std::array<Duration, kKinds> sums_{};  // of the known ones
  std::array<std::int64_t, kKinds> known_{};
};

}  // namespace signalbox::sched
