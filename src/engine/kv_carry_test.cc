// What a request's lease on a slot does; what is saved and restored is tested with engines that answer, in
// tests/integration/carry_over_test.cc.
#include "engine/kv_carry.h"

#include <string>

#include <gtest/gtest.h>

#include "engine/test_folder.h"
#include "engine/test_loop.h"

namespace signalbox::engine {
namespace {

class NoObserver final : public KvObserver {
  void kv_told(const KvNews& /*news*/) override {}
};

class KvCarryTest : public testing::Test {
 protected:
  KvCarryTest() {
    carry_->engine_ready(kEpoch,
                         {.model = ModelIndex(0), .model_name = "a", .address = {}, .fingerprint = {}});
  }
  SlotLease prepare() {
    return loop_.await(KvCarry::prepare(carry_, kEpoch, {.text = R"([{"role":"user","content":"hi"}])"}));
  }

  static constexpr Epoch kEpoch{1};
  TestFolder folder_;
  TestLoop loop_;
  NoObserver observer_;
  std::shared_ptr<KvCarry> carry_ = std::make_shared<KvCarry>(
      loop_.executor(), loop_.clock(), kv::Folder::open(folder_.path("kv")).value(),
      KvCarry::Options{.budget_bytes = 1'000'000, .tokens_min = 256, .save_timeout = std::chrono::seconds(2)},
      observer_);
};

TEST_F(KvCarryTest, ASlotIsTakenUntilItsAnswerIsOver) {
  auto lease = prepare();
  EXPECT_EQ(lease.slot(), 0U);
  lease.sent();
  EXPECT_EQ(prepare().slot(), std::nullopt) << "the engine has one slot";
}

// A client that answers at once may be heard before the lease is gone.
TEST_F(KvCarryTest, ASlotIsFreeAgainWithItsAnswersEnd) {
  auto lease = prepare();
  lease.sent();
  lease.finished(1);
  EXPECT_EQ(prepare().slot(), 0U);
}

TEST_F(KvCarryTest, ASlotIsFreeAgainIfNothingWasSent) {
  {
    const auto lease = prepare();
  }
  EXPECT_EQ(prepare().slot(), 0U);
}

TEST_F(KvCarryTest, ASlotWhoseAnswerWasCutIsNotFreeYet) {
  {
    auto lease = prepare();
    lease.sent();
  }
  EXPECT_EQ(prepare().slot(), std::nullopt);
  carry_->free_at_engine(kEpoch, {0});
  EXPECT_EQ(prepare().slot(), 0U);
}

}  // namespace
}  // namespace signalbox::engine
