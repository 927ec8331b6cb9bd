// For this folder's tests: the launcher against shell scripts that stand for llama-server's process and a
// TestPeer that stands for its socket, so that each test says when which of them does what.
#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "engine/posix_engine_launcher.h"
#include "engine/runtime_folder.h"
#include "engine/test_folder.h"
#include "engine/test_loop.h"
#include "engine/test_peer.h"

namespace signalbox::engine {

inline constexpr ModelIndex kChat(0);
inline constexpr Epoch kOne(1);

// What a current llama-server answers; `$0.log` counts the questions.
inline constexpr auto kAbilities = R"(
for word in "$@"; do case "$word" in
  --help) echo help >> "$0.log"
    echo '--model X --host: an address or UNIX socket --port --ctx-size --parallel --alias --no-warmup --fit --list-devices'; exit 0;;
  --version) echo 'version: 1.2 (build 3)' >&2; exit 0;;
  --list-devices) echo 'Available devices:'; echo '  (none)'; exit 0;;
esac; done
)";
inline constexpr auto kSayLoading =
    R"(say() { echo "cmd_child_to_router:state:$1"; }; say '{"state":"loading","payload":{"value":0.25}}';)";
inline constexpr auto kSayReady =
    R"(say '{"state":"ready","payload":{"meta":{"n_ctx":4096,"n_params":134515008,"size":96576768}}}';)";
inline constexpr auto kUntilAsked = "trap 'exit 0' TERM; while :; do sleep 0.02; done\n";

class LauncherWorld : public EngineObserver, public ReadAheadObserver {
 public:
  explicit LauncherWorld(std::string_view script, std::string fallback = {})
      : runtime_(RuntimeFolder::make(folder_.path()).value()) {
    program_ = folder_.script("llama-server", std::string(kAbilities) + std::string(script));
    launcher_.emplace(
        loop_.executor(), loop_.clock(),
        LauncherOptions{
            .models =
                {{.name = "chat",
                  .path = folder_.write("chat.gguf", "GGUF"),
                  .slots = 3,
                  .context = 1024,
                  .args = {"--model-word"}},
                 {.name = "gone", .path = folder_.path("gone.gguf"), .slots = 1, .context = 1, .args = {}},
                 {.name = "other",
                  .path = {},
                  .slots = 1,
                  .context = 1,
                  .args = {},
                  .command = {"other-server"}}},
            .command = {program_},
            .args = {"--engine-word"},
            .fallback_program = std::move(fallback),
            .runtime_folder = runtime_.path(),
            .guard_program = "/proc/self/exe"},
        addresses_, nullptr,
        std::make_unique<ReadAhead>(loop_.executor(), loop_.clock(), pace_, *this,
                                    ReadAhead::Options{.reader = {.free_memory = memory_}}));
    launcher_->observe(*this);
  }

  // The engine's socket answers from now on.
  TestPeer& listen(Epoch epoch = kOne) {
    auto& peer =
        peers_.emplace_back(std::make_unique<TestPeer>(loop_.context(), socket_path(runtime_.path(), epoch)));
    peer->answer([this](TestPeer::Connection& connection) { connection.send(reply(connection.received())); });
    return *peer;
  }

  void model_file_checked(ModelIndex model, Result<void> outcome) override {
    note(fmt::format("checked {}: {}", model.value(), outcome ? "good" : outcome.error().message));
  }
  void memory_checked(ModelIndex model, bool suffices) override {
    note(fmt::format("memory {}: {}", model.value(), suffices ? "suffices" : "does not suffice"));
  }
  void memory_short() override { note("memory is short"); }
  void engine_progressed(Epoch epoch, std::optional<std::uint32_t> progress) override {
    note(fmt::format("progress {}: {}", epoch.value(), progress ? std::to_string(*progress) : "unknown"));
  }
  void engine_ready(Epoch epoch, EngineInfo info) override {
    note(fmt::format("ready {}", epoch.value()));
    info_ = info;
  }
  void engine_exited(Epoch epoch, EngineExit exit) override {
    note(fmt::format("exited {}: {}", epoch.value(), exit.reason));
    if (restart_on_exit_) launcher().start(kChat, Epoch(epoch.value() + 1));
    restart_on_exit_ = false;
  }
  void read_ahead_ended(const ReadAheadNews& news) override {
    note(fmt::format("read ahead {}: {} bytes, end {}", news.model.value(), news.bytes_read,
                     static_cast<int>(news.end)));
  }

  [[nodiscard]] bool until(std::string_view news) {
    return loop_.run_until(
        [&] { return std::ranges::any_of(log_, [&](const auto& line) { return line.starts_with(news); }); });
  }
  // From a start to ready; the socket is there as soon as the engine has said something.
  void become_ready() {
    launcher().start(kChat, kOne);
    EXPECT_TRUE(until("progress 1"));
    listen();
    EXPECT_TRUE(until("ready 1"));
  }
  void run_for(std::chrono::milliseconds time) {
    loop_.context().restart();
    loop_.context().run_for(time);
  }
  [[nodiscard]] PosixEngineLauncher& launcher() { return *launcher_; }
  void destroy_launcher() { launcher_.reset(); }

  [[nodiscard]] std::vector<std::string> log_without_progress() const {
    std::vector<std::string> rest;
    std::ranges::copy_if(log_, std::back_inserter(rest),
                         [](const auto& line) { return !line.starts_with("progress"); });
    return rest;
  }

  TestFolder folder_;
  TestLoop loop_;
  RuntimeFolder runtime_;
  EngineAddresses addresses_;
  std::string program_;
  std::vector<std::string> log_;
  std::optional<EngineInfo> info_;
  bool restart_on_exit_ = false;
  // What the socket answers.
  std::string health_ = json_answer(R"({"status":"ok"})");
  std::string props_ = json_answer(R"({"total_slots":2,"default_generation_settings":{"n_ctx":512}})");
  std::string models_ = json_answer(R"({"data":[{"meta":{"n_params":5,"size":6}}]})");
  std::vector<std::string> asked_;
  // What the reading ahead was told of the page cache; its thread may outlive this.
  std::shared_ptr<std::atomic<std::uint64_t>> in_use_ = std::make_shared<std::atomic<std::uint64_t>>(0);

 private:
  std::string reply(const std::string& request) {
    const auto target = request.substr(4, request.find(' ', 4) - 4);
    asked_.push_back(target);
    if (target == "/health") return health_;
    return target == "/props" ? props_ : models_;
  }
  void note(std::string line) { log_.push_back(std::move(line)); }

  ModelReader::FreeMemory memory_ = [in_use = in_use_](std::uint64_t bytes) {
    *in_use = bytes;
    return 2 * ModelReader::kReserveBytes;
  };
  TokenPace pace_;
  std::vector<std::unique_ptr<TestPeer>> peers_;
  std::optional<PosixEngineLauncher> launcher_;
};

}  // namespace signalbox::engine
