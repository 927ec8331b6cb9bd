// Why a generation request failed, in the words of the error table.
#pragma once

#include <cstdint>
#include <string>

#include "api/error.h"
#include "base/result.h"
#include "control/ticket.h"

namespace signalbox::http {

// `model` is the name the client used, in all of these.
[[nodiscard]] api::ApiError refusal_error(const control::Refused& refused, const std::string& model);
// Of how many engines this request was the last.
enum class Deaths { one, two };
[[nodiscard]] api::ApiError abort_error(const sched::AbortRequest& abort, const std::string& model,
                                        Deaths deaths);
// The engine's connection failed.
[[nodiscard]] api::ApiError upstream_error(const Error& error, const std::string& model);
[[nodiscard]] api::ApiError unknown_model_error(const std::string& model);

}  // namespace signalbox::http
