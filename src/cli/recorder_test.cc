// From events to lines: the order of arrival, whole lines, what is lost.
#include "cli/recorder.h"

#include <sstream>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "simulate/trace.h"

namespace signalbox::cli {
namespace {

std::string request(int number, int arrived_ms, const std::string& open_since, const std::string& more = "") {
  return fmt::format(
      "event: request\ndata: {{\"model\":\"m\",\"number\":{},\"arrived_ms\":{},\"service_ms\":1500,"
      "\"open_since_ms\":{}{}}}\n\n",
      number, arrived_ms, open_since, more);
}

TEST(Recorder, WritesWhatIsOverOnceNothingOlderIsOpen) {
  Recorder recorder;
  EXPECT_EQ(recorder.take("event: snapshot\ndata: {\"status\":\"ready\"}\n\n").value(), "");
  // The one that came at 1000 still runs.
  EXPECT_EQ(recorder.take(request(1, 3000, "1000")).value(), "");
  EXPECT_EQ(recorder.take(request(2, 2000, "1000")).value(), "");
  EXPECT_EQ(recorder.take(request(3, 1000, "2500")).value(), "0,m,1.5,default\n1,m,1.5,default\n");
  EXPECT_EQ(recorder.take(request(4, 2500, "null", ",\"class\":\"flex\"")).value(),
            "1.5,m,1.5,flex\n2,m,1.5,default\n");
  EXPECT_EQ(recorder.rest(), "");
  EXPECT_EQ(recorder.written(), 4U);
  EXPECT_EQ(recorder.lost(), 0U);
}

TEST(Recorder, GivesUpTheRestAtTheEnd) {
  Recorder recorder;
  EXPECT_EQ(recorder.take(request(1, 3000, "1000")).value(), "");
  EXPECT_EQ(recorder.rest(), "0,m,1.5,default\n");
}

TEST(Recorder, TakesBytesInAnyPieces) {
  Recorder recorder;
  std::string lines;
  for (const char c : request(1, 10, "null") + request(2, 20, "null"))
    lines += recorder.take({&c, 1}).value();
  EXPECT_EQ(lines, "0,m,1.5,default\n0.01,m,1.5,default\n");
}

TEST(Recorder, CountsWhatItDidNotGet) {
  Recorder recorder;
  EXPECT_TRUE(recorder.take(request(7, 10, "null")).has_value());
  EXPECT_TRUE(recorder.take(request(10, 20, "null")).has_value());
  EXPECT_EQ(recorder.lost(), 2U);
  EXPECT_EQ(
      recorder.take("event: request\ndata: nonsense\n\nevent: request\ndata: {\"model\":5}\n\n").value(), "");
  EXPECT_TRUE(recorder.take(request(11, -5, "null")).has_value());
  EXPECT_EQ(recorder.written(), 2U);
}

TEST(Recorder, IsBoundedWhenOneRequestNeverEnds) {
  Recorder recorder;
  std::string all = simulate::trace_header();
  constexpr int kExtra = 10;
  for (int i = 1; i <= static_cast<int>(Recorder::kHeldMax) + kExtra; ++i) {
    all += recorder.take(request(i, 1000 + i, "0")).value();
  }
  EXPECT_EQ(recorder.written(), static_cast<std::uint64_t>(kExtra));
  EXPECT_TRUE(recorder.take(request(1'000'000, 0, "null")).has_value());
  all += recorder.rest();
  std::istringstream in(all);
  EXPECT_TRUE(simulate::read_trace(in, "t").has_value());
}

}  // namespace
}  // namespace signalbox::cli
