// The fake engine against what llama-server 0.7.0 was seen to do (design notes on the engine). If the fake is
// wrong, all integration tests are; so it is tested like a product.
#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>

#include <boost/json/parse.hpp>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/event_stream.h"
#include "support/fake_answer.h"
#include "support/fake_options.h"
#include "support/processes.h"

namespace signalbox::test {
namespace {

using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;

constexpr std::string_view kAskStream =
    R"({"model":"x","messages":[{"role":"user","content":"hi"}],"max_tokens":3,"stream":true})";
constexpr std::string_view kAskWhole =
    R"({"model":"x","messages":[{"role":"user","content":"hi"}],"max_tokens":3})";
constexpr std::string_view kChat = "/v1/chat/completions";

class FakeEngine : public testing::Test {
 protected:
  void SetUp() override {
    auto pattern = (std::filesystem::temp_directory_path() / "sbf-XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
    std::ofstream(path("m.gguf")) << "GGUF";
  }
  void TearDown() override {
    child_.reset();
    for (const auto& process : processes_with_tag(path(""))) ::kill(process.pid, SIGKILL);
    std::filesystem::remove_all(folder_);
  }

  [[nodiscard]] std::string path(const std::string& name) const { return folder_ + "/" + name; }
  [[nodiscard]] std::string file(const std::string& name) const {
    std::ifstream stream(path(name));
    return {std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
  }
  [[nodiscard]] bool output_has(const std::string& text) const {
    return eventually([&] { return file("out").contains(text); });
  }
  [[nodiscard]] bool record_has(const std::string& text) const {
    return eventually([&] { return file("record").contains(text); });
  }

  void start(const std::vector<std::string>& behaviour, const std::vector<std::string>& more = {},
             const std::string& router_port = "1") {
    std::vector<std::string> command = {FAKE_ENGINE_PROGRAM,
                                        "--host",
                                        path("e.sock"),
                                        "-m",
                                        path("m.gguf"),
                                        "--alias",
                                        "public-name",
                                        "-np",
                                        "2",
                                        "-c",
                                        "1024",
                                        "--fake",
                                        "record=" + path("record")};
    for (const auto& setting : behaviour) command.insert(command.end(), {"--fake", setting});
    command.insert(command.end(), more.begin(), more.end());
    std::vector<std::string> environment = {fmt::format("{}={}", kTagName, path(""))};
    if (!router_port.empty()) environment.push_back("LLAMA_SERVER_ROUTER_PORT=" + router_port);
    child_ = std::make_unique<Child>(command, environment, path("out"));
  }
  void start_ready(const std::vector<std::string>& behaviour = {}) {
    start(behaviour);
    ASSERT_TRUE(output_has(R"("state":"ready")")) << file("out");
  }
  [[nodiscard]] Connection connect() const { return Connection("unix:" + path("e.sock")); }
  [[nodiscard]] Reply get(std::string_view target) const {
    auto connection = connect();
    connection.send(request_text("GET", target));
    return connection.read_reply();
  }
  [[nodiscard]] EventStream stream(std::string_view target, std::string_view body) const {
    auto connection = connect();
    connection.send(request_text("POST", target, body));
    return EventStream(std::move(connection));
  }
  [[nodiscard]] Reply post(std::string_view target, std::string_view body) const {
    auto connection = connect();
    connection.send(request_text("POST", target, body));
    return connection.read_reply();
  }
  [[nodiscard]] bool listens() const {
    // Its socket's file is there a moment before it listens.
    return eventually([&] {
      try {
        static_cast<void>(connect());
        return true;
      } catch (const std::runtime_error&) {
        return false;
      }
    });
  }
  [[nodiscard]] std::string busy() const {
    std::string text;
    const auto slots = get("/slots").json();
    for (const auto& slot : slots.as_array()) {
      text += slot.as_object().at("is_processing").as_bool() ? "X" : "-";
    }
    return text;
  }

  std::string folder_;
  std::unique_ptr<Child> child_;
};

TEST_F(FakeEngine, SaysItsProgressAndThenReady) {
  start_ready({"load_steps=2"});
  const auto out = file("out");
  const auto zero = out.find(R"("value":0.00)");
  const auto half = out.find(R"("value":0.50)");
  const auto one = out.find(R"("value":1.00)");
  const auto ready = out.find(R"(cmd_child_to_router:state:{"state":"ready","payload":{"id":"public-name")");
  EXPECT_LT(zero, half);
  EXPECT_LT(half, one);
  EXPECT_LT(one, ready);
  EXPECT_NE(ready, std::string::npos);
}

TEST_F(FakeEngine, SaysNothingOnStdoutWithoutARouter) {
  start({}, {}, "");
  ASSERT_TRUE(record_has(R"("event":"ready")"));
  EXPECT_THAT(file("out"), Not(HasSubstr("cmd_child_to_router")));
}

TEST_F(FakeEngine, IsUnavailableWhileItLoads) {
  start({"load_until=" + path("go")});
  ASSERT_TRUE(listens());
  const auto loading = get("/health");
  EXPECT_EQ(loading.status, 503U);
  EXPECT_EQ(loading.error("message"), "Loading model");
  EXPECT_EQ(post(kChat, kAskWhole).status, 503U);
  std::ofstream(path("go")) << "go";
  EXPECT_TRUE(eventually([&] { return get("/health").status == 200; }));
}

TEST_F(FakeEngine, HealthMayFailAfterReady) {
  start_ready({"health_fail=1"});
  EXPECT_EQ(get("/health").status, 503U);
  EXPECT_EQ(get("/health").status, 200U);
}

TEST_F(FakeEngine, TellsItsSlotsAndName) {
  start_ready();
  EXPECT_EQ(get("/props").json().at("total_slots").as_int64(), 2);
  EXPECT_EQ(get("/props").json().at("default_generation_settings").at("n_ctx").as_int64(), 512);
  EXPECT_EQ(get("/v1/models").json().at("data").at(0).at("id").as_string(), "public-name");
  EXPECT_EQ(busy(), "--");
}

TEST_F(FakeEngine, StreamsChatInTheEnginesShape) {
  start_ready();
  auto answer = stream(
      kChat, R"({"messages":[],"max_tokens":2,"stream":true,"stream_options":{"include_usage":true}})");
  const auto events = answer.rest();
  ASSERT_EQ(events.size(), 6U) << answer.raw();
  EXPECT_THAT(events[0].data, HasSubstr(R"("delta":{"role":"assistant","content":null})"));
  EXPECT_THAT(events[1].data, HasSubstr(R"("delta":{"content":"w0"})"));
  EXPECT_THAT(events[2].data, HasSubstr(R"("delta":{"content":" w1"})"));
  EXPECT_THAT(events[3].data, HasSubstr(R"({"finish_reason":"length","index":0,"delta":{}})"));
  EXPECT_THAT(events[4].data, HasSubstr(R"("choices":[],)"));
  EXPECT_THAT(events[4].data, HasSubstr(R"("usage":{"completion_tokens":2,)"));
  EXPECT_THAT(events[4].data, HasSubstr(R"("timings":{)"));
  EXPECT_EQ(events[5].data, "[DONE]");
  EXPECT_EQ(answer.end(), End::clean);
}

TEST_F(FakeEngine, PutsTimingsInTheFinishingChunkWithoutUsage) {
  start_ready();
  const auto events = stream(kChat, kAskStream).rest();
  const auto& last = events[events.size() - 2];
  EXPECT_THAT(last.data, HasSubstr(R"("finish_reason":"length")"));
  EXPECT_THAT(last.data, HasSubstr(R"("timings":{)"));
  EXPECT_THAT(last.data, Not(HasSubstr("usage")));
}

TEST_F(FakeEngine, AnswersChatWhole) {
  start_ready();
  const auto reply = post(kChat, kAskWhole);
  ASSERT_EQ(reply.status, 200U);
  const auto choice = reply.json().at("choices").at(0);
  EXPECT_EQ(choice.at("message").at("content").as_string(), "w0 w1 w2");
  EXPECT_EQ(choice.at("finish_reason").as_string(), "length");
  EXPECT_EQ(reply.json().at("usage").at("total_tokens").as_int64(), 28);
}

TEST_F(FakeEngine, StreamsResponsesWithoutDone) {
  start_ready();
  auto answer = stream("/v1/responses", R"({"input":"hi","max_output_tokens":1,"stream":true})");
  std::vector<std::string> names;
  for (const auto& event : answer.rest()) {
    names.push_back(event.name);
    EXPECT_EQ(event.json().at("type").as_string(), event.name);
  }
  EXPECT_THAT(names, ElementsAre("response.created", "response.in_progress", "response.output_item.added",
                                 "response.content_part.added", "response.output_text.delta",
                                 "response.output_text.done", "response.content_part.done",
                                 "response.output_item.done", "response.completed"));
  EXPECT_THAT(answer.raw(), Not(HasSubstr("[DONE]")));
}

TEST_F(FakeEngine, StreamsEveryPromptOfACompletion) {
  start_ready();
  auto answer = stream("/v1/completions", R"({"prompt":["a","b"],"max_tokens":1,"stream":true})");
  const auto transcript = transcript_of(answer.rest());
  EXPECT_EQ(transcript.text, "w0w0");
  EXPECT_THAT(transcript.finish_reasons, ElementsAre("length", "length"));
  EXPECT_TRUE(transcript.done);
}

TEST_F(FakeEngine, SendsPrefillProgressOnlyWhenAsked) {
  start_ready({"first_token_ms=8"});
  EXPECT_THAT(stream(kChat, kAskStream).rest().front().data, Not(HasSubstr("prompt_progress")));
  auto asked = stream(kChat, R"({"messages":[],"max_tokens":1,"stream":true,"return_progress":true})");
  const auto events = asked.rest();
  EXPECT_THAT(events[0].data, HasSubstr(R"("prompt_progress":{"total":25,"cache":0,"processed":6,)"));
  EXPECT_THAT(events[0].data, HasSubstr(R"("role":"assistant")"));
  EXPECT_THAT(events[3].data, HasSubstr(R"("processed":25)"));
}

TEST_F(FakeEngine, ACancelledStreamFreesItsSlot) {
  start_ready({"tokens=100000"});
  auto answer = stream(kChat, R"({"messages":[],"stream":true})");
  ASSERT_TRUE(answer.next().has_value());
  EXPECT_EQ(busy(), "X-");
  answer.connection().close();
  EXPECT_TRUE(eventually([&] { return busy() == "--"; }));
  EXPECT_TRUE(record_has(R"("event":"cancelled")"));
}

TEST_F(FakeEngine, AStuckSlotStaysBusy) {
  start_ready({"tokens=100000", "slots_stuck"});
  auto answer = stream(kChat, R"({"messages":[],"stream":true})");
  ASSERT_TRUE(answer.next().has_value());
  answer.connection().close();
  ASSERT_TRUE(record_has(R"("event":"cancelled")"));
  EXPECT_EQ(busy(), "X-");
}

TEST_F(FakeEngine, AWholeAnswerIsNotCancelled) {
  start_ready({"tokens_until=" + path("go")});
  auto connection = connect();
  connection.send(request_text("POST", kChat, kAskWhole));
  ASSERT_TRUE(eventually([&] { return busy() == "X-"; }));
  connection.close();
  EXPECT_TRUE(stays([&] { return busy() == "X-"; }, std::chrono::milliseconds(100)));
}

TEST_F(FakeEngine, DefersWhatHasNoSlotAndWritesItDown) {
  start_ready({"tokens_until=" + path("go")});
  auto first = stream(kChat, R"({"messages":[],"n":2,"max_tokens":2,"stream":true})");
  ASSERT_TRUE(first.next().has_value());
  EXPECT_EQ(busy(), "XX");
  auto second = stream(kChat, kAskStream);
  ASSERT_TRUE(record_has(R"("event":"deferred")"));
  EXPECT_FALSE(second.connection().readable(std::chrono::milliseconds(50)));
  std::ofstream(path("go")) << "go";
  EXPECT_TRUE(transcript_of(first.rest()).done);
  EXPECT_TRUE(transcript_of(second.rest()).done);
}

TEST_F(FakeEngine, EchoesTheRequestAsItCame) {
  start_ready({"echo_prompt"});
  const auto transcript = transcript_of(stream(kChat, kAskStream).rest());
  EXPECT_EQ(transcript.text, kAskStream);
}

TEST_F(FakeEngine, RefusesAsTheEngineDoes) {
  start_ready();
  EXPECT_EQ(post(kChat, R"({"messages":"no array"})").error("message"), "Expected 'messages' to be an array");
  EXPECT_EQ(post(kChat, "{").status, 400U);
  EXPECT_EQ(get(kChat).status, 404U);
  EXPECT_EQ(get("/nothing").error("type"), "not_found_error");
}

TEST_F(FakeEngine, RefusesWhenTold) {
  start_ready({"error_status=400", "error_message=too long"});
  const auto reply = post(kChat, kAskStream);
  EXPECT_EQ(reply.status, 400U);
  EXPECT_EQ(reply.error("message"), "too long");
}

TEST_F(FakeEngine, CrashesAtTheToken) {
  start_ready({"crash_at_token=2"});
  auto answer = stream(kChat, kAskStream);
  EXPECT_EQ(transcript_of(answer.rest()).text, "w0 w1");
  EXPECT_EQ(answer.end(), End::cut);
  EXPECT_EQ(child_->wait(), 128 + SIGABRT);
}

TEST_F(FakeEngine, EndsEarlyAtTheTokenAndLivesOn) {
  start_ready({"end_early_at_token=1"});
  auto answer = stream(kChat, kAskStream);
  EXPECT_EQ(transcript_of(answer.rest()).text, "w0");
  EXPECT_EQ(answer.end(), End::cut);
  EXPECT_EQ(get("/health").status, 200U);
}

TEST_F(FakeEngine, SendsAnErrorEventAtTheToken) {
  start_ready({"error_at_token=1", "error_message=no more memory"});
  auto answer = stream(kChat, kAskStream);
  const auto transcript = transcript_of(answer.rest());
  ASSERT_TRUE(transcript.error.has_value());
  EXPECT_EQ(transcript.error->at("message").as_string(), "no more memory");
  EXPECT_FALSE(transcript.done);
  EXPECT_EQ(answer.end(), End::clean);
}

TEST_F(FakeEngine, HangsSilentlyOrWithPings) {
  start_ready({"hang_at_token=1", "ping_ms=5"});
  auto answer = stream(kChat, kAskStream);
  ASSERT_TRUE(answer.next().has_value());
  EXPECT_THAT(answer.next()->data, HasSubstr("w0"));
  EXPECT_EQ(answer.next()->raw, ":\n\n");
  answer.connection().close();
  EXPECT_TRUE(eventually([&] { return busy() == "--"; }));
}

TEST_F(FakeEngine, EndsByCommand) {
  start_ready();
  child_->write_input("cmd_router_to_child:exit\n");
  EXPECT_EQ(child_->wait(), 0);
  EXPECT_THAT(file("record"), HasSubstr(R"("cause":"command")"));
}

TEST_F(FakeEngine, EndsWhenItsInputCloses) {
  start_ready();
  child_->close_input();
  EXPECT_EQ(child_->wait(), 0);
  EXPECT_THAT(file("record"), HasSubstr(R"("cause":"eof")"));
}

TEST_F(FakeEngine, AsAChildIgnoresTermUntilItsInputCloses) {
  start_ready();
  child_->signal(SIGTERM);
  ASSERT_TRUE(record_has(R"("event":"signal")"));
  EXPECT_FALSE(child_->wait(std::chrono::milliseconds(50)).has_value());
  child_->close_input();
  EXPECT_EQ(child_->wait(), 0);
}

TEST_F(FakeEngine, AloneEndsByTerm) {
  start({}, {}, "");
  ASSERT_TRUE(record_has(R"("event":"ready")"));
  child_->signal(SIGTERM);
  EXPECT_EQ(child_->wait(), 0);
}

TEST_F(FakeEngine, WaitsForOpenStreamsBeforeItEnds) {
  start_ready({"tokens=100000"});
  auto answer = stream(kChat, R"({"messages":[],"stream":true})");
  ASSERT_TRUE(answer.next().has_value());
  child_->write_input("cmd_router_to_child:exit\n");
  ASSERT_TRUE(record_has(R"("open_streams":1)"));
  EXPECT_FALSE(child_->wait(std::chrono::milliseconds(50)).has_value());
  answer.connection().close();
  EXPECT_EQ(child_->wait(), 0);
}

TEST_F(FakeEngine, DiesOfTermWhileItLoads) {
  start({"load_hang"});
  ASSERT_TRUE(output_has("value"));
  child_->close_input();
  EXPECT_FALSE(child_->wait(std::chrono::milliseconds(50)).has_value());
  child_->signal(SIGTERM);
  EXPECT_EQ(child_->wait(), 128 + SIGTERM);
}

TEST_F(FakeEngine, CanIgnoreEveryWayToEndIt) {
  start_ready({"ignore_term"});
  child_->signal(SIGTERM);
  child_->write_input("cmd_router_to_child:exit\n");
  child_->close_input();
  EXPECT_FALSE(child_->wait(std::chrono::milliseconds(100)).has_value());
}

TEST_F(FakeEngine, FailsToLoadWithItsWordsAndStatusOne) {
  start({"load_fail=not enough memory for 7 GiB"});
  EXPECT_EQ(child_->wait(), 1);
  EXPECT_THAT(file("out"), HasSubstr("not enough memory for 7 GiB"));
  EXPECT_THAT(file("out"), EndsWith("exiting due to model loading error\n"));
}

TEST_F(FakeEngine, FailsToLoadWhatIsNoGguf) {
  std::ofstream(path("m.gguf")) << "PK";
  start({});
  EXPECT_EQ(child_->wait(), 1);
  EXPECT_THAT(file("out"), HasSubstr("invalid magic"));
}

TEST_F(FakeEngine, ExitsFromTheLoadWithoutWords) {
  start({"load_exit=7"});
  EXPECT_EQ(child_->wait(), 7);
}

TEST_F(FakeEngine, LeavesAGrandchildInASessionOfItsOwn) {
  start_ready({"fork_child"});
  child_->signal(SIGKILL);
  EXPECT_EQ(child_->wait(), 128 + SIGKILL);
  EXPECT_EQ(processes_with_tag(path("")).size(), 1U);
}

TEST_F(FakeEngine, AsksForTheKeyItWasGiven) {
  start({}, {"--api-key", "secret"});
  ASSERT_TRUE(record_has(R"("event":"ready")"));
  EXPECT_EQ(get("/health").status, 200U);
  EXPECT_EQ(get("/props").status, 401U);
  auto connection = connect();
  connection.send(request_text("GET", "/props", "", {{"Authorization", "Bearer secret"}}));
  EXPECT_EQ(connection.read_reply().status, 200U);
}

TEST_F(FakeEngine, KeepsConnectionsAlive) {
  start_ready();
  auto connection = connect();
  for (int i = 0; i < 3; ++i) {
    connection.send(request_text("POST", kChat, kAskWhole));
    EXPECT_EQ(connection.read_reply().status, 200U);
  }
}

TEST(FakeOptions, RefuseWhatTheEngineDoesNotKnow) {
  const auto parsed = fake::parse_options({"--bogus"}, fake::Age::current);
  ASSERT_FALSE(parsed.has_value());
  EXPECT_EQ(parsed.error().message, "error: invalid argument: --bogus");
  EXPECT_FALSE(fake::parse_options({"-np"}, fake::Age::current).has_value());
  EXPECT_FALSE(fake::parse_options({"-np", "two"}, fake::Age::current).has_value());
  EXPECT_FALSE(fake::parse_options({"--fake", "no_such_key=1"}, fake::Age::current).has_value());
}

TEST(FakeOptions, AnOldEngineKnowsLess) {
  EXPECT_TRUE(fake::parse_options({"--no-warmup", "--fit", "off"}, fake::Age::current).has_value());
  EXPECT_FALSE(fake::parse_options({"--no-warmup"}, fake::Age::old).has_value());
  EXPECT_THAT(fake::help_text(fake::Age::current), HasSubstr("--no-warmup"));
  EXPECT_THAT(fake::help_text(fake::Age::current), HasSubstr("UNIX socket"));
  EXPECT_THAT(fake::help_text(fake::Age::old), Not(HasSubstr("--fit")));
  EXPECT_THAT(fake::help_text(fake::Age::old), Not(HasSubstr("UNIX")));
}

TEST(FakeAnswer, ReadsTheTokenLimitByEveryName) {
  using fake::Route;
  EXPECT_EQ(fake::parse_ask(Route::chat, R"({"messages":[],"max_completion_tokens":7})")->max_tokens, 7U);
  EXPECT_EQ(fake::parse_ask(Route::completions, R"({"prompt":"x","max_tokens":8})")->max_tokens, 8U);
  EXPECT_EQ(fake::parse_ask(Route::responses, R"({"input":"x","max_output_tokens":9})")->max_tokens, 9U);
}

TEST(FakeAnswer, CountsTokensAsOnePrompt) {
  using fake::Route;
  EXPECT_EQ(fake::parse_ask(Route::completions, R"({"prompt":[1,2,3]})")->sequences, 1U);
  EXPECT_EQ(fake::parse_ask(Route::completions, R"({"prompt":["a","b"],"n":2})")->sequences, 4U);
}

}  // namespace
}  // namespace signalbox::test
