// `bench` against a server that answers at once: what it asks, what it prints, and what it says of a wrong
// word. Against a whole Signalbox: tests/integration.
#include <string>

#include <boost/json/parse.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/bench_models.h"
#include "cli/bench_settings.h"
#include "cli/test_process.h"
#include "cli/test_server.h"
#include "cli/test_terminal.h"

namespace signalbox::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

const std::string kStream =
    "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n"
    "data: {\"choices\":[{\"delta\":{\"content\":\"hi\"}}]}\n\ndata: [DONE]\n\n";

bool is_list(const std::string& request) {
  return request.starts_with("GET /v1/models HTTP/1.1\r\n");
}
std::string answered(const std::string& request, std::size_t /*seen*/) {
  return is_list(request) ? answer_of(200, R"({"data":[{"id":"a","aliases":["first"]},{"id":"b"}]})")
                          : kStream;
}

class BenchCommand : public Process {
 protected:
  // `switch` of a and b, unless it is told otherwise.
  int bench(const TestServer& server, std::vector<std::string> more = {}, const std::string& models = "a,b") {
    more.insert(more.begin(), {"bench", "switch", "--url", server.address(), "--models", models});
    return type(more);
  }
  [[nodiscard]] bool is_there(const std::string& name) const {
    return std::filesystem::exists(folder_ / name);
  }
};

TEST_F(BenchCommand, MeasuresBothDirections) {
  const TestServer server(answered);
  EXPECT_EQ(bench(server, {"--runs", "2", "--plot", "s.svg"}), 0) << err();
  EXPECT_THAT(out(), HasSubstr("b -> a  2 "));
  EXPECT_THAT(out(), HasSubstr("a -> b  2 "));
  EXPECT_THAT(err(), HasSubstr("1 of 4: b -> a: "));
  EXPECT_TRUE(is_there("s.svg"));
  // The list, each model once, and four that are measured.
  EXPECT_THAT(server.take_requests(), SizeIs(7));
}

TEST_F(BenchCommand, PrintsJsonForAProgram) {
  const TestServer server(answered);
  EXPECT_EQ(bench(server, {"--runs", "3", "--json"}, "first,b"), 0) << err();
  const auto report = boost::json::parse(out()).as_object();
  EXPECT_EQ(report.at("measurement").as_string(), "switch");
  EXPECT_FALSE(report.at("stopped").as_bool());
  const auto& direction = report.at("directions").at(1);
  EXPECT_EQ(direction.at("from").as_string(), "first");
  EXPECT_EQ(direction.at("measured").to_number<int>(), 3);
  EXPECT_THAT(direction.at("samples_ms").as_array(), SizeIs(3));
  EXPECT_GE(direction.at("first_token_ms").at("median").to_number<double>(), 0);
}

TEST_F(BenchCommand, SaysWhatTheServerHasInAModelsPlace) {
  const TestServer server(answered);
  EXPECT_EQ(bench(server, {}, "a,firts"), 2);
  EXPECT_EQ(err(), "--models: the server does not know firts; did you mean first?\nIt has: a, first, b\n");
  EXPECT_THAT(out(), IsEmpty());
}

TEST_F(BenchCommand, GoesOnWhereThereIsNoList) {
  const TestServer server([](const std::string& request, std::size_t) {
    return is_list(request) ? answer_of(404, "{}") : kStream;
  });
  EXPECT_EQ(bench(server, {"--runs", "1"}), 0);
  EXPECT_THAT(err(), HasSubstr("does not list its models (the server answered 404)"));
}

TEST_F(BenchCommand, CountsFailuresAndSaysTheFirst) {
  const TestServer server([](const std::string& request, std::size_t seen) {
    if (is_list(request)) return answered(request, seen);
    // The fifth is the second that is measured: a to b.
    return seen == 5 ? answer_of(500, R"({"error":{"message":"no memory"}})") : kStream;
  });
  EXPECT_EQ(bench(server, {"--runs", "2"}), 1);
  EXPECT_THAT(out(), HasSubstr("a -> b: 500: no memory\n"));
  EXPECT_THAT(err(), HasSubstr("2 of 4: a -> b: failed: 500: no memory\n"));
}

TEST_F(BenchCommand, GivesUpOnAServerThatOnlyFails) {
  const TestServer server([](const std::string& request, std::size_t seen) {
    return is_list(request) ? answered(request, seen) : answer_of(500, R"({"error":{"message":"no"}})");
  });
  EXPECT_EQ(bench(server), 1);
  EXPECT_THAT(err(), HasSubstr("Given up after 3 failures in a row; the last: 500: no\n"));
  EXPECT_THAT(server.take_requests(), SizeIs(4));
}

TEST_F(BenchCommand, WaitsNoLongerThanItsTimeout) {
  const TestServer server([](const std::string& request, std::size_t seen) {
    return is_list(request) ? answered(request, seen) : std::string();
  });
  EXPECT_EQ(bench(server, {"--timeout", "60ms"}), 1);
  EXPECT_THAT(err(), HasSubstr("did not answer within 60 ms"));
}

TEST_F(BenchCommand, SendsTheKeyOfTheVariableThatIsNamed) {
  const TestServer server(answered);
  environment_ = {{"MY_KEY", "sesame"}, {"SIGNALBOX_API_KEY", "another"}};
  EXPECT_EQ(bench(server, {"--runs", "1", "--api-key-env", "MY_KEY"}), 0);
  for (const auto& request : server.take_requests())
    EXPECT_THAT(request, HasSubstr("Authorization: Bearer sesame"));
  EXPECT_EQ(bench(server, {"--runs", "1"}), 0);
  for (const auto& request : server.take_requests()) EXPECT_THAT(request, Not(HasSubstr("Authorization")));
  EXPECT_EQ(bench(server, {"--api-key-env", "NO_KEY"}), 2);
  EXPECT_EQ(err(), "--api-key-env: there is no variable NO_KEY in the environment, or it is empty\n");
}

TEST_F(BenchCommand, ComparesATurnWithAndWithoutAnotherModelBetween) {
  const TestServer server([](const std::string& request, std::size_t seen) {
    if (is_list(request)) return answered(request, seen);
    // The list, a text's tokens, the opening, a preparation, the warm turn, a preparation, the other model,
    // and the turn again.
    const bool is_after = seen == 8;
    return "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n"
           "data: {\"choices\":[{\"delta\":{\"content\":\"hi\"}}]}\n\n"
           "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":400},\"timings\":{\"cache_n\":" +
           std::string(is_after ? "0" : "380") + ",\"prompt_n\":" + (is_after ? "400" : "20") +
           "}}\n\ndata: [DONE]\n\n";
  });
  const std::vector<std::string> line = {"bench", "revisit",  "--url", server.address(), "--models",
                                         "a,b",   "--tokens", "50",    "--turns",        "1"};
  EXPECT_EQ(type(line), 0) << err();
  EXPECT_THAT(out(), HasSubstr("380 (95 %)  20\n"));
  EXPECT_THAT(out(), HasSubstr("0 (0 %)     400\n"));
  EXPECT_THAT(out(), HasSubstr("1 of 1 answers are the same with and without b in between.\n"));
  EXPECT_THAT(err(), HasSubstr("7 of 7: turn 1, the turn after the other model: "));
  EXPECT_THAT(server.take_requests(), SizeIs(8));
}

TEST_F(BenchCommand, PrintsEachTurnAsJson) {
  const TestServer server(answered);
  EXPECT_EQ(type({"bench", "revisit", "--url", server.address(), "--models", "a,b", "--tokens", "20",
                  "--turns", "2", "--conversations", "2", "--json", "--plot", "r.svg"}),
            0)
      << err();
  const auto report = boost::json::parse(out()).as_object();
  EXPECT_THAT(report.at("samples").as_array(), SizeIs(4));
  const auto& sample = report.at("samples").at(3).as_object();
  EXPECT_EQ(sample.at("conversation").to_number<int>(), 2);
  EXPECT_EQ(sample.at("turn").to_number<int>(), 2);
  EXPECT_TRUE(sample.at("same_answer").as_bool());
  EXPECT_EQ(sample.at("after").at("text").as_string(), "hi");
  EXPECT_FALSE(report.at("after").as_object().contains("cache_n")) << "this server does not tell";
  EXPECT_TRUE(is_there("r.svg"));
}

TEST_F(BenchCommand, MixesModelsAndCountsEachEnding) {
  const TestServer server([](const std::string& request, std::size_t seen) {
    if (is_list(request)) return answered(request, seen);
    if (seen == 3) return answer_of(503, R"({"error":{"message":"full"}})");
    if (seen == 4) return std::string("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n");
    return kStream;
  });
  const std::vector<std::string> line = {"bench",      "mixed",     "--url",  server.address(),
                                         "--models",   "a,b,first", "--rate", "100",
                                         "--requests", "12",        "--plot", "m.svg"};
  EXPECT_EQ(type(line), 1);
  EXPECT_THAT(out(), HasSubstr("all    10 "));
  EXPECT_THAT(out(),
              HasSubstr("The first failure: the stream ended without an error and without its terminator\n"));
  EXPECT_THAT(err(), HasSubstr("12 of 12 requests are over after "));
  EXPECT_THAT(server.take_requests(), SizeIs(13));
  EXPECT_TRUE(is_there("m.svg"));
}

TEST_F(BenchCommand, TakesARejectionForAnAnswer) {
  const TestServer server([](const std::string& request, std::size_t seen) {
    return is_list(request) ? answered(request, seen) : answer_of(503, R"({"error":{"message":"full"}})");
  });
  EXPECT_EQ(type({"bench", "mixed", "--url", server.address(), "--models", "a", "--rate", "100", "--requests",
                  "3", "--json"}),
            0);
  const auto report = boost::json::parse(out()).as_object();
  EXPECT_EQ(report.at("all").at("rejected").to_number<int>(), 3);
  EXPECT_TRUE(report.at("all").at("first_token_ms").is_null());
  EXPECT_THAT(report.at("per_model").as_array(), SizeIs(1));
  EXPECT_EQ(report.at("samples").at(0).at("ending").as_string(), "rejected");
}

TEST_F(BenchCommand, EndsAMixtureWithCtrlC) {
  const TestServer server([](const std::string& request, std::size_t seen) {
    return is_list(request) ? answered(request, seen) : std::string();
  });
  TestTerminal terminal([&](const Surround& surround) {
    return run(
        {"bench", "mixed", "--url", server.address(), "--models", "a,b", "--rate", "100", "--requests", "5"},
        surround, [](const auto&, const auto&) { return 42; });
  });
  EXPECT_THAT(terminal.read_until("5 are open"), HasSubstr("5 are open"));
  terminal.type("\x03");
  EXPECT_THAT(terminal.read_to_end(), HasSubstr("5 were under way when it was ended."));
  EXPECT_EQ(terminal.exit_code(), 1);
}

TEST_F(BenchCommand, SaysThatNobodyListens) {
  EXPECT_EQ(type({"bench", "switch", "--url", "unix:" + (folder_ / "none").string(), "--models", "a,b"}), 3);
  EXPECT_THAT(err(), HasSubstr("no server at unix:"));
  EXPECT_THAT(err(), HasSubstr("--url names another"));
}

TEST_F(BenchCommand, SaysWhichWordIsWrong) {
  const std::vector<std::pair<std::vector<std::string>, std::string>> wrong = {
      {{"--models", "a"}, "--models: names 1 model; two with a comma between them are wanted\n"},
      {{"--models", "a,b,c"}, "--models: names 3 models; two with a comma between them are wanted\n"},
      {{"--models", "a,a"}, "--models: a is named twice\n"},
      {{"--models", "a,b", "--runs", "0"}, "--runs: is \"0\"; a whole number from 1 to 1000 is allowed\n"},
      {{"--models", "a,b", "--timeout", "5"},
       "--timeout: is \"5\"; a duration such as 15s or 200ms, from 1ms up to 3600s is allowed\n"},
  };
  for (const auto& [words, message] : wrong) {
    std::vector<std::string> line = {"bench", "switch"};
    line.insert(line.end(), words.begin(), words.end());
    EXPECT_EQ(type(line), 2);
    EXPECT_EQ(err(), message);
  }
  EXPECT_EQ(type({"bench", "mixed", "--models", "a", "--rate", "0"}), 2);
  EXPECT_EQ(err(), "--rate: is \"0\"; a number such as 1.0 or 0.5, from 0.001 to 100 is allowed\n");
  EXPECT_EQ(type({"bench", "revisit", "--models", "a,b", "--conversations", "many"}), 2);
  EXPECT_THAT(err(), HasSubstr("--conversations: is \"many\"; a whole number from 1 to 100 is allowed"));
  EXPECT_EQ(type({"bench"}), 2);
  EXPECT_EQ(type({"bench", "swim"}), 2);
}

TEST_F(BenchCommand, EndsWithCtrlCAndTellsWhatThereIs) {
  const TestServer server([](const std::string& request, std::size_t seen) {
    // Two beforehand and one that is measured; then silence.
    return seen <= 4 ? answered(request, seen) : std::string();
  });
  TestTerminal terminal([&](const Surround& surround) {
    return run({"bench", "switch", "--url", server.address(), "--models", "a,b"}, surround,
               [](const auto&, const auto&) { return 42; });
  });
  EXPECT_THAT(terminal.read_until("2 of 40: a -> b"), HasSubstr("2 of 40: a -> b"));
  terminal.type("\x03");
  const auto rest = terminal.read_to_end();
  EXPECT_EQ(terminal.exit_code(), 1);
  EXPECT_THAT(rest, HasSubstr("b -> a  1 "));
  EXPECT_THAT(rest, HasSubstr("Stopped before everything was measured."));
}

TEST(BenchModels, KnowsTheListsOfOtherServers) {
  EXPECT_THAT(listed_models(R"({"object":"list","data":[{"id":"x:latest"},{"id":"y","aliases":["z"]},7]})"),
              ::testing::Optional(ElementsAre("x:latest", "y", "z")));
  EXPECT_EQ(listed_models("404 page not found"), std::nullopt);
  EXPECT_EQ(listed_models("{}"), std::nullopt);
  EXPECT_THAT(not_listed({"x", "z", "w"}, {"x:latest", "z"}), ElementsAre("w"));
}

}  // namespace
}  // namespace signalbox::cli
