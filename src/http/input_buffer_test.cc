#include "http/input_buffer.h"

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>

#include <gtest/gtest.h>

namespace signalbox::http {
namespace {

// As a reader does: as often as the room that it is given asks for.
void put(InputBuffer& buffer, std::string_view text, std::size_t room = 16) {
  while (!text.empty()) {
    const auto space = buffer.prepare(room);
    const std::string_view part = text.substr(0, space.size());
    std::ranges::copy(part, space.begin());
    buffer.commit(part.size());
    text.remove_prefix(part.size());
  }
}

TEST(InputBuffer, GivesBackWhatCameInOrder) {
  InputBuffer buffer;
  put(buffer, "abc");
  put(buffer, "def");
  EXPECT_EQ(buffer.view(), "abcdef");
  buffer.consume(2);
  EXPECT_EQ(buffer.view(), "cdef");
  put(buffer, "gh");
  EXPECT_EQ(buffer.view(), "cdefgh");
}

TEST(InputBuffer, OwnsNoMemoryOnceItIsEmpty) {
  InputBuffer buffer;
  put(buffer, "abc", 4096);
  EXPECT_GE(buffer.capacity(), 4096U);
  buffer.consume(3);
  EXPECT_EQ(buffer.capacity(), 0U);
  (void)buffer.prepare(4096);
  buffer.commit(0);
  EXPECT_EQ(buffer.capacity(), 0U);
  EXPECT_EQ(buffer.view(), "");
}

TEST(InputBuffer, DoesNotGrowWhileEverythingIsUsed) {
  InputBuffer buffer;
  put(buffer, "x", 1000);
  for (int i = 0; i < 100'000; ++i) {
    put(buffer, "y", 1000);
    buffer.consume(1);
  }
  EXPECT_LE(buffer.capacity(), 4000U);
  EXPECT_EQ(buffer.view(), "y");
}

TEST(InputBuffer, IsNotCopiedForEachByteOfASlowClient) {
  InputBuffer buffer;
  int moves = 0;
  std::size_t capacity = 0;
  for (int i = 0; i < 32'768; ++i) {
    put(buffer, "x", 4096);
    if (buffer.capacity() != capacity) ++moves;
    capacity = buffer.capacity();
  }
  EXPECT_LE(moves, 16);
}

TEST(InputBuffer, KeepsTheRestWhenItGrows) {
  InputBuffer buffer;
  std::string expected;
  for (int i = 0; i < 5000; ++i) {
    const std::string text = std::to_string(i);
    put(buffer, text, text.size());
    expected += text;
    if (i % 3 == 0) {
      buffer.consume(1);
      expected.erase(0, 1);
    }
    ASSERT_EQ(buffer.size(), expected.size());
  }
  EXPECT_TRUE(buffer.view() == expected);
}

}  // namespace
}  // namespace signalbox::http
