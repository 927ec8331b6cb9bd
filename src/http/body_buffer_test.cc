#include "http/body_buffer.h"

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>

#include <gtest/gtest.h>

namespace signalbox::http {
namespace {

std::string pattern(std::size_t size) {
  std::string text(size, '\0');
  for (std::size_t i = 0; i < size; ++i) text[i] = static_cast<char>('a' + (i * 7 + i / 4096) % 26);
  return text;
}

void append_in_pieces(BodyBuffer& buffer, std::string_view text, std::size_t piece) {
  for (std::size_t i = 0; i < text.size(); i += piece) buffer.append(text.substr(i, piece));
}

TEST(BodyBuffer, IsEmptyAtFirstAndOwnsNothing) {
  const BodyBuffer buffer;
  EXPECT_EQ(buffer.view(), "");
  EXPECT_EQ(buffer.capacity(), 0U);
}

TEST(BodyBuffer, KeepsWhatWasAppendedAcrossEverySizeOfMemory) {
  for (const std::size_t size :
       {std::size_t{1}, std::size_t{4096}, std::size_t{5000}, BodyBuffer::kMappedFrom - 1,
        BodyBuffer::kMappedFrom, BodyBuffer::kMappedFrom + 1, std::size_t{5'000'000}}) {
    BodyBuffer buffer;
    const std::string text = pattern(size);
    append_in_pieces(buffer, text, 4099);
    EXPECT_TRUE(buffer.view() == text) << size;
  }
}

TEST(BodyBuffer, TakesSingleBytes) {
  BodyBuffer buffer;
  const std::string text = pattern(10'000);
  append_in_pieces(buffer, text, 1);
  EXPECT_TRUE(buffer.view() == text);
}

TEST(BodyBuffer, ReservesWhatIsAnnounced) {
  BodyBuffer buffer;
  buffer.reserve(10'000);
  const auto before = buffer.capacity();
  EXPECT_GE(before, 10'000U);
  buffer.append(pattern(10'000));
  EXPECT_EQ(buffer.capacity(), before);
}

TEST(BodyBuffer, BelievesAnAnnouncementOnlySoFar) {
  BodyBuffer buffer;
  buffer.reserve(std::size_t{64} * 1024 * 1024);
  EXPECT_LE(buffer.capacity(), BodyBuffer::kReserveMax);
}

TEST(BodyBuffer, GrowsByDoublingSoThatManyPiecesAreCheap) {
  BodyBuffer buffer;
  std::size_t growths = 0;
  std::size_t capacity = 0;
  const std::string piece = pattern(1000);
  for (int i = 0; i < 4000; ++i) {
    buffer.append(piece);
    if (buffer.capacity() != capacity) ++growths;
    capacity = buffer.capacity();
  }
  EXPECT_LE(growths, 12U);
}

TEST(BodyBuffer, AppendingNothingChangesNothing) {
  BodyBuffer buffer;
  buffer.append({});
  EXPECT_EQ(buffer.capacity(), 0U);
}

}  // namespace
}  // namespace signalbox::http
