// What a waiting client is told, independent of the API it speaks.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace signalbox::api {

enum class Status { queued, waiting_for_model, loading, processing };

struct StatusReport {
  Status status = Status::queued;
  std::string model = {};      // as the client named it
  std::uint32_t position = 0;  // from 1; not with loading, processing
  std::uint32_t queue_length = 0;
  std::optional<std::string> active_model = std::nullopt;  // null if none
  std::optional<std::string> blocking_model =
      std::nullopt;  // for the words: who is in the way, if it is not the model itself
  std::optional<double> progress = std::nullopt;  // 0..1, loading only
  std::int64_t waited_ms = 0;
  std::optional<std::int64_t> eta_ms = std::nullopt;
  std::int64_t switch_ms = 0;  // processing only
};

// The metadata object of the wire contract: keys in its order, unknown ones left out, one line.
[[nodiscard]] std::string status_json(const StatusReport& report);

// The sentence without its line break, from the contract's fixed list:
//   Queued for M (position N). | Waiting for A to finish, then M (position N). | Loading M. | Starting M.
[[nodiscard]] std::string status_words(const StatusReport& report);

}  // namespace signalbox::api
