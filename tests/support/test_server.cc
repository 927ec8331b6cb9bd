#include "support/test_server.h"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <signal.h>
#include <sstream>
#include <stdexcept>
#include <stdlib.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/string.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gtest/gtest.h>
namespace signalbox::test {
namespace {

namespace json = boost::json;

// Server and guard are the same program.
const auto kServerName = std::filesystem::path(SIGNALBOX_PROGRAM).filename().string();

std::string json_string(std::string_view text) {
  return json::serialize(json::string(text));
}

std::string section(std::string_view name, const std::vector<std::string>& lines) {
  if (lines.empty()) return "";
  auto text = fmt::format("{}:\n", name);
  for (const auto& line : lines) text += fmt::format("  {}\n", line);
  return text;
}

// "key=@/name" -> "key=FOLDER/name"
std::string with_folder(std::string setting, const std::string& folder) {
  const auto at = setting.find("=@/");
  if (at != std::string::npos) setting.replace(at + 1, 1, folder);
  return setting;
}

// The fake engine as a server that Signalbox knows nothing of.
std::string command_entry(const ModelSetup& model, const std::string& program, const std::string& path,
                          const std::string& folder) {
  std::vector<std::string> words = model.command;
  std::ranges::replace(words, std::string("@engine"), program);
  words.insert(words.end(), {"--model", path});
  for (const auto& setting : model.fake) words.insert(words.end(), {"--fake", with_folder(setting, folder)});
  words.insert(words.end(), {"--fake", "record=" + folder + "/record"});
  std::ranges::transform(words, words.begin(), [](const std::string& word) { return json_string(word); });
  auto text = fmt::format("  - name: {}\n    launcher: command\n    command: [{}]\n", json_string(model.name),
                          fmt::join(words, ", "));
  for (const auto& key : model.keys) text += fmt::format("    {}\n", key);
  return text;
}

std::string real_model_entry(const ModelSetup& model, const std::string& path) {
  std::vector<std::string> words = model.args;
  std::ranges::transform(words, words.begin(), [](const std::string& word) { return json_string(word); });
  auto text = fmt::format("  - name: {}\n    path: {}\n    args: [{}]\n", json_string(model.name),
                          json_string(path), fmt::join(words, ", "));
  for (const auto& key : model.keys) text += fmt::format("    {}\n", key);
  return text;
}

std::string model_entry(const ModelSetup& model, const std::string& path, const std::string& folder) {
  auto text = fmt::format("  - name: {}\n    path: {}\n    args: [--fake, {}", json_string(model.name),
                          json_string(path), json_string("record=" + folder + "/record"));
  for (const auto& setting : model.fake) text += ", --fake, " + json_string(with_folder(setting, folder));
  text += "]\n";
  for (const auto& key : model.keys) text += fmt::format("    {}\n", key);
  return text;
}

std::vector<json::object> json_lines(const std::string& path, std::string_view event) {
  std::vector<json::object> found;
  std::ifstream file(path);
  std::string line;
  while (std::getline(file, line)) {
    boost::system::error_code error;
    auto value = json::parse(line, error);
    if (error || !value.is_object()) continue;
    const auto* name = value.as_object().if_contains("event");
    const bool wanted = name != nullptr && name->is_string() && (event.empty() || name->as_string() == event);
    if (wanted) found.push_back(value.as_object());
  }
  return found;
}

std::string new_folder() {
  // Short: the server may put sockets beside what it is told.
  auto pattern = (std::filesystem::temp_directory_path() / "sbt-XXXXXX").string();
  if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no temporary folder");
  return pattern;
}

std::string number_or_name(const json::value& value) {
  return value.is_string() ? std::string(value.as_string()) : json::serialize(value);
}

}  // namespace

void PrintTo(ModelFile file, std::ostream* out) {
  *out << (file == ModelFile::gguf ? "gguf" : file == ModelFile::missing ? "missing" : "no gguf");
}

std::string chat_body(std::string_view model, const Chat& chat) {
  return fmt::format(R"({{"model":{},"messages":{},"max_tokens":{},"stream":{}{}{}}})", json_string(model),
                     chat.messages, chat.max_tokens, chat.stream, chat.more.empty() ? "" : ",", chat.more);
}

TestServer::TestServer(Setup setup)
    : setup_(std::move(setup)), folder_(new_folder()), tag_(std::filesystem::path(folder_).filename()) {
  if (!setup_.output.empty()) address_ = "unix:" + path("server.sock");
  write_config(setup_);
  start();
}

void TestServer::start_again() {
  address_.clear();
  std::filesystem::remove(path("log"));
  start();
}

void TestServer::start() {
  spawn(setup_);
  const bool ended_or_listens =
      eventually([&] { return listens() || child_->wait(Duration(0)).has_value(); });
  if (!ended_or_listens || !listens()) throw std::runtime_error("the server did not start:\n" + log_text());
  if (address_.empty()) address_ = std::string(log("listening").front().at("address").as_string());
}

void TestServer::spawn(const Setup& setup) {
  auto command = setup.under;
  command.insert(command.end(), {SIGNALBOX_PROGRAM, "serve", "--config", path("models.yaml")});
  command.insert(command.end(), setup.arguments.begin(), setup.arguments.end());
  command.insert(command.end(), {"--log-format", "json"});
  auto environment = setup.environment;
  environment.push_back(fmt::format("{}={}", kTagName, tag_));
  child_ = std::make_unique<Child>(command, environment, setup.output.empty() ? path("log") : setup.output);
}

// Where its log cannot be read a connection has to tell.
bool TestServer::listens() {
  if (address_.empty()) return !log("listening").empty();
  try {
    static_cast<void>(connect());
    return true;
  } catch (const std::runtime_error&) {
    return false;
  }
}

TestServer::~TestServer() {
  child_->signal(SIGTERM);
  const auto status = child_->wait();
  if (clean_exit_expected_) {
    EXPECT_TRUE(status.has_value()) << "the server does not end";
    EXPECT_EQ(status.value_or(-1), 0) << "the server did not end well";
  }
  const bool nothing_left = eventually([&] { return processes().empty(); }, std::chrono::seconds(10));
  EXPECT_TRUE(nothing_left) << "processes are left";
  for (const auto& process : processes()) {
    ADD_FAILURE() << "left: " << process.pid << " " << process.arguments;
    ::kill(process.pid, SIGKILL);
  }
  const auto text = log_text();
  for (const auto* word : {"ERROR: AddressSanitizer", "ERROR: LeakSanitizer", "WARNING: ThreadSanitizer",
                           "runtime error:", "assertion failed"}) {
    EXPECT_EQ(text.find(word), std::string::npos) << word;
  }
  if (testing::Test::HasFailure()) {
    constexpr std::size_t kShown = 20'000;
    const auto shown = text.size() > kShown ? text.substr(text.size() - kShown) : text;
    GTEST_LOG_(INFO) << "the server's log:\n" << shown;
  }
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

void TestServer::write_config(const Setup& setup) const {
  auto program = std::string(FAKE_ENGINE_PROGRAM);
  if (!setup.engine_program.empty()) {
    std::filesystem::create_symlink(program, path(setup.engine_program));
    program = path(setup.engine_program);
  }
  auto server = setup.server;
  server.push_back(fmt::format("listen: {}", address_.empty() ? "127.0.0.1:0" : address_));
  auto engine = setup.engine;
  auto words = setup.engine_command.empty() ? std::vector<std::string>{program} : setup.engine_command;
  std::ranges::transform(words, words.begin(), [](const std::string& word) { return json_string(word); });
  engine.push_back(fmt::format("command: [{}]", fmt::join(words, ", ")));
  auto carry_over = setup.carry_over;
  const bool says_where =
      std::ranges::any_of(carry_over, [](const auto& line) { return line.contains("kv_dir:"); });
  if (!says_where) carry_over.push_back("kv_dir: " + path("kv"));
  auto text = section("server", server) + section("scheduler", setup.scheduler) +
              section("status", setup.status) + section("engine", engine) +
              section("carry_over", carry_over) + "models:\n";
  for (std::size_t i = 0; i < setup.models.size(); ++i) {
    const auto& model = setup.models[i];
    const auto file = model_file(i);
    if (!model.real_file.empty()) {
      std::filesystem::create_symlink(model.real_file, file);
      text += real_model_entry(model, file);
      continue;
    }
    if (model.file == ModelFile::gguf)
      std::ofstream(file) << "GGUF and nothing that the fake engine would read";
    if (model.file == ModelFile::no_gguf) std::ofstream(file) << "PK and then a zip file";
    text += model.command.empty() ? model_entry(model, file, folder_)
                                  : command_entry(model, program, file, folder_);
  }
  std::ofstream(path("models.yaml")) << text;
}

Reply TestServer::get(std::string_view target, const Headers& headers) const {
  auto connection = connect();
  connection.send(request_text("GET", target, "", headers));
  return connection.read_reply();
}

Connection TestServer::start(std::string_view target, std::string_view body, const Headers& headers) const {
  auto connection = connect();
  connection.send(request_text("POST", target, body, headers));
  return connection;
}

Reply TestServer::post(std::string_view target, std::string_view body, const Headers& headers) const {
  return start(target, body, headers).read_reply();
}

Connection TestServer::start_chat(std::string_view model, Chat chat) const {
  return start("/v1/chat/completions", chat_body(model, chat), chat.headers);
}

Reply TestServer::chat(std::string_view model, Chat chat) const {
  chat.stream = false;
  return start_chat(model, std::move(chat)).read_reply();
}

EventStream TestServer::stream_chat(std::string_view model, Chat chat) const {
  return EventStream(start_chat(model, std::move(chat)));
}

EventStream TestServer::run_chat(std::string_view model, Chat chat) const {
  auto stream = stream_chat(model, std::move(chat));
  while (true) {
    const auto event = stream.next();
    if (!event) throw std::runtime_error("the stream ended before the engine said anything: " + stream.raw());
    if (!event->data.empty() && event->metadata().empty()) return stream;
  }
}

Reply TestServer::select(std::string_view model, std::string_view query) const {
  return post(fmt::format("/v1/models/select{}", query),
              fmt::format(R"({{"model":{}}})", json_string(model)));
}

void TestServer::load(std::string_view model) const {
  const auto reply = chat(model, {.max_tokens = 1});
  if (reply.status != 200) throw std::runtime_error(fmt::format("cannot load {}: {}", model, reply.body));
}

json::object TestServer::status() const {
  const auto reply = get("/v1/models/status");
  if (reply.status != 200) throw std::runtime_error("no status: " + reply.body);
  return reply.json().as_object();
}

std::string TestServer::state() const {
  return number_or_name(status().at("status"));
}

std::string TestServer::active_model() const {
  const auto value = status().at("active_model");
  return value.is_null() ? "" : number_or_name(value);
}

std::int64_t TestServer::queue_length(std::string_view model) const {
  return status().at("queue_lengths").as_object().at(model).as_int64();
}

std::int64_t TestServer::in_flight() const {
  return status().at("in_flight_requests").as_int64();
}

std::int64_t TestServer::busy_workers() const {
  return status().at("workers").as_object().at("busy").as_int64();
}

json::object TestServer::model_status(std::string_view model) const {
  const auto whole = status();
  for (const auto& entry : whole.at("models").as_array()) {
    if (entry.as_object().at("id").as_string() == model) return entry.as_object();
  }
  throw std::runtime_error(fmt::format("no model {} in the status", model));
}

std::string TestServer::path(std::string_view name) const {
  return fmt::format("{}/{}", folder_, name);
}

void TestServer::touch(std::string_view name) const {
  std::ofstream(path(name)) << "go";
}

void TestServer::remove(std::string_view name) const {
  std::filesystem::remove(path(name));
}

std::string TestServer::model_file(std::size_t index) const {
  return path(fmt::format("model-{}.gguf", index));
}

std::vector<json::object> TestServer::records(std::string_view event) const {
  return json_lines(path("record"), event);
}

std::vector<json::object> TestServer::engine_requests() const {
  std::vector<json::object> bodies;
  for (const auto& record : records("request")) {
    boost::system::error_code error;
    auto body = json::parse(record.at("body").as_string(), error);
    if (!error && body.is_object()) bodies.push_back(body.as_object());
  }
  return bodies;
}

std::vector<Process> TestServer::engines() const {
  auto found = processes();
  std::erase_if(found, [](const Process& process) { return process.program == kServerName; });
  return found;
}

std::vector<Process> TestServer::guards() const {
  auto found = processes();
  std::erase_if(found, [&](const Process& process) {
    return process.program != kServerName || process.pid == pid() || !process.arguments.contains(" guard ");
  });
  return found;
}

std::string TestServer::engine_address() const {
  constexpr std::string_view kHost = "--host ";
  std::string arguments;
  // The last one, since an engine of another model may be on its way out.
  for (const auto& engine : engines()) {
    if (engine.arguments.contains(kHost)) arguments = engine.arguments;
  }
  if (arguments.empty()) return "";
  const auto begin = arguments.find(kHost) + kHost.size();
  return "unix:" + arguments.substr(begin, arguments.find(' ', begin) - begin);
}

std::int64_t TestServer::busy_engine_slots() const {
  const auto address = engine_address();
  if (address.empty()) return 0;
  Connection engine(address);
  engine.send(request_text("GET", "/slots"));
  const auto slots = engine.read_reply().json();
  std::int64_t busy = 0;
  for (const auto& slot : slots.as_array()) busy += slot.as_object().at("is_processing").as_bool() ? 1 : 0;
  return busy;
}

std::vector<json::object> TestServer::log(std::string_view event) const {
  return json_lines(path("log"), event);
}

std::string TestServer::log_text() const {
  std::ifstream file(path("log"));
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

}  // namespace signalbox::test
