#include "engine/model_parts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace signalbox::engine {
namespace {

using ::testing::ElementsAre;

TEST(ModelParts, OfASplitModelAreAllOfThemInOrder) {
  EXPECT_THAT(
      parts_of_model("/m/big-00001-of-00003.gguf"),
      ElementsAre("/m/big-00001-of-00003.gguf", "/m/big-00002-of-00003.gguf", "/m/big-00003-of-00003.gguf"));
  EXPECT_THAT(parts_of_model("-00001-of-00001.gguf"), ElementsAre("-00001-of-00001.gguf"));
  EXPECT_EQ(parts_of_model("big-00001-of-01000.gguf").size(), kModelPartsMax);
}

TEST(ModelParts, OfAnyOtherFileAreItAlone) {
  for (const std::string path :
       {"", "big.gguf", "of-00003.gguf", "big-00002-of-00003.gguf", "big-00001-of-0000x.gguf",
        "big-00001-of-00003.bin", "big-00001-of--0003.gguf", "big-00001-of-00000.gguf",
        "big-00001-of-01001.gguf", "big-00001-of-00003.gguf.part"}) {
    EXPECT_THAT(parts_of_model(path), ElementsAre(path));
  }
}

}  // namespace
}  // namespace signalbox::engine
