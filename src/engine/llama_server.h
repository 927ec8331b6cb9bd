// What a llama-server is told when it starts: its arguments and environment. Pure: what the program can do
// was asked before (engine_probe.h). Knows the flags of llama-server and which of them an older one lacks.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "engine/device_fit.h"
#include "engine/engine_addresses.h"

namespace signalbox::engine {

// One model as the configuration has it.
struct EngineModel {
  std::string name;
  std::string path;
  std::uint32_t slots = 1;
  std::uint32_t context = 4096;  // tokens a slot
  std::vector<std::string> args;
  // Not empty: a server of any kind that is started with this (own_command.h); path and args mean nothing.
  std::vector<std::string> command{};
  std::string health = "/health";
};

// What a program says of itself in --help, --version and --list-devices.
struct EngineAbilities {
  enum class Devices { unknown, none, some };

  std::string version;                       // one line, for people
  std::set<std::string, std::less<>> flags;  // "-np", "--parallel"
  bool unix_sockets = false;
  bool key_by_environment = false;
  bool traces_without_prompts = false;  // has a level of its log between what it usually says and debugging
  Devices devices = Devices::unknown;   // to offload layers to

  [[nodiscard]] bool knows(std::string_view flag) const { return flags.contains(flag); }
};

// `devices` is nothing if the program could not be asked for them.
[[nodiscard]] EngineAbilities parse_abilities(std::string_view help, std::string_view version,
                                              std::optional<std::string_view> devices);

// Whether it can serve; the error names what it lacks, as in "/usr/bin/llama-server cannot be used: …".
[[nodiscard]] Result<void> can_serve(const EngineAbilities& abilities, std::string_view program);

// Whether an engine with this model may take memory of a device.
[[nodiscard]] bool may_use_device(const EngineAbilities& abilities,
                                  const std::vector<std::string>& engine_args, const EngineModel& model);

// What is new at each start of a model's engine.
struct EngineStart {
  EngineAddress address;
  std::string kv_folder{};         // where it may save its slots; empty: nowhere
  std::optional<DeviceFit> fit{};  // what an earlier start found: it need not look again
};

struct EngineCommand {
  std::vector<std::string> argv;
  std::vector<std::string> environment;
  bool is_told_fit = false;  // it looks for a fit and says which, unless the start says it
};

// What it must know to save and restore its slots.
inline constexpr std::string_view kSlotSavePath = "--slot-save-path";

// `command`: the program's path and what stands behind it in the configuration. `inherited`: the server's
// environment. The engine's own LLAMA_* variables are not passed on: they would change what the configuration
// says. What the user gives in `engine_args` and in the model's args wins over what Signalbox would choose.
[[nodiscard]] EngineCommand compose_command(const std::vector<std::string>& command,
                                            const std::vector<std::string>& engine_args,
                                            const EngineModel& model, const EngineStart& start,
                                            const EngineAbilities& abilities,
                                            const std::vector<std::string>& inherited);

}  // namespace signalbox::engine
