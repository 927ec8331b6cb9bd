// From a request to the first token across a switch, with the real engine: through the server, and by hand
// with the same engine and arguments, in turn. By hand means what the server cannot avoid either: end the old
// engine, start the new one, wait until it is healthy, ask.
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <poll.h>
#include <sstream>
#include <stdexcept>
#include <unistd.h>

#include <fmt/format.h>

#include "bench/topics.h"
#include "support/event_stream.h"
#include "support/processes.h"

namespace signalbox::bench {

namespace {

using test::Child;
using test::Connection;
using test::EventStream;

constexpr int kRounds = 10;
constexpr int kHealthPollMs = 1;
constexpr const char* kTag = "real-switch";

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

std::string chat_request(std::string_view model) {
  return test::request_text(
      "POST", "/v1/chat/completions",
      fmt::format(
          R"({{"model":"{}","stream":true,"max_tokens":1,"temperature":0,"messages":[{{"role":"user","content":"Hello"}}]}})",
          model),
      {{"X-Status-Text", "none"}});
}

// Milliseconds until the engine's first token.
double first_token_ms(Connection connection, std::string_view model, TimePoint start) {
  connection.send(chat_request(model));
  EventStream stream(std::move(connection));
  double ms = 0;
  while (const auto event = stream.next()) {
    const bool is_token =
        event->metadata().empty() && event->data.find(R"("content":")") != std::string::npos;
    if (ms == 0 && is_token) ms = us_between(start, test::now()) / 1000;
  }
  if (ms == 0) throw std::runtime_error("no token came: " + stream.raw());
  return ms;
}

// A temporary folder with the configuration of two models; the server listens on a socket in it.
class Server {
 public:
  Server(const std::string& engine, const std::vector<std::string>& models)
      : folder_(fmt::format("/tmp/signalbox-bench-{}", ::getpid())),
        engine_name_(std::filesystem::canonical(engine).filename()) {
    std::filesystem::create_directory(folder_);
    std::ofstream config(folder_ + "/models.yaml");
    config << fmt::format("server:\n  listen: unix:{}/s\nengine:\n  command: ['{}']\nmodels:\n", folder_,
                          engine);
    for (std::size_t i = 0; i < models.size(); ++i)
      config << fmt::format("  - name: m{}\n    path: '{}'\n", i, models[i]);
    config.close();
    child_ = std::make_unique<Child>(
        std::vector<std::string>{SIGNALBOX_PROGRAM, "serve", "--config", folder_ + "/models.yaml"},
        std::vector<std::string>{fmt::format("{}={}", test::kTagName, kTag)}, folder_ + "/log");
    if (!test::eventually([&] { return std::filesystem::exists(folder_ + "/s"); }))
      throw std::runtime_error("the server does not listen");
  }
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;
  ~Server() {
    child_->signal(SIGTERM);
    static_cast<void>(child_->wait());
    std::filesystem::remove_all(folder_);
  }

  [[nodiscard]] double switch_ms(std::string_view model) const {
    return first_token_ms(Connection("unix:" + folder_ + "/s"), model, test::now());
  }
  // What its engine was started with, but for the socket.
  [[nodiscard]] std::vector<std::string> engine_command(const std::string& socket) const {
    for (const auto& process : test::processes_with_tag(kTag)) {
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
  [[nodiscard]] const std::string& folder() const { return folder_; }

 private:
  std::string folder_;
  std::string engine_name_;
  std::unique_ptr<Child> child_;
};

// One engine without a server.
class Alone {
 public:
  explicit Alone(std::string folder) : socket_(folder + "/alone.sock"), log_(folder + "/alone.log") {}

  [[nodiscard]] const std::string& socket() const { return socket_; }
  double switch_ms(const std::vector<std::string>& command, std::string_view model) {
    const auto start = test::now();
    if (engine_) {
      engine_->signal(SIGTERM);
      static_cast<void>(engine_->wait());
    }
    std::filesystem::remove(socket_);
    engine_ = std::make_unique<Child>(command, std::vector<std::string>{}, log_);
    const auto deadline = start + test::kPatience;
    while (!healthy()) {
      if (test::now() > deadline) throw std::runtime_error("the engine does not become healthy");
      ::poll(nullptr, 0, kHealthPollMs);
    }
    return first_token_ms(Connection("unix:" + socket_), model, start);
  }

 private:
  [[nodiscard]] bool healthy() const {
    try {
      Connection connection("unix:" + socket_);
      connection.send(test::request_text("GET", "/health"));
      return connection.read_reply().status == 200;
    } catch (const std::runtime_error&) {
      return false;
    }
  }

  std::string socket_;
  std::string log_;
  std::unique_ptr<Child> engine_;
};

}  // namespace

void real_switch(Report& report) {
  const std::string engine = variable("BENCH_ENGINE");
  const std::vector<std::string> models = {variable("BENCH_MODEL_A"), variable("BENCH_MODEL_B")};
  report.topic(
      "Switches of the real engine",
      "From a request for the other of two real models to its first token: through the server, and by "
      "hand with the same engine and arguments (end the old one, start the new one, ask for its health each "
      "millisecond, send the request). Ten switches each way, in turn.");
  if (engine.empty() || models[0].empty() || models[1].empty()) {
    fmt::print("| not measured: BENCH_ENGINE, BENCH_MODEL_A and BENCH_MODEL_B are not set | | |\n");
    return;
  }
  const Server server(engine, models);
  Alone alone(server.folder());
  std::vector<std::vector<std::string>> commands;
  for (const auto* model : {"m0", "m1"}) {
    static_cast<void>(server.switch_ms(model));  // the files are in the page cache from now on
    commands.push_back(server.engine_command(alone.socket()));
  }
  static_cast<void>(alone.switch_ms(commands[1], "m1"));
  std::vector<std::vector<double>> through(2);
  std::vector<std::vector<double>> by_hand(2);
  for (int round = 0; round < kRounds; ++round) {
    for (const std::size_t to : {std::size_t{0}, std::size_t{1}}) {
      through[to].push_back(server.switch_ms(fmt::format("m{}", to)));
      by_hand[to].push_back(alone.switch_ms(commands[to], fmt::format("m{}", to)));
    }
  }
  for (const std::size_t to : {std::size_t{0}, std::size_t{1}}) {
    const auto name = "to " + std::filesystem::path(models[to]).stem().string();
    const double with = percentile(through[to], 0.5);
    const double without = percentile(by_hand[to], 0.5);
    report.figure(name + ", by hand, median", without, "ms");
    report.figure(name + ", through the server, median", with, "ms");
    report.figure(name + ", the server's part", with - without, "ms", Aim::at_most, 50);
  }
}

}  // namespace signalbox::bench
