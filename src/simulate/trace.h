// A workload as a table: when which model was asked, and how long each answer took. Its text form is CSV with
// a header, `time_s,model,service_s` and perhaps `class`. Holds no prompt and knows no rule of scheduling.
// Written by `signalbox record`, read by `signalbox simulate`.
#pragma once

#include <cstddef>
#include <cstdint>
#include <iosfwd>
#include <string>
#include <string_view>
#include <vector>

#include "base/id.h"
#include "base/result.h"
#include "base/time.h"
#include "sched/event.h"

namespace signalbox::simulate {

struct TraceRequest {
  Duration arrived{0};  // since the trace's beginning
  ModelIndex model;
  Duration service{0};  // from its start to the end of its answer
  sched::ServiceClass service_class = sched::ServiceClass::standard;

  friend bool operator==(const TraceRequest&, const TraceRequest&) = default;
};

struct Trace {
  std::vector<std::string> models;     // in the order of their first request
  std::vector<TraceRequest> requests;  // by time of arrival

  friend bool operator==(const Trace&, const Trace&) = default;
};

// What a trace may hold. A step of the scheduler looks at every model, so many more models than a server
// would ever have only take the time of whoever waits for the simulation.
inline constexpr std::size_t kTraceModelsMax = 10'000;
inline constexpr std::size_t kTraceRequestsMax = 10'000'000;
inline constexpr std::size_t kTraceLineMax = 4096;  // bytes
inline constexpr Duration kTraceTimeMax = std::chrono::hours(24 * 366);
inline constexpr Duration kTraceServiceMax = std::chrono::hours(24);

// `name` is for the errors, which say `name:line: what is wrong and what is allowed`.
[[nodiscard]] Result<Trace> read_trace(std::istream& in, std::string_view name);

// The header and one line, both with their end. A line can be read back whatever the model is called.
[[nodiscard]] std::string trace_header();
[[nodiscard]] std::string trace_line(Duration arrived, std::string_view model, Duration service,
                                     std::string_view service_class);
[[nodiscard]] std::string_view name_of(sched::ServiceClass service_class);

}  // namespace signalbox::simulate
