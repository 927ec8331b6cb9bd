#include "api/history.h"

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
using ::testing::IsEmpty;

// A history as it stands in a body: in an array that is the value of a top-level key.
class Told final : public JsonTokenReader {
 public:
  explicit Told(std::string_view elements) : body_(fmt::format(R"({{"messages":[{}]}})", elements)) {
    JsonScan scan(*this);
    const auto fed = scan.feed(body_);
    if (!fed) error = fed.error().message;
    if (fed) EXPECT_TRUE(scan.finish());
  }

  std::expected<void, ApiError> token(const JsonToken& token) override {
    return token.depth < History::kElementDepth ? std::expected<void, ApiError>{} : history.token(token);
  }

  // Each text as it stands there, and behind an arrow what becomes null if nothing of it is left.
  [[nodiscard]] std::vector<std::string> texts() {
    std::vector<std::string> found;
    for (const auto& text : history.take_texts()) {
      found.push_back(at(text.value));
      if (text.null_if_empty) found.back() += " -> " + at(*text.null_if_empty);
    }
    return found;
  }

  History history;
  std::string error;

 private:
  [[nodiscard]] std::string at(Span span) const { return body_.substr(span.begin, span.end - span.begin); }

  std::string body_;
};

TEST(History, RemembersOnlyTextsThatMayBeginWithOurWords) {
  EXPECT_THAT(Told(R"({"role":"assistant","content":"Loading up the car."},)"
                   R"({"role":"assistant","content":"Hello. Loading gemma."},)"
                   R"({"role":"assistant","content":"Waiting for you"},)"
                   R"({"role":"assistant","content":""},{"role":"assistant","content":null})")
                  .texts(),
              ElementsAre(R"("Loading up the car.")", R"("Waiting for you")"));
}

TEST(History, RemembersTheTextsOfAMessageWhateverTheOrderOfItsKeys) {
  for (
      const std::string_view message :
      {R"({"role":"assistant","content":"Loading a","reasoning_content":"Starting a"})",
       R"({"reasoning_content":"Starting a","content":"Loading a","role":"assistant"})",
       R"({"content":"Loading a","role":"assistant","reasoning_content":"Starting a","name":"Loading b"})"}) {
    EXPECT_THAT(Told(message).texts(), ElementsAre(R"("Loading a")", R"("Starting a")")) << message;
  }
}

TEST(History, RemembersTheFirstTextPartOfAList) {
  EXPECT_THAT(Told(R"({"role":"assistant","content":[{"type":"image_url","image_url":{"text":"Loading x"}},)"
                   R"({"type":"text","text":"Loading a"},{"type":"text","text":"Loading b"}]})")
                  .texts(),
              ElementsAre(R"("Loading a")"));
  EXPECT_THAT(Told(R"({"role":"assistant","content":[{"text":"Loading a"}]})").texts(),
              ElementsAre(R"("Loading a")"));
  EXPECT_THAT(Told(R"({"role":"assistant","content":[{"type":"text","text":{"text":"Loading a"}}]})").texts(),
              IsEmpty());
}

TEST(History, ForgetsTheLastMessageWithTheNext) {
  EXPECT_THAT(Told(R"({"role":"assistant","content":"Loading a","tool_calls":[{}]},)"
                   R"({"role":"assistant","content":"Loading b"},{"role":"user","content":"Loading c"},)"
                   R"({"content":"Loading d"})")
                  .texts(),
              ElementsAre(R"("Loading a" -> "Loading a")", R"("Loading b")"));
}

TEST(History, KnowsWhatBecomesNullBesideToolCalls) {
  EXPECT_THAT(Told(R"({"tool_calls":[{"id":"a"}],"content":"Loading a","role":"assistant"})").texts(),
              ElementsAre(R"("Loading a" -> "Loading a")"));
  EXPECT_THAT(
      Told(R"({"role":"assistant","content":[{"type":"text","text":"Loading a"}],"tool_calls":[1]})").texts(),
      ElementsAre(R"("Loading a" -> [{"type":"text","text":"Loading a"}])"));
  EXPECT_THAT(
      Told(R"({"role":"assistant","content":[{"text":"Loading a"},{"x":1}],"tool_calls":[1]})").texts(),
      ElementsAre(R"("Loading a")"));
  EXPECT_THAT(Told(R"({"role":"assistant","content":"Loading a","tool_calls":[]})").texts(),
              ElementsAre(R"("Loading a")"));
  EXPECT_THAT(Told(R"({"role":"assistant","content":"Loading a","tool_calls":{"a":[1]}})").texts(),
              ElementsAre(R"("Loading a")"));
  EXPECT_THAT(
      Told(R"({"role":"assistant","content":"Loading a","reasoning_content":"Loading b","function_call":{}})")
          .texts(),
      ElementsAre(R"("Loading a" -> "Loading a")", R"("Loading b")"));
}

TEST(History, ReadsTheReasoningOfResponses) {
  EXPECT_THAT(Told(R"({"type":"reasoning","content":[{"type":"reasoning_text","text":"Loading a"}],)"
                   R"("summary":[{"type":"summary_text","text":"Loading b"}]},)"
                   R"({"type":"message","summary":[{"type":"summary_text","text":"Loading c"}]})")
                  .texts(),
              ElementsAre(R"("Loading a")", R"("Loading b")"));
}

struct Turns {
  std::string_view elements;
  bool has_tool_message;
  bool ends_with_assistant;
};

TEST(History, KnowsWhoSpokeAndWhoWasLast) {
  for (const auto& [elements, has_tool_message, ends_with_assistant] : std::vector<Turns>{
           {"", false, false},
           {R"({"role":"user"})", false, false},
           {R"({"role":"assistant"})", false, true},
           {R"({"role":"assistant"},{"role":"user"})", false, false},
           {R"({"role":"assistant"},{})", false, false},
           {R"({"role":"assistant"},"user")", false, false},
           {R"({"role":"assistant"},[])", false, false},
           {R"({"role":"tool"},{"role":"assistant"})", true, true},
           {R"({"role":"function"},{"role":"user"})", true, false},
           {R"({"role":"tools"})", false, false},
           {R"({"role":["tool"]})", false, false},
           {R"({"role":"\u0074ool"})", true, false},
           {R"({"name":"tool","x":{"role":"tool"},"content":[{"role":"tool"}]})", false, false},
           {R"({"type":"function_call_output"})", true, false},
           {R"({"type":"function_call"})", false, false},
       }) {
    const Told told(elements);
    EXPECT_EQ(told.history.has_tool_message(), has_tool_message) << elements;
    EXPECT_EQ(told.history.ends_with_assistant(), ends_with_assistant) << elements;
  }
}

TEST(History, RefusesMoreTextsThanItReads) {
  std::string elements = R"({"role":"assistant","content":"Loading a","reasoning_content":"Loading b"})";
  for (std::size_t i = 2; i < History::kTextsMax; i += 2) {
    elements += R"(,{"role":"assistant","content":"Loading a","reasoning_content":"Loading b"})";
  }
  EXPECT_THAT(Told(elements).texts(), ::testing::SizeIs(History::kTextsMax));
  EXPECT_THAT(Told(elements + R"(,{"role":"assistant","content":"Loading a"})").error,
              HasSubstr("More than 8192"));
}

}  // namespace
}  // namespace signalbox::api
