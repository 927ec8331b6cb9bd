#include "engine/llama_server.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <initializer_list>

#include <fmt/format.h>

namespace signalbox::engine {
namespace {

using Names = std::initializer_list<std::string_view>;

// How often a stream that waits for its first token says that it lives, in seconds.
constexpr auto kPingInterval = "5";
// A running batch cannot be cancelled. On a CPU one of llama-server's usual 2,048 tokens may take many
// seconds; with a GPU the size makes no difference to a cancel but some to the speed.
constexpr auto kCpuBatch = "512";
// At which it tells what it chose when it fitted (device_fit.h), and as little more as can be.
constexpr auto kTrace = "4";

constexpr Names kFitFlags = {"--fit", "-fit"};
constexpr Names kLayerFlags = {"--gpu-layers", "-ngl", "--n-gpu-layers"};
constexpr Names kContextFlags = {"--ctx-size", "-c"};
constexpr Names kVerbosityFlags = {"--verbosity", "-lv",       "--log-verbosity",
                                   "-v",          "--verbose", "--log-verbose"};

constexpr std::array<std::string_view, 6> kNeeded = {"--model",    "--host",     "--port",
                                                     "--ctx-size", "--parallel", "--alias"};

bool is_flag_character(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '_';
}

// Every word that looks like a flag, wherever it stands: a word of the descriptions does no harm.
std::set<std::string, std::less<>> flags_in(std::string_view help) {
  std::set<std::string, std::less<>> flags;
  bool inside_word = false;
  while (!help.empty()) {
    if (help.front() != '-' || inside_word) {
      inside_word = is_flag_character(help.front());
      help.remove_prefix(1);
      continue;
    }
    const auto end = std::ranges::find_if_not(help, is_flag_character);
    const auto length = static_cast<std::size_t>(end - help.begin());
    if (length > 1) flags.emplace(help.substr(0, length));
    help.remove_prefix(length);
  }
  return flags;
}

std::string lower(std::string_view text) {
  std::string result(text);
  std::ranges::transform(result, result.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return result;
}

// "version: 0.7.0 (build 11669, commit Debian)" without its first word.
std::string version_line(std::string_view text) {
  constexpr std::string_view kLabel = "version: ";
  const auto begin = text.find(kLabel);
  if (begin == std::string_view::npos) return "unknown";
  const auto rest = text.substr(begin + kLabel.size());
  return std::string(rest.substr(0, rest.find('\n')));
}

// "Available devices:", then "  (none)" or a line each.
EngineAbilities::Devices devices_in(std::optional<std::string_view> text) {
  constexpr std::string_view kTitle = "Available devices:";
  const auto begin = text ? text->find(kTitle) : std::string_view::npos;
  if (begin == std::string_view::npos) return EngineAbilities::Devices::unknown;
  const auto list = text->substr(begin + kTitle.size());
  const bool none = list.contains("(none)") || list.find_first_not_of(" \r\n\t") == std::string_view::npos;
  return none ? EngineAbilities::Devices::none : EngineAbilities::Devices::some;
}

// The user's arguments, in which later ones win.
class UserArguments {
 public:
  UserArguments(const std::vector<std::string>& engine, const std::vector<std::string>& model)
      : all_(engine) {
    all_.insert(all_.end(), model.begin(), model.end());
  }
  [[nodiscard]] const std::vector<std::string>& all() const { return all_; }
  [[nodiscard]] bool give(Names names) const {
    return std::ranges::any_of(all_, [&](const auto& a) { return is(a, names); });
  }
  // The value of the last one; nothing if it was not given or has none.
  [[nodiscard]] std::optional<std::string> value(Names names) const {
    std::optional<std::string> result;
    for (std::size_t i = 0; i + 1 < all_.size(); ++i) {
      if (is(all_[i], names)) result = all_[i + 1];
    }
    return result;
  }

 private:
  static bool is(std::string_view argument, Names names) {
    return std::ranges::find(names, argument.substr(0, argument.find('='))) != names.end();
  }
  std::vector<std::string> all_;
};

// Collects what Signalbox itself says: only flags that the program knows and that the user left open.
class Arguments {
 public:
  Arguments(const EngineAbilities& abilities, const UserArguments& user)
      : abilities_(abilities), user_(user) {}

  // The first of `spellings` that the program knows.
  void flag(Names spellings, Names also_given_as = {}) { add(spellings, also_given_as, {}); }
  void option(Names spellings, std::string value) { add(spellings, {}, std::move(value)); }
  // Not for the user to give.
  void owned(std::string_view name, std::string value) {
    list_.emplace_back(name);
    list_.push_back(std::move(value));
  }
  [[nodiscard]] std::vector<std::string> take() { return std::move(list_); }

 private:
  void add(Names spellings, Names also_given_as, std::optional<std::string> value) {
    if (user_.give(spellings) || user_.give(also_given_as)) return;
    const auto* known =
        std::ranges::find_if(spellings, [&](std::string_view name) { return abilities_.knows(name); });
    if (known == spellings.end()) return;
    list_.emplace_back(*known);
    if (value) list_.push_back(std::move(*value));
  }

  const EngineAbilities& abilities_;
  const UserArguments& user_;
  std::vector<std::string> list_;
};

bool runs_on_cpu(const EngineAbilities& abilities, const UserArguments& user) {
  return abilities.devices == EngineAbilities::Devices::none || user.value({"--device", "-dev"}) == "none";
}

// Fitting loads the model's outline once more, to choose what was left open. The context never is; the layers
// are not where there is no device for them, or where their number is given.
bool nothing_to_fit(const EngineAbilities& abilities, const UserArguments& user) {
  if (user.give({"-fitt", "--fit-target", "-fitc", "--fit-ctx"})) return false;
  const auto layers = user.value(kLayerFlags);
  return runs_on_cpu(abilities, user) || (layers && *layers != "auto");
}

// Whether the number of layers is all that is left to the engine, and it can say what it made of it.
bool chooses_layers(const EngineAbilities& abilities, const UserArguments& user) {
  if (abilities.devices != EngineAbilities::Devices::some || !abilities.traces_without_prompts) return false;
  const auto context = user.value(kContextFlags);
  const bool leaves_context_open = user.give(kContextFlags) && (!context || *context == "0");
  return !nothing_to_fit(abilities, user) && !leaves_context_open && !user.give(kFitFlags) &&
         !user.give(kLayerFlags) && !user.give(kVerbosityFlags);
}

void add_fit(Arguments& arguments, const std::optional<DeviceFit>& known) {
  arguments.option(kVerbosityFlags, kTrace);
  if (!known) return;
  arguments.option(kFitFlags, "off");
  if (known->layers) arguments.option(kLayerFlags, std::to_string(*known->layers));
}

void add_address(Arguments& arguments, const EngineAddress& address, const EngineAbilities& abilities) {
  if (!address.socket_path.empty()) return arguments.owned("--host", address.socket_path);
  arguments.owned("--host", "127.0.0.1");
  arguments.owned("--port", std::to_string(address.port));
  if (!abilities.key_by_environment) arguments.owned("--api-key", address.api_key);
}

}  // namespace

EngineAbilities parse_abilities(std::string_view help, std::string_view version,
                                std::optional<std::string_view> devices) {
  const auto words = lower(help);
  return {.version = version_line(version),
          .flags = flags_in(help),
          .unix_sockets = words.contains("unix socket"),
          .key_by_environment = help.contains("LLAMA_API_KEY"),
          .traces_without_prompts = help.contains("- 4: trace"),
          .devices = devices_in(devices)};
}

Result<void> can_serve(const EngineAbilities& abilities, std::string_view program) {
  if (abilities.flags.empty()) {
    return fail(ErrorCode::invalid,
                fmt::format("{} cannot be used: it does not answer --help like llama-server", program));
  }
  for (const auto flag : kNeeded) {
    if (abilities.knows(flag)) continue;
    return fail(ErrorCode::invalid,
                fmt::format("{} cannot be used: it does not know {}; it is too old or no llama-server",
                            program, flag));
  }
  if (!abilities.unix_sockets && !abilities.knows("--api-key")) {
    return fail(ErrorCode::invalid,
                fmt::format("{} cannot be used: it knows neither unix sockets nor --api-key; it is too old",
                            program));
  }
  return {};
}

bool may_use_device(const EngineAbilities& abilities, const std::vector<std::string>& engine_args,
                    const EngineModel& model) {
  if (!model.command.empty()) return true;  // its own affair
  // With no layers on it a device may still compute large batches, and hold a projector or a draft model.
  return !runs_on_cpu(abilities, UserArguments(engine_args, model.args));
}

EngineCommand compose_command(const std::vector<std::string>& command,
                              const std::vector<std::string>& engine_args, const EngineModel& model,
                              const EngineStart& start, const EngineAbilities& abilities,
                              const std::vector<std::string>& inherited) {
  const UserArguments user(engine_args, model.args);
  Arguments ours(abilities, user);
  const auto& address = start.address;
  add_address(ours, address, abilities);
  ours.owned("--alias", model.name);
  ours.owned("--parallel", std::to_string(model.slots));
  ours.owned("--model", model.path);
  if (!start.kv_folder.empty() && abilities.knows(kSlotSavePath)) {
    ours.owned(kSlotSavePath, start.kv_folder);
  }
  ours.option(kContextFlags, std::to_string(std::uint64_t{model.slots} * model.context));
  ours.flag({"--no-ui", "--no-webui"}, {"--ui", "--webui"});
  ours.flag({"--offline"});
  ours.flag({"--no-warmup"}, {"--warmup"});
  ours.option({"--sse-ping-interval"}, kPingInterval);
  if (nothing_to_fit(abilities, user)) ours.option(kFitFlags, "off");
  const bool is_told_fit = chooses_layers(abilities, user);
  if (is_told_fit) add_fit(ours, start.fit);
  if (runs_on_cpu(abilities, user)) ours.option({"--batch-size", "-b"}, kCpuBatch);

  EngineCommand result{.argv = command, .environment = {}, .is_told_fit = is_told_fit};
  const auto chosen = ours.take();
  result.argv.insert(result.argv.end(), chosen.begin(), chosen.end());
  result.argv.insert(result.argv.end(), user.all().begin(), user.all().end());
  std::ranges::copy_if(inherited, std::back_inserter(result.environment),
                       [](const std::string& variable) { return !variable.starts_with("LLAMA_"); });
  // Switches the progress lines on (progress_protocol.h). There is no router, and nothing connects to this
  // port.
  result.environment.emplace_back("LLAMA_SERVER_ROUTER_PORT=1");
  if (address.socket_path.empty() && abilities.key_by_environment) {
    // Not as an argument, which every user of the machine can read.
    result.environment.push_back("LLAMA_API_KEY=" + address.api_key);
  }
  return result;
}

}  // namespace signalbox::engine
