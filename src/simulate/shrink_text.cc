// A run as C++ that can be pasted among the tests.
#include <optional>
#include <string_view>
#include <utility>
#include <variant>

#include <fmt/format.h>

#include "sched/words.h"
#include "simulate/shrink.h"

namespace signalbox::simulate {

using namespace sched;

namespace {

std::string us(Duration duration) {
  return fmt::format("{}us", duration.count());
}

std::string us(std::optional<Duration> duration) {
  return duration ? us(*duration) : "std::nullopt";
}

std::string of_request(std::string_view type, RequestId request) {
  return fmt::format("{}{{.request = RequestId({})}}", type, request.value());
}

struct EventText {
  std::string operator()(const RequestArrived& e) const {
    auto text = fmt::format("RequestArrived{{.request = RequestId({}), .model = ModelIndex({})",
                            e.request.value(), e.model.value());
    if (e.places != 1) text += fmt::format(", .places = {}", e.places);
    if (e.mode == AnswerMode::whole) text += ", .mode = AnswerMode::whole";
    if (e.service_class != ServiceClass::standard) {
      text += fmt::format(", .service_class = ServiceClass::{}", word_of(e.service_class));
    }
    if (e.tokens_max) text += fmt::format(", .tokens_max = {}", *e.tokens_max);
    return text + "}";
  }
  std::string operator()(const WaiterLeft& e) const { return of_request("WaiterLeft", e.request); }
  std::string operator()(const AnswerBegan& e) const { return of_request("AnswerBegan", e.request); }
  std::string operator()(const AnswerLost& e) const {
    return fmt::format("AnswerLost{{.request = RequestId({}), .closing = Closing::{}}}", e.request.value(),
                       word_of(e.closing));
  }
  std::string operator()(const PlacesFreed& e) const { return of_request("PlacesFreed", e.request); }
  std::string operator()(const RequestClosed& e) const {
    const auto tokens = e.tokens ? fmt::format(", .tokens = {}", *e.tokens) : "";
    return fmt::format("RequestClosed{{.request = RequestId({}), .closing = Closing::{}{}}}",
                       e.request.value(), word_of(e.closing), tokens);
  }
  std::string operator()(const SelectAsked& e) const {
    return fmt::format("SelectAsked{{.select = SelectId({}), .model = ModelIndex({})}}", e.select.value(),
                       e.model.value());
  }
  std::string operator()(const ModelFileChecked& e) const {
    const auto problem = e.problem ? "\"broken\"" : "std::nullopt";
    return fmt::format("ModelFileChecked{{.model = ModelIndex({}), .problem = {}, .jitter_thousandths = {}}}",
                       e.model.value(), problem, e.jitter_thousandths);
  }
  std::string operator()(const MemoryChecked& e) const {
    return fmt::format("MemoryChecked{{.model = ModelIndex({}), .suffices = {}}}", e.model.value(),
                       e.suffices);
  }
  std::string operator()(const MemoryShort& /*e*/) const { return "MemoryShort{}"; }
  std::string operator()(const EngineProgressed& e) const {
    const auto done = e.progress_thousandths ? fmt::to_string(*e.progress_thousandths) : "std::nullopt";
    return fmt::format("EngineProgressed{{.epoch = Epoch(), .progress_thousandths = {}}}", done);
  }
  std::string operator()(const EngineReady& e) const {
    return fmt::format("EngineReady{{.epoch = Epoch(), .slots = {}}}", e.slots);
  }
  std::string operator()(const EngineExited& e) const {
    return fmt::format("EngineExited{{.epoch = Epoch(), .reason = \"it exited\", .jitter_thousandths = {}}}",
                       e.jitter_thousandths);
  }
  std::string operator()(const OptionsChanged& /*e*/) const { return "OptionsChanged{.options = changed}"; }
  std::string operator()(const DeadlinePassed& /*e*/) const { return "DeadlinePassed{}"; }
  std::string operator()(const StopAsked& /*e*/) const { return "StopAsked{}"; }
};

// Assignments of what differs from the defaults.
class Assignments {
 public:
  explicit Assignments(std::string object) : object_(std::move(object)) {}
  template <class Value>
  void set(std::string_view field, const Value& value, const Value& otherwise) {
    if (value != otherwise) text_ += fmt::format("  {}.{} = {};\n", object_, field, text_of(value));
  }
  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  static std::string text_of(std::uint32_t value) { return fmt::to_string(value); }
  static std::string text_of(Duration value) { return us(value); }
  static std::string text_of(std::optional<Duration> value) { return us(value); }
  static std::string text_of(NextModel /*value*/) { return "NextModel::longest_wait"; }
  static std::string text_of(Replay /*value*/) { return "Replay::once"; }
  static std::string text_of(Overlap /*value*/) { return "Overlap::automatic"; }
  static std::string text_of(Learning /*value*/) { return "Learning::fixed"; }
  static std::string text_of(std::optional<ModelIndex> value) {
    return fmt::format("ModelIndex({})", value->value());
  }

  std::string object_;
  std::string text_;
};

std::string text_of(const ModelOptions& model, const std::string& name) {
  const ModelOptions plain;
  Assignments to(name);
  to.set("queue_size", model.queue_size, plain.queue_size);
  to.set("flex_queue_size", model.flex_queue_size, plain.flex_queue_size);
  to.set("workers", model.workers, plain.workers);
  to.set("wait_timeout", model.wait_timeout, plain.wait_timeout);
  to.set("stream_wait_timeout", model.stream_wait_timeout, plain.stream_wait_timeout);
  to.set("load_timeout", model.load_timeout, plain.load_timeout);
  to.set("idle_unload", model.idle_unload, plain.idle_unload);
  to.set("believed.service", model.believed.service, plain.believed.service);
  to.set("believed.changeover", model.believed.changeover, plain.believed.changeover);
  to.set("believed.tail", model.believed.tail, plain.believed.tail);
  to.set("believed.per_token", model.believed.per_token, plain.believed.per_token);
  return to.text();
}

std::string text_of(const Options& options, const std::string& name) {
  const Options plain;
  Assignments to(name);
  to.set("starvation_limit", options.starvation_limit, plain.starvation_limit);
  to.set("min_visit_thousandths", options.min_visit_thousandths, plain.min_visit_thousandths);
  to.set("next_model", options.next_model, plain.next_model);
  to.set("replay", options.replay, plain.replay);
  to.set("overlap", options.overlap, plain.overlap);
  to.set("learning", options.learning, plain.learning);
  to.set("flex_limit", options.flex_limit, plain.flex_limit);
  to.set("stop_timeout", options.stop_timeout, plain.stop_timeout);
  to.set("release_timeout", options.release_timeout, plain.release_timeout);
  to.set("shutdown_grace", options.shutdown_grace, plain.shutdown_grace);
  to.set("default_model", options.default_model, plain.default_model);
  auto text =
      fmt::format("  Options {0};\n  {0}.models.resize({1});\n", name, options.models.size()) + to.text();
  for (std::size_t i = 0; i < options.models.size(); ++i) {
    text += text_of(options.models[i], fmt::format("{}.models[{}]", name, i));
  }
  return text;
}

}  // namespace

std::string text_of(const Moment& moment) {
  auto text = fmt::format("{{.time = TimePoint({}), .event = {}", us(moment.time.time_since_epoch()),
                          std::visit(EventText{}, moment.event));
  if (moment.told_up_to) {
    text += fmt::format(", .told_up_to = TimePoint({})", us(moment.told_up_to->time_since_epoch()));
  }
  if (moment.starts_ago > 0) text += fmt::format(", .starts_ago = {}", moment.starts_ago);
  return text + "}";
}

std::string text_of(const Recording& run, const std::string& test_name) {
  auto text = fmt::format("TEST(Found, {}) {{\n", test_name) + text_of(run.options, "options");
  std::string moments;
  int changes = 0;
  for (const auto& moment : run.timeline) {
    auto line = text_of(moment);
    if (const auto* changed = std::get_if<OptionsChanged>(&moment.event)) {
      const auto name = fmt::format("changed_{}", ++changes);
      text += text_of(*changed->options, name);
      const std::string_view holder = "= changed}";
      line.replace(line.find(holder), holder.size(),
                   fmt::format("= std::make_shared<const Options>({})}}", name));
    }
    moments += fmt::format("      {},\n", line);
  }
  return text + "  const Timeline timeline = {\n" + moments +
         "  };\n  EXPECT_EQ(replay(options, timeline), \"\");\n}\n";
}

}  // namespace signalbox::simulate
