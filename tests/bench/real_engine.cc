// By hand means what a server cannot avoid either: end the old engine, start the new one, ask for its health
// each millisecond.
#include "bench/real_engine.h"

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <poll.h>
#include <sstream>
#include <stdexcept>
#include <unistd.h>

#include <fmt/format.h>

#include "bench/report.h"
#include "support/event_stream.h"

namespace signalbox::bench {

namespace {

using test::Child;
using test::Connection;
using test::EventStream;

constexpr int kHealthPollMs = 1;
int servers_made = 0;

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

}  // namespace

std::string chat_request(std::string_view model, int tokens_max) {
  return test::request_text(
      "POST", "/v1/chat/completions",
      fmt::format(
          R"({{"model":"{}","stream":true,"max_tokens":{},"temperature":0,"ignore_eos":true,"messages":[{{"role":"user","content":"Hello"}}]}})",
          model, tokens_max),
      {{"X-Status-Text", "none"}});
}

bool is_token(const test::Event& event) {
  return event.metadata().empty() && event.data.find(R"("content":")") != std::string::npos;
}

void say_models_are_missing() {
  fmt::print("| not measured: BENCH_ENGINE, BENCH_MODEL_A and BENCH_MODEL_B are not set | | |\n");
}

std::vector<std::string> plain_command(const RealModels& models, std::size_t model,
                                       const std::string& socket) {
  return {models.engine, "-m", models.files[model], "--host", socket};
}

std::optional<RealModels> real_models() {
  RealModels models{.engine = variable("BENCH_ENGINE"),
                    .files = {variable("BENCH_MODEL_A"), variable("BENCH_MODEL_B")}};
  if (models.engine.empty() || models.files[0].empty() || models.files[1].empty()) return std::nullopt;
  return models;
}

double first_token_ms(Connection connection, std::string_view model, TimePoint start) {
  connection.send(chat_request(model, 1));
  EventStream stream(std::move(connection));
  double ms = 0;
  while (const auto event = stream.next()) {
    if (ms == 0 && is_token(*event)) ms = us_between(start, test::now()) / 1000;
  }
  if (ms == 0) throw std::runtime_error("no token came: " + stream.raw());
  return ms;
}

Server::Server(const RealModels& models, const ServerGiven& given)
    : folder_(fmt::format("/tmp/signalbox-bench-{}-{}", ::getpid(), servers_made++)),
      engine_name_(std::filesystem::canonical(models.engine).filename()) {
  std::filesystem::create_directory(folder_);
  std::ofstream config(folder_ + "/models.yaml");
  config << fmt::format("server:\n  listen: unix:{}/s\nengine:\n  command: ['{}']\n", folder_, models.engine);
  config << fmt::format("carry_over:\n  kv_dir: '{}/kv'\n", folder_);
  if (!given.scheduler.empty()) config << "scheduler:\n";
  for (const auto& line : given.scheduler) config << "  " << line << "\n";
  config << "models:\n";
  for (std::size_t i = 0; i < models.files.size(); ++i) {
    config << fmt::format("  - name: m{}\n    path: '{}'\n", i, models.files[i]);
    if (!given.contexts.empty()) config << fmt::format("    context: {}\n", given.contexts[i]);
  }
  config.close();
  child_ = std::make_unique<Child>(
      std::vector<std::string>{SIGNALBOX_PROGRAM, "serve", "--config", folder_ + "/models.yaml"},
      std::vector<std::string>{fmt::format("{}={}", test::kTagName, folder_)}, folder_ + "/log");
  if (!test::eventually([&] { return std::filesystem::exists(folder_ + "/s"); }))
    throw std::runtime_error("the server does not listen");
}

Server::~Server() {
  child_->signal(SIGTERM);
  static_cast<void>(child_->wait());
  std::filesystem::remove_all(folder_);
}

double Server::switch_ms(std::string_view model) const {
  return first_token_ms(connect(), model, test::now());
}

std::vector<std::string> Server::engine_command(const std::string& socket) const {
  for (const auto& process : test::processes_with_tag(folder_)) {
    if (process.program != engine_name_) continue;  // the guard has the same words in its command line
    std::istringstream words(process.arguments);
    std::vector<std::string> command;
    for (std::string word; words >> word;) {
      const bool is_address = !command.empty() && command.back() == "--host";
      command.push_back(is_address ? socket : word);
    }
    return command;
  }
  throw std::runtime_error("the server has no engine");
}

Alone::Alone(const std::string& folder, std::string_view name)
    : socket_(fmt::format("{}/{}.sock", folder, name)), log_(fmt::format("{}/{}.log", folder, name)) {}

void Alone::restart(const std::vector<std::string>& command) {
  const auto deadline = test::now() + test::kPatience;
  if (engine_) {
    engine_->signal(SIGTERM);
    static_cast<void>(engine_->wait());
  }
  std::filesystem::remove(socket_);
  engine_ = std::make_unique<Child>(command, std::vector<std::string>{}, log_);
  while (!healthy()) {
    if (test::now() > deadline) throw std::runtime_error("the engine does not become healthy");
    ::poll(nullptr, 0, kHealthPollMs);
  }
}

double Alone::switch_ms(const std::vector<std::string>& command, std::string_view model) {
  const auto start = test::now();
  restart(command);
  return first_token_ms(connect(), model, start);
}

std::uint64_t Alone::context() const {
  auto connection = connect();
  connection.send(test::request_text("GET", "/props"));
  const auto props = connection.read_reply().json();
  return props.at("default_generation_settings").at("n_ctx").to_number<std::uint64_t>();
}

bool Alone::healthy() const {
  try {
    auto connection = connect();
    connection.send(test::request_text("GET", "/health"));
    return connection.read_reply().status == 200;
  } catch (const std::runtime_error&) {
    return false;
  }
}

}  // namespace signalbox::bench
