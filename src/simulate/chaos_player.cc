#include "simulate/chaos_player.h"

#include <algorithm>
#include <utility>

#include "base/assert.h"

namespace signalbox::simulate {

using namespace sched;

namespace {

// A scheduler that names ever new deadlines must not hold up a replay.
constexpr int kDeadlinesBetweenMomentsMax = 10'000;

template <class News>
std::optional<Event> of_engine(const News& news, Epoch last_start, std::uint32_t starts_ago) {
  if (last_start.value() <= starts_ago) return std::nullopt;
  News present = news;
  present.epoch = Epoch(last_start.value() - starts_ago);
  return present;
}

}  // namespace

Player::Player(const Options& options, Looks looks, Tamper tamper)
    : options_(options), scheduler_(options), invariants_(options, looks), tamper_(std::move(tamper)) {}

std::optional<Event> Player::possible(const Moment& moment) const {
  const auto& event = moment.event;
  if (const auto* progress = std::get_if<EngineProgressed>(&event)) {
    return of_engine(*progress, last_start_, moment.starts_ago);
  }
  if (const auto* ready = std::get_if<EngineReady>(&event)) {
    return of_engine(*ready, last_start_, moment.starts_ago);
  }
  if (const auto* exited = std::get_if<EngineExited>(&event)) {
    return of_engine(*exited, last_start_, moment.starts_ago);
  }
  // The shell says each of these only of what it was told to do.
  if (const auto* checked = std::get_if<ModelFileChecked>(&event)) {
    if (!invariants_.checks_out().contains(checked->model)) return std::nullopt;
  }
  if (const auto* checked = std::get_if<MemoryChecked>(&event)) {
    if (!invariants_.memory_asked().contains(checked->model)) return std::nullopt;
  }
  if (const auto* began = std::get_if<AnswerBegan>(&event)) {
    if (!invariants_.running().contains(began->request)) return std::nullopt;
  }
  if (invariants_.stopped()) return std::nullopt;
  return event;
}

Commands Player::play(const Moment& moment) {
  const auto event = possible(moment);
  if (!event) return {};
  return step(*event, std::max(now_, moment.time));
}

Commands Player::tell_deadline() {
  const auto deadline = scheduler_.next_deadline();
  SB_ASSERT(deadline.has_value());
  return step(DeadlinePassed{}, std::max(now_, *deadline));
}

Commands Player::step(const Event& event, TimePoint now) {
  now_ = now;
  if (!std::exchange(has_begun_, true)) began_ = now;
  if (const auto* changed = std::get_if<OptionsChanged>(&event)) options_ = *changed->options;
  auto commands = scheduler_.step(event, now_);
  if (tamper_) tamper_(commands);
  invariants_.look(event, commands, scheduler_, now_);
  for (const auto& command : commands) {
    if (const auto* start = std::get_if<StartEngine>(&command)) last_start_ = start->epoch;
  }
  return commands;
}

void Player::play_all(const Timeline& timeline) {
  for (const auto& moment : timeline) {
    const auto told_up_to = moment.told_up_to.value_or(moment.time);
    for (int i = 0; i < kDeadlinesBetweenMomentsMax && is_clean(); ++i) {
      const auto deadline = scheduler_.next_deadline();
      if (!deadline || *deadline > told_up_to) break;
      tell_deadline();
    }
    if (!is_clean()) return;
    play(moment);
    if (!is_clean()) return;
  }
}

std::string replay(const Options& options, const Timeline& timeline, const Tamper& tamper) {
  Player player(options, Looks::at_every_step, tamper);
  player.play_all(timeline);
  if (player.is_clean()) player.settle();
  return player.is_clean() ? "" : player.invariants().violations().front();
}

}  // namespace signalbox::simulate
