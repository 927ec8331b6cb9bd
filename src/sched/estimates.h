// What each model costs, as moving averages of what was measured (rule 15). Integer arithmetic only: the
// estimates decide.
#pragma once

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

// One kind of cost, of every model.
class Averages {
 public:
  explicit Averages(std::size_t models) : models_(models) {}

  void note(ModelIndex model, Duration measured);
  // As measured or believed, else the mean of all models of which it is known, else none.
  [[nodiscard]] std::optional<Duration> of(ModelIndex model) const;

 private:
  struct Average {
    Duration value{0};
    std::int64_t count = 0;  // up to kAverageWindow; 0: unknown
  };

  std::vector<Average> models_;
  Duration sum_{0};  // of the known ones
  std::int64_t known_ = 0;
};

class Estimates {
 public:
  explicit Estimates(const Options& options);

  // One answer in full; with the number of its tokens, where the engine said it.
  void note_service(ModelIndex model, Duration service, std::optional<std::uint32_t> tokens);
  // Stop of the engine before, if there was one, and own load.
  void note_changeover(ModelIndex model, Duration changeover);
  // Last ordinary start of a visit to engine empty.
  void note_tail(ModelIndex model, Duration tail);
  // Of a visit that others waited to see end: from then, or from ready, to stop told.
  void note_stay(ModelIndex model, Duration stay);

  [[nodiscard]] std::optional<Duration> service(ModelIndex model) const { return service_.of(model); }
  [[nodiscard]] std::optional<Duration> changeover(ModelIndex model) const { return changeover_.of(model); }
  [[nodiscard]] std::optional<Duration> tail(ModelIndex model) const { return tail_.of(model); }
  [[nodiscard]] std::optional<Duration> stay(ModelIndex model) const { return stay_.of(model); }
  [[nodiscard]] std::optional<Duration> per_token(ModelIndex model) const { return per_token_.of(model); }
  [[nodiscard]] Costs costs(ModelIndex model) const;

 private:
  Learning learning_;
  Averages service_;
  Averages changeover_;
  Averages tail_;
  Averages stay_;
  Averages per_token_;
};

}  // namespace signalbox::sched
