// The real engine behind a server, and alone: what the comparisons of the two stand on. Reads BENCH_ENGINE,
// BENCH_MODEL_A and BENCH_MODEL_B, which scripts set.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "support/event_stream.h"
#include "support/http_client.h"
#include "support/processes.h"

namespace signalbox::bench {

struct RealModels {
  std::string engine;
  std::vector<std::string> files;  // two
};
// None where a variable is not set.
[[nodiscard]] std::optional<RealModels> real_models();

// The table says that nothing was measured.
void say_models_are_missing();
// As anybody starts the engine who has read no more of its help than he must.
[[nodiscard]] std::vector<std::string> plain_command(const RealModels& models, std::size_t model,
                                                     const std::string& socket);
// A request for so many tokens, as a stream.
[[nodiscard]] std::string chat_request(std::string_view model, int tokens_max);
[[nodiscard]] bool is_token(const test::Event& event);

// Milliseconds from `start` until the engine's first token. Throws if none comes.
[[nodiscard]] double first_token_ms(test::Connection connection, std::string_view model, TimePoint start);

struct ServerGiven {
  std::vector<std::string> scheduler{};   // lines of that section
  std::vector<std::uint64_t> contexts{};  // of each model, tokens a slot; empty: the server's default
};

// A temporary folder with the configuration of two models, m0 and m1; the server listens on a socket in it.
class Server {
 public:
  explicit Server(const RealModels& models, const ServerGiven& given = {});
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;
  ~Server();

  [[nodiscard]] test::Connection connect() const { return test::Connection("unix:" + folder_ + "/s"); }
  [[nodiscard]] double switch_ms(std::string_view model) const;
  // What its engine was started with, but for the socket.
  [[nodiscard]] std::vector<std::string> engine_command(const std::string& socket) const;
  [[nodiscard]] const std::string& folder() const { return folder_; }

 private:
  std::string folder_;
  std::string engine_name_;
  std::unique_ptr<test::Child> child_;
};

// One engine without a server, on a socket in this folder.
class Alone {
 public:
  Alone(const std::string& folder, std::string_view name);

  [[nodiscard]] const std::string& socket() const { return socket_; }
  [[nodiscard]] test::Connection connect() const { return test::Connection("unix:" + socket_); }
  // Ends the engine that runs, if one does, and returns when another one is healthy.
  void restart(const std::vector<std::string>& command);
  [[nodiscard]] double switch_ms(const std::vector<std::string>& command, std::string_view model);
  // What it says of itself: tokens of all slots together, as it shares them out.
  [[nodiscard]] std::uint64_t context() const;

 private:
  [[nodiscard]] bool healthy() const;

  std::string socket_;
  std::string log_;
  std::unique_ptr<test::Child> engine_;
};

}  // namespace signalbox::bench
