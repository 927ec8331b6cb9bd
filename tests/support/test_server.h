// One Signalbox server, started for one test in a folder of its own on a port of its own, with fake engines
// or with the real one. Offers the verbs that the integration tests are written in. When it goes it checks
// that nothing is left of it.
#pragma once

#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "support/event_stream.h"
#include "support/http_client.h"
#include "support/processes.h"

namespace signalbox::test {

enum class ModelFile { gguf, no_gguf, missing };
void PrintTo(ModelFile file, std::ostream* out);

struct ModelSetup {
  std::string name;
  std::vector<std::string> fake{};  // "load_ms=500": see fake_options.h; "=@/x" is the file x of path()
  std::vector<std::string> keys{};  // "queue_size: 3": more lines of this model in models.yaml
  ModelFile file = ModelFile::gguf;
  std::vector<std::string>
      command{};            // not empty: `launcher: command` with these words; "@engine" is the fake engine
  std::string real_file{};  // for a real engine: the model that a link in the folder leads to
  std::vector<std::string> args{};  // for a real engine, in the place of `fake`
};

// Lines of the sections of models.yaml, "starvation_limit: 2s".
struct Setup {
  std::vector<ModelSetup> models{};
  std::vector<std::string> server{};
  std::vector<std::string> scheduler{};
  std::vector<std::string> status{};
  std::vector<std::string> engine{};
  std::vector<std::string> carry_over{};  // where none says kv_dir it is below the server's own folder
  std::string
      engine_program{};  // a symbolic link of this name to the fake engine; empty: the fake engine itself
  std::vector<std::string> engine_command{};  // not empty: these words in the fake engine's place
  std::vector<std::string> under{};           // words that the server's own command line follows
  std::vector<std::string> environment{};     // of the server: "NAME=value"
  std::vector<std::string> arguments{};       // more words of the server's command line
  std::string output{};  // where its log goes instead of a file; then it listens on a unix socket
};

struct Chat {
  std::uint32_t max_tokens = 4;
  bool stream = true;
  std::string more{};  // more members of the body, `"n":2`
  std::string messages = R"([{"role":"user","content":"hello"}])";
  Headers headers{};
};

[[nodiscard]] std::string chat_body(std::string_view model, const Chat& chat);

class TestServer {
 public:
  // Returns when it listens; throws if it does not.
  explicit TestServer(Setup setup);
  ~TestServer();
  TestServer(const TestServer&) = delete;
  TestServer& operator=(const TestServer&) = delete;

  [[nodiscard]] const std::string& address() const { return address_; }
  [[nodiscard]] Connection connect() const { return Connection(address_); }

  // One request on a connection of its own.
  [[nodiscard]] Reply get(std::string_view target, const Headers& headers = {}) const;
  [[nodiscard]] Reply post(std::string_view target, std::string_view body, const Headers& headers = {}) const;
  [[nodiscard]] Reply chat(std::string_view model, Chat chat = {}) const;  // not streamed
  // Sends and does not wait.
  [[nodiscard]] Connection start(std::string_view target, std::string_view body,
                                 const Headers& headers = {}) const;
  [[nodiscard]] EventStream stream_chat(std::string_view model, Chat chat = {}) const;
  // Returns when the engine works on it: after its first token, or what comes before that.
  [[nodiscard]] EventStream run_chat(std::string_view model, Chat chat = {}) const;
  [[nodiscard]] Connection start_chat(std::string_view model, Chat chat) const;
  [[nodiscard]] Reply select(std::string_view model, std::string_view query = "") const;
  // Asks with a short request and waits for its end.
  void load(std::string_view model) const;

  // GET /v1/models/status
  [[nodiscard]] boost::json::object status() const;
  [[nodiscard]] std::string state() const;         // its "status"
  [[nodiscard]] std::string active_model() const;  // "" for null
  [[nodiscard]] std::int64_t queue_length(std::string_view model) const;
  [[nodiscard]] std::int64_t in_flight() const;
  [[nodiscard]] std::int64_t busy_workers() const;
  [[nodiscard]] boost::json::object model_status(std::string_view model) const;

  // A file that the fake engine can wait for.
  [[nodiscard]] std::string path(std::string_view name) const;
  void touch(std::string_view name) const;  // makes it
  void remove(std::string_view name) const;
  // The link or file that stands as the path of the model at this place in Setup.
  [[nodiscard]] std::string model_file(std::size_t index) const;

  // What the engines wrote down: objects with "event"; all of them for "".
  [[nodiscard]] std::vector<boost::json::object> records(std::string_view event) const;
  // The bodies of the requests that the engines got.
  [[nodiscard]] std::vector<boost::json::object> engine_requests() const;
  // Whatever an engine runs as, what it forked included; not the guards.
  [[nodiscard]] std::vector<Process> engines() const;
  [[nodiscard]] std::vector<Process> guards() const;
  // Everything that it started and that is alive, itself included.
  [[nodiscard]] std::vector<Process> processes() const { return processes_with_tag(tag_); }
  // "unix:/path": where the last engine listens; empty without one.
  [[nodiscard]] std::string engine_address() const;
  // GET at the running engine's own socket: what the engine itself says.
  [[nodiscard]] std::int64_t busy_engine_slots() const;

  // Its log lines with this event (the value of "event").
  [[nodiscard]] std::vector<boost::json::object> log(std::string_view event) const;
  [[nodiscard]] std::string log_text() const;

  [[nodiscard]] pid_t pid() const { return child_->pid(); }

  void signal(int number) const { child_->signal(number); }
  [[nodiscard]] std::optional<int> wait_exit(Duration within = kPatience) { return child_->wait(within); }
  // After wait_exit(): the same once more, with the files it left.
  void start_again();
  // For tests that end the server themselves in a way that is no exit 0.
  void expect_no_clean_exit() { clean_exit_expected_ = false; }

 private:
  void write_config(const Setup& setup) const;
  void start();
  void spawn(const Setup& setup);
  [[nodiscard]] bool listens();

  Setup setup_;
  std::string folder_;
  std::string tag_;
  std::string address_;
  std::unique_ptr<Child> child_;
  bool clean_exit_expected_ = true;
};

}  // namespace signalbox::test
