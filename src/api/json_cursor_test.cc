#include "api/json_cursor.h"

#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "api/json_text.h"

namespace signalbox::api {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

using Members = std::vector<std::pair<std::string, std::string>>;

struct Walk {
  Members members;
  bool complete = false;
};

Walk walk(JsonCursor::Of kind, std::string_view text) {
  JsonCursor cursor(kind, text);
  JsonMember member;
  Walk result;
  while (cursor.next(member)) {
    const std::string_view whole = text.substr(member.begin, member.end - member.begin);
    EXPECT_TRUE(whole.ends_with(member.value));
    result.members.emplace_back(member.key, member.value);
  }
  EXPECT_FALSE(cursor.next(member));
  result.complete = cursor.complete();
  return result;
}

TEST(JsonCursor, WalksOverMembersOfAnyKind) {
  const auto result = walk(JsonCursor::Of::object,
                           R"( {"a":1,"b" : "x\"}" , "c":[1,{"d":"]"}],"e":{"f":{}},"g":null,"":-1.5e9} )");
  EXPECT_THAT(result.members,
              ElementsAre(Pair("a", "1"), Pair("b", R"("x\"}")"), Pair("c", R"([1,{"d":"]"}])"),
                          Pair("e", R"({"f":{}})"), Pair("g", "null"), Pair("", "-1.5e9")));
  EXPECT_TRUE(result.complete);
}

TEST(JsonCursor, WalksOverElements) {
  const auto result = walk(JsonCursor::Of::array, R"([1 , "a",[2],{}])");
  EXPECT_THAT(result.members,
              ElementsAre(Pair("", "1"), Pair("", R"("a")"), Pair("", "[2]"), Pair("", "{}")));
  EXPECT_TRUE(result.complete);
}

TEST(JsonCursor, AnEmptyOneIsComplete) {
  for (const auto& [kind, text] :
       {std::pair(JsonCursor::Of::object, "{ }"), std::pair(JsonCursor::Of::array, "[]")}) {
    const auto result = walk(kind, text);
    EXPECT_THAT(result.members, IsEmpty());
    EXPECT_TRUE(result.complete);
  }
}

TEST(JsonCursor, BackslashesBeforeAQuoteAreCounted) {
  const auto result = walk(JsonCursor::Of::object, R"({"a\\":"b\\\\","c":"\\\""})");
  EXPECT_THAT(result.members, ElementsAre(Pair(R"(a\\)", R"("b\\\\")"), Pair("c", R"("\\\"")")));
  EXPECT_TRUE(result.complete);
}

TEST(JsonCursor, IsNeverCompleteOnBrokenText) {
  for (const auto* text : {"",
                           " ",
                           "{",
                           "}",
                           "[]",
                           "7",
                           R"({"a")",
                           R"({"a":)",
                           R"({"a":1)",
                           R"({"a":1,)",
                           R"({"a":1,})",
                           R"({,"a":1})",
                           R"({"a":1 "b":2})",
                           R"({a:1})",
                           R"({"a":x})",
                           R"({"a":1}})",
                           R"({"a":[1})",
                           R"({"a":"b})",
                           R"({"a":"b\"})",
                           R"({"a":1} 2)",
                           R"({"a":})"}) {
    EXPECT_FALSE(walk(JsonCursor::Of::object, text).complete) << text;
  }
  for (const auto* text : {"[", "[1", "[1,]", "[,1]", "[1 2]", "{}", "[1]]"}) {
    EXPECT_FALSE(walk(JsonCursor::Of::array, text).complete) << text;
  }
}

TEST(JsonCursor, DepthCostsNothing) {
  const std::string deep = R"({"a":)" + std::string(1'000'000, '[') + std::string(1'000'000, ']') + "}";
  EXPECT_TRUE(walk(JsonCursor::Of::object, deep).complete);
}

TEST(JsonMember, IsFoundByItsKey) {
  EXPECT_EQ(json_member(R"({"a":1,"b":"x","a":2})", "b"), R"("x")");
  EXPECT_EQ(json_member(R"({"a":1,"b":"x","a":2})", "a"), "1");
  EXPECT_EQ(json_member(R"({"a":{"b":1}})", "b"), "");
  EXPECT_EQ(json_member("null", "b"), "");
  EXPECT_EQ(json_member("", "b"), "");
}

TEST(JsonText, DecodesOneStringAndNothingElse) {
  EXPECT_EQ(decode_json_string(R"("a\n\u00e9\"")"), "a\né\"");
  for (const auto* text : {"", "a", "7", R"("a)", R"("a"b)", R"("\x")", "{}"}) {
    EXPECT_FALSE(decode_json_string(text).has_value()) << text;
  }
}

TEST(JsonText, ReplacesWhatIsNotUtf8) {
  const std::string mark = "\xEF\xBF\xBD";
  for (const auto& [bytes, text] :
       std::vector<std::pair<std::string, std::string>>{{"aé€😀", "aé€😀"},
                                                        {"a\x80", "a" + mark},
                                                        {"\xC3", mark},
                                                        {"\xC3(", mark + "("},
                                                        {"\xC0\xAF", mark + mark},
                                                        {"\xE0\x80\xAF", mark + mark + mark},
                                                        {"\xED\xA0\x80", mark + mark + mark},
                                                        {"\xF4\x90\x80\x80", mark + mark + mark + mark},
                                                        {"\xF0\x9F\x98", mark + mark + mark},
                                                        {"\xFF", mark}}) {
    EXPECT_EQ(valid_utf8(bytes), text);
  }
}

}  // namespace
}  // namespace signalbox::api
