#include "api/status.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include <fmt/format.h>

#include "base/json_escape.h"

namespace signalbox::api {
namespace {

std::string_view status_name(Status status) {
  switch (status) {
    case Status::queued:
      return "queued";
    case Status::waiting_for_model:
      return "waiting_for_model";
    case Status::loading:
      return "loading";
    case Status::processing:
      return "processing";
  }
  std::unreachable();
}

// Two decimals, but 1.00 only when it is done: clients (and `Starting`) take it for that.
std::string progress_text(double progress) {
  constexpr double kLastBeforeDone = 0.99;
  if (progress >= 1.0) return "1.00";
  return fmt::format("{:.2f}", std::clamp(progress, 0.0, kLastBeforeDone));
}

void append_place(std::string& out, const StatusReport& report) {
  if (report.status == Status::loading) {
    if (report.progress && std::isfinite(*report.progress)) {
      out += R"(,"progress":)" + progress_text(*report.progress);
    }
  } else if (report.position > 0) {
    out += fmt::format(R"(,"position":{})", report.position);
  }
  out += fmt::format(R"(,"queue_length":{},"active_model":)", report.queue_length);
  if (report.active_model) {
    append_json_string(out, *report.active_model);
  } else {
    out += "null";
  }
}

}  // namespace

std::string status_json(const StatusReport& report) {
  std::string out = R"({"status":)";
  append_json_string(out, status_name(report.status));
  out += R"(,"model":)";
  append_json_string(out, report.model);
  if (report.status == Status::processing) {
    out += fmt::format(R"(,"waited_ms":{},"switch_ms":{}}})", report.waited_ms, report.switch_ms);
    return out;
  }
  append_place(out, report);
  out += fmt::format(R"(,"waited_ms":{})", report.waited_ms);
  if (report.eta_ms) out += fmt::format(R"(,"eta_ms":{})", *report.eta_ms);
  out += '}';
  return out;
}

std::string status_words(const StatusReport& report) {
  switch (report.status) {
    case Status::waiting_for_model:
      if (report.blocking_model && *report.blocking_model != report.model) {
        return fmt::format("Waiting for {} to finish, then {} (position {}).", *report.blocking_model,
                           report.model, report.position);
      }
      [[fallthrough]];
    case Status::queued:
      return fmt::format("Queued for {} (position {}).", report.model, report.position);
    case Status::loading:
      return fmt::format("{} {}.", report.progress.value_or(0) >= 1.0 ? "Starting" : "Loading", report.model);
    case Status::processing:
      return {};
  }
  std::unreachable();
}

}  // namespace signalbox::api
