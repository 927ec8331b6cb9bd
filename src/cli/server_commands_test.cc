// `status` and `select` against a server over real sockets: what is asked, what is printed, the exit codes.
#include "cli/server_commands.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/test_process.h"
#include "cli/test_server.h"
#include "cli/test_status.h"
#include "cli/test_terminal.h"

namespace signalbox::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::MatchesRegex;
using ::testing::StartsWith;

using StatusCommand = Process;
using SelectCommand = Process;

TEST_F(StatusCommand, PrintsATable) {
  const TestServer server(
      [](const std::string&, std::size_t) { return answer_of(200, std::string(kStatus)); });
  EXPECT_EQ(type({"status", "--server", server.address()}), 0);
  EXPECT_EQ(out(),
            "status        loading\n"
            "active model  -\n"
            "target model  gemma, 40 %, 0.8 s\n"
            "workers       0 of 4 busy\n"
            "\n"
            "MODEL    STATUS    WAITING  RUNNING  LOADS  LAST LOAD  OLDEST WAIT\n"
            "smollm2  unloaded  0/10     0        1      0.6 s      -\n"
            "gemma    loading   3/10     0        4      0.9 s      0.8 s\n"
            "smollm2: boom [31m\n");
  EXPECT_THAT(server.take_requests(),
              ElementsAre(StartsWith("GET /v1/models/status HTTP/1.1\r\nHost: localhost\r\n")));
}

TEST_F(StatusCommand, UsesColourOnATerminal) {
  const TestServer server(
      [](const std::string&, std::size_t) { return answer_of(200, std::string(kStatus)); });
  medium_ = Medium::terminal;
  EXPECT_EQ(type({"status", "--once", "--server", server.address()}), 0);
  EXPECT_THAT(out(), HasSubstr("\x1b[33mloading\x1b[0m"));
  EXPECT_THAT(out(), Not(HasSubstr("\x1b[?")));
}

TEST_F(StatusCommand, IsPrintedOnceOnADumbTerminal) {
  const TestServer server(
      [](const std::string&, std::size_t) { return answer_of(200, std::string(kStatus)); });
  medium_ = Medium::terminal;
  environment_["TERM"] = "dumb";
  EXPECT_EQ(type({"status", "--server", server.address()}), 0);
  EXPECT_THAT(out(), StartsWith("status        loading\n"));
  EXPECT_THAT(out(), Not(HasSubstr("\x1b")));
}

TEST_F(StatusCommand, PrintsTheServersJson) {
  const TestServer server(
      [](const std::string&, std::size_t) { return answer_of(200, std::string(kStatus)); });
  medium_ = Medium::terminal;
  EXPECT_EQ(type({"status", "--json", "--server", server.address()}), 0);
  EXPECT_EQ(out(), std::string(kStatus) + "\n");
}

TEST_F(StatusCommand, FindsTheServerInTheConfiguration) {
  const TestServer server(
      [](const std::string&, std::size_t) { return answer_of(200, std::string(kStatus)); },
      (folder_ / "s.sock").string());
  write_models("server:\n  listen: unix:s.sock\n");
  EXPECT_EQ(type({"status"}), 0);
  EXPECT_THAT(out(), StartsWith("status        loading\n"));
}

TEST_F(StatusCommand, SaysThatThereIsNoServer) {
  EXPECT_EQ(type({"status", "--server", "unix:" + (folder_ / "no.sock").string()}), 3);
  EXPECT_THAT(err(), HasSubstr("/no.sock: No such file or directory; start one with `signalbox serve`, or "
                               "name another with --server\n"));
  EXPECT_THAT(out(), IsEmpty());
}

TEST_F(StatusCommand, RefusesAnAddressThatIsNone) {
  EXPECT_EQ(type({"status", "--server", "https://x"}), 2);
  EXPECT_EQ(err(), "--server: is \"https://x\"; http://HOST:PORT or unix:/path is allowed\n");
}

TEST_F(StatusCommand, NamesAFileThatWasAskedForAndHasErrors) {
  write("bad.yaml", "models: 1\n");
  EXPECT_EQ(type({"status", "--config", "bad.yaml"}), 2);
  EXPECT_THAT(err(), StartsWith("bad.yaml:1:9: models is no list"));
}

TEST_F(StatusCommand, SurvivesOtherServers) {
  for (const std::string& answer :
       {answer_of(200, "[]"), answer_of(200, "<html>"), answer_of(200, "{\"status\":5}"),
        answer_of(404, "nope"), answer_of(500, R"({"error":"text"})")}) {
    const TestServer server([&](const std::string&, std::size_t) { return answer; });
    EXPECT_EQ(type({"status", "--server", server.address()}), 1) << answer;
    EXPECT_THAT(err(), HasSubstr("and nothing that a Signalbox would say"));
  }
  const TestServer garbage([](const std::string&, std::size_t) { return std::string("garbage\r\n\r\n"); });
  EXPECT_EQ(type({"status", "--server", garbage.address()}), 1);
  EXPECT_THAT(err(), HasSubstr("broke off"));
}

TEST_F(SelectCommand, AsksAndReturns) {
  const TestServer server([](const std::string&, std::size_t) {
    return answer_of(202, R"({"status":"initiated","model":"b"})");
  });
  EXPECT_EQ(type({"select", "b\"x", "--server", server.address()}), 0);
  EXPECT_EQ(out(), "The switch to b\"x has begun; `signalbox status` shows it.\n");
  const auto requests = server.take_requests();
  ASSERT_EQ(requests.size(), 1U);
  EXPECT_THAT(requests[0], StartsWith("POST /v1/models/select HTTP/1.1\r\n"));
  EXPECT_THAT(requests[0], HasSubstr("Content-Type: application/json\r\n"));
  EXPECT_THAT(requests[0], EndsWith("\r\n\r\n{\"model\":\"b\\\"x\"}"));
}

TEST_F(SelectCommand, TellsWhatTheServerSays) {
  const auto select = [&](unsigned status, const std::string& body) {
    const TestServer server([&](const std::string&, std::size_t) { return answer_of(status, body); });
    return type({"select", "b", "--server", server.address()});
  };
  EXPECT_EQ(select(200, R"({"status":"already_active"})"), 0);
  EXPECT_EQ(out(), "b is active.\n");
  EXPECT_EQ(select(202, R"({"status":"in_progress"})"), 0);
  EXPECT_EQ(out(), "The switch to b is under way already; `signalbox status` shows it.\n");
  for (const unsigned status : {404U, 409U, 500U, 503U}) {
    EXPECT_EQ(select(status, R"({"error":{"message":"No, because.","type":"x","param":null,"code":null}})"),
              1);
    EXPECT_EQ(err(), "No, because.\n");
    EXPECT_THAT(out(), IsEmpty());
  }
  EXPECT_EQ(select(202, "{}"), 1);
}

TEST_F(SelectCommand, WaitsOnOneRequestWithoutATerminal) {
  const TestServer server(
      [](const std::string&, std::size_t) { return answer_of(200, R"({"status":"ready"})"); });
  EXPECT_EQ(type({"select", "b", "--wait", "--server", server.address()}), 0);
  EXPECT_EQ(out(), "b is active.\n");
  EXPECT_THAT(server.take_requests(),
              ElementsAre(StartsWith("POST /v1/models/select?wait=true HTTP/1.1\r\n")));
}

TEST_F(SelectCommand, ShowsProgressOnATerminalWhileItWaits) {
  medium_ = Medium::terminal;
  // The load is over when it was looked at twice.
  const TestServer server([](const std::string& request, std::size_t requests_seen) {
    if (request.starts_with("GET")) return answer_of(200, std::string(kStatus));
    return requests_seen < 3 ? std::string() : answer_of(200, R"({"status":"ready"})");
  });
  EXPECT_EQ(type({"select", "gemma", "--wait", "--server", server.address()}), 0);
  const std::string line = "\r\x1b\\[Kgemma: loading #{8}\\.{12} 40 %, [0-9]+ s";
  EXPECT_THAT(err(), MatchesRegex(line + line + "\r\x1b\\[K"));
  EXPECT_EQ(out(), "gemma is active.\n");
  EXPECT_THAT(server.take_requests(),
              ElementsAre(StartsWith("POST /v1/models/select?wait=true HTTP/1.1\r\n"),
                          StartsWith("GET /v1/models/status"), StartsWith("GET /v1/models/status")));
}

TEST(SelectCommandOnATerminal, StopsWaitingAtCtrlC) {
  const TestServer server([](const std::string& request, std::size_t) {
    return request.starts_with("GET") ? answer_of(200, std::string(kStatus)) : std::string();
  });
  TestTerminal terminal([&](const Surround& surround) {
    return run({"select", "gemma", "--wait", "--server", server.address()}, surround, {});
  });
  EXPECT_THAT(terminal.read_until(" 40 %"), EndsWith("gemma: loading ████████░░░░░░░░░░░░ 40 %"));
  terminal.type("\x03");
  EXPECT_THAT(
      terminal.read_to_end(),
      EndsWith("\r\x1b[KNo longer waiting; the server goes on, and `signalbox status` shows it.\r\n"));
  EXPECT_EQ(terminal.exit_code(), 1);
}

TEST_F(SelectCommand, SaysThatALoadFailed) {
  const TestServer server([](const std::string&, std::size_t) {
    return answer_of(500, R"({"error":{"message":"gemma could not be loaded: no such file"}})");
  });
  EXPECT_EQ(type({"select", "gemma", "--wait", "--server", server.address()}), 1);
  EXPECT_EQ(err(), "gemma could not be loaded: no such file\n");
}

TEST(HttpCall, GivesUpInTime) {
  const TestServer server([](const std::string&, std::size_t) { return std::string(); });
  HttpRequest request;
  request.target = "/";
  request.timeout = std::chrono::milliseconds(50);
  const auto answer = http_call(*parse_server_address(server.address()), request);
  ASSERT_FALSE(answer.has_value());
  EXPECT_EQ(answer.error().code, ErrorCode::timeout);
  EXPECT_THAT(answer.error().message, HasSubstr("did not answer within 50 ms"));
}

TEST(HttpCall, BoundsTheAnswer) {
  const TestServer server([](const std::string&, std::size_t) {
    return "HTTP/1.1 200 OK\r\n\r\n" + std::string(kAnswerBytesMax + 1, 'x');
  });
  HttpRequest request;
  request.target = "/";
  const auto answer = http_call(*parse_server_address(server.address()), request);
  ASSERT_FALSE(answer.has_value());
  EXPECT_EQ(answer.error().code, ErrorCode::io);
}

}  // namespace
}  // namespace signalbox::cli
