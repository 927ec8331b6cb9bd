#include "api/json_unescape.h"

#include <string>
#include <string_view>

#include <gtest/gtest.h>

namespace signalbox::api {
namespace {

TEST(Unescape, KnowsEveryEscape) {
  EXPECT_EQ(unescape(R"(a\"b\\c\/d\be\ff\ng\rh\ti)"), "a\"b\\c/d\be\ff\ng\rh\ti");
}

TEST(Unescape, MakesUtf8OfCodePoints) {
  EXPECT_EQ(unescape(R"(\u0041\u00e9\u20AC\uD83D\uDE00)"), "A\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80");
  EXPECT_EQ(unescape(R"(\u0000)"), std::string(1, '\0'));
  EXPECT_EQ(unescape(R"(\uffff\ud800\udc00\udbff\udfff)"), "\xEF\xBF\xBF\xF0\x90\x80\x80\xF4\x8F\xBF\xBF");
}

TEST(Unescape, LeavesBytesAsTheyAre) {
  EXPECT_EQ(unescape("n\xC3\xA9\x7F"), "n\xC3\xA9\x7F");
}

TEST(Unescape, EndsBeforeAnEscapeThatIsCut) {
  for (const std::string_view cut :
       {"ab\\", "ab\\u", "ab\\u00e", "ab\\ud83d", "ab\\ud83d\\", "ab\\ud83d\\u", "ab\\ud83d\\ude0",
        "ab\\ud83dxxxxxx", "ab\\ude00\\ude00", "ab\\ud83d\\u0041", "ab\\u00zz", "ab\\u-001"}) {
    EXPECT_EQ(unescape(cut), "ab") << cut;
  }
}

TEST(UnescapedBytes, TakesATextHoweverItIsEscaped) {
  for (const std::string_view raw :
       {"Loading x", R"(\u004coading x)", R"(\u004c\u006f\u0061\u0064\u0069\u006E\u0067\u0020x)"}) {
    UnescapedBytes bytes(raw);
    EXPECT_TRUE(bytes.take("Loading ")) << raw;
    EXPECT_EQ(bytes.next(), 'x') << raw;
    EXPECT_EQ(bytes.next(), std::nullopt);
    EXPECT_EQ(bytes.raw_position(), raw.size());
  }
}

TEST(UnescapedBytes, StaysWhereItWasIfTheTextIsAnother) {
  UnescapedBytes bytes(R"(caf\u00e9s)");
  EXPECT_FALSE(bytes.take("cafe"));
  EXPECT_FALSE(bytes.take("caf\xC3\xA8"));
  EXPECT_FALSE(bytes.take("caf\xC3\xA9sx"));
  EXPECT_EQ(bytes.raw_position(), 0U);
  EXPECT_TRUE(bytes.take("caf\xC3\xA9"));
  EXPECT_EQ(bytes.raw_position(), 9U);
  EXPECT_TRUE(bytes.take("s"));
}

TEST(UnescapedBytes, DoesNotTakeAnEscapeForItsSpelling) {
  UnescapedBytes line_break(R"(\nx)");
  EXPECT_FALSE(line_break.take(R"(\n)"));
  EXPECT_TRUE(line_break.take("\n"));
  UnescapedBytes backslash(R"(\\nx)");
  EXPECT_TRUE(backslash.take(R"(\n)"));
}

TEST(WholeNumber, ReadsEverySpelling) {
  for (const std::string_view spelled : {"12", "12.0", "1.2e1", "120E-1", "1200.00e-2"}) {
    EXPECT_EQ(whole_number(spelled), 12) << spelled;
  }
  EXPECT_EQ(whole_number("0"), 0);
  EXPECT_EQ(whole_number("-0"), 0);
  EXPECT_EQ(whole_number("-1"), -1);
  EXPECT_EQ(whole_number("9007199254740992"), 9007199254740992);
}

TEST(WholeNumber, RefusesFractionsAndWhatIsTooLarge) {
  for (const std::string_view spelled :
       {"0.5", "1e-1", "1E400", "-1E400", "18446744073709551616", "9007199254740994", ""}) {
    EXPECT_EQ(whole_number(spelled), std::nullopt) << spelled;
  }
}

}  // namespace
}  // namespace signalbox::api
