// The text form of a trace: what is read, what is refused and with which words, and that what is written can
// be read again.
#include "simulate/trace.h"

#include <sstream>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "simulate/decimal.h"

namespace signalbox::simulate {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;

Result<Trace> read(const std::string& text) {
  std::istringstream in(text);
  return read_trace(in, "t.csv");
}

std::string error_of(const std::string& text) {
  const auto trace = read(text);
  return trace ? "no error" : trace.error().message;
}

const std::string kHeader = "time_s,model,service_s\n";

TEST(Trace, IsReadWithItsModelsInTheirOrder) {
  const auto trace = read(kHeader + "0,b,1.5\n0.25,a,2\n0.25,b,0.000001\n");
  ASSERT_TRUE(trace.has_value()) << trace.error().message;
  EXPECT_THAT(trace->models, ElementsAre("b", "a"));
  EXPECT_THAT(trace->requests,
              ElementsAre(TraceRequest{.arrived = 0s, .model = ModelIndex(0), .service = 1500ms},
                          TraceRequest{.arrived = 250ms, .model = ModelIndex(1), .service = 2s},
                          TraceRequest{.arrived = 250ms, .model = ModelIndex(0), .service = 1us}));
}

TEST(Trace, MayHaveAClassAndItsColumnsInAnyOrder) {
  const auto trace = read("class,service_s,model,time_s\r\nflex,1,a,0\r\npriority,1,a,1\r\ndefault,1,a,2");
  ASSERT_TRUE(trace.has_value()) << trace.error().message;
  EXPECT_EQ(trace->requests[0].service_class, sched::ServiceClass::flex);
  EXPECT_EQ(trace->requests[1].service_class, sched::ServiceClass::priority);
  EXPECT_EQ(trace->requests[2].service_class, sched::ServiceClass::standard);
}

TEST(Trace, NamesTheLineThatIsWrong) {
  EXPECT_EQ(error_of(""), "t.csv:1: time_s,model,service_s and perhaps class are wanted");
  EXPECT_EQ(error_of("time_s,model\n"), "t.csv:1: time_s,model,service_s and perhaps class are wanted");
  EXPECT_EQ(error_of("time_s,model,class\n"), "t.csv:1: time_s,model,service_s and perhaps class are wanted");
  EXPECT_EQ(error_of("time_s,model,service_s,prompt\n"),
            "t.csv:1: \"prompt\" is no column; time_s,model,service_s and perhaps class are wanted");
  EXPECT_EQ(error_of("time_s,model,time_s\n"), "t.csv:1: \"time_s\" stands twice");
  EXPECT_EQ(error_of(kHeader), "t.csv:2: holds no request");
  EXPECT_EQ(error_of(kHeader + "1,a,1\n0.5,a,1\n"),
            "t.csv:3: time_s is 0.5, before the line above: sort the lines by time");
  EXPECT_EQ(error_of(kHeader + "-1,a,1\n"),
            "t.csv:2: time_s is \"-1\"; seconds such as 12.5, from 0 to 31622400, are allowed");
  EXPECT_EQ(error_of(kHeader + "0,a,1e9\n"),
            "t.csv:2: service_s is \"1e9\"; seconds such as 12.5, from 0 to 86400, are allowed");
  EXPECT_EQ(
      error_of(kHeader + "99999999999999999999,a,1\n"),
      "t.csv:2: time_s is \"99999999999999999999\"; seconds such as 12.5, from 0 to 31622400, are allowed");
  EXPECT_EQ(error_of(kHeader + "0,a\n"), "t.csv:2: 2 fields; the header has 3");
  EXPECT_EQ(error_of(kHeader + "\n0,a,1\n"), "t.csv:2: 1 fields; the header has 3");
  EXPECT_EQ(error_of(kHeader + "0,,1\n"), "t.csv:2: the model has no name");
  EXPECT_EQ(error_of(kHeader + "0,\"a,1\n"), "t.csv:2: a quote is not closed");
  EXPECT_EQ(error_of("time_s,model,service_s,class\n0,a,1,gold\n"),
            "t.csv:2: class is \"gold\"; default, priority and flex are allowed");
}

TEST(Trace, IsBoundedInEveryDirection) {
  EXPECT_EQ(error_of(kHeader + "0," + std::string(kTraceLineMax, 'x') + ",1\n"),
            "t.csv:2: is longer than 4096 bytes");
  EXPECT_EQ(error_of(std::string(std::size_t{1} << 20, 'x')), "t.csv:1: is longer than 4096 bytes");
  std::string many = kHeader;
  for (std::size_t i = 0; i <= kTraceModelsMax; ++i) many += "0,m" + std::to_string(i) + ",1\n";
  EXPECT_EQ(error_of(many), "t.csv:10002: more than 10000 models");
}

TEST(Trace, IsReadBackAsItWasWritten) {
  const std::string odd = "a \"b\", c";
  const auto trace = read(trace_header() + trace_line(1500ms, odd, 20us, name_of(sched::ServiceClass::flex)) +
                          trace_line(2s, "line\nbreak", 3s, "default"));
  ASSERT_TRUE(trace.has_value()) << trace.error().message;
  EXPECT_THAT(trace->models, ElementsAre(odd, "line break"));
  EXPECT_EQ(trace->requests[0], (TraceRequest{.arrived = 1500ms,
                                              .model = ModelIndex(0),
                                              .service = 20us,
                                              .service_class = sched::ServiceClass::flex}));
}

TEST(Seconds, AreExactToTheMicrosecond) {
  EXPECT_EQ(parse_seconds("0.1", 1h), 100ms);
  EXPECT_EQ(parse_seconds("1.0000019", 1h), 1s + 1us);
  EXPECT_EQ(parse_seconds("3600", 1h), 1h);
  for (const auto* wrong : {"", ".", ".5", "1.", "1.x", "+1", " 1", "1 ", "3600.000001", "1.2.3"}) {
    EXPECT_EQ(parse_seconds(wrong, 1h), std::nullopt) << wrong;
  }
  EXPECT_EQ(format_seconds(0s), "0");
  EXPECT_EQ(format_seconds(100ms), "0.1");
  EXPECT_EQ(format_seconds(10s + 1us), "10.000001");
}

}  // namespace
}  // namespace signalbox::simulate
