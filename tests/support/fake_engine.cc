// A program that behaves as llama-server does, as far as Signalbox can see, and misbehaves as it is told by
// `--fake key=value` (fake_options.h). For tests: no model, no inference, deterministic words. Started by our
// server as its engine, or by hand.
#include <array>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <fmt/format.h>

#include "support/fake_options.h"
#include "support/fake_record.h"
#include "support/fake_server.h"

namespace {

namespace asio = boost::asio;
namespace fake = signalbox::fake;
using asio::awaitable;
using fake::Milliseconds;

constexpr auto kNoThrow = asio::as_tuple(asio::use_awaitable);
constexpr unsigned kLifetimeMaxSeconds = 600;  // whatever a test forgets, nothing stays for ever
constexpr Milliseconds kStopWithOpenStreams{30'000};
constexpr Milliseconds kPoll{2};
constexpr std::string_view kExitCommand = "cmd_router_to_child:exit";

class Engine {
 public:
  Engine(const fake::Options& options, const fake::Record& record, bool speaks_protocol)
      : options_(options),
        record_(record),
        speaks_protocol_(speaks_protocol),
        server_(io_, options, record),
        timer_(io_),
        stop_timer_(io_),
        signals_(io_) {}

  int run() {
    if (auto listening = server_.listen(); !listening) {
      log(listening.error().message);
      return 1;
    }
    asio::co_spawn(io_, load(), asio::detached);
    io_.run();
    std::fflush(stdout);
    return exit_status_;
  }

 private:
  static void log(std::string_view line) { fmt::print(stderr, "0.00.012.530 I srv    {}\n", line); }

  void say(std::string_view state, std::string_view payload) const {
    if (!speaks_protocol_) return;
    fmt::print("cmd_child_to_router:state:{{\"state\":\"{}\",\"payload\":{}}}\n", state, payload);
    std::fflush(stdout);
  }
  void say_progress(double value) const {
    say("loading",
        fmt::format(R"({{"stages":["text_model"],"current":"text_model","value":{:.2f}}})", value));
  }

  awaitable<void> pause(Milliseconds duration) {
    timer_.expires_after(duration);
    co_await timer_.async_wait(kNoThrow);
  }

  // "" when the file can be loaded.
  [[nodiscard]] std::string file_problem() const {
    std::ifstream file(options_.model, std::ios::binary);
    if (!file)
      return fmt::format("failed to open GGUF file '{}' (No such file or directory)", options_.model);
    std::array<char, 4> magic{};
    file.read(magic.data(), magic.size());
    if (std::string_view(magic.data(), magic.size()) != "GGUF")
      return "invalid magic characters, expected 'GGUF'";
    return "";
  }

  // As llama-server does with a model: its pages become resident, and it says nothing meanwhile. Stays
  // mapped.
  void map_model(std::uint32_t percent) const {
    if (percent == 0) return;
    const int file = ::open(options_.model.c_str(), O_RDONLY | O_CLOEXEC);
    const auto bytes = static_cast<std::size_t>(std::filesystem::file_size(options_.model)) * percent / 100;
    const void* pages = ::mmap(nullptr, bytes, PROT_READ, MAP_SHARED | MAP_POPULATE, file, 0);
    if (pages == MAP_FAILED) log("map_model: the file cannot be mapped");
    ::close(file);
  }

  void load_failed(std::string_view words) {
    fmt::print(stderr, "0.00.012.403 E gguf_init_from_file: {}\n", words);
    fmt::print(stderr, "0.00.012.529 E srv    load_model: failed to load model, '{}'\n", options_.model);
    fmt::print(stderr, "0.00.012.863 E srv  llama_server: exiting due to model loading error\n");
    finish(1);
  }

  awaitable<void> load() {
    const auto& behaviour = options_.behaviour;
    log(fmt::format("load_model: loading model '{}'", options_.model));
    if (!behaviour.log_line.empty()) log(behaviour.log_line);
    say_progress(0);
    map_model(behaviour.map_percent);
    while (behaviour.load_hang) co_await pause(Milliseconds(1000));
    for (std::uint32_t step = 1; step <= behaviour.load_steps; ++step) {
      co_await pause(behaviour.load_ms / behaviour.load_steps);
      if (step < behaviour.load_steps) say_progress(static_cast<double>(step) / behaviour.load_steps);
    }
    while (!behaviour.load_until.empty() && !std::filesystem::exists(behaviour.load_until))
      co_await pause(kPoll);
    if (behaviour.load_exit) co_return finish(*behaviour.load_exit);
    if (!behaviour.load_fail.empty()) co_return load_failed(behaviour.load_fail);
    if (const auto problem = file_problem(); !problem.empty()) co_return load_failed(problem);
    say_progress(1);
    if (behaviour.start_ms.count() > 0) co_await pause(behaviour.start_ms);
    listen_for_the_end();
    server_.become_ready();
    say("ready",
        fmt::format(
            R"({{"id":{0},"aliases":[{0}],"object":"model","owned_by":"llamacpp",)"
            R"("meta":{{"n_ctx":{1},"n_ctx_train":{1},"n_params":128576,"size":514304,"ftype":"all F32"}}}})",
            fake::json_string(options_.alias), options_.context / options_.parallel));
    record_.write("ready");
  }

  // Only after the load: before it llama-server dies of SIGTERM at once and does not look at its stdin.
  void listen_for_the_end() {
    if (options_.behaviour.ignore_term) return;
    signals_.add(SIGTERM);
    signals_.add(SIGINT);
    signals_.async_wait([this](const boost::system::error_code& error, int) {
      if (error) return;
      record_.write("signal");
      if (speaks_protocol_) {
        server_.close_gate();  // and then it waits for its stdin to close
      } else {
        asio::co_spawn(io_, stop("signal"), asio::detached);
      }
    });
    if (speaks_protocol_) asio::co_spawn(io_, read_stdin(), asio::detached);
  }

  awaitable<void> read_stdin() {
    boost::system::error_code error;
    asio::posix::stream_descriptor input(io_);
    input.assign(::dup(STDIN_FILENO), error);
    if (error) co_return;  // a plain file cannot be waited for
    std::string buffer;
    while (true) {
      const auto [read_error, size] =
          co_await asio::async_read_until(input, asio::dynamic_buffer(buffer), '\n', kNoThrow);
      if (read_error) co_return co_await stop("eof");
      const auto line = buffer.substr(0, size - 1);
      buffer.erase(0, size);
      if (line == kExitCommand) co_return co_await stop("command");
    }
  }

  awaitable<void> stop(std::string cause) {
    record_.write("stopping", fmt::format(R"("cause":"{}","open_streams":{})", cause, server_.running()));
    server_.close_gate();
    const auto waited_max = kStopWithOpenStreams / kPoll;
    for (std::int64_t i = 0; i < waited_max && server_.running() > 0; ++i) {
      stop_timer_.expires_after(kPoll);
      co_await stop_timer_.async_wait(kNoThrow);
    }
    stop_timer_.expires_after(options_.behaviour.slow_stop_ms);
    co_await stop_timer_.async_wait(kNoThrow);
    record_.write("exit");
    finish(0);
  }

  void finish(int status) {
    exit_status_ = status;
    io_.stop();
  }

  const fake::Options& options_;
  const fake::Record& record_;
  bool speaks_protocol_;
  asio::io_context io_{1};
  fake::Server server_;
  asio::steady_timer timer_;
  asio::steady_timer stop_timer_;
  asio::signal_set signals_;
  int exit_status_ = 0;
};

// A descendant that leaves the process group and the session, and keeps the output pipes open: what an engine
// that starts helpers looks like.
void fork_child(const fake::Record& record) {
  const auto child = ::fork();
  if (child != 0) {
    record.write("forked", fmt::format(R"("child":{})", child));
    return;
  }
  ::setsid();
  ::alarm(kLifetimeMaxSeconds);
  while (true) ::pause();
}

std::string start_members(const std::vector<std::string>& arguments) {
  std::string list;
  for (const auto& argument : arguments) list += (list.empty() ? "" : ",") + fake::json_string(argument);
  std::string environment;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text(*entry);
    if (text.starts_with("LLAMA_")) environment += (environment.empty() ? "" : ",") + fake::json_string(text);
  }
  return fmt::format(R"("args":[{}],"environment":[{}])", list, environment);
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  const auto name = std::filesystem::path(argv[0]).filename().string();
  const auto age = name.contains("old") ? fake::Age::old : fake::Age::current;
  const auto options = fake::parse_options(arguments, age);
  if (!options) {
    fmt::print(stderr, "{}\n", options.error().message);
    return 1;
  }
  if (options->list_devices) {
    fmt::print("Available devices:\n  (none)\n");
    return 0;
  }
  if (options->version) {
    fmt::print(stderr, "{}", fake::version_text(age));
    return 0;
  }
  if (options->help) {
    fmt::print("{}", fake::help_text(age));
    return 0;
  }
  ::alarm(kLifetimeMaxSeconds);
  std::signal(SIGPIPE, SIG_IGN);
  if (options->behaviour.ignore_term) std::signal(SIGTERM, SIG_IGN);
  const fake::Record record(options->behaviour.record);
  record.write("start", start_members(arguments));
  if (options->behaviour.fork_child) fork_child(record);
  const char* router = std::getenv("LLAMA_SERVER_ROUTER_PORT");
  Engine engine(*options, record, router != nullptr && age == fake::Age::current);
  return engine.run();
}
