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
