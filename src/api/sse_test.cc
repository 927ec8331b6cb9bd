#include "api/sse.h"

#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace signalbox::api {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

using Events = std::vector<std::pair<std::string, std::string>>;

void drain(SseReader& reader, Events& events) {
  SseEvent event;
  while (reader.next(event)) events.emplace_back(event.name, event.data);
}

Events read(std::string_view stream, std::size_t piece = std::string_view::npos) {
  SseReader reader;
  Events events;
  for (std::size_t at = 0; at < stream.size(); at += std::min(piece, stream.size())) {
    EXPECT_TRUE(reader.feed(stream.substr(at, piece)).has_value());
    drain(reader, events);
  }
  return events;
}

TEST(SseReader, GivesEventsWithTheirNames) {
  EXPECT_THAT(read("data: a\n\nevent: x\ndata: b\n\ndata: c\n\n"),
              ElementsAre(Pair("", "a"), Pair("x", "b"), Pair("", "c")));
}

TEST(SseReader, TakesPiecesOfAnySize) {
  const std::string stream = "data: one\r\n\r\n: ping\n\nevent: e\rdata: two\rdata: 2\r\rdata:three\n\n";
  const Events whole = read(stream);
  EXPECT_THAT(whole, ElementsAre(Pair("", "one"), Pair("e", "two\n2"), Pair("", "three")));
  for (std::size_t piece = 1; piece < stream.size(); ++piece) EXPECT_EQ(read(stream, piece), whole) << piece;
}

TEST(SseReader, JoinsDataLines) {
  EXPECT_THAT(read("data: a\ndata:\ndata: b\n\n"), ElementsAre(Pair("", "a\n\nb")));
}

TEST(SseReader, TakesOneSpaceOff) {
  EXPECT_THAT(read("data:  a \n\n"), ElementsAre(Pair("", " a ")));
}

TEST(SseReader, DropsCommentsAndUnknownFields) {
  EXPECT_THAT(read(": ping\n\nid: 7\nretry: 9\nnonsense\ndata: a\n:\n\n"), ElementsAre(Pair("", "a")));
}

TEST(SseReader, GivesNoEventWithoutData) {
  EXPECT_THAT(read("event: x\n\ndata: a\n\n"), ElementsAre(Pair("", "a")));
  EXPECT_THAT(read("data\n\n"), ElementsAre(Pair("", "")));
}

TEST(SseReader, SkipsTheByteOrderMark) {
  EXPECT_THAT(read("\xEF\xBB\xBF"
                   "data: a\n\ndata: \xEF\xBB\xBF\n\n"),
              ElementsAre(Pair("", "a"), Pair("", "\xEF\xBB\xBF")));
}

TEST(SseReader, KnowsOfAnUnfinishedEvent) {
  for (const auto& [stream, pending] :
       {std::pair("data: a\n\n", false), std::pair("data: a\n", true), std::pair("data", true),
        std::pair("event: x\n", true), std::pair(": ping\n\n", false), std::pair("", false)}) {
    SseReader reader;
    ASSERT_TRUE(reader.feed(stream).has_value());
    Events events;
    drain(reader, events);
    EXPECT_EQ(reader.pending(), pending) << stream;
  }
}

TEST(SseReader, RefusesAnEventThatIsTooLong) {
  const std::string piece(std::size_t{1} << 20, 'x');
  SseReader line;
  ASSERT_TRUE(line.feed("data: ").has_value());
  std::size_t pieces = 0;
  auto fed = line.feed("");
  while (fed && pieces < 100) {
    fed = line.feed(piece);
    ++pieces;
  }
  ASSERT_FALSE(fed.has_value());
  EXPECT_EQ(fed.error().code, ErrorCode::limit);
  EXPECT_EQ(pieces, SseReader::kEventBytesMax / piece.size());

  SseReader lines;
  fed = lines.feed("");
  for (pieces = 0; fed && pieces < 100; ++pieces) fed = lines.feed("data: " + piece + "\n");
  ASSERT_FALSE(fed.has_value());
  EXPECT_EQ(pieces, SseReader::kEventBytesMax / piece.size());
}

TEST(SseReader, TakesMoreThanOneEventsLimitInManyEvents) {
  SseReader reader;
  const std::string event = "data: " + std::string(std::size_t{1} << 20, 'x') + "\n\n";
  std::size_t events = 0;
  SseEvent taken;
  for (int i = 0; i < 20; ++i) {
    ASSERT_TRUE(reader.feed(event).has_value());
    while (reader.next(taken)) ++events;
  }
  EXPECT_EQ(events, 20U);
}

TEST(Sse, WritesWhatItReads) {
  EXPECT_EQ(sse_data("a"), "data: a\n\n");
  EXPECT_EQ(sse_event("x", "a"), "event: x\ndata: a\n\n");
  EXPECT_EQ(sse_comment("a"), ": a\n\n");
  for (const auto* data : {"a", "a\nb", "a\n", "\n", ""}) {
    EXPECT_THAT(read(sse_event("e", data)), ElementsAre(Pair("e", data)));
  }
  EXPECT_THAT(read(sse_data("a\r\nb\rc")), ElementsAre(Pair("", "a\nb\nc")));
}

TEST(Sse, ACommentCannotBecomeAnEvent) {
  EXPECT_THAT(read(sse_comment("a\n\ndata: b\n\n")), IsEmpty());
}

}  // namespace
}  // namespace signalbox::api
