#include "api/json_scan.h"

#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace signalbox::api {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

// Writes down what it is told: "depth part kind [begin,end) start".
class Recorder final : public JsonTokenReader {
 public:
  std::expected<void, ApiError> token(const JsonToken& token) override {
    static constexpr std::string_view kParts[] = {"open", "close", "key", "scalar"};
    static constexpr std::string_view kKinds[] = {"object", "array", "string", "number", "boolean", "null"};
    tokens.push_back(fmt::format("{} {} {} [{},{}){}{}{}", token.depth, kParts[static_cast<int>(token.part)],
                                 kKinds[static_cast<int>(token.kind)], token.begin, token.end,
                                 token.start.empty() ? "" : " ", token.start,
                                 token.start_is_whole ? "" : "..."));
    if (tokens.size() != refuse_at) return {};
    ApiError error;
    error.message = "refused by the reader";
    return std::unexpected(error);
  }

  std::vector<std::string> tokens;
  std::size_t refuse_at = 0;
};

// The error's message, or "" if the text is fine.
std::string scan(std::string_view text, std::size_t piece_bytes = std::string_view::npos) {
  Recorder recorder;
  JsonScan scan(recorder);
  for (std::size_t at = 0; at < text.size();) {
    const auto piece = text.substr(at, piece_bytes);
    if (const auto fed = scan.feed(piece); !fed) return fed.error().message;
    at += piece.size();
  }
  const auto finished = scan.finish();
  return finished ? "" : finished.error().message;
}

std::vector<std::string> tokens(std::string_view text) {
  Recorder recorder;
  JsonScan scan(recorder);
  EXPECT_TRUE(scan.feed(text));
  EXPECT_TRUE(scan.finish());
  return recorder.tokens;
}

TEST(JsonScan, TellsEachTokenWithItsPlace) {
  EXPECT_THAT(
      tokens(R"( {"a" : [1, -2.5e+3,"x\n"],"b":{"c":true},"d":null,"e":false,"f":{},"g":[]} )"),
      ElementsAre("0 open object [1,2)", "1 key string [2,5) a", "1 open array [8,9)",
                  "2 scalar number [9,10) 1", "2 scalar number [12,19) -2.5e+3",
                  R"(2 scalar string [20,25) x\n)", "1 close array [25,26)", "1 key string [27,30) b",
                  "1 open object [31,32)", "2 key string [32,35) c", "2 scalar boolean [36,40) true",
                  "1 close object [40,41)", "1 key string [42,45) d", "1 scalar null [46,50) null",
                  "1 key string [51,54) e", "1 scalar boolean [55,60) false", "1 key string [61,64) f",
                  "1 open object [65,66)", "1 close object [66,67)", "1 key string [68,71) g",
                  "1 open array [72,73)", "1 close array [73,74)", "0 close object [74,75)"));
}

TEST(JsonScan, AcceptsTheWholeGrammar) {
  for (const std::string_view text : {
           R"({})",
           " \t\r\n{ \t\r\n} \t\r\n",
           R"({"":""})",
           R"({"a":0,"b":-0,"c":0.0,"d":10,"e":1e5,"f":1E+5,"g":1e-05,"h":-1.50E00})",
           R"({"a":1E400,"b":18446744073709551616,"c":0.1})",
           R"({"a":"\"\\\/\b\f\n\r\t\u0000\uABCD\uabcd\ud83d\ude00"})",
           "{\"a\":\"\x7F \xC3\xA9 \xE2\x82\xAC \xF0\x9F\x98\x80\"}",
           R"({"a":[[],{},[[{}]]]})",
           R"({"a":1,"a":2})",
       }) {
    EXPECT_EQ(scan(text), "") << text;
    EXPECT_EQ(scan(text, 1), "") << text;
  }
}

struct Wrong {
  std::string_view text;
  std::string_view message;
};

TEST(JsonScan, SaysWhatWasFoundWhereAndWhatIsAllowed) {
  for (const auto& [text, message] : std::vector<Wrong>{
           {"", "The body is empty; expected a JSON object, which begins with '{'."},
           {"  ", "The body ends after 2 bytes; expected a JSON object, which begins with '{'."},
           {"[]", "At byte 0 of the body: found '[', expected a JSON object, which begins with '{'."},
           {"\xEF\xBB\xBF{}",
            "At byte 0 of the body: found byte 0xef, expected a JSON object, which begins with '{'."},
           {"{", "The body ends after 1 bytes; expected a key in double quotes or '}'."},
           {"{,}", "At byte 1 of the body: found ',', expected a key in double quotes or '}'."},
           {"{'a':1}", "At byte 1 of the body: found ''', expected a key in double quotes or '}'."},
           {R"({"a":1,})", "At byte 7 of the body: found '}', expected a key in double quotes."},
           {R"({"a" 1})", "At byte 5 of the body: found '1', expected ':'."},
           {R"({"a":})", "At byte 5 of the body: found '}', expected a value."},
           {R"({"a":[1,]})", "At byte 8 of the body: found ']', expected a value."},
           {R"({"a":[,1]})", "At byte 6 of the body: found ',', expected a value or ']'."},
           {R"({"a":[1})", "At byte 7 of the body: found '}', expected ',' or ']'."},
           {R"({"a":1])", "At byte 6 of the body: found ']', expected ',' or '}'."},
           {R"({"a":1 "b":2})", "At byte 7 of the body: found '\"', expected ',' or '}'."},
           {"{} {}", "At byte 3 of the body: found '{', expected nothing but white space after the object."},
           {"{}\x01",
            "At byte 2 of the body: found byte 0x01, expected nothing but white space after the object."},
           {R"({"a":"b)", "The body ends after 7 bytes; expected the end of a string."},
           {R"({"a":nul})", "At byte 8 of the body: found '}', expected true, false or null."},
           {R"({"a":NaN})", "At byte 5 of the body: found 'N', expected a value."},
           {R"({"a":"\x"})",
            R"(At byte 7 of the body: found 'x', expected one of "\/bfnrtu after a backslash.)"},
           {R"({"a":"\u12g4"})", "At byte 10 of the body: found 'g', expected four hexadecimal digits."},
           {"{\"a\":\"b\n\"}",
            "At byte 7 of the body: found byte 0x0a, a control character, which must be escaped in a "
            "string."},
           {R"({"a":01})", "At byte 6 of the body: found '1', expected ',' or '}'."},
           {R"({"a":+1})", "At byte 5 of the body: found '+', expected a value."},
           {R"({"a":-})", "At byte 6 of the body: found '}', expected a digit."},
           {R"({"a":1.})", "At byte 7 of the body: found '}', expected a digit."},
           {R"({"a":.5})", "At byte 5 of the body: found '.', expected a value."},
           {R"({"a":1e})", "At byte 7 of the body: found '}', expected a sign or a digit."},
           {R"({"a":1e+})", "At byte 8 of the body: found '}', expected a digit."},
           {R"({"a":0x1})", "At byte 6 of the body: found 'x', expected ',' or '}'."},
           {R"({"a":1.5.2})", "At byte 8 of the body: found '.', expected ',' or '}'."},
       }) {
    EXPECT_EQ(scan(text), message) << text;
    EXPECT_EQ(scan(text, 1), message) << text;
  }
}

TEST(JsonScan, RefusesNulAnywhere) {
  using namespace std::string_view_literals;
  for (const auto text :
       {"\0{}"sv, "{\0}"sv, "{\"a\0\":1}"sv, "{\"a\":\"\0\"}"sv, "{\"a\":1\0}"sv, "{}\0"sv}) {
    EXPECT_THAT(scan(text), HasSubstr("found byte 0x00")) << text;
  }
}

TEST(JsonScan, RefusesInvalidUtf8InStringsAndKeys) {
  for (const std::string_view bad :
       {"\x80", "\xC0\x80", "\xC1\xBF", "\xE0\x9F\xBF", "\xED\xA0\x80", "\xED\xBF\xBF", "\xF0\x8F\xBF\xBF",
        "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xFF", "\xC3", "\xE2\x82", "\xF0\x9F\x98"}) {
    for (const std::string_view around : {"", "12345678"}) {
      const auto string = fmt::format("{0}{1}{0}", around, bad);
      EXPECT_THAT(scan("{\"a\":\"" + string + "\"}"), HasSubstr("not valid UTF-8 here")) << string;
      EXPECT_THAT(scan("{\"" + string + "\":1}"), HasSubstr("not valid UTF-8 here")) << string;
      EXPECT_THAT(scan("{\"" + string + "\":1}", 1), HasSubstr("not valid UTF-8 here")) << string;
    }
  }
  EXPECT_EQ(scan("{\"a\":\"\xE2\x82"), "The body ends after 8 bytes; expected the rest of a character.");
}

// llama-server answers them with the whole string in its message and its log.
TEST(JsonScan, RefusesHalfASurrogatePair) {
  for (const std::string_view half : {R"(\ud83d)", R"(\udc00)", R"(\ud83d\ud83d)", R"(\ud83dx)",
                                      R"(\ud83d\n)", R"(\ud83d\u0041)", R"(\ude00\ud83d)"}) {
    const auto text = fmt::format(R"({{"a":"{}"}})", half);
    EXPECT_THAT(scan(text), HasSubstr("surrogate pair")) << text;
    EXPECT_THAT(scan(text, 1), HasSubstr("surrogate pair")) << text;
  }
}

TEST(JsonScan, FindsWhatEndsAStringAtEveryPlaceOfAWord) {
  for (std::size_t length = 1; length < 40; ++length) {
    const std::string filler(length, 'x');
    const auto with = [&filler](std::string_view found) {
      return fmt::format("{{\"a\":\"{0}{1}{0}\"}}", filler, found);
    };
    EXPECT_THAT(tokens(with(""))[2], StartsWith(fmt::format("1 scalar string [5,{})", 2 * length + 7)));
    EXPECT_EQ(scan(with(R"(\")")), "");
    EXPECT_THAT(scan(with("\x1F")),
                StartsWith(fmt::format("At byte {} of the body: found byte 0x1f", length + 6)));
    EXPECT_THAT(scan(with("\"")),
                StartsWith(fmt::format("At byte {} of the body: found 'x', expected ','", length + 7)));
    EXPECT_EQ(scan(with("\xC3\xA9")), "");
  }
}

TEST(JsonScan, TellsOnlyTheStartOfALongToken) {
  const std::string inside(JsonScan::kStartBytesMax - 2, 'k');
  EXPECT_EQ(tokens("{\"" + inside + "\":1}")[1], fmt::format("1 key string [1,257) {}", inside));
  EXPECT_EQ(tokens("{\"" + inside + "k\":1}")[1], fmt::format("1 key string [1,258) {}k...", inside));
  const std::string number(1000, '7');
  EXPECT_EQ(tokens("{\"a\":" + number + "}")[2],
            fmt::format("1 scalar number [5,1005) {}...", number.substr(0, JsonScan::kStartBytesMax)));
}

TEST(JsonScan, GoesAsDeepAsAllowedAndNoDeeper) {
  const auto nested = [](std::size_t arrays) {
    return "{\"a\":" + std::string(arrays, '[') + std::string(arrays, ']') + "}";
  };
  EXPECT_EQ(scan(nested(JsonScan::kDepthMax - 1)), "");
  EXPECT_EQ(scan(nested(JsonScan::kDepthMax)),
            "At byte 516 of the body: nested deeper than the 512 levels that are allowed.");
}

TEST(JsonScan, KnowsObjectsFromArraysAtEveryDepth) {
  std::string opened;
  std::string closed;
  for (std::size_t depth = 0; depth < JsonScan::kDepthMax / 2; ++depth) {
    opened += R"({"a":[)";
    closed += "]}";
  }
  EXPECT_EQ(scan(opened + closed), "");
  EXPECT_THAT(scan(opened + "}"), HasSubstr("found '}', expected a value or ']'"));
  EXPECT_THAT(scan(opened + "1}"), HasSubstr("found '}', expected ',' or ']'"));
}

TEST(JsonScan, EndsWithTheReadersError) {
  Recorder recorder;
  recorder.refuse_at = 2;
  JsonScan scan(recorder);
  for (int i = 0; i < 2; ++i) {
    const auto fed = scan.feed(R"({"a":1})");
    ASSERT_FALSE(fed);
    EXPECT_EQ(fed.error().message, "refused by the reader");
  }
  EXPECT_FALSE(scan.finish());
  EXPECT_EQ(recorder.tokens.size(), 2U);
}

TEST(JsonScan, TellsTheSameInPiecesOfEverySize) {
  const std::string text = R"({"k\u00e9y":[1.5e-3,"caf\ud83d\ude00 )"
                           "\xE2\x82\xAC\xF0\x9F\x98\x80"
                           R"(",{"x":true}],"n":-10,"z":null,"l":")" +
                           std::string(700, 'y') + "\"}";
  const auto whole = tokens(text);
  for (std::size_t size = 1; size < text.size(); ++size) {
    Recorder recorder;
    JsonScan scan(recorder);
    for (std::size_t at = 0; at < text.size(); at += size)
      ASSERT_TRUE(scan.feed(std::string(text.substr(at, size))));
    ASSERT_TRUE(scan.finish());
    ASSERT_EQ(recorder.tokens, whole) << "pieces of " << size;
    EXPECT_EQ(scan.bytes(), text.size());
  }
}

}  // namespace
}  // namespace signalbox::api
