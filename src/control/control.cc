#include "control/control.h"

#include <algorithm>
#include <type_traits>
#include <utility>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "base/assert.h"
#include "control/step_log.h"
#include "control/switch_log.h"

namespace signalbox::control {

namespace asio = boost::asio;

namespace {

constexpr std::size_t kMailboxMax = 1024;
constexpr Duration kTimerMax = std::chrono::hours(1);

// What changes from one moment to the next without anything having happened.
void clear_ages(sched::Snapshot& snapshot) {
  for (auto& model : snapshot.models) {
    model.oldest_wait.reset();
    model.quarantined_for.reset();
  }
}

}  // namespace

Control::Control(asio::any_io_executor executor, const Clock& clock, EngineLauncher& launcher,
                 Upstream& upstream, metrics::Metrics& metrics, Options options)
    : executor_(std::move(executor)),
      clock_(clock),
      began_(clock.now()),
      launcher_(launcher),
      upstream_(upstream),
      names_(std::move(options.model_names)),
      replay_(options.scheduling.replay),
      scheduler_(std::move(options.scheduling)),
      infos_(names_.size()),
      heartbeats_(executor_, clock_, options.heartbeat_interval),
      place_watch_(*this),
      switch_meter_(metrics),
      timer_(executor_),
      stopped_timer_(executor_),
      random_(static_cast<std::uint32_t>(clock.now().time_since_epoch().count())) {
  launcher_.observe(*this);
}

Control::~Control() {
  SB_ASSERT(tickets_.empty());
  SB_ASSERT(subscriptions_.empty());
}

void Control::begin() {
  handle(sched::DeadlinePassed());
}

void Control::handle(sched::Event event) {
  SB_ASSERT(mailbox_.size() < kMailboxMax);
  mailbox_.push_back(std::move(event));
  if (handling_) return;
  handling_ = true;
  while (!mailbox_.empty()) {
    const sched::Event next = std::move(mailbox_.front());
    mailbox_.pop_front();
    const auto now = clock_.now();
    auto commands = scheduler_.step(next, now);
    log_step(next, now - began_, commands);
    for (sched::Command& command : commands) obey(std::move(command));
  }
  handling_ = false;
  arm_timer();
  publish();
}

std::variant<std::unique_ptr<Ticket>, Refused> Control::admit(const Admission& admission) {
  const RequestId id(++last_request_);
  std::unique_ptr<Ticket> ticket(new Ticket(*this, id, admission));
  tickets_.emplace(id, ticket.get());
  handle(sched::RequestArrived{.request = id,
                               .model = admission.model,
                               .places = admission.places,
                               .mode = admission.mode,
                               .service_class = admission.service_class,
                               .tokens_max = admission.tokens_max});
  for (const Wakeup& wakeup : ticket->wakeups_) {
    if (const auto* refused = std::get_if<Refused>(&wakeup)) return *refused;
  }
  if (ticket->wakeups_.empty()) {
    if (const auto status = ticket->status()) ticket->push_status(*status);
  }
  return ticket;
}

sched::SelectOutcome Control::select(ModelIndex model) {
  select_outcome_.reset();
  handle(sched::SelectAsked{.select = SelectId(++last_select_), .model = model});
  SB_ASSERT(select_outcome_.has_value());
  return *select_outcome_;
}

void Control::stop() {
  if (stopping_) return;
  stopping_ = true;
  launcher_.stop_reading_ahead();
  published_.reset();  // whoever listens hears of the stop even if nothing else changes
  handle(sched::StopAsked());
}

asio::awaitable<void> Control::stopped() {
  while (!stopped_) {
    stopped_timer_.expires_after(kTimerMax);
    co_await stopped_timer_.async_wait(asio::as_tuple(asio::use_awaitable));
  }
}

void Control::obey(sched::Command command) {
  if (const auto* refuse = std::get_if<sched::RefuseRequest>(&command)) {
    Ticket& ticket = ticket_of(refuse->request);
    ticket.phase_ = Ticket::Phase::ended;
    forget(ticket);
    ticket.push(
        Refused{.refusal = refuse->refusal, .retry_after = refuse->retry_after, .detail = refuse->detail});
  } else if (const auto* start = std::get_if<sched::StartRequest>(&command)) {
    obey_start(*start);
  } else if (const auto* abort = std::get_if<sched::AbortRequest>(&command)) {
    ticket_of(abort->request).abort(*abort);
  } else if (const auto* requeue = std::get_if<sched::RequeueRequest>(&command)) {
    ticket_of(requeue->request).requeue(*requeue);
  } else if (const auto* answer = std::get_if<sched::AnswerSelect>(&command)) {
    select_outcome_ = answer->outcome;
  } else if (std::holds_alternative<sched::StatusChanged>(command)) {
    tell_waiters();
  } else if (std::holds_alternative<sched::Stopped>(command)) {
    stopped_ = true;
    stopped_timer_.cancel();
  } else {
    tell_switch(command);
    obey_engine(command);
  }
}

Ticket& Control::ticket_of(RequestId request) {
  const auto found = tickets_.find(request);
  SB_ASSERT(found != tickets_.end());
  return *found->second;
}

void Control::obey_start(const sched::StartRequest& start) {
  Ticket& ticket = ticket_of(start.request);
  SB_ASSERT(ticket.phase_ == Ticket::Phase::waiting);
  ticket.phase_ = Ticket::Phase::running;
  ticket.epoch_ = start.epoch;
  ticket.started_at_ = clock_.now();
  ticket.push(Started{.epoch = start.epoch,
                      .waited = start.waited,
                      .wait_duration = start.wait_duration,
                      .switch_duration = start.switch_duration,
                      .estimate = ticket.first_estimate_});
}

void Control::tell_switch(const sched::Command& command) {
  log_switch(command, names_);
  const auto* finished = std::get_if<sched::SwitchFinished>(&command);
  const auto phases = finished == nullptr ? SwitchPhases() : switch_story_.finished(*finished, clock_.now());
  switch_meter_.count(command, phases);
}

void Control::answer_began(const Ticket& ticket) {
  handle(sched::AnswerBegan{.request = ticket.id_});
  const auto told = switch_story_.answer_began(ticket.epoch_, ticket.prepared_, ticket.is_streamed_,
                                               ticket.started_at_, clock_.now());
  if (!told) return;
  log_switch_told(*told, names_);
  switch_meter_.count_first_answer(*told);
  for (Subscription* subscription : subscriptions_) subscription->push(*told);
}

void Control::obey_engine(const sched::Command& command) {
  if (const auto* check = std::get_if<sched::CheckModelFile>(&command)) {
    launcher_.check(check->model);
  } else if (const auto* memory = std::get_if<sched::CheckMemory>(&command)) {
    launcher_.check_memory(memory->model);
  } else if (const auto* start = std::get_if<sched::StartEngine>(&command)) {
    engines_.emplace(start->epoch, Engine{.model = start->model});
    launcher_.stop_reading_ahead();  // the engine itself reads it now
    launcher_.start(start->model, start->epoch);
  } else if (const auto* stop = std::get_if<sched::StopEngine>(&command)) {
    end_engine(stop->epoch);
    launcher_.stop(stop->epoch);
  } else if (const auto* kill = std::get_if<sched::KillEngine>(&command)) {
    end_engine(kill->epoch);
    launcher_.kill(kill->epoch);
  } else if (const auto* started = std::get_if<sched::SwitchStarted>(&command)) {
    if (started->from) launcher_.read_ahead(started->to);
  } else if (std::holds_alternative<sched::SwitchFailed>(command)) {
    launcher_.stop_reading_ahead();
  }
}

void Control::end_engine(Epoch epoch) {
  engines_.at(epoch).ending = true;
  place_watch_.clear(epoch);
  upstream_.close_all(epoch);  // an open stream would hold the engine's exit back for 30 s
}

void Control::tell_waiters() {
  for (const auto& [id, ticket] : tickets_) {
    if (ticket->phase_ != Ticket::Phase::waiting) continue;
    if (const auto status = ticket->status()) ticket->push_status(*status);
  }
}

void Control::arm_timer() {
  const auto deadline = scheduler_.next_deadline();
  if (!deadline) {
    timer_.cancel();
    return;
  }
  timer_.expires_after(std::clamp(*deadline - clock_.now(), Duration(0), kTimerMax));
  timer_.async_wait([this](const boost::system::error_code& error) {
    if (!error) handle(sched::DeadlinePassed());
  });
}

sched::Snapshot Control::snapshot() const {
  return scheduler_.snapshot(clock_.now());
}

std::int64_t Control::unix_seconds(TimePoint time) const {
  return clock_.unix_seconds() -
         std::chrono::duration_cast<std::chrono::seconds>(clock_.now() - time).count();
}

const std::optional<EngineInfo>& Control::engine_info(ModelIndex model) const {
  SB_ASSERT(to_index(model) < infos_.size());
  return infos_[to_index(model)];
}

std::unique_ptr<Subscription> Control::subscribe(Wanted wanted) {
  return std::make_unique<Subscription>(*this, wanted);
}

void Control::publish() {
  if (subscriptions_.empty()) {
    published_.reset();
    return;
  }
  auto snapshot = std::make_shared<sched::Snapshot>(this->snapshot());
  sched::Snapshot key = *snapshot;
  clear_ages(key);
  if (published_ == key) return;
  published_ = std::move(key);
  for (Subscription* subscription : subscriptions_) subscription->push(snapshot);
}

std::uint32_t Control::jitter() {
  return static_cast<std::uint32_t>(random_() % 1001U);
}

std::uint32_t Control::running_places(TimePoint started_before) const {
  std::uint32_t places = 0;
  for (const auto& [id, ticket] : tickets_) {
    if (ticket->phase_ == Ticket::Phase::running && ticket->started_at_ <= started_before)
      places += ticket->places_;
  }
  return places;
}

void Control::forget(const Ticket& ticket) {
  tickets_.erase(ticket.id_);
}

void Control::ended(Ticket& ticket, sched::Closing closing, std::optional<std::uint32_t> tokens) {
  forget(ticket);
  if (closing == sched::Closing::answered || closing == sched::Closing::cut) tell_finished(ticket);
  handle(sched::RequestClosed{.request = ticket.id_, .closing = closing, .tokens = tokens});
  if (closing != sched::Closing::answered) watch_places(ticket);
}

void Control::answer_lost(const Ticket& ticket, sched::Closing closing) {
  handle(sched::AnswerLost{.request = ticket.id_, .closing = closing});
  if (ticket.phase_ == Ticket::Phase::lost) watch_places(ticket);
}

void Control::watch_places(const Ticket& ticket) {
  const auto engine = engines_.find(ticket.epoch_);
  if (engine != engines_.end() && !engine->second.ending)
    place_watch_.add(ticket.id_, ticket.places_, ticket.epoch_);
}

void Control::places_freed(RequestId request) {
  const auto found = tickets_.find(request);
  if (found != tickets_.end() && found->second->phase_ == Ticket::Phase::lost) {
    // Its engine is alive, so another try would end as this one did.
    Ticket& ticket = *found->second;
    ticket.give_up();
    forget(ticket);
    handle(sched::RequestClosed{.request = request, .closing = sched::Closing::cut});
  }
  handle(sched::PlacesFreed{.request = request});
}

void Control::tell_finished(const Ticket& ticket) {
  RequestFinished finished{.model = ticket.model_,
                           .service_class = ticket.service_class_,
                           .number = ++last_finished_,
                           .arrived = ticket.arrived_at_ - began_,
                           .wait = ticket.started_at_ - ticket.arrived_at_,
                           .service = clock_.now() - ticket.started_at_};
  // Ids are given in the order of arrival, and the map is sorted by them.
  if (!tickets_.empty()) finished.open_since = tickets_.begin()->second->arrived_at_ - began_;
  for (Subscription* subscription : subscriptions_) subscription->push(finished);
}

void Control::model_file_checked(ModelIndex model, Result<void> outcome) {
  sched::ModelFileChecked event{.model = model, .problem = std::nullopt, .jitter_thousandths = jitter()};
  if (!outcome) event.problem = std::move(outcome.error().message);
  handle(std::move(event));
}

void Control::memory_checked(ModelIndex model, bool suffices) {
  switch_meter_.memory_checked(suffices);
  handle(sched::MemoryChecked{.model = model, .suffices = suffices});
}

void Control::memory_short() {
  switch_meter_.memory_short();
  handle(sched::MemoryShort());
}

void Control::engine_progressed(Epoch epoch, std::optional<std::uint32_t> progress_thousandths) {
  handle(sched::EngineProgressed{.epoch = epoch, .progress_thousandths = progress_thousandths});
}

void Control::engine_ready(Epoch epoch, EngineInfo info) {
  const std::uint32_t slots = std::max(info.slots, 1U);
  switch_story_.engine_ready(epoch, info.times);
  if (const auto engine = engines_.find(epoch); engine != engines_.end())
    infos_[to_index(engine->second.model)] = info;
  handle(sched::EngineReady{.epoch = epoch, .slots = slots});
}

void Control::engine_exited(Epoch epoch, EngineExit exit) {
  switch_meter_.engine_exited(epoch);
  switch_story_.engine_exited(epoch, exit);
  engines_.erase(epoch);
  place_watch_.clear(epoch);
  upstream_.close_all(epoch);
  handle(
      sched::EngineExited{.epoch = epoch, .reason = std::move(exit.reason), .jitter_thousandths = jitter()});
}

}  // namespace signalbox::control
