#include "kv/slot_book.h"

#include <array>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace signalbox::kv {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr Fingerprint kEngine(1);
constexpr std::size_t kWorth = 2;

// A block for each letter; what stands behind a "+" is behind the blocks.
std::string text_of(const std::string& blocks) {
  std::string text;
  const auto tail = std::min(blocks.find('+'), blocks.size());
  for (const char block : blocks.substr(0, tail)) text += std::string(PromptPrefix::kBlockBytes, block);
  return text + blocks.substr(tail) + "]";
}

PromptPrefix prompt(const std::string& blocks) {
  return {"", text_of(blocks)};
}

class SlotBookTest : public testing::Test {
 protected:
  std::optional<Plan> plan(const std::string& blocks) {
    const auto text = text_of(blocks);
    return book_.plan(PromptText("", text), saved_, kEngine);
  }
  // Runs a request to its end; its answer is so many blocks long.
  Plan run(const std::string& blocks, std::size_t answer_blocks = 0) {
    const auto made = plan(blocks);
    EXPECT_TRUE(made) << blocks;
    if (!made) return {};
    if (made->save_first) save(made->slot);
    if (made->restore) book_.restored(made->slot, *saved_.find(*made->restore));
    book_.begun(made->slot, prompt(blocks), made->goes_on);
    book_.answered(made->slot, answer_blocks);
    book_.give_back(made->slot);
    return *made;
  }
  StateId save(SlotIndex slot) {
    const StateId id(++last_);
    if (const auto before = book_.saved_as(slot)) saved_.erase(*before);
    static_cast<void>(saved_.add({.id = id,
                                  .model = "m",
                                  .fingerprint = kEngine,
                                  .prefix = book_.content(slot),
                                  .tokens = tokens_,
                                  .bytes = 1}));
    book_.saved(slot, id);
    return id;
  }

  SlotBook book_{2, kWorth};
  SavedStates saved_{1000};
  std::uint64_t last_ = 0;
  std::uint32_t tokens_ = 1;  // of what is saved
};

TEST_F(SlotBookTest, FillsEmptySlotsFirst) {
  EXPECT_EQ(run("aaaa").slot, 0U);
  EXPECT_EQ(run("bbbb").slot, 1U);
}

TEST_F(SlotBookTest, GoesOnWhereTheConversationIs) {
  run("aaaa");
  run("bbbb");
  const auto next = run("aaaacc");
  EXPECT_EQ(next.slot, 0U);
  EXPECT_FALSE(next.save_first);
  EXPECT_FALSE(next.restore);
}

TEST_F(SlotBookTest, SavesNothingForABlockThatIsSoonComputed) {
  run("aaaaz");
  const auto next = run("aaaacc");
  EXPECT_EQ(next.slot, 0U);
  EXPECT_FALSE(next.save_first);
  EXPECT_FALSE(next.goes_on);
}

// Two conversations with the same system prompt: they differ in less than a block, and in their answers.
TEST_F(SlotBookTest, SavesALongAnswerBeforeASiblingTakesItsSlot) {
  tokens_ = 12 * PromptPrefix::kBlockBytes / kTextBytesAToken;
  run("aaaa+one", 8);
  const auto sibling = run("aaaa+two", 8);
  EXPECT_EQ(sibling.slot, 0U) << "their beginning need not be computed again";
  EXPECT_TRUE(sibling.save_first);
  save(0);
  ASSERT_EQ(saved_.all().size(), 2U) << "it supersedes nothing";
  const auto next = run("aaaa+one, and more");
  EXPECT_EQ(next.restore, StateId(1)) << "with its answer";
  EXPECT_TRUE(next.goes_on);
}

TEST_F(SlotBookTest, DoesNotSaveShortAnswersToOneQuestionAfterTheOther) {
  run("aaaa+one");
  EXPECT_FALSE(run("aaaa+two").save_first);
  EXPECT_FALSE(run("aaaa+three").save_first);
}

TEST_F(SlotBookTest, KnowsAConversationOfLessThanABlock) {
  run("+short", 8);
  run("+other", 8);
  const auto next = run("+short and its next turn");
  EXPECT_EQ(next.slot, 0U);
  EXPECT_TRUE(next.goes_on);
  EXPECT_FALSE(next.save_first);
  EXPECT_THAT(book_.worth_saving(), ElementsAre(1U)) << "for its answer";
}

TEST_F(SlotBookTest, SavesWhatWouldBeLost) {
  run("aaaa");
  run("bbbb");
  const auto third = run("cccc");
  EXPECT_EQ(third.slot, 0U) << "used longest ago";
  EXPECT_TRUE(third.save_first);
  const auto back = run("aaaad");
  EXPECT_EQ(back.slot, 1U);
  EXPECT_TRUE(back.save_first);
  EXPECT_EQ(back.restore, StateId(1));
  EXPECT_FALSE(run("bbbbd").save_first == false) << "the third was not saved yet";
}

TEST_F(SlotBookTest, DoesNotSaveWhatIsSavedOrNotWorthIt) {
  run("aaaa");
  save(0);
  run("b");
  EXPECT_FALSE(run("cccc").save_first) << "the first is saved";
  EXPECT_FALSE(run("dddd").save_first) << "one block is soon computed again";
}

TEST_F(SlotBookTest, KeepsTheTrunkOfABranch) {
  run("aaaabbbb");
  const auto branch = run("aaaacccc");
  EXPECT_EQ(branch.slot, 0U) << "half of it need not be computed";
  EXPECT_TRUE(branch.save_first);
  save(0);
  EXPECT_EQ(saved_.all().size(), 2U) << "the branch's state supersedes nothing";
}

TEST_F(SlotBookTest, TakesASavedStateForTheBeginningOfAnother) {
  run("aaaabbbb");
  save(0);
  book_ = SlotBook(2, kWorth);
  const auto other = run("aaaacccc");
  EXPECT_EQ(other.restore, StateId(1));
  save(other.slot);
  EXPECT_NE(saved_.find(StateId(1)), nullptr);
}

TEST_F(SlotBookTest, SupersedesTheTurnBefore) {
  run("aaaa");
  save(0);
  run("aaaab");
  save(0);
  EXPECT_EQ(saved_.find(StateId(1)), nullptr);
  EXPECT_EQ(saved_.all().size(), 1U);
}

TEST_F(SlotBookTest, StaysInTheSlotForABlockLess) {
  run("aaaa");
  save(0);
  run("aaab");
  EXPECT_FALSE(plan("aaaa")->restore);
}

TEST_F(SlotBookTest, DoesNotShareABusySlot) {
  const auto first = plan("aaaa");
  book_.begun(first->slot, prompt("aaaa"), false);
  const auto second = plan("aaaab");
  ASSERT_TRUE(second);
  EXPECT_NE(second->slot, first->slot);
  EXPECT_FALSE(plan("bbbb")) << "all are taken";
}

TEST_F(SlotBookTest, WaitsForTheEngineToLetGoOfACutSlot) {
  const auto first = plan("aaaa");
  const auto second = plan("bbbb");
  book_.begun(first->slot, prompt("aaaa"), false);
  book_.begun(second->slot, prompt("bbbb"), false);
  book_.cut(first->slot);
  EXPECT_FALSE(plan("cccc"));
  book_.free_at_engine(std::array{second->slot});
  EXPECT_FALSE(plan("cccc")) << "idle at the engine, but its request is about to begin";
  book_.free_at_engine(std::array{first->slot, SlotIndex{99}});
  EXPECT_TRUE(plan("cccc"));
}

TEST_F(SlotBookTest, TrustsNoIdleSlotWhileARequestIsSomewhere) {
  run("aaaa");
  book_.begin_unknown();
  EXPECT_FALSE(plan("aaaa"));
  EXPECT_THAT(book_.worth_saving(), IsEmpty());
  book_.end_unknown();
  const auto next = plan("aaaa");
  ASSERT_TRUE(next);
  EXPECT_EQ(book_.content(next->slot).blocks(), 0U);
}

TEST_F(SlotBookTest, ForgetsWhatAFailedRestoreHasEmptied) {
  run("aaaa");
  book_.emptied(0);
  EXPECT_THAT(book_.worth_saving(), IsEmpty());
  EXPECT_FALSE(run("bbbb").save_first);
}

TEST_F(SlotBookTest, NamesWhatIsWorthSavingTheLatestFirst) {
  book_ = SlotBook(4, kWorth);
  run("aaaa");
  run("bbbb");
  run("c");
  run("aaaad");
  const auto running = plan("eeee");
  book_.begun(running->slot, prompt("eeee"), false);
  EXPECT_THAT(book_.worth_saving(), ElementsAre(0U, 1U));
  save(0);
  EXPECT_THAT(book_.worth_saving(), ElementsAre(1U));
}

}  // namespace
}  // namespace signalbox::kv
