#include "http/request_id.h"

#include <set>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace signalbox::http {
namespace {

using testing::MatchesRegex;
using testing::Ne;

TEST(RequestId, TakesTheClientsOwnIfItIsProper) {
  EXPECT_EQ(choose_request_id("abc.DEF_123-x"), "abc.DEF_123-x");
  EXPECT_EQ(choose_request_id(std::string(64, 'a')), std::string(64, 'a'));
}

TEST(RequestId, MakesItsOwnForAnImproperOne) {
  for (const std::string& improper :
       {std::string(), std::string(65, 'a'), std::string("a b"), std::string("a\r\nb"),
        std::string("\xc3\xa9"), std::string("a/b"), std::string("a\0b", 3)}) {
    EXPECT_THAT(choose_request_id(improper), Ne(improper));
    EXPECT_THAT(choose_request_id(improper), MatchesRegex("req-[0-9a-f]+"));
  }
  EXPECT_THAT(choose_request_id(std::nullopt), MatchesRegex("req-[0-9a-f]+"));
}

TEST(RequestId, NeverRepeats) {
  std::set<std::string> ids;
  for (int i = 0; i < 1000; ++i) ids.insert(make_request_id());
  EXPECT_EQ(ids.size(), 1000U);
}

TEST(RequestId, OursWouldBeTakenFromAClientToo) {
  const std::string ours = make_request_id();
  EXPECT_EQ(ours.size(), 36U);
  EXPECT_EQ(choose_request_id(ours), ours);
}

}  // namespace
}  // namespace signalbox::http
