#include "simulate/explore_moves.h"

#include <utility>

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
    // Requests come with the next id each, so that worlds that differ only in their names are one.
    for (std::uint32_t model = 0; model < world_.models && budget_.arrivals < world_.requests; ++model) {
      auto after = budget_;
      const RequestId id(++after.arrivals);
      all_.push_back({.event =
                          sched::RequestArrived{
                              .request = id, .model = ModelIndex(model), .mode = sched::AnswerMode::whole},
                      .after = after});
    }
    for (const auto& [id, request] : known_.waiting()) add(sched::WaiterLeft{.request = id});
    for (const auto& [id, request] : known_.running()) {
      add(sched::RequestClosed{.request = id, .closing = sched::Closing::answered});
      add(sched::RequestClosed{.request = id, .closing = sched::Closing::cut});
      if (!request.begun) add(sched::AnswerBegan{.request = id});
    }
    for (const auto& [id, request] : known_.releasing()) add(sched::PlacesFreed{.request = id});
  }

  void operators() {
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

  void engines() {
    const auto& engine = known_.engine();
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

std::vector<Move> moves(const SmallWorld& world, const Invariants& known, const Budget& budget) {
  return Moves(world, known, budget).all();
}

}  // namespace signalbox::simulate
