// Every admitted request and where it stands: in its model's queue, at the engine, or closed with its places
// not yet free. Decides nothing and sends nothing; the scheduler's State is the only caller.
//
//              start                 answered
//   (waiting) -------> (running) ---------------------> gone
//    |    ^   put back     |  closed early                ^
//    |    +----------------+                              |
//    | left, refused       v                              |
//    |                (releasing) ------------------------+
//    v                              places freed
//   gone
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "base/id.h"
#include "base/time.h"
#include "sched/event.h"
#include "sched/queue.h"
#include "sched/scheduler.h"

namespace signalbox::sched {

enum class Phase { waiting, running, releasing };

struct Request {
  RequestId id;
  ModelIndex model;
  std::uint32_t places = 1;
  TimePoint arrived;
  ServiceClass service_class = ServiceClass::standard;
  Duration patience{0};  // how long it may wait; 0: as long as it takes
  std::optional<std::uint32_t> tokens_max{};
  std::uint64_t number = 0;  // order of admission, set by Requests
  Phase phase = Phase::waiting;
  // Waiting: the end of its patience. Releasing, or its answer lost: when its places must be free.
  std::optional<TimePoint> deadline{};
  TimePoint started{};                       // from running on
  std::optional<TimePoint> predicted_end{};  // running: by its token limit, where known (rule 5)
  bool answer_began = false;                 // running: its client has had a byte
  bool answer_lost = false;                  // running: it waits for what becomes of its engine
  bool was_replayed = false;                 // it has had its second try (rule 11)
  bool engine_broke = false;                 // releasing or lost: its engine ended the connection
};

// The oldest waiting request of a model.
struct Head {
  ModelIndex model;
  TimePoint arrived;
};

class Requests {
 public:
  explicit Requests(const std::vector<ModelOptions>& models);

  // Precondition: the id is new. Does not look at the queue's bounds.
  void enqueue(Request request);
  // Precondition: the id is new. For a request that never waits: queue bounds do not concern it.
  void add_running(Request request);
  // waiting -> running
  void start(RequestId id, TimePoint now, std::optional<TimePoint> predicted_end);
  void note_answer_began(RequestId id);
  // Of a running one.
  void note_answer_lost(RequestId id, Closing closing, TimePoint deadline);
  // running -> waiting, at the place that its number gives it
  void put_back(RequestId id, std::optional<TimePoint> deadline);
  // Flex waiters that arrived at `arrived_max` or before become pressing ones.
  void promote_flex(TimePoint arrived_max);
  void set_capacities(const std::vector<ModelOptions>& models);
  // running -> releasing
  void release(RequestId id, Closing closing, TimePoint deadline);
  // Any phase -> gone. Precondition: it is here.
  void erase(RequestId id);

  [[nodiscard]] const Request* find(RequestId id) const;
  [[nodiscard]] const WaitQueue& queue(ModelIndex model) const;
  [[nodiscard]] std::vector<RequestId> waiting_for(ModelIndex model) const;
  // All that are here, by their numbers. Costs O(n log n).
  [[nodiscard]] std::vector<const Request*> in_order() const;
  // Running and releasing ones, in the order of their ids.
  [[nodiscard]] std::vector<RequestId> at_the_engine() const;

  [[nodiscard]] std::uint32_t running() const { return running_; }
  // Running ones of which an answer may still come.
  [[nodiscard]] std::uint32_t hopeful() const { return running_ - lost_; }
  [[nodiscard]] std::uint32_t busy_places() const { return busy_places_; }
  // The engine broke an answer off and has not been heard of since: it may be dying, and what is sent now may
  // be lost.
  [[nodiscard]] bool engine_is_suspect() const { return broken_ > 0; }
  [[nodiscard]] bool empty() const { return requests_.empty(); }
  [[nodiscard]] std::uint64_t last_number() const { return last_number_; }

  // Grows whenever a queue's length changes.
  [[nodiscard]] std::uint64_t revision() const { return revision_; }
  // Models whose queues changed since they were last taken; some perhaps twice.
  [[nodiscard]] std::vector<ModelIndex> take_touched() { return std::exchange(touched_, {}); }

  // Models with pressing waiters, by the admission numbers of their oldest; of flex waiters likewise. Of two
  // that came in the same microsecond the one admitted first counts as older: by the order of the
  // configuration a model could come back at once for one who had come after the switch began.
  using Heads = std::set<std::pair<std::uint64_t, ModelIndex>>;
  [[nodiscard]] const Heads& heads() const { return heads_; }
  [[nodiscard]] const Heads& flex_heads() const { return flex_heads_; }
  // The oldest of all heads but that of `except`.
  [[nodiscard]] std::optional<Head> oldest_head(std::optional<ModelIndex> except) const;
  // A model other than `except` with flex waiters.
  [[nodiscard]] std::optional<ModelIndex> oldest_flex(std::optional<ModelIndex> except) const;
  [[nodiscard]] std::optional<std::pair<TimePoint, RequestId>> first_deadline() const;

 private:
  Request& add(Request request);
  Request& at(RequestId id);
  void set_deadline(Request& request, std::optional<TimePoint> deadline);
  void engage(Request& request, TimePoint now);
  void forget_loss(Request& request);
  void take_out_of_queue(const Request& request);
  void refresh_heads(ModelIndex model);

  // As `heads_` and `flex_heads_` know them; 0: none.
  struct KnownHeads {
    std::uint64_t pressing = 0;
    std::uint64_t flex = 0;
  };
  std::map<RequestId, Request> requests_;
  std::vector<WaitQueue> queues_;
  std::vector<KnownHeads> known_heads_;
  Heads heads_;
  Heads flex_heads_;
  std::vector<ModelIndex> touched_;
  std::uint64_t revision_ = 0;
  std::set<RequestId> engaged_;  // running and releasing; at most as many as there are places
  std::set<std::pair<TimePoint, RequestId>> deadlines_;
  std::uint64_t last_number_ = 0;
  std::uint32_t running_ = 0;
  std::uint32_t busy_places_ = 0;
  std::uint32_t broken_ = 0;
  std::uint32_t lost_ = 0;
};

}  // namespace signalbox::sched
