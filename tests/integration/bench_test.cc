// `signalbox bench` as a program of its own against a whole server with fake engines: what a user sees who
// measures a Signalbox.
#include <csignal>
#include <fstream>

#include <boost/json/parse.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/test_server.h"

namespace signalbox::test {
namespace {

using testing::HasSubstr;
using testing::SizeIs;

struct Ran {
  int code = -1;
  std::string output;  // both streams
};

std::string content(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

Ran bench(const TestServer& server, std::vector<std::string> words) {
  std::vector<std::string> command = {SIGNALBOX_PROGRAM, "bench", words.front(), "--url", server.address()};
  command.insert(command.end(), words.begin() + 1, words.end());
  const auto output = server.path("bench.out");
  Child child(command, {}, output);
  const auto code = child.wait();
  return {.code = code.value_or(-1), .output = content(output)};
}

// The last line, behind those that tell how far it is.
boost::json::object report_of(const Ran& ran) {
  const auto begin = ran.output.find("{\"measurement\"");
  if (begin == std::string::npos) throw std::runtime_error("no report: " + ran.output);
  auto end = ran.output.find('\n', begin);
  return boost::json::parse(ran.output.substr(begin, end - begin)).as_object();
}

Setup two_models() {
  return {.models = {{.name = "a", .fake = {"load_ms=30"}}, {.name = "b", .fake = {"load_ms=30"}}},
          .scheduler = {"min_visit: 0"}};
}

TEST(Bench, MeasuresSwitchesThatTakePlace) {
  TestServer server(two_models());
  const auto ran = bench(server, {"switch", "--models", "a,b", "--runs", "2", "--json"});
  ASSERT_EQ(ran.code, 0) << ran.output;
  const auto report = report_of(ran);
  for (const auto& direction : report.at("directions").as_array()) {
    EXPECT_EQ(direction.at("measured").to_number<int>(), 2);
    EXPECT_GE(direction.at("first_token_ms").at("min").to_number<double>(), 30) << "a load is part of it";
  }
  // Once beforehand and twice measured.
  EXPECT_EQ(server.model_status("a").at("loads").as_int64(), 3);
  EXPECT_EQ(server.model_status("b").at("loads").as_int64(), 3);
}

TEST(Bench, RevisitsAConversationAfterTheOtherModel) {
  TestServer server(two_models());
  const auto ran = bench(server, {"revisit", "--models", "a,b", "--tokens", "100", "--turns", "2", "--json"});
  ASSERT_EQ(ran.code, 0) << ran.output;
  const auto report = report_of(ran);
  EXPECT_EQ(report.at("measured").to_number<int>(), 2);
  EXPECT_EQ(server.model_status("b").at("loads").as_int64(), 2);
  EXPECT_EQ(server.model_status("a").at("loads").as_int64(), 3);
}

TEST(Bench, MixesModelsAndCountsWhomAFullQueueTurnsAway) {
  auto setup = two_models();
  setup.models[1].keys = {"queue_size: 1"};
  setup.models[1].fake = {"load_until=@/go"};
  TestServer server(std::move(setup));
  const std::vector<std::string> command = {
      SIGNALBOX_PROGRAM, "bench", "mixed",      "--url", server.address(), "--models", "b",
      "--rate",          "100",   "--requests", "6",     "--json"};
  const auto output = server.path("bench.out");
  Child child(command, {}, output);
  // All but the one that waits are turned away at once.
  ASSERT_TRUE(eventually([&] { return content(output).contains("5 of 6 requests are over"); }))
      << content(output);
  server.touch("go");
  EXPECT_EQ(child.wait(), 0);
  const auto report = report_of({.code = 0, .output = content(output)});
  EXPECT_EQ(report.at("all").at("rejected").to_number<int>(), 5);
  EXPECT_EQ(report.at("all").at("whole").to_number<int>(), 1);
  EXPECT_THAT(report.at("samples").as_array(), SizeIs(6));
}

TEST(Bench, TellsOfAnEngineThatDies) {
  auto setup = two_models();
  setup.models[1].fake = {"crash_at_token=2"};
  TestServer server(std::move(setup));
  const auto ran = bench(server, {"switch", "--models", "a,b", "--runs", "1"});
  EXPECT_EQ(ran.code, 1);
  EXPECT_THAT(ran.output, HasSubstr("a -> b: "));
  EXPECT_THAT(ran.output, HasSubstr("engine"));
}

TEST(Bench, EndsWithASignalAndTellsWhatThereIs) {
  auto setup = two_models();
  setup.models[1].fake = {"load_until=@/go"};
  TestServer server(std::move(setup));
  const auto output = server.path("bench.out");
  Child child(
      {SIGNALBOX_PROGRAM, "bench", "mixed", "--url", server.address(), "--models", "b", "--requests", "1"},
      {}, output);
  ASSERT_TRUE(eventually([&] { return server.queue_length("b") == 1; }));
  child.signal(SIGINT);
  EXPECT_EQ(child.wait(std::chrono::seconds(1)), 1);
  EXPECT_THAT(content(output), HasSubstr("1 were under way when it was ended."));
  EXPECT_TRUE(eventually([&] { return server.queue_length("b") == 0; }));
  server.touch("go");
}

}  // namespace
}  // namespace signalbox::test
