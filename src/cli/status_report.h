// The answer of GET /v1/models/status, read once for everything that shows it. Pure; a field that is missing
// or of another type is none.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace signalbox::cli {

struct ModelReport {
  std::string id;      // "-" if it has none
  std::string status;  // as the server says it, "-" if it says nothing
  std::optional<double> queue_length{};
  std::optional<double> queue_size{};
  std::optional<double> in_flight{};
  std::optional<double> loads{};
  std::optional<double> last_load_ms{};
  std::optional<double> oldest_wait_ms{};  // none unless somebody waits
  std::optional<double> quarantined_for_ms{};
  std::optional<std::string> last_error{};
  // As measured; none before that, and of an older server.
  std::optional<double> service_ms{};
  std::optional<double> changeover_ms{};
  std::optional<double> tail_ms{};
};

struct StatusReport {
  std::string status;
  std::optional<std::string> active_model{};
  std::optional<std::string> target_model{};
  std::optional<std::string> last_error{};
  std::optional<double> progress{};  // 0 to 1
  std::optional<double> switch_elapsed_ms{};
  std::optional<double> workers_busy{};
  std::optional<double> workers_size{};
  std::vector<ModelReport> models{};
};

// None if it is no JSON object with a `status`.
[[nodiscard]] std::optional<StatusReport> read_status(std::string_view body);

}  // namespace signalbox::cli
