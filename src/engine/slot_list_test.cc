#include "engine/slot_list.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace signalbox::engine {
namespace {

TEST(SlotList, CountsTheSlotsThatWork) {
  EXPECT_EQ(read_slots(R"([{"id":0,"n_ctx":4096,"is_processing":false},{"id":1,"is_processing":true},
                                 {"id":2,"is_processing":true,"next_token":{"has_next_token":true}}])")
                .value()
                .busy,
            2U);
  EXPECT_EQ(read_slots(R"([{"id":0,"is_processing":false}])").value().busy, 0U);
  EXPECT_EQ(read_slots("[]").value().busy, 0U);
}

TEST(SlotList, NamesThoseThatAreIdle) {
  const auto list = read_slots(R"([{"is_processing":false},{"is_processing":true},{"is_processing":false}])");
  EXPECT_THAT(list.value().idle, testing::ElementsAre(0U, 2U));
}

TEST(SlotList, ReadsTheStateOfOlderEngines) {
  EXPECT_EQ(read_slots(R"([{"id":0,"state":0},{"id":1,"state":1},{"id":2,"state":2}])").value().busy, 2U);
}

TEST(SlotList, SaysSoWhenItCannotTell) {
  for (const std::string body :
       {"", "{}", "null", "[1]", "[{}]", "[{\"id\":0}]", "[{\"is_processing\":true},{}]",
        "[{\"is_processing\":tr", "{\"error\":{\"code\":501}}"}) {
    ASSERT_FALSE(read_slots(body)) << body;
    EXPECT_EQ(read_slots(body).error().code, ErrorCode::invalid) << body;
  }
}

}  // namespace
}  // namespace signalbox::engine
