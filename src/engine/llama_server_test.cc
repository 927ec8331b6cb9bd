#include "engine/llama_server.h"

#include <algorithm>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace signalbox::engine {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using Devices = EngineAbilities::Devices;

constexpr auto kHelp = R"(----- common params -----

-h,    --help, --usage                  print usage and exit
-c,    --ctx-size N                     size of the prompt context (default: 0, 0 = loaded from model)
                                        (env: LLAMA_ARG_CTX_SIZE)
-b,    --batch-size N                   logical maximum batch size (default: 2048)
-dev,  --device <dev1,dev2,..>          comma-separated list of devices
--list-devices                          print list of available devices and exit
-ngl,  --gpu-layers, --n-gpu-layers N   max. number of layers to store in VRAM
-fit,  --fit [on|off]                   whether to adjust unset arguments to fit in device memory ('on' or
-fitt, --fit-target MiB0,MiB1,MiB2,...  target margin per device for --fit
-v,    --verbose, --log-verbose         Set verbosity level to infinity
-lv,   --verbosity, --log-verbosity N   Set the verbosity threshold. Values:
                                         - 3: info
                                         - 4: trace (more info)
                                         - 5: debug
-m,    --model FNAME                    model path to load
--offline                               Offline mode
--warmup, --no-warmup                   whether to perform warmup with an empty run (default: enabled)
-np,   --parallel N                     number of server slots (default: -1, -1 = auto)
-a,    --alias STRING                   set model name aliases, comma-separated (to be used by API)
--host HOST                             IP addresses to listen on, comma-separated, or UNIX socket paths
                                        ending in .sock; with multiple TCP addresses
--port PORT                             port to listen (default: 9931)
--ui,  --webui, --no-ui, --no-webui     whether to enable the Web UI (default: enabled)
--api-key KEY                           API key to use for authentication
                                        (env: LLAMA_API_KEY)
--sse-ping-interval N                   server SSE ping interval in seconds (-1 = disabled, default: 30)
)";
constexpr auto kOldHelp = R"(options:
  -h, --help                show this help message and exit
  -c N, --ctx-size N        size of the prompt context (default: 512)
  -m FNAME, --model FNAME   model path
  -a ALIAS, --alias ALIAS   set an alias for the model
  --host                    ip address to listen (default  (default: 127.0.0.1)
  --port PORT               port to listen (default  (default: 8080)
  --api-key API_KEY         optional api key to enhance server security
  -np N, --parallel N       number of slots for process requests (default: 1)
  --no-webui                disable the built-in page
)";
constexpr auto kVersion =
    "version: 0.7.0 (build 11669, commit Debian)\nbuilt with GNU 16.2.0 for Linux x86_64\n";
constexpr auto kNoDevices = "Available devices:\n  (none)\n";
constexpr auto kOneDevice = "Available devices:\n  CUDA0: NVIDIA (24 GiB, 23 GiB free)\n";

const EngineAddress kSocket{.socket_path = "/run/x/engine-1.sock", .port = 0, .api_key = {}};
const EngineAddress kPort{.socket_path = {}, .port = 4711, .api_key = "k1"};
const EngineStart kSocketStart{.address = kSocket};
const EngineStart kPortStart{.address = kPort};

EngineModel model(std::vector<std::string> args = {}) {
  return {.name = "chat", .path = "/m/chat.gguf", .slots = 4, .context = 4096, .args = std::move(args)};
}

std::vector<std::string> arguments(std::vector<std::string> model_args, const char* devices = kNoDevices,
                                   std::vector<std::string> engine_args = {}) {
  return compose_command({"/bin/llama-server"}, engine_args, model(std::move(model_args)), kSocketStart,
                         parse_abilities(kHelp, kVersion, devices), {})
      .argv;
}

// The word behind `flag`, or "none".
std::string after(const std::vector<std::string>& argv, std::string_view flag) {
  const auto found = std::ranges::find(argv, flag);
  return found == argv.end() || found + 1 == argv.end() ? "none" : *(found + 1);
}

TEST(EngineAbilities, AreReadFromHelpAndVersion) {
  const auto abilities = parse_abilities(kHelp, kVersion, kNoDevices);
  EXPECT_EQ(abilities.version, "0.7.0 (build 11669, commit Debian)");
  for (const auto* flag :
       {"-c", "--ctx-size", "-fit", "--no-webui", "--n-gpu-layers", "--sse-ping-interval"}) {
    EXPECT_TRUE(abilities.knows(flag)) << flag;
  }
  for (const auto* flag : {"--ctx", "-separated", "comma-separated", "-", "--metrics"}) {
    EXPECT_FALSE(abilities.knows(flag)) << flag;
  }
  EXPECT_TRUE(abilities.unix_sockets);
  EXPECT_TRUE(abilities.key_by_environment);
  EXPECT_TRUE(can_serve(abilities, "x"));
}

TEST(EngineAbilities, OfAnOldEngine) {
  const auto abilities = parse_abilities(kOldHelp, "version: 1500 (abc)", std::nullopt);
  EXPECT_EQ(abilities.version, "1500 (abc)");
  EXPECT_FALSE(abilities.unix_sockets);
  EXPECT_FALSE(abilities.key_by_environment);
  EXPECT_FALSE(abilities.knows("--no-warmup"));
  EXPECT_TRUE(can_serve(abilities, "x"));
}

TEST(EngineAbilities, TellDevicesFromNoneAndFromSilence) {
  EXPECT_EQ(parse_abilities(kHelp, kVersion, kNoDevices).devices, Devices::none);
  EXPECT_EQ(parse_abilities(kHelp, kVersion, "load_backend: loaded\nAvailable devices:\n").devices,
            Devices::none);
  EXPECT_EQ(parse_abilities(kHelp, kVersion, kOneDevice).devices, Devices::some);
  EXPECT_EQ(parse_abilities(kHelp, kVersion, "error: no such thing").devices, Devices::unknown);
  EXPECT_EQ(parse_abilities(kHelp, kVersion, std::nullopt).devices, Devices::unknown);
}

TEST(EngineAbilities, ThatDoNotSufficeAreNamed) {
  EXPECT_EQ(can_serve(parse_abilities("", "", {}), "/bin/true").error().message,
            "/bin/true cannot be used: it does not answer --help like llama-server");
  EXPECT_EQ(can_serve(parse_abilities("  -h, --help\n --model --host --port --ctx-size\n", "", {}), "/bin/x")
                .error()
                .message,
            "/bin/x cannot be used: it does not know --parallel; it is too old or no llama-server");
  EXPECT_THAT(can_serve(parse_abilities("--model --host --port --ctx-size --parallel --alias", "", {}), "x")
                  .error()
                  .message,
              HasSubstr("neither unix sockets nor --api-key"));
}

TEST(LlamaServer, GetsTheWholeLeanCommandLine) {
  const auto command = compose_command({"/bin/llama-server"}, {}, model(), kSocketStart,
                                       parse_abilities(kHelp, kVersion, kNoDevices), {"HOME=/h"});
  EXPECT_THAT(command.argv, ElementsAre("/bin/llama-server", "--host", "/run/x/engine-1.sock", "--alias",
                                        "chat", "--parallel", "4", "--model", "/m/chat.gguf", "--ctx-size",
                                        "16384", "--no-ui", "--offline", "--no-warmup", "--sse-ping-interval",
                                        "5", "--fit", "off", "--batch-size", "512"));
  EXPECT_THAT(command.environment, ElementsAre("HOME=/h", "LLAMA_SERVER_ROUTER_PORT=1"));
}

TEST(LlamaServer, GetsOnlyFlagsThatItKnows) {
  const auto command =
      compose_command({"/bin/llama-server"}, {}, model(), kPortStart, parse_abilities(kOldHelp, "", {}), {});
  EXPECT_THAT(command.argv, ElementsAre("/bin/llama-server", "--host", "127.0.0.1", "--port", "4711",
                                        "--api-key", "k1", "--alias", "chat", "--parallel", "4", "--model",
                                        "/m/chat.gguf", "--ctx-size", "16384", "--no-webui"));
}

TEST(LlamaServer, GetsItsKeyWhereOthersCannotReadIt) {
  const auto command = compose_command({"/bin/llama-server"}, {}, model(), kPortStart,
                                       parse_abilities(kHelp, kVersion, {}), {});
  EXPECT_THAT(command.argv, Not(Contains("--api-key")));
  EXPECT_THAT(command.environment, Contains("LLAMA_API_KEY=k1"));
}

TEST(LlamaServer, InheritsNoSettingsOfItsOwn) {
  const auto command =
      compose_command({"/bin/llama-server"}, {}, model(), kSocketStart, parse_abilities(kHelp, kVersion, {}),
                      {"PATH=/bin", "LLAMA_ARG_CTX_SIZE=1", "LLAMA_API_KEY=x", "GGML_BACKEND_PATH=/g",
                       "XLLAMA_=1", "LLAMA_SERVER_ROUTER_PORT=9"});
  EXPECT_THAT(command.environment,
              ElementsAre("PATH=/bin", "GGML_BACKEND_PATH=/g", "XLLAMA_=1", "LLAMA_SERVER_ROUTER_PORT=1"));
}

TEST(LlamaServer, PutsTheUsersWordsLast) {
  const auto argv = arguments({"--temp", "0.2"}, kNoDevices, {"-t", "1"});
  EXPECT_EQ((std::vector<std::string>(argv.end() - 4, argv.end())),
            (std::vector<std::string>{"-t", "1", "--temp", "0.2"}));
}

TEST(LlamaServer, KeepsWhatStandsBehindTheProgram) {
  const auto command = compose_command({"/usr/bin/nice", "-n", "5", "llama-server"}, {}, model(),
                                       kSocketStart, parse_abilities(kHelp, kVersion, {}), {});
  EXPECT_EQ((std::vector<std::string>(command.argv.begin(), command.argv.begin() + 5)),
            (std::vector<std::string>{"/usr/bin/nice", "-n", "5", "llama-server", "--host"}));
}

TEST(LlamaServer, LeavesToTheUserWhatTheUserSays) {
  EXPECT_THAT(arguments({"-c", "8192"}), Not(Contains("--ctx-size")));
  EXPECT_THAT(arguments({"--ctx-size=8192"}), Not(Contains("--ctx-size")));
  EXPECT_THAT(arguments({"--warmup"}), Not(Contains("--no-warmup")));
  EXPECT_THAT(arguments({"--webui"}), Not(Contains("--no-ui")));
  EXPECT_THAT(arguments({"-b", "64"}), Not(Contains("--batch-size")));
  EXPECT_EQ(after(arguments({"--sse-ping-interval", "1"}), "--sse-ping-interval"), "1");
  EXPECT_EQ(std::ranges::count(arguments({"--offline"}), "--offline"), 1);
  EXPECT_THAT(arguments({}, kNoDevices, {"-fit", "on"}), Not(Contains("--fit")));
}

TEST(LlamaServer, FitsOnlyWhereSomethingWasLeftOpen) {
  EXPECT_EQ(after(arguments({}, kNoDevices), "--fit"), "off");
  EXPECT_THAT(arguments({}, kOneDevice), Not(Contains("--fit")));
  EXPECT_EQ(after(arguments({"-ngl", "99"}, kOneDevice), "--fit"), "off");
  EXPECT_EQ(after(arguments({"--n-gpu-layers", "all"}, kOneDevice), "--fit"), "off");
  EXPECT_THAT(arguments({"-ngl", "auto"}, kOneDevice), Not(Contains("--fit")));
  EXPECT_THAT(arguments({"-ngl", "auto"}, kOneDevice, {"-ngl", "5"}),
              Not(Contains("--fit")));  // the model's word wins
  EXPECT_THAT(arguments({"-ngl"}, kOneDevice), Not(Contains("--fit")));
  EXPECT_EQ(after(arguments({"--device", "none"}, kOneDevice), "--fit"), "off");
  EXPECT_THAT(arguments({"-fitt", "512"}, kNoDevices), Not(Contains("--fit")));
  const auto unknown =
      compose_command({"x"}, {}, model(), kSocketStart, parse_abilities(kHelp, kVersion, {}), {});
  EXPECT_THAT(unknown.argv, Not(Contains("--fit")));
}

std::vector<std::string> arguments_with(DeviceFit fit, std::vector<std::string> model_args = {},
                                        const char* devices = kOneDevice) {
  return compose_command({"/bin/llama-server"}, {}, model(std::move(model_args)),
                         {.address = kSocket, .fit = fit}, parse_abilities(kHelp, kVersion, devices), {})
      .argv;
}

TEST(LlamaServer, TellsWhatItFittedWhereItMayChoose) {
  EXPECT_EQ(after(arguments({}, kOneDevice), "--verbosity"), "4");
  EXPECT_THAT(arguments({}, kNoDevices), Not(Contains("--verbosity")));
  EXPECT_THAT(arguments({"-ngl", "99"}, kOneDevice), Not(Contains("--verbosity")));
  EXPECT_THAT(arguments({"-lv", "2"}, kOneDevice), Not(Contains("--verbosity")));
  EXPECT_THAT(arguments({"-v"}, kOneDevice), Not(Contains("--verbosity")));
  // Where 4 may mean that prompts are written down.
  std::string help(kHelp);
  help.replace(help.find("- 4: trace"), 10, "- 4: all..");
  const auto older = parse_abilities(help, kVersion, kOneDevice);
  EXPECT_THAT(compose_command({"x"}, {}, model(), kSocketStart, older, {}).argv,
              Not(Contains("--verbosity")));
}

TEST(LlamaServer, NeedNotFitAgain) {
  const auto all = arguments_with({.layers = std::nullopt, .free_mib = 1});
  EXPECT_EQ(after(all, "--fit"), "off");
  EXPECT_THAT(all, Not(Contains("--gpu-layers")));
  const auto some = arguments_with({.layers = 12, .free_mib = 1});
  EXPECT_EQ(after(some, "--fit"), "off");
  EXPECT_EQ(after(some, "--gpu-layers"), "12");
}

TEST(LlamaServer, FitsAsTheUserSays) {
  const DeviceFit twelve{.layers = 12, .free_mib = 1};
  for (const std::vector<std::string>& said : std::vector<std::vector<std::string>>{{"--fit", "on"},
                                                                                    {"-ngl", "auto"},
                                                                                    {"-ngl", "3"},
                                                                                    {"--device", "none"},
                                                                                    {"-c", "0"},
                                                                                    {"-lv", "5"},
                                                                                    {"-v"}}) {
    EXPECT_THAT(arguments_with(twelve, said), Not(Contains("--gpu-layers"))) << said[0];
  }
  EXPECT_THAT(arguments_with(twelve, {}, kNoDevices), Not(Contains("--gpu-layers")));
}

TEST(LlamaServer, KeepsBatchesShortOnACpuOnly) {
  EXPECT_EQ(after(arguments({}, kNoDevices), "--batch-size"), "512");
  EXPECT_THAT(arguments({}, kOneDevice), Not(Contains("--batch-size")));
}

TEST(LlamaServer, DoesNotOverflowWithAbsurdSlots) {
  auto absurd = model();
  absurd.slots = 4'000'000'000U;
  absurd.context = 4'000'000'000U;
  EXPECT_EQ(
      after(compose_command({"x"}, {}, absurd, kSocketStart, parse_abilities(kHelp, kVersion, {}), {}).argv,
            "--ctx-size"),
      "16000000000000000000");
}

}  // namespace
}  // namespace signalbox::engine
