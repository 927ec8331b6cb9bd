#include "cli/recorder.h"

#include "cli/json_read.h"
#include "simulate/trace.h"

namespace signalbox::cli {
namespace {

// A trace's own bounds hold for what a server says, too.
std::optional<Duration> duration(const boost::json::object& object, std::string_view name, Duration max) {
  const auto ms = number(object, name);
  if (!ms || !(*ms >= 0) || *ms > static_cast<double>(to_ms(max))) return std::nullopt;
  return std::chrono::milliseconds(static_cast<std::int64_t>(*ms));
}

}  // namespace

Result<std::string> Recorder::take(std::string_view bytes) {
  if (const auto fed = reader_.feed(bytes); !fed) return std::unexpected(fed.error());
  std::string lines;
  api::SseEvent event;
  while (reader_.next(event)) {
    if (event.name != "request") continue;
    take_request(event.data);
    write_until(open_since_, lines);
  }
  return lines;
}

void Recorder::take_request(std::string_view json) {
  const auto request = object_of(json);
  if (!request) return;
  const auto model = text(*request, "model");
  const auto arrived = duration(*request, "arrived_ms", simulate::kTraceTimeMax);
  const auto service = duration(*request, "service_ms", simulate::kTraceServiceMax);
  count_gap(number(*request, "number").value_or(0));
  open_since_ = duration(*request, "open_since_ms", simulate::kTraceTimeMax);
  if (!model || model->empty() || !arrived || !service || *arrived < last_written_) {
    ++lost_;
    return;
  }
  held_.emplace(*arrived, Ended{.model = *model,
                                .service = *service,
                                .service_class = text(*request, "class").value_or("default")});
}

void Recorder::count_gap(double number) {
  if (last_number_ && number > *last_number_ + 1) {
    lost_ += static_cast<std::uint64_t>(number - *last_number_ - 1);
  }
  last_number_ = number;
}

void Recorder::write_until(std::optional<Duration> open_since, std::string& lines) {
  while (!held_.empty()) {
    const bool is_safe = !open_since || held_.begin()->first <= *open_since;
    if (!is_safe && held_.size() <= kHeldMax) return;
    write_first(lines);
  }
}

void Recorder::write_first(std::string& lines) {
  const auto& [arrived, ended] = *held_.begin();
  if (!first_arrival_) first_arrival_ = arrived;
  last_written_ = arrived;
  lines += simulate::trace_line(arrived - *first_arrival_, ended.model, ended.service, ended.service_class);
  ++written_;
  held_.erase(held_.begin());
}

std::string Recorder::rest() {
  std::string lines;
  write_until(std::nullopt, lines);
  return lines;
}

}  // namespace signalbox::cli
