#include "simulate/trace.h"

#include <array>
#include <istream>
#include <map>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "simulate/csv.h"
#include "simulate/decimal.h"

namespace signalbox::simulate {
namespace {

using sched::ServiceClass;

enum class Column { time, model, service, service_class };
constexpr std::array kColumns = {std::pair{Column::time, std::string_view("time_s")},
                                 std::pair{Column::model, std::string_view("model")},
                                 std::pair{Column::service, std::string_view("service_s")},
                                 std::pair{Column::service_class, std::string_view("class")}};
constexpr std::size_t kColumnsNeeded = 3;
constexpr std::array kClasses = {ServiceClass::standard, ServiceClass::priority, ServiceClass::flex};
constexpr std::string_view kHeaderWanted = "time_s,model,service_s and perhaps class are wanted";
static_assert(kTraceLineMax == 4096);
constexpr std::string_view kTooLong = "is longer than 4096 bytes";

class Reader {
 public:
  Reader(std::istream& in, std::string_view name) : in_(in), name_(name) {}

  Result<Trace> read() {
    if (!next_line()) return refuse(too_long_ ? kTooLong : kHeaderWanted);
    if (auto header = read_header(); !header) return std::unexpected(header.error());
    while (next_line()) {
      if (auto request = read_request(); !request) return std::unexpected(request.error());
    }
    if (too_long_) return refuse(kTooLong);
    if (in_.bad()) return fail(ErrorCode::io, fmt::format("{}: could not be read to its end", name_));
    if (trace_.requests.empty()) return refuse("holds no request");
    return std::move(trace_);
  }

 private:
  // Not std::getline: a line without an end must not fill the memory.
  bool next_line() {
    line_.clear();
    ++line_number_;
    for (int c = in_.get(); c != std::istream::traits_type::eof(); c = in_.get()) {
      if (c == '\n') {
        if (line_.ends_with('\r')) line_.pop_back();
        return true;
      }
      too_long_ = line_.size() >= kTraceLineMax;
      if (too_long_) return false;
      line_ += static_cast<char>(c);
    }
    return !line_.empty();
  }

  [[nodiscard]] std::unexpected<Error> refuse(std::string_view problem) const {
    return fail(ErrorCode::invalid, fmt::format("{}:{}: {}", name_, line_number_, problem));
  }

  Result<void> read_header() {
    const auto fields = csv_fields(line_);
    if (!fields) return refuse("a quote is not closed");
    for (const auto& field : *fields) {
      std::optional<Column> column;
      for (const auto& [known, text] : kColumns) {
        if (field == text) column = known;
      }
      if (!column) return refuse(fmt::format("\"{}\" is no column; {}", csv_field(field), kHeaderWanted));
      if (!places_.emplace(*column, places_.size()).second) {
        return refuse(fmt::format("\"{}\" stands twice", field));
      }
    }
    const bool has_class = places_.contains(Column::service_class);
    if (places_.size() < kColumnsNeeded + (has_class ? 1 : 0)) return refuse(kHeaderWanted);
    return {};
  }

  Result<void> read_request() {
    const auto fields = csv_fields(line_);
    if (!fields) return refuse("a quote is not closed");
    if (fields->size() != places_.size()) {
      return refuse(fmt::format("{} fields; the header has {}", fields->size(), places_.size()));
    }
    const auto field = [&](Column column) -> const std::string& { return (*fields)[places_.at(column)]; };
    const auto arrived = seconds("time_s", field(Column::time), kTraceTimeMax);
    if (!arrived) return std::unexpected(arrived.error());
    const auto service = seconds("service_s", field(Column::service), kTraceServiceMax);
    if (!service) return std::unexpected(service.error());
    if (!trace_.requests.empty() && *arrived < trace_.requests.back().arrived) {
      return refuse(fmt::format("time_s is {}, before the line above: sort the lines by time",
                                format_seconds(*arrived)));
    }
    const auto model = model_of(field(Column::model));
    if (!model) return std::unexpected(model.error());
    TraceRequest request{.arrived = *arrived, .model = *model, .service = *service};
    if (places_.contains(Column::service_class)) {
      const auto found = class_of(field(Column::service_class));
      if (!found) return std::unexpected(found.error());
      request.service_class = *found;
    }
    if (trace_.requests.size() >= kTraceRequestsMax) {
      return refuse(fmt::format("more than {} requests", kTraceRequestsMax));
    }
    trace_.requests.push_back(request);
    return {};
  }

  [[nodiscard]] Result<Duration> seconds(std::string_view column, const std::string& text,
                                         Duration max) const {
    if (const auto duration = parse_seconds(text, max)) return *duration;
    return refuse(fmt::format("{} is \"{}\"; seconds such as 12.5, from 0 to {}, are allowed", column,
                              csv_field(text), format_seconds(max)));
  }

  Result<ModelIndex> model_of(const std::string& name) {
    if (name.empty()) return refuse("the model has no name");
    const auto [place, is_new] =
        models_.emplace(name, ModelIndex(static_cast<std::uint32_t>(models_.size())));
    if (is_new && trace_.models.size() >= kTraceModelsMax) {
      return refuse(fmt::format("more than {} models", kTraceModelsMax));
    }
    if (is_new) trace_.models.push_back(name);
    return place->second;
  }

  [[nodiscard]] Result<ServiceClass> class_of(const std::string& text) const {
    for (const auto known : kClasses) {
      if (text == name_of(known)) return known;
    }
    return refuse(fmt::format("class is \"{}\"; default, priority and flex are allowed", csv_field(text)));
  }

  std::istream& in_;
  std::string_view name_;
  std::string line_;
  std::size_t line_number_ = 0;
  bool too_long_ = false;
  std::map<Column, std::size_t> places_;
  std::map<std::string, ModelIndex> models_;
  Trace trace_;
};

}  // namespace

Result<Trace> read_trace(std::istream& in, std::string_view name) {
  return Reader(in, name).read();
}

std::string trace_header() {
  return "time_s,model,service_s,class\n";
}

std::string trace_line(Duration arrived, std::string_view model, Duration service,
                       std::string_view service_class) {
  return fmt::format("{},{},{},{}\n", format_seconds(arrived), csv_field(model), format_seconds(service),
                     csv_field(service_class));
}

std::string_view name_of(ServiceClass service_class) {
  switch (service_class) {
    case ServiceClass::standard:
      return "default";
    case ServiceClass::priority:
      return "priority";
    case ServiceClass::flex:
      return "flex";
  }
  return "?";
}

}  // namespace signalbox::simulate
