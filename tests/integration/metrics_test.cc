// What /metrics says after a mixed load, compared with what the clients saw; and what Prometheus's own tools
// say about it.
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <regex>
#include <unistd.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/test_server.h"

namespace signalbox::test {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

// Time series with their labels, as written, to values.
class Scrape {
 public:
  explicit Scrape(const TestServer& server) : reply_(server.get("/metrics")) {
    std::string_view rest = reply_.body;
    while (!rest.empty()) {
      const auto end = std::min(rest.find('\n'), rest.size() - 1);
      const auto line = rest.substr(0, end);
      rest.remove_prefix(end + 1);
      const auto space = line.rfind(' ');
      if (line.starts_with('#') || space == std::string_view::npos) continue;
      values_[std::string(line.substr(0, space))] =
          std::strtod(std::string(line.substr(space + 1)).c_str(), nullptr);
    }
  }
  [[nodiscard]] const Reply& reply() const { return reply_; }
  // `signalbox_queue_length{model="a"}`; the prefix is added here.
  [[nodiscard]] double operator[](std::string_view series) const {
    const auto found = values_.find(fmt::format("signalbox_{}", series));
    EXPECT_NE(found, values_.end()) << series;
    return found == values_.end() ? -1 : found->second;
  }
  [[nodiscard]] double requests(std::string_view model, std::string_view outcome) const {
    double sum = 0;
    for (const auto* route : {"chat", "completions", "responses"}) {
      sum += (*this)[fmt::format(R"(requests_total{{model="{}",outcome="{}",route="{}"}})", model, outcome,
                                 route)];
    }
    return sum;
  }
  [[nodiscard]] double rejections(std::string_view reason) const {
    return (*this)[fmt::format(R"(rejections_total{{reason="{}"}})", reason)];
  }
  [[nodiscard]] double disconnects(std::string_view stage) const {
    return (*this)[fmt::format(R"(client_disconnects_total{{stage="{}"}})", stage)];
  }
  [[nodiscard]] double of_model(std::string_view name, std::string_view model) const {
    return (*this)[fmt::format(R"({}{{model="{}"}})", name, model)];
  }
  [[nodiscard]] double switches(std::string_view cause, std::string_view end) const {
    return (*this)[fmt::format(R"(switches_ended_total{{cause="{}",end="{}"}})", cause, end)];
  }
  // Of all series of one name.
  [[nodiscard]] double sum(std::string_view name) const {
    double sum = 0;
    for (const auto& [series, value] : values_) {
      if (series.starts_with(fmt::format("signalbox_{}{{", name))) sum += value;
    }
    return sum;
  }

 private:
  Reply reply_;
  std::map<std::string, double> values_;
};

// Runs it in a shell; its output goes to the test's own.
int run(const std::string& command) {
  // NOLINTNEXTLINE(concurrency-mt-unsafe): a test has one thread
  return std::system(command.c_str());
}

bool has_promtool() {
  return run("command -v promtool >/dev/null") == 0;
}

Setup mixed() {
  return {.models = {{.name = "a", .fake = {"tokens_until=@/go"}, .keys = {"slots: 2"}},
                     {.name = "b", .keys = {"queue_size: 2"}},
                     {.name = "bad", .file = ModelFile::no_gguf},
                     {.name = "dies", .fake = {"load_fail=no memory"}}},
          .scheduler = {"heartbeat_interval: 50ms", "min_visit: 0"}};
}

void expect_switches_as_logged(const TestServer& server) {
  // The log is written by a thread of its own, so its last lines may come after the answer.
  ASSERT_TRUE(eventually([&] {
    return server.log("switch started").size() == 3 && server.log("switch finished").size() == 2 &&
           server.log("switch failed").size() == 2;
  }));
  const Scrape after(server);
  EXPECT_EQ(after.sum("switches_started_total"), 3);
  EXPECT_EQ(after.switches("waiters", "finished"), 2);
  EXPECT_EQ(after.switches("waiters", "failed"), 1);
  EXPECT_EQ(after.switches("not_begun", "failed"), 1) << "the bad file was seen before anything was stopped";
  EXPECT_EQ(after.sum("switches_ended_total"), 4);
}

TEST(Metrics, CountExactlyWhatTheClientsSaw) {
  TestServer server(mixed());
  auto first = server.run_chat("a");
  auto leaving_runner = server.run_chat("a", {.max_tokens = 1000});
  auto waiter = server.stream_chat("b");
  ASSERT_TRUE(eventually([&] { return server.queue_length("b") == 1; }));
  auto leaving_waiter = server.stream_chat("b");
  ASSERT_TRUE(eventually([&] { return server.queue_length("b") == 2; }));
  for (int i = 0; i < 3; ++i) EXPECT_EQ(server.chat("b").error("code"), "queue_full");
  // On a slow disk b's file may still be looked at.
  ASSERT_TRUE(eventually([&] { return server.state() == "switching"; }));

  const Scrape during(server);
  EXPECT_EQ(during.of_model("queue_length", "b"), 2);
  EXPECT_EQ(during.of_model("requests_in_flight", "a"), 2);
  EXPECT_EQ(during.of_model("model_active", "a"), 1);
  EXPECT_EQ(during[R"(state{state="switching"})"], 1);
  EXPECT_GT(during["queued_body_bytes"], 0);
  // Four streams and the scrape's own; the server may have yet to see that others were closed.
  EXPECT_TRUE(eventually([&] { return Scrape(server)["connections_open"] == 5; }));
  EXPECT_EQ(during.requests("b", "refused"), 3);

  leaving_runner.connection().close();
  leaving_waiter.connection().close();
  ASSERT_TRUE(eventually([&] { return server.log("client gone").size() == 2; }));
  server.touch("go");
  EXPECT_TRUE(transcript_of(first.rest()).done);
  EXPECT_TRUE(transcript_of(waiter.rest()).done);
  EXPECT_EQ(server.post("/v1/completions", R"({"model":"b","prompt":"x","max_tokens":3})").status, 200U);
  EXPECT_EQ(server.post("/v1/responses", R"({"model":"b","input":"x","max_output_tokens":2})").status, 200U);
  EXPECT_EQ(server.chat("bad").status, 500U);
  EXPECT_EQ(server.chat("bad").error("code"), "quarantined");
  EXPECT_EQ(server.chat("dies").status, 500U);
  EXPECT_EQ(server.chat("nobody").status, 404U);
  EXPECT_EQ(server.post("/v1/chat/completions", "{").status, 400U);
  EXPECT_EQ(server.get("/nothing").status, 404U);
  auto garbage = server.connect();
  garbage.send("GARBAGE\r\n\r\n");
  EXPECT_EQ(garbage.read_reply().status, 400U);

  const Scrape after(server);
  EXPECT_EQ(after.requests("a", "answered"), 1);
  EXPECT_EQ(after.requests("a", "cancelled"), 1);
  EXPECT_EQ(after.requests("b", "answered"), 3);
  EXPECT_EQ(after[R"(requests_total{model="b",outcome="answered",route="responses"})"], 1);
  EXPECT_EQ(after.requests("b", "refused"), 3);
  EXPECT_EQ(after.requests("b", "cancelled"), 1);
  EXPECT_EQ(after.requests("bad", "failed"), 1);
  EXPECT_EQ(after.requests("bad", "refused"), 1);
  EXPECT_EQ(after.requests("dies", "failed"), 1);
  EXPECT_EQ(after.sum("requests_total"), 12) << "and nothing else";

  EXPECT_EQ(after.rejections("queue_full"), 3);
  EXPECT_EQ(after.rejections("model_load_failed"), 2);
  EXPECT_EQ(after.rejections("quarantined"), 1);
  EXPECT_EQ(after.rejections("model_not_found"), 1);
  EXPECT_EQ(after.rejections("invalid_request"), 2);
  EXPECT_EQ(after.rejections("not_found"), 1);
  EXPECT_EQ(after.sum("rejections_total"), 10) << "and nothing else";
  EXPECT_EQ(after["bad_requests_total"], 1);

  EXPECT_EQ(after.disconnects("running"), 1);
  EXPECT_EQ(after.disconnects("waiting"), 1);
  EXPECT_EQ(after.disconnects("stalled"), 0);

  EXPECT_EQ(after.of_model("wait_seconds_count", "a"), 2);
  EXPECT_EQ(after.of_model("wait_seconds_count", "b"), 3);
  EXPECT_EQ(after.of_model("service_seconds_count", "a"), 1);
  EXPECT_EQ(after.of_model("time_to_first_token_seconds_count", "a"), 2) << "of streams";
  EXPECT_EQ(after.of_model("time_to_first_token_seconds_count", "b"), 1) << "of streams";
  EXPECT_EQ(after.of_model("generated_tokens_total", "a"), 4);
  EXPECT_EQ(after.of_model("generated_tokens_total", "b"), 4 + 3 + 2);

  EXPECT_EQ(after.of_model("load_failures_total", "bad"), 1);
  EXPECT_EQ(after.of_model("load_failures_total", "dies"), 1);
  EXPECT_EQ(after.of_model("engine_starts_total", "dies"), 1);
  EXPECT_EQ(after.of_model("engine_deaths_total", "dies"), 1);
  EXPECT_EQ(after.sum("engine_deaths_total"), 1);
  EXPECT_EQ(after.sum("engine_kills_total"), 0);
  EXPECT_EQ(after.of_model("model_quarantined", "bad"), 1);
  EXPECT_EQ(after[R"(switch_phase_seconds_count{phase="load"})"], 2);
  EXPECT_EQ(after[R"(switch_phase_seconds_count{phase="drain"})"], 1) << "a's load was the first";
  EXPECT_EQ(after["switch_seconds_count"], 2);
  expect_switches_as_logged(server);
  EXPECT_EQ(after["queued_body_bytes"], 0);
}

TEST(Metrics, AreServedWhileEverythingElseWaits) {
  TestServer server({.models = {{.name = "a", .fake = {"load_hang"}}}});
  auto waiting = server.stream_chat("a");
  static_cast<void>(waiting.next_status("loading"));
  const Scrape during(server);
  EXPECT_EQ(during.reply().status, 200U);
  EXPECT_THAT(during.reply().header("Content-Type"), StartsWith("text/plain; version=0.0.4"));
  EXPECT_EQ(during[R"(state{state="loading"})"], 1);
  EXPECT_EQ(during.of_model("queue_length", "a"), 1);
  EXPECT_TRUE(eventually([&] { return Scrape(server)["loop_lag_seconds_count"] > 1; }));
}

TEST(Metrics, CountAnEngineThatDiedAndItsRequestAsFailed) {
  TestServer server({.models = {{.name = "a", .fake = {"crash_at_token=2"}}}});
  EXPECT_EQ(server.chat("a").status, 502U);
  const Scrape after(server);
  EXPECT_EQ(after.requests("a", "failed"), 1);
  EXPECT_EQ(after.of_model("requests_replayed_total", "a"), 1);
  EXPECT_EQ(after.of_model("wait_seconds_count", "a"), 1) << "it waited for its first start";
  EXPECT_EQ(after.rejections("engine_error"), 1);
  ASSERT_TRUE(eventually([&] { return Scrape(server).of_model("engine_deaths_total", "a") == 2; }));
  EXPECT_EQ(Scrape(server).of_model("engine_kills_total", "a"), 0);
}

TEST(Metrics, CountEachRefusalUnderItsReason) {
  TestServer server({.models = {{.name = "a",
                                 .fake = {"load_until=@/a"},
                                 .keys = {"slots: 1", "wait_timeout: 100ms", "stream_wait_timeout: 100ms"}},
                                {.name = "b"}},
                     .server = {"max_queued_bytes: 4KiB"}});
  EXPECT_EQ(server.chat("a").error("code"), "wait_timeout");
  auto stream = server.stream_chat("a");
  EXPECT_TRUE(transcript_of(stream.rest()).error.has_value());
  EXPECT_EQ(server.select("b").status, 409U);
  EXPECT_EQ(server.chat("a", {.more = R"("pad":")" + std::string(5000, 'x') + R"(")"}).error("code"),
            "too_many_bytes");
  EXPECT_EQ(server.chat("a", {.more = R"("n":2)"}).status, 400U);
  EXPECT_EQ(server.post("/v1/models/select", std::string(70'000, ' ')).status, 413U);
  EXPECT_EQ(server.get("/health", {{"X-Long", std::string(40'000, 'x')}}).status, 431U);
  EXPECT_EQ(server.get("/v1/chat/completions").status, 405U);
  const Scrape after(server);
  EXPECT_EQ(after.rejections("wait_timeout"), 2) << "one of them inside a stream";
  for (const auto* reason : {"switch_in_progress", "too_many_bytes", "too_many_sequences", "body_too_large",
                             "header_too_large", "method_not_allowed"}) {
    EXPECT_EQ(after.rejections(reason), 1) << reason;
  }
  EXPECT_EQ(after.sum("rejections_total"), 8) << "and nothing else";
  EXPECT_EQ(after.requests("a", "refused"), 3) << "the body that was too long was not read to its model";
  EXPECT_EQ(after["bad_requests_total"], 1);
  server.touch("a");
}

TEST(Metrics, CountAFailureInsideAStreamToo) {
  TestServer server({.models = {{.name = "a", .fake = {"crash_at_token=2"}}}});
  auto stream = server.stream_chat("a");
  EXPECT_TRUE(transcript_of(stream.rest()).error.has_value());
  const Scrape after(server);
  EXPECT_EQ(after.requests("a", "failed"), 1);
  EXPECT_EQ(after.rejections("engine_error"), 1);
}

TEST(Metrics, CountWhatTheEngineItselfRefuses) {
  TestServer server({.models = {{.name = "a", .fake = {"error_status=400"}}}});
  EXPECT_EQ(server.chat("a").status, 400U);
  const Scrape after(server);
  EXPECT_EQ(after.requests("a", "refused"), 1);
  EXPECT_EQ(after.rejections("engine_refused"), 1);
  EXPECT_EQ(after.sum("rejections_total"), 1);
}

TEST(Metrics, CountAClientThatStopsReading) {
  TestServer server(
      {.models = {{.name = "a", .fake = {"token_bytes=65536", "token_ms=0", "tokens=100000"}}, {.name = "b"}},
       .server = {"client_stall_timeout: 300ms"},
       .scheduler = {"min_visit: 0"}});
  auto connection = server.connect();
  connection.shrink_receive_buffer();
  connection.send(request_text("POST", "/v1/chat/completions", chat_body("a", {.max_tokens = 100'000})));
  ASSERT_TRUE(eventually([&] { return !server.log("client stalled").empty(); }));
  EXPECT_EQ(Scrape(server).disconnects("stalled"), 1);
  EXPECT_EQ(Scrape(server).requests("a", "cancelled"), 1);
}

TEST(Metrics, CountTurnedAwayConnections) {
  TestServer server({.models = {{.name = "a"}}, .server = {"max_connections: 2"}});
  auto one = server.connect();
  one.send(request_text("GET", "/health"));
  EXPECT_EQ(one.read_reply().status, 200U);
  auto two = server.connect();
  two.send(request_text("GET", "/health"));
  EXPECT_EQ(two.read_reply().status, 200U);
  auto three = server.connect();
  EXPECT_EQ(three.read_reply().status, 503U);
  two.close();
  ASSERT_TRUE(eventually([&] { return server.get("/metrics").status == 200; }));
  one.send(request_text("GET", "/metrics"));
  EXPECT_THAT(one.read_reply().body,
              HasSubstr("signalbox_rejections_total{reason=\"too_many_connections\"}"));
}

TEST(Metrics, PassPrometheussOwnCheck) {
  if (!has_promtool())
    GTEST_SKIP() << "promtool is not installed (Debian: prometheus): the scrape is NOT checked";
  TestServer server({.models = {{.name = R"(a "quoted" \ name)"}, {.name = "b"}}});
  server.load("b");
  std::ofstream(server.path("scrape")) << Scrape(server).reply().body;
  EXPECT_EQ(run("promtool check metrics <" + server.path("scrape")), 0);
}

TEST(Contrib, AlertsPassPrometheussOwnCheckAndTests) {
  if (!has_promtool())
    GTEST_SKIP() << "promtool is not installed (Debian: prometheus): the alerts are NOT checked";
  EXPECT_EQ(run("promtool check rules " CONTRIB_FOLDER "/alerts.yml"), 0);
  EXPECT_EQ(run("promtool test rules " CONTRIB_FOLDER "/alerts_test.yml"), 0);
}

// Each query of the dashboard as a rule, with numbers in the place of Grafana's variables. JSON strings are
// YAML.
std::string dashboard_as_rules() {
  std::ifstream file(CONTRIB_FOLDER "/grafana-dashboard.json");
  const std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  const auto dashboard = boost::json::parse(text);
  std::string rules = "groups:\n- name: dashboard\n  rules:\n";
  int number = 0;
  for (const auto& panel : dashboard.at("panels").as_array()) {
    EXPECT_FALSE(panel.at("targets").as_array().empty()) << panel.at("title").as_string();
    for (const auto& target : panel.at("targets").as_array()) {
      const std::string query = boost::json::serialize(target.at("expr"));
      rules += fmt::format("  - record: query_{}\n    expr: {}\n", ++number,
                           std::regex_replace(query, std::regex("\\$__(rate_)?interval"), "5m"));
    }
  }
  return rules;
}

TEST(Contrib, DashboardAsksInProperQueries) {
  if (!has_promtool())
    GTEST_SKIP() << "promtool is not installed (Debian: prometheus): the queries are NOT checked";
  const auto path = testing::TempDir() + fmt::format("dashboard-rules-{}.yml", ::getpid());
  std::ofstream(path) << dashboard_as_rules();
  EXPECT_EQ(run("promtool check rules " + path), 0);
  std::filesystem::remove(path);
}

}  // namespace
}  // namespace signalbox::test
