// The JSON of the admin routes: the status of the server and its list of models (wire-contract, "Admin").
#pragma once

#include <string>
#include <string_view>

#include "base/id.h"
#include "http/services.h"

namespace signalbox::http {

[[nodiscard]] std::string status_body(const Services& services, const sched::Snapshot& snapshot);
[[nodiscard]] std::string request_body(const Services& services, const control::RequestFinished& finished);
[[nodiscard]] std::string switch_body(const Services& services, const control::SwitchTold& told);
[[nodiscard]] std::string models_body(const Services& services, const sched::Snapshot& snapshot);
// One entry of that list, under the name the client used.
[[nodiscard]] std::string model_body(const Services& services, const sched::Snapshot& snapshot,
                                     ModelIndex model, std::string_view name);

}  // namespace signalbox::http
