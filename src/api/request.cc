#include "api/request.h"

#include "api/json_scan.h"
#include "api/request_fields.h"
#include "api/request_outline.h"
#include "base/assert.h"

namespace signalbox::api {

static_assert(RequestScan::kDepthMax == JsonScan::kDepthMax);

class RequestScan::Machine {
 public:
  explicit Machine(Route route) : outline_(route), scan_(outline_) {}

  [[nodiscard]] JsonScan& scan() { return scan_; }
  [[nodiscard]] RequestOutline& outline() { return outline_; }

 private:
  RequestOutline outline_;
  JsonScan scan_;
};

RequestScan::RequestScan(Route route) : machine_(std::make_unique<Machine>(route)) {}

RequestScan::~RequestScan() = default;

std::expected<void, ApiError> RequestScan::feed(std::string_view bytes) {
  return machine_->scan().feed(bytes);
}

std::expected<GenerationRequest, ApiError> RequestScan::finish(std::string_view body) {
  if (auto result = machine_->scan().finish(); !result) return std::unexpected(std::move(result.error()));
  SB_ASSERT(body.size() == machine_->scan().bytes());
  return read_fields(machine_->outline(), body);
}

}  // namespace signalbox::api
