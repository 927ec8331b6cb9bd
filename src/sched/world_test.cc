#include "sched/world_test.h"

#include <utility>

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace signalbox::sched {

Options models(std::uint32_t count) {
  Options options;
  options.models.resize(count);
  for (auto& model : options.models) model.workers = 1;
  return options;
}

Options priced_models(std::uint32_t count) {
  auto options = models(count);
  options.learning = Learning::fixed;
  options.min_visit_thousandths = 1'000'000;
  for (auto& model : options.models) model.believed = {.service = 2s, .changeover = 4s, .tail = 1s};
  return options;
}

ModelIndex World::model_of(std::string_view name) {
  return ModelIndex(static_cast<std::uint32_t>(name.at(0) - 'a'));
}
std::string World::name_of(ModelIndex model) {
  return {static_cast<char>('a' + model.value())};
}

World::World(const Options& options, Checks checks) : scheduler_(options), audit_(options), checks_(checks) {}

RequestId World::id_of(const std::string& name) {
  const auto place = ids_.find(name);
  return place == ids_.end() ? RequestId(1'000'000) : place->second;  // a test may speak of a stranger
}

void World::arrive(const std::string& name, std::string_view model, Ask ask) {
  const RequestId id(++last_id_);
  ids_[name] = id;
  names_[id] = name;
  step(RequestArrived{.request = id,
                      .model = model_of(model),
                      .places = ask.places,
                      .mode = ask.mode,
                      .service_class = ask.service_class,
                      .tokens_max = ask.tokens_max});
}

void World::leave(const std::string& name) {
  step(WaiterLeft{.request = id_of(name)});
}
void World::close(const std::string& name, Closing closing) {
  step(RequestClosed{.request = id_of(name), .closing = closing});
}
void World::answer_with(const std::string& name, std::uint32_t tokens) {
  step(RequestClosed{.request = id_of(name), .closing = Closing::answered, .tokens = tokens});
}
void World::begin_answer(const std::string& name) {
  step(AnswerBegan{.request = id_of(name)});
}
void World::lose_answer(const std::string& name, Closing closing) {
  step(AnswerLost{.request = id_of(name), .closing = closing});
}
void World::free_places(const std::string& name) {
  step(PlacesFreed{.request = id_of(name)});
}

void World::select(std::string_view model) {
  const SelectId id(++last_id_);
  selects_[id] = model_of(model);
  step(SelectAsked{.select = id, .model = model_of(model)});
}

void World::file_turns_out_good(std::string_view model) {
  step(ModelFileChecked{.model = model_of(model), .problem = std::nullopt, .jitter_thousandths = 0});
}
void World::file_turns_out_bad(std::string_view model, const std::string& problem, std::uint32_t jitter) {
  step(ModelFileChecked{.model = model_of(model), .problem = problem, .jitter_thousandths = jitter});
}

void World::engine_progresses(std::optional<std::uint32_t> thousandths) {
  step(EngineProgressed{.epoch = epoch_, .progress_thousandths = thousandths});
}
void World::engine_becomes_ready(std::uint32_t slots) {
  step(EngineReady{.epoch = epoch_, .slots = slots});
}
void World::engine_exits(const std::string& reason, std::uint32_t jitter) {
  step(EngineExited{.epoch = epoch_, .reason = reason, .jitter_thousandths = jitter});
}
void World::memory_suffices_for(std::string_view model) {
  step(MemoryChecked{.model = model_of(model), .suffices = true});
}
void World::memory_does_not_suffice_for(std::string_view model) {
  step(MemoryChecked{.model = model_of(model), .suffices = false});
}
void World::engine_exits_of(std::string_view model, const std::string& reason) {
  Epoch last;
  for (const auto& [epoch, of] : engines_) {
    if (of == model_of(model)) last = epoch;
  }
  step(EngineExited{.epoch = last, .reason = reason, .jitter_thousandths = 0});
}
void World::late_ready_of(Epoch epoch) {
  step(EngineReady{.epoch = epoch, .slots = 1});
}
void World::late_exit_of(Epoch epoch) {
  step(EngineExited{.epoch = epoch, .reason = "late", .jitter_thousandths = 0});
}
void World::change_options(const Options& options) {
  step(OptionsChanged{.options = std::make_shared<const Options>(options)});
}
void World::stop() {
  step(StopAsked{});
}

void World::advance(Duration duration) {
  const auto end = now_ + duration;
  for (auto next = scheduler_.next_deadline(); next && *next <= end; next = scheduler_.next_deadline()) {
    ASSERT_GT(*next, now_) << "the same deadline again";
    now_ = *next;
    step(DeadlinePassed{});
  }
  now_ = end;
}

void World::have_loaded(std::string_view model, Duration load) {
  const bool something_was_there = shown().active_model.has_value();
  arrive("set-up", model);
  if (something_was_there) engine_exits();
  advance(load);
  engine_becomes_ready();
  answer("set-up");
  ASSERT_EQ(shown().active_model, model_of(model));
  ASSERT_EQ(shown().in_flight, 0U);
  log_.clear();
  switches_.clear();
}

std::vector<std::string> World::log() {
  return std::exchange(log_, {});
}
std::vector<std::string> World::switches() {
  return std::exchange(switches_, {});
}

std::optional<RequestStatus> World::status_of(const std::string& name) const {
  return scheduler_.status_of(ids_.at(name), now_);
}

std::optional<Duration> World::next_deadline_in() const {
  const auto next = scheduler_.next_deadline();
  return next ? std::optional<Duration>(*next - now_) : std::nullopt;
}

void World::step(const Event& event) {
  const auto commands = scheduler_.step(event, now_);
  audit_.look(event, commands, scheduler_, now_);
  change_.reset();
  for (const auto& command : commands) {
    write_down(command);
    history_.push_back(command);
  }
  const auto to_check = std::exchange(to_check_, {});
  for (const auto model : to_check) {
    const auto broken = broken_.find(model);
    if (broken == broken_.end()) {
      file_turns_out_good(name_of(model));
    } else {
      file_turns_out_bad(name_of(model), broken->second);
    }
  }
}

namespace {
template <class... Ts>
struct Overloaded : Ts... {
  using Ts::operator()...;
};
}  // namespace

void World::write_down(const Command& command) {
  const auto say = [this](std::string line) { log_.push_back(std::move(line)); };
  std::visit(
      Overloaded{
          [&](const StartRequest& c) { say("start " + names_[c.request] + (c.waited ? "" : " at once")); },
          [&](const RefuseRequest& c) {
            say("refuse " + names_[c.request] + ": " + std::string(word_of(c.refusal)));
          },
          [&](const AbortRequest& c) {
            say("abort " + names_[c.request] + ": " + std::string(word_of(c.abort)));
          },
          [&](const RequeueRequest& c) { say("requeue " + names_[c.request]); },
          [&](const CheckModelFile& c) {
            if (checks_ == Checks::by_hand) {
              say("check " + name_of(c.model));
            } else {
              to_check_.push_back(c.model);
            }
          },
          [&](const StartEngine& c) {
            epoch_ = c.epoch;
            engines_[c.epoch] = c.model;
            say("load " + name_of(c.model) + (c.beside ? " beside" : ""));
          },
          [&](const StopEngine& c) { say("stop " + name_of(engines_.at(c.epoch))); },
          [&](const KillEngine& c) { say("kill " + name_of(engines_.at(c.epoch))); },
          [&](const CheckMemory& c) { say("memory for " + name_of(c.model) + "?"); },
          [&](const AnswerSelect& c) {
            say("select " + name_of(selects_[c.select]) + ": " + std::string(word_of(c.outcome)));
          },
          [&](const SwitchStarted& c) {
            switches_.push_back(
                fmt::format("{} -> {}: {}", c.from ? name_of(*c.from) : "nothing", name_of(c.to), c.cause));
          },
          [&](const SwitchFinished& c) { switches_.push_back(name_of(c.to) + " is there"); },
          [&](const SwitchFailed& c) {
            const char* end = c.end == SwitchEnd::called_off ? " called off: " : " failed: ";
            switches_.push_back(name_of(c.to) + end + c.reason);
          },
          [&](const StatusChanged& c) { change_ = c; },
          [&](const Stopped&) { say("stopped"); },
      },
      command);
}

}  // namespace signalbox::sched
