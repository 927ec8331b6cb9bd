#include "api/request_outline.h"

#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace signalbox::api {
namespace {

using ::testing::Optional;

class Outlined {
 public:
  Outlined(Route route, std::string body) : outline(route), body_(std::move(body)) {
    JsonScan scan(outline);
    if (const auto fed = scan.feed(body_); !fed) error = fed.error();
  }

  [[nodiscard]] std::string at(Span span) const { return body_.substr(span.begin, span.end - span.begin); }
  [[nodiscard]] std::string at(Field field) const { return at(outline.field(field).span); }
  [[nodiscard]] std::string at(const std::optional<FoundValue>& value) const {
    return value ? at(value->span) : "-";
  }

  RequestOutline outline;
  std::optional<ApiError> error;

 private:
  std::string body_;
};

TEST(RequestOutline, KnowsWhereEachFieldStands) {
  const Outlined found(Route::chat,
                       R"( { "model" : "m\"x" , "messages":[ {"a":[1]} ],"stream":true,"n":-2.5e1 ,)"
                       R"("stream_options":{"x":{}},"grammar":null})");
  EXPECT_FALSE(found.error);
  EXPECT_EQ(found.at(Field::model), R"("m\"x")");
  EXPECT_EQ(found.at(Field::messages), R"([ {"a":[1]} ])");
  EXPECT_EQ(found.at(Field::stream), "true");
  EXPECT_EQ(found.at(Field::n), "-2.5e1");
  EXPECT_EQ(found.at(Field::stream_options), R"({"x":{}})");
  EXPECT_EQ(found.at(Field::grammar), "null");
  EXPECT_EQ(found.outline.object_open(), 2U);
  EXPECT_EQ(found.outline.field(Field::model).kind, JsonKind::string);
  EXPECT_EQ(found.outline.field(Field::messages).kind, JsonKind::array);
  EXPECT_EQ(found.outline.field(Field::stream).kind, JsonKind::boolean);
  EXPECT_EQ(found.outline.field(Field::stream_options).kind, JsonKind::object);
}

TEST(RequestOutline, TellsAMissingFieldFromNull) {
  const Outlined found(Route::chat, R"({"grammar":null})");
  EXPECT_TRUE(found.outline.field(Field::grammar).is_null());
  EXPECT_FALSE(found.outline.field(Field::grammar).is_missing());
  EXPECT_TRUE(found.outline.field(Field::tools).is_null());
  EXPECT_TRUE(found.outline.field(Field::tools).is_missing());
}

TEST(RequestOutline, NamesEveryField) {
  for (std::size_t i = 0; i < kFieldCount; ++i) {
    const auto field = static_cast<Field>(i);
    bool found_anywhere = false;
    for (const auto route : {Route::chat, Route::completions, Route::responses}) {
      const Outlined found(route, fmt::format(R"({{"{}":7}})", field_name(field)));
      found_anywhere = found_anywhere || found.at(field) == "7";
    }
    EXPECT_TRUE(found_anywhere) << field_name(field);
  }
}

TEST(RequestOutline, ReadsOnlyTheFieldsOfItsRoute) {
  constexpr std::string_view kBody =
      R"({"messages":1,"prompt":2,"input":3,"text":4,"best_of":5,"max_output_tokens":6})";
  const auto read_by = [&](Route route) {
    const Outlined found(route, std::string(kBody));
    std::string values;
    for (const auto field : {Field::messages, Field::prompt, Field::input, Field::text, Field::best_of,
                             Field::max_output_tokens}) {
      values += found.at(field);
    }
    return values;
  };
  EXPECT_EQ(read_by(Route::chat), "1");
  EXPECT_EQ(read_by(Route::completions), "25");
  EXPECT_EQ(read_by(Route::responses), "346");
}

TEST(RequestOutline, SeesNothingBelowAFieldThatItDoesNotRead) {
  const Outlined found(Route::chat,
                       R"({"x":{"model":"a","stream":true,"messages":[{"role":"tool"}]},"y":[{"n":2}],)"
                       R"("model":"b"})");
  EXPECT_EQ(found.at(Field::model), R"("b")");
  EXPECT_TRUE(found.outline.field(Field::stream).is_missing());
  EXPECT_TRUE(found.outline.field(Field::messages).is_missing());
  EXPECT_TRUE(found.outline.field(Field::n).is_missing());
  EXPECT_FALSE(found.outline.history().has_tool_message());
}

TEST(RequestOutline, CountsTheMembersOfAField) {
  const auto members = [](std::string_view value) {
    const Outlined found(Route::completions, fmt::format(R"({{"prompt":{}}})", value));
    const auto& prompt = found.outline.field(Field::prompt);
    return fmt::format("{}{}", prompt.members, prompt.holds_number ? " with a number" : "");
  };
  EXPECT_EQ(members(R"("text")"), "0");
  EXPECT_EQ(members("[]"), "0");
  EXPECT_EQ(members(R"(["a",[1,2],{"b":3},null,true])"), "5");
  EXPECT_EQ(members(R"(["a",7])"), "2 with a number");
  EXPECT_EQ(members("[[7]]"), "1");
  EXPECT_EQ(members(R"({"a":"b","c":[1,2]})"), "2");
}

TEST(RequestOutline, FindsIncludeUsageInStreamOptionsOnly) {
  const auto usage = [](std::string_view members) {
    const Outlined found(Route::chat, fmt::format("{{{}}}", members));
    return found.at(found.outline.include_usage());
  };
  EXPECT_EQ(usage(R"("stream_options":{"include_usage":true})"), "true");
  EXPECT_EQ(usage(R"("stream_options":{"a":{"include_usage":1},"include_usage":2,"b":[3]})"), "2");
  EXPECT_EQ(usage(R"("stream_options":{"include_usage":1,"include_usage":{"x":2}})"), "{");
  EXPECT_EQ(usage(R"("stream_options":{"a":1})"), "-");
  EXPECT_EQ(usage(R"("stream_options":[{"include_usage":true}])"), "-");
  EXPECT_EQ(usage(R"("include_usage":true,"x":{"include_usage":true})"), "-");
}

TEST(RequestOutline, FindsTheTypeOfTheFormat) {
  const auto type = [](Route route, std::string_view members) {
    const Outlined found(route, fmt::format("{{{}}}", members));
    return fmt::format("{} {}", found.outline.has_text_format(), found.at(found.outline.format_type()));
  };
  EXPECT_EQ(type(Route::chat, R"("response_format":{"x":{"type":1},"type":"text"})"), R"(false "text")");
  EXPECT_EQ(type(Route::chat, R"("text":{"format":{"type":"text"}})"), "false -");
  EXPECT_EQ(type(Route::responses, R"("text":{"format":{"schema":{"type":1},"type":"text"}})"),
            R"(true "text")");
  EXPECT_EQ(type(Route::responses, R"("text":{"type":"text","format":{}})"), "true -");
  EXPECT_EQ(type(Route::responses, R"("text":{"format":null})"), "false -");
  EXPECT_EQ(type(Route::responses, R"("text":{"verbosity":"low"})"), "false -");
}

TEST(RequestOutline, NamesTheFieldWhoseHistoryIsTooLong) {
  for (const auto& [route, key] :
       {std::pair(Route::chat, "messages"), std::pair(Route::responses, "input")}) {
    std::string body = fmt::format(R"({{"{}":[0)", key);
    for (std::size_t i = 0; i <= History::kTextsMax; ++i)
      body += R"(,{"role":"assistant","content":"Loading a"})";
    const Outlined found(route, body);
    ASSERT_TRUE(found.error);
    EXPECT_THAT(found.error->param, Optional(std::string(key)));
  }
}

}  // namespace
}  // namespace signalbox::api
