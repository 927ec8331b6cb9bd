// An answer of /v1/models/status, as the wire contract has it. Tests only.
#pragma once

#include <string_view>

namespace signalbox::cli {

constexpr std::string_view kStatus =
    R"({"status":"loading","active_model":null,"target_model":"gemma","last_error":null,"switch_requested_at":1764000000,"switch_elapsed_ms":812,)"
    R"("progress":0.4,"in_flight_requests":0,"workers":{"size":4,"busy":0},"queue_lengths":{"smollm2":0,"gemma":3},)"
    R"("models":[{"id":"smollm2","status":"unloaded","queue_length":0,"queue_size":10,"oldest_wait_ms":0,"in_flight":0,"loads":1,"last_load_ms":600,"last_error":"boom\u001b[31m"},)"
    R"({"id":"gemma","status":"loading","queue_length":3,"queue_size":10,"oldest_wait_ms":812,"in_flight":0,"loads":4,"last_load_ms":950,"last_error":null}]})";

}  // namespace signalbox::cli
