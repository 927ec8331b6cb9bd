#include "simulate/explore_moves.h"

#include <optional>
#include <set>
#include <utility>
#include <variant>

namespace signalbox::simulate {

namespace {

class Moves {
 public:
  Moves(const SmallWorld& world, const Invariants& known, const Budget& budget)
      : world_(world), known_(known), budget_(budget) {}

  std::vector<Move> all() {
    clients();
    operators();
    files();
    memory();
    engines();
    return std::move(all_);
  }

 private:
  void add(sched::Event event) { all_.push_back({.event = std::move(event), .after = budget_}); }
  void add_fault(sched::Event event) {
    if (budget_.faults == 0) return;
    auto after = budget_;
    --after.faults;
    all_.push_back({.event = std::move(event), .after = after});
  }

  void clients() {
    for (std::uint32_t model = 0; model < world_.models; ++model) {
      arrival(ModelIndex(model), sched::ServiceClass::standard);
      if (world_.classes == Classes::standard_only) continue;
      arrival(ModelIndex(model), sched::ServiceClass::priority);
      arrival(ModelIndex(model), sched::ServiceClass::flex);
    }
    for (const auto& [id, request] : known_.waiting()) add(sched::WaiterLeft{.request = id});
    for (const auto& [id, request] : known_.running()) {
      add(sched::RequestClosed{.request = id, .closing = sched::Closing::cut});
      if (request.lost) continue;
      add(sched::RequestClosed{.request = id, .closing = sched::Closing::answered});
      add_fault(sched::RequestClosed{.request = id, .closing = sched::Closing::engine_broke});
      add_fault(sched::RequestClosed{.request = id, .closing = sched::Closing::engine_silent});
      if (request.begun) continue;
      add(sched::AnswerBegan{.request = id});
      add_fault(sched::AnswerLost{.request = id, .closing = sched::Closing::engine_broke});
      add_fault(sched::AnswerLost{.request = id, .closing = sched::Closing::engine_silent});
    }
    for (const auto& [id, request] : known_.releasing()) add(sched::PlacesFreed{.request = id});
  }

  // Requests come with the next id each, so that worlds that differ only in their names are one.
  void arrival(ModelIndex model, sched::ServiceClass service_class) {
    if (budget_.arrivals == world_.requests) return;
    auto after = budget_;
    const RequestId id(++after.arrivals);
    all_.push_back(
        {.event =
             sched::RequestArrived{
                 .request = id, .model = model, .mode = world_.mode, .service_class = service_class},
         .after = after});
  }

  void operators() {
    if (budget_.stops > 0 && !known_.stop_asked()) {
      auto after = budget_;
      --after.stops;
      all_.push_back({.event = sched::StopAsked{}, .after = after});
    }
    for (std::uint32_t model = 0; model < world_.models && budget_.selects > 0; ++model) {
      auto after = budget_;
      --after.selects;
      all_.push_back(
          {.event = sched::SelectAsked{.select = SelectId(after.selects + 1), .model = ModelIndex(model)},
           .after = after});
    }
  }

  void files() {
    for (const auto model : known_.checks_out()) {
      add(sched::ModelFileChecked{.model = model, .problem = std::nullopt});
      add_fault(sched::ModelFileChecked{.model = model, .problem = "broken"});
    }
  }

  void memory() {
    // One answer at a time: which of two questions about the same model it answers makes no difference.
    const std::set<ModelIndex> asked(known_.memory_asked().begin(), known_.memory_asked().end());
    for (const auto model : asked) {
      add(sched::MemoryChecked{.model = model, .suffices = true});
      add(sched::MemoryChecked{.model = model, .suffices = false});
    }
    if (known_.successor()) add_fault(sched::MemoryShort{});
  }

  void engines() {
    engine(known_.engine());
    engine(known_.successor());
  }

  void engine(const std::optional<KnownEngine>& engine) {
    if (!engine) return;
    const sched::EngineExited exited{.epoch = engine->epoch, .reason = "it exited"};
    if (engine->told_to_go) return add(exited);
    if (!engine->ready) add(sched::EngineReady{.epoch = engine->epoch, .slots = world_.workers});
    add_fault(exited);
  }

  const SmallWorld& world_;
  const Invariants& known_;
  const Budget& budget_;
  std::vector<Move> all_;
};

}  // namespace

bool is_healthy(const sched::Event& event, const Invariants& known) {
  if (const auto* closed = std::get_if<sched::RequestClosed>(&event)) {
    return closed->closing == sched::Closing::answered;
  }
  if (const auto* checked = std::get_if<sched::ModelFileChecked>(&event)) return !checked->problem;
  if (const auto* exited = std::get_if<sched::EngineExited>(&event)) {
    const bool is_present = known.engine() && known.engine()->epoch == exited->epoch;
    return is_present ? known.engine()->told_to_go : known.successor()->told_to_go;
  }
  return std::holds_alternative<sched::PlacesFreed>(event) ||
         std::holds_alternative<sched::MemoryChecked>(event) ||
         std::holds_alternative<sched::EngineReady>(event);
}

std::vector<Move> moves(const SmallWorld& world, const Invariants& known, const Budget& budget) {
  return Moves(world, known, budget).all();
}

}  // namespace signalbox::simulate
