#include "engine/line_splitter.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace signalbox::engine {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class Lines {
  auto collect() {
    return [this](std::string_view line) { seen_.emplace_back(line); };
  }

 public:
  void add(std::string_view bytes) { splitter_.add(bytes, collect()); }
  void finish() { splitter_.finish(collect()); }
  [[nodiscard]] const std::vector<std::string>& seen() const { return seen_; }

 private:
  LineSplitter splitter_;
  std::vector<std::string> seen_;
};

TEST(LineSplitter, JoinsALineThatArrivesInPieces) {
  Lines lines;
  lines.add("load");
  lines.add("ing mod");
  EXPECT_THAT(lines.seen(), IsEmpty());
  lines.add("el\nnext");
  EXPECT_THAT(lines.seen(), ElementsAre("loading model"));
}

TEST(LineSplitter, CutsManyLinesOfOnePiece) {
  Lines lines;
  lines.add("one\ntwo\r\n\n\r\nthree\n");
  EXPECT_THAT(lines.seen(), ElementsAre("one", "two", "three"));
}

TEST(LineSplitter, HandsOutTheUnfinishedLineAtTheEnd) {
  Lines lines;
  lines.add("one\nlast words");
  lines.finish();
  EXPECT_THAT(lines.seen(), ElementsAre("one", "last words"));
  lines.finish();
  EXPECT_THAT(lines.seen(), ElementsAre("one", "last words"));
}

TEST(LineSplitter, DropsTheRestOfALineThatIsTooLong) {
  Lines lines;
  lines.add(std::string(LineSplitter::kLineBytesMax - 1, 'a'));
  lines.add("bcd");
  lines.add(std::string(100'000, 'e'));
  lines.add("\nshort\n");
  EXPECT_THAT(lines.seen(), ElementsAre(std::string(LineSplitter::kLineBytesMax - 1, 'a') + "b", "short"));
}

}  // namespace
}  // namespace signalbox::engine
