// The names of all events and commands and of their fields, once, for whoever writes them down or reads them
// back: `visit_fields(event, visit)` calls `visit("name", field)` for each field in its order.
#pragma once

#include <array>
#include <string_view>
#include <variant>

#include "sched/command.h"
#include "sched/event.h"

namespace signalbox::sched {

// In the order of the variants' alternatives.
inline constexpr std::array<std::string_view, std::variant_size_v<Event>> kEventNames{
    "RequestArrived", "WaiterLeft",       "AnswerBegan",    "AnswerLost",  "RequestClosed",    "PlacesFreed",
    "SelectAsked",    "ModelFileChecked", "MemoryChecked",  "MemoryShort", "EngineProgressed", "EngineReady",
    "EngineExited",   "OptionsChanged",   "DeadlinePassed", "StopAsked"};
inline constexpr std::array<std::string_view, std::variant_size_v<Command>> kCommandNames{
    "RefuseRequest", "StartRequest",   "AbortRequest", "RequeueRequest", "CheckModelFile",
    "CheckMemory",   "StartEngine",    "StopEngine",   "KillEngine",     "AnswerSelect",
    "SwitchStarted", "SwitchFinished", "SwitchFailed", "StatusChanged",  "Stopped"};

template <class Type, class Wanted>
concept OneOf = std::is_same_v<std::remove_const_t<Type>, Wanted>;

void visit_fields(OneOf<RequestArrived> auto& of, auto&& visit) {
  visit("request", of.request);
  visit("model", of.model);
  visit("places", of.places);
  visit("mode", of.mode);
  visit("class", of.service_class);
  visit("tokens_max", of.tokens_max);
}
void visit_fields(OneOf<AnswerBegan> auto& of, auto&& visit) {
  visit("request", of.request);
}
void visit_fields(OneOf<AnswerLost> auto& of, auto&& visit) {
  visit("request", of.request);
  visit("closing", of.closing);
}
void visit_fields(OneOf<WaiterLeft> auto& of, auto&& visit) {
  visit("request", of.request);
}
void visit_fields(OneOf<RequestClosed> auto& of, auto&& visit) {
  visit("request", of.request);
  visit("closing", of.closing);
  visit("tokens", of.tokens);
}
void visit_fields(OneOf<PlacesFreed> auto& of, auto&& visit) {
  visit("request", of.request);
}
void visit_fields(OneOf<SelectAsked> auto& of, auto&& visit) {
  visit("select", of.select);
  visit("model", of.model);
}
void visit_fields(OneOf<ModelFileChecked> auto& of, auto&& visit) {
  visit("model", of.model);
  visit("problem", of.problem);
  visit("jitter", of.jitter_thousandths);
}
void visit_fields(OneOf<MemoryChecked> auto& of, auto&& visit) {
  visit("model", of.model);
  visit("suffices", of.suffices);
}
void visit_fields(OneOf<MemoryShort> auto& /*of*/, auto&& /*visit*/) {}
void visit_fields(OneOf<EngineProgressed> auto& of, auto&& visit) {
  visit("epoch", of.epoch);
  visit("progress", of.progress_thousandths);
}
void visit_fields(OneOf<EngineReady> auto& of, auto&& visit) {
  visit("epoch", of.epoch);
  visit("slots", of.slots);
}
void visit_fields(OneOf<EngineExited> auto& of, auto&& visit) {
  visit("epoch", of.epoch);
  visit("reason", of.reason);
  visit("jitter", of.jitter_thousandths);
}
// The options themselves stand in the log of the change.
void visit_fields(OneOf<OptionsChanged> auto& /*of*/, auto&& /*visit*/) {}
void visit_fields(OneOf<DeadlinePassed> auto& /*of*/, auto&& /*visit*/) {}
void visit_fields(OneOf<StopAsked> auto& /*of*/, auto&& /*visit*/) {}

void visit_fields(OneOf<RefuseRequest> auto& of, auto&& visit) {
  visit("request", of.request);
  visit("refusal", of.refusal);
  visit("retry_after_us", of.retry_after);
  visit("detail", of.detail);
}
void visit_fields(OneOf<StartRequest> auto& of, auto&& visit) {
  visit("request", of.request);
  visit("epoch", of.epoch);
  visit("waited", of.waited);
  visit("wait_us", of.wait_duration);
  visit("switch_us", of.switch_duration);
}
void visit_fields(OneOf<AbortRequest> auto& of, auto&& visit) {
  visit("request", of.request);
  visit("abort", of.abort);
  visit("detail", of.detail);
}
void visit_fields(OneOf<RequeueRequest> auto& of, auto&& visit) {
  visit("request", of.request);
  visit("detail", of.detail);
}
void visit_fields(OneOf<CheckModelFile> auto& of, auto&& visit) {
  visit("model", of.model);
}
void visit_fields(OneOf<CheckMemory> auto& of, auto&& visit) {
  visit("model", of.model);
}
void visit_fields(OneOf<StartEngine> auto& of, auto&& visit) {
  visit("model", of.model);
  visit("epoch", of.epoch);
  visit("beside", of.beside);
}
void visit_fields(OneOf<StopEngine> auto& of, auto&& visit) {
  visit("epoch", of.epoch);
}
void visit_fields(OneOf<KillEngine> auto& of, auto&& visit) {
  visit("epoch", of.epoch);
  visit("reason", of.reason);
}
void visit_fields(OneOf<AnswerSelect> auto& of, auto&& visit) {
  visit("select", of.select);
  visit("outcome", of.outcome);
}
void visit_fields(OneOf<SwitchStarted> auto& of, auto&& visit) {
  visit("from", of.from);
  visit("to", of.to);
  visit("cause", of.cause);
}
void visit_fields(OneOf<SwitchFinished> auto& of, auto&& visit) {
  visit("from", of.from);
  visit("to", of.to);
  visit("epoch", of.epoch);
  visit("drain_us", of.drain);
  visit("stop_us", of.stop);
  visit("load_us", of.load);
  visit("overlap_us", of.overlap);
  visit("total_us", of.total);
}
void visit_fields(OneOf<SwitchFailed> auto& of, auto&& visit) {
  visit("from", of.from);
  visit("to", of.to);
  visit("reason", of.reason);
  visit("end", of.end);
  visit("total_us", of.total);
}
void visit_fields(OneOf<StatusChanged> auto& of, auto&& visit) {
  visit("waiters", of.waiters);
}
void visit_fields(OneOf<Stopped> auto& /*of*/, auto&& /*visit*/) {}

}  // namespace signalbox::sched
