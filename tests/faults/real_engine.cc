#include "faults/real_engine.h"

#include <csignal>
#include <cstdlib>
#include <filesystem>

#include <fmt/format.h>

namespace signalbox::test {
namespace {

constexpr std::string_view kModelFile = "SmolLM2-135M-Instruct.Q4_1.gguf";

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

std::string cache_folder() {
  const auto given = variable("XDG_CACHE_HOME");
  return (given.starts_with('/') ? given : variable("HOME") + "/.cache") + "/signalbox";
}

RealEngine find() {
  RealEngine engine;
  engine.program = variable("SIGNALBOX_ENGINE");
  if (engine.program.empty()) engine.program = cache_folder() + "/engine/current/llama-server";
  if (!std::filesystem::exists(engine.program)) engine.program.clear();
  for (const auto& folder : {variable("SIGNALBOX_MODEL_DIR"), cache_folder() + "/models"}) {
    const auto path = fmt::format("{}/{}", folder, kModelFile);
    if (!folder.empty() && engine.model.empty() && std::filesystem::exists(path)) engine.model = path;
  }
  return engine;
}

}  // namespace

const RealEngine& real_engine() {
  static const RealEngine engine = find();
  return engine;
}

Setup real_setup(Setup more) {
  // A model that was selected, as a quarantined one is to be tried again, is not left before that.
  more.scheduler.emplace_back("starvation_limit: 500ms");
  if (more.engine_command.empty()) more.engine_command = {real_engine().program};
  for (const auto* name : {"a", "b"}) {
    more.models.push_back({.name = name,
                           .keys = {"slots: 2", "context: 2048"},
                           .real_file = real_engine().model,
                           .args = {"-t", "1"}});
  }
  return more;
}

std::string long_messages(std::size_t words) {
  std::string text;
  for (std::size_t i = 0; i < words; ++i) text += fmt::format("word{} ", i % 10);
  return fmt::format(R"([{{"role":"user","content":"{}"}}])", text);
}

Chat exactly(std::uint32_t tokens, Weight weight) {
  const auto* more = weight == Weight::slim ? R"("ignore_eos":true,"temperature":0)"
                                            : R"("ignore_eos":true,"logprobs":true,"top_logprobs":20)";
  return {.max_tokens = tokens, .more = more};
}

bool signal_engines(const TestServer& server, int number) {
  const auto engines = server.engines();
  for (const auto& engine : engines) ::kill(engine.pid, number);
  return !engines.empty();
}

bool stop_engine_in_its_load(const TestServer& server) {
  const auto name = std::filesystem::path(real_engine().program).filename().string();
  return eventually([&] {
    // The short runs that ask the program for its abilities are not meant.
    for (const auto& engine : server.engines()) {
      if (engine.program != name || !engine.arguments.contains("--alias")) continue;
      ::kill(engine.pid, SIGSTOP);
      return true;
    }
    return false;
  });
}

}  // namespace signalbox::test
