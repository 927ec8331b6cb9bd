// The enums of events and commands as words, in the order of their values: for logs and for the tests' texts.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

#include "sched/command.h"
#include "sched/event.h"

namespace signalbox::sched {

template <class Enum>
inline constexpr std::array<std::string_view, 0> kWords{};
template <>
inline constexpr std::array<std::string_view, 2> kWords<AnswerMode>{"streamed", "whole"};
template <>
inline constexpr std::array<std::string_view, 3> kWords<ServiceClass>{"standard", "priority", "flex"};
template <>
inline constexpr std::array<std::string_view, 4> kWords<Closing>{"answered", "cut", "engine_silent",
                                                                 "engine_broke"};
template <>
inline constexpr std::array<std::string_view, 6> kWords<Refusal>{
    "queue_full", "quarantined", "too_many_places", "wait_timeout", "model_load_failed", "shutting_down"};
template <>
inline constexpr std::array<std::string_view, 3> kWords<Abort>{"engine_died", "engine_hung", "shutting_down"};
template <>
inline constexpr std::array<std::string_view, 5> kWords<SelectOutcome>{
    "initiated", "in_progress", "already_active", "conflict", "shutting_down"};
template <>
inline constexpr std::array<std::string_view, 2> kWords<SwitchEnd>{"failed", "called_off"};
template <>
inline constexpr std::array<std::string_view, 2> kWords<Waiters>{"as_before", "may_have_changed"};

template <class Enum>
[[nodiscard]] constexpr std::string_view word_of(Enum value) {
  return kWords<Enum>.at(static_cast<std::size_t>(value));
}

}  // namespace signalbox::sched
