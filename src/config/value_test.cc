// The text forms of durations, sizes, numbers and lists.
#include "config/value.h"

#include <chrono>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/nearest.h"

namespace signalbox::config {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

TEST(Duration, IsReadWithItsUnit) {
  EXPECT_EQ(parse_duration("15s"), seconds(15));
  EXPECT_EQ(parse_duration("1.5s"), milliseconds(1500));
  EXPECT_EQ(parse_duration("200ms"), milliseconds(200));
  EXPECT_EQ(parse_duration("5m"), minutes(5));
  EXPECT_EQ(parse_duration("2h"), minutes(120));
  EXPECT_EQ(parse_duration("7us"), microseconds(7));
  EXPECT_EQ(parse_duration("0.001ms"), microseconds(1));
}

TEST(Duration, MayBeABareZeroAndNoOtherBareNumber) {
  EXPECT_EQ(parse_duration("0"), seconds(0));
  EXPECT_EQ(parse_duration("0s"), seconds(0));
  EXPECT_EQ(parse_duration("15"), std::nullopt);
  EXPECT_EQ(parse_duration("15", BareNumber::seconds), seconds(15));
  EXPECT_EQ(parse_duration("1.5", BareNumber::seconds), milliseconds(1500));
  EXPECT_EQ(parse_duration("10m", BareNumber::seconds), minutes(10));
}

TEST(Duration, RefusesWhatIsNone) {
  for (const auto* text : {"",
                           " ",
                           "s",
                           "-1s",
                           "+1s",
                           "1 s",
                           "1s ",
                           "1e3s",
                           "1.s",
                           ".5s",
                           "1,5s",
                           "1S",
                           "ten",
                           "0x1s",
                           "1ss",
                           "0.0001ms",
                           "1.0000001s",
                           "9999999999999999s",
                           "999999999999999h",
                           "0.",
                           "1d"}) {
    EXPECT_EQ(parse_duration(text), std::nullopt) << text;
  }
}

TEST(Duration, IsWrittenShortly) {
  EXPECT_EQ(format_duration(seconds(0)), "0");
  EXPECT_EQ(format_duration(seconds(300)), "300s");
  EXPECT_EQ(format_duration(milliseconds(1500)), "1.5s");
  EXPECT_EQ(format_duration(milliseconds(200)), "200ms");
  EXPECT_EQ(format_duration(microseconds(1)), "0.001ms");
  EXPECT_EQ(format_duration(seconds(10)), "10s");
}

TEST(Bytes, AreReadWithTheirUnit) {
  EXPECT_EQ(parse_bytes("64MiB"), 67'108'864U);
  EXPECT_EQ(parse_bytes("32KiB"), 32'768U);
  EXPECT_EQ(parse_bytes("1.5KiB"), 1'536U);
  EXPECT_EQ(parse_bytes("1GiB"), 1'073'741'824U);
  EXPECT_EQ(parse_bytes("1kB"), 1'000U);
  EXPECT_EQ(parse_bytes("2MB"), 2'000'000U);
  EXPECT_EQ(parse_bytes("3GB"), 3'000'000'000U);
  EXPECT_EQ(parse_bytes("65536"), 65'536U);
  EXPECT_EQ(parse_bytes("7B"), 7U);
}

TEST(Bytes, RefuseWhatIsNone) {
  for (const auto* text : {"", "MiB", "-1", "1.5", "64mib", "64M", "64 MiB", "999999999999999GiB", "0.3B"}) {
    EXPECT_EQ(parse_bytes(text), std::nullopt) << text;
  }
}

TEST(Bytes, AreWrittenInTheLargestUnitThatFits) {
  EXPECT_EQ(format_bytes(67'108'864), "64MiB");
  EXPECT_EQ(format_bytes(32'768), "32KiB");
  EXPECT_EQ(format_bytes(1'073'741'824), "1GiB");
  EXPECT_EQ(format_bytes(1'000), "1000");
  EXPECT_EQ(format_bytes(0), "0");
}

TEST(Count, IsAWholeNumber) {
  EXPECT_EQ(parse_count("0"), 0U);
  EXPECT_EQ(parse_count("42"), 42U);
  for (const auto* text : {"", "-1", "1.0", "1e3", "1_000", "0x10", "1 ", "9999999999999999"}) {
    EXPECT_EQ(parse_count(text), std::nullopt) << text;
  }
}

TEST(Factor, IsReadInThousandths) {
  EXPECT_EQ(parse_thousandths("1.0"), 1'000U);
  EXPECT_EQ(parse_thousandths("1"), 1'000U);
  EXPECT_EQ(parse_thousandths("0.125"), 125U);
  EXPECT_EQ(parse_thousandths("0.0001"), std::nullopt);
  EXPECT_EQ(parse_thousandths("-1.0"), std::nullopt);
  EXPECT_EQ(parse_thousandths("1.0x"), std::nullopt);
}

TEST(Factor, IsWrittenWithItsDecimals) {
  EXPECT_EQ(format_thousandths(1'000), "1.0");
  EXPECT_EQ(format_thousandths(0), "0.0");
  EXPECT_EQ(format_thousandths(125), "0.125");
  EXPECT_EQ(format_thousandths(2'500), "2.5");
}

TEST(List, IsWrittenAsYaml) {
  EXPECT_EQ(format_words({}), "[]");
  EXPECT_EQ(format_words({"--temp", "0.2"}), "[--temp, \"0.2\"]");
  EXPECT_EQ(format_words({"a b", "c\"d\\", "", "x\ny"}), R"(["a b", "c\"d\\", "", "x\ny"])");
  EXPECT_EQ(format_words({"~/bin/llama-server"}), "[\"~/bin/llama-server\"]");
}

TEST(List, HidesSecrets) {
  EXPECT_EQ(format_words({"--api-key", "s3cret", "--hf-token=s3cret", "-hft", "s3cret", "-t"}),
            "[--api-key, ***, --hf-token=***, -hft, ***, -t]");
}

TEST(Nearest, CountsSwapsAsOneEdit) {
  EXPECT_EQ(edit_distance("wait_timeout", "wait_tiemout"), 1U);
  EXPECT_EQ(edit_distance("abc", ""), 3U);
  EXPECT_EQ(edit_distance("kitten", "sitting"), 3U);
}

TEST(Nearest, FindsTheNearestKnownWord) {
  EXPECT_EQ(nearest("lisen", {"max_connections", "listen"}), "listen");
  EXPECT_EQ(nearest("colour", {"listen", "models"}), std::nullopt);
  EXPECT_EQ(nearest("x", {"y"}), "y");
  EXPECT_EQ(nearest(std::string(1'000, 'x'), {std::string(1'000, 'x')}), std::nullopt);
  EXPECT_EQ(did_you_mean("contnt", {"auto", "content"}), "; did you mean content?");
  EXPECT_EQ(did_you_mean("zzzzzz", {"auto", "content"}), "");
}

}  // namespace
}  // namespace signalbox::config
