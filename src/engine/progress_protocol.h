// The lines in which llama-server tells the process that started it how a load goes:
//     cmd_child_to_router:state:{"state":"loading","payload":{…,"value":0.30}}
// Pure. The protocol is the engine's own business and may change, so the reading is lenient: what is not
// understood is no news, and a load gets ready without it (EngineLife then asks /health).
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace signalbox::engine {

// What the engine is told on its standard input when it shall exit.
inline constexpr std::string_view kExitCommand = "cmd_router_to_child:exit\n";

struct LoadNews {
  enum class State { loading, ready, other };
  State state = State::other;
  std::optional<std::uint32_t> progress_thousandths;  // 0..1000
  // With `ready`, where the engine says so.
  std::optional<std::uint64_t> context_tokens;
  std::optional<std::uint64_t> parameters;
  std::optional<std::uint64_t> model_bytes;
};

// Nothing if the line is not of this protocol or cannot be read.
[[nodiscard]] std::optional<LoadNews> parse_load_news(std::string_view line);
// Whether the line belongs to this protocol, understood or not: such a line is no log line.
[[nodiscard]] bool is_protocol_line(std::string_view line);

}  // namespace signalbox::engine
