#include "api/request.h"

#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace signalbox::api {
namespace {

using ::testing::HasSubstr;
using ::testing::Optional;

std::expected<GenerationRequest, ApiError> read(Route route, std::string_view body) {
  RequestScan scan(route);
  if (auto fed = scan.feed(body); !fed) return std::unexpected(fed.error());
  return scan.finish(body);
}

// A body that has what its route needs, and these members.
std::string body_of(Route route, std::string_view members) {
  static constexpr std::string_view kNeeded[] = {R"("messages":[{"role":"user","content":"hi"}])",
                                                 R"("prompt":"hi")", R"("input":"hi")"};
  return fmt::format(R"({{"model":"gemma",{}{}{}}})", kNeeded[static_cast<int>(route)],
                     members.empty() ? "" : ",", members);
}

GenerationRequest accepted(Route route, std::string_view body) {
  auto request = read(route, body);
  EXPECT_TRUE(request) << body << ": " << (request ? "" : request.error().message);
  return request ? std::move(*request) : GenerationRequest{};
}
GenerationRequest with(Route route, std::string_view members) {
  return accepted(route, body_of(route, members));
}
GenerationRequest chat_with(std::string_view members) {
  return with(Route::chat, members);
}

ApiError refused(Route route, std::string_view body) {
  auto request = read(route, body);
  EXPECT_FALSE(request) << body;
  if (request) return {};
  EXPECT_EQ(request.error().kind, ErrorKind::invalid_request);
  return std::move(request.error());
}

struct Refusal {
  std::string_view members;
  std::string_view param;
  std::string_view message;
};
void expect_refused(Route route, const std::vector<Refusal>& refusals) {
  for (const auto& [members, param, message] : refusals) {
    const auto error = refused(route, body_of(route, members));
    EXPECT_THAT(error.param, Optional(std::string(param))) << members;
    EXPECT_THAT(error.message, HasSubstr(message)) << members;
  }
}

constexpr Route kRoutes[] = {Route::chat, Route::completions, Route::responses};

TEST(ServiceTier, IsReadOnEveryRoute) {
  EXPECT_EQ(chat_with(R"("stream":true)").service_tier, std::nullopt);
  EXPECT_EQ(chat_with(R"("service_tier":null)").service_tier, std::nullopt);
  EXPECT_EQ(chat_with(R"("service_tier":"auto")").service_tier, std::nullopt);
  EXPECT_EQ(chat_with(R"("service_tier":"default")").service_tier, ServiceTier::standard);
  EXPECT_EQ(with(Route::completions, R"("service_tier":"priority")").service_tier, ServiceTier::priority);
  EXPECT_EQ(with(Route::responses, R"("service_tier":"flex")").service_tier, ServiceTier::flex);
}

TEST(ServiceTier, OfAnotherNameIsRefusedWithTheAllowedOnes) {
  constexpr std::string_view kAllowed = "must be one of auto, default, priority, flex, but at byte";
  expect_refused(Route::chat, {{R"("service_tier":"gold")", "service_tier", kAllowed},
                               {R"("service_tier":"")", "service_tier", kAllowed},
                               {R"("service_tier":7)", "service_tier", kAllowed},
                               {R"("service_tier":["flex"])", "service_tier", kAllowed}});
}

TEST(Request, HasPlainDefaults) {
  for (const auto route : kRoutes) {
    const auto request = with(route, "");
    EXPECT_EQ(request.route, route);
    EXPECT_EQ(request.model, "gemma");
    EXPECT_FALSE(request.stream);
    EXPECT_FALSE(request.include_usage);
    EXPECT_FALSE(request.return_progress);
    EXPECT_EQ(request.sequences, 1U);
    EXPECT_EQ(request.max_tokens, std::nullopt);
    EXPECT_FALSE(request.words_disturb);
  }
}

TEST(Request, TakesNullForAbsent) {
  for (const auto route : kRoutes) {
    const auto request = with(
        route, R"("stream":null,"stream_options":null,"n":null,"n_cmpl":null,"best_of":null,"max_tokens":null,
                       "max_completion_tokens":null,"max_output_tokens":null,"n_predict":null,"tools":null,"functions":null,
                       "response_format":null,"text":null,"json_schema":null,"grammar":null,"return_progress":null)");
    EXPECT_FALSE(request.stream);
    EXPECT_EQ(request.sequences, 1U);
    EXPECT_EQ(request.max_tokens, std::nullopt);
    EXPECT_FALSE(request.words_disturb);
  }
}

TEST(Request, DecodesTheModel) {
  EXPECT_EQ(accepted(Route::chat, R"({"messages":[],"m\u006fdel":"a\/\u00e9\ud83d\ude00\"b"})").model,
            "a/\xC3\xA9\xF0\x9F\x98\x80\"b");
  const std::string longest(GenerationRequest::kModelBytesMax, 'm');
  EXPECT_EQ(accepted(Route::chat, R"({"messages":[],"model":")" + longest + "\"}").model, longest);
  std::string escaped;
  for (std::size_t i = 0; i < longest.size(); ++i) escaped += R"(\u006d)";
  EXPECT_EQ(accepted(Route::chat, R"({"messages":[],"model":")" + escaped + "\"}").model, longest);
}

TEST(Request, RefusesAModelThatIsNoName) {
  const auto message = [](std::string_view model) {
    const auto error = refused(Route::chat, fmt::format(R"({{"messages":[]{}}})", model));
    EXPECT_THAT(error.param, Optional(std::string("model"))) << model;
    return error.message;
  };
  EXPECT_EQ(message(""), "`model` is missing; it must be the name of a model.");
  EXPECT_EQ(message(R"(,"model":null)"), "`model` must be the name of a model, but at byte 23 it is null.");
  EXPECT_EQ(message(R"(,"model":7)"), "`model` must be the name of a model, but at byte 23 it is a number.");
  EXPECT_EQ(message(R"(,"model":["a"])"),
            "`model` must be the name of a model, but at byte 23 it is an array.");
  EXPECT_EQ(message(R"(,"model":"")"),
            "`model` must be the name of a model, but at byte 23 it is an empty string.");
  for (const std::size_t size : {GenerationRequest::kModelBytesMax + 1, std::size_t{1'000'000}}) {
    EXPECT_EQ(message(R"(,"model":")" + std::string(size, 'm') + "\""),
              "`model` must be at most 256 bytes long, but at byte 23 it is longer.");
  }
}

TEST(Request, ReadsStreamAndItsOptions) {
  EXPECT_TRUE(chat_with(R"("stream":true)").stream);
  EXPECT_FALSE(chat_with(R"("stream":false)").stream);
  EXPECT_TRUE(chat_with(R"("stream_options":{"include_usage":true})").include_usage);
  EXPECT_FALSE(chat_with(R"("stream_options":{"include_usage":false})").include_usage);
  EXPECT_FALSE(chat_with(R"("stream_options":{"include_usage":null})").include_usage);
  EXPECT_FALSE(chat_with(R"("stream_options":{})").include_usage);
  EXPECT_TRUE(
      chat_with(R"("stream_options":{"x":{"include_usage":false},"include\u005fusage":true,"y":[false]})")
          .include_usage);
  EXPECT_FALSE(chat_with(R"("other":{"include_usage":true},"stream_options":{"x":{"include_usage":true}})")
                   .include_usage);
  EXPECT_TRUE(chat_with(R"("return_progress":true)").return_progress);
  expect_refused(Route::chat, {{R"("stream":"true")", "stream", "must be true or false, but at byte"},
                               {R"("stream":1)", "stream", "it is a number"},
                               {R"("stream":{})", "stream", "it is an object"},
                               {R"("stream_options":true)", "stream_options", "must be an object"},
                               {R"("stream_options":[])", "stream_options", "it is an array"},
                               {R"("stream_options":{"include_usage":1})", "stream_options.include_usage",
                                "true or false"},
                               {R"("return_progress":"yes")", "return_progress", "true or false"}});
}

TEST(Request, CountsChoices) {
  EXPECT_EQ(chat_with(R"("n":2)").sequences, 2U);
  EXPECT_EQ(chat_with(R"("n":128)").sequences, 128U);
  EXPECT_EQ(chat_with(R"("n":3.0)").sequences, 3U);
  EXPECT_EQ(chat_with(R"("n_cmpl":3)").sequences, 3U);
  EXPECT_EQ(chat_with(R"("n":5,"n_cmpl":3)").sequences, 3U);
  EXPECT_EQ(chat_with(R"("best_of":4)").sequences, 1U);
  EXPECT_EQ(with(Route::responses, R"("n":1)").sequences, 1U);
  constexpr std::string_view kWanted = "must be a whole number from 1 to 128, but at byte";
  for (const auto route : {Route::chat, Route::completions}) {
    expect_refused(route, {{R"("n":0)", "n", "it is 0."},
                           {R"("n":-1)", "n", "it is -1."},
                           {R"("n":129)", "n", kWanted},
                           {R"("n":1.5)", "n", "it is 1.5."},
                           {R"("n":18446744073709551617)", "n", "it is 18446744073709551617."},
                           {R"("n":1E400)", "n", "it is 1E400."},
                           {R"("n":"2")", "n", "it is a string."},
                           {R"("n":true)", "n", kWanted},
                           {R"("n_cmpl":0)", "n_cmpl", kWanted}});
  }
  expect_refused(Route::responses,
                 {{R"("n":2)", "n", "from 1 to 1,"}, {R"("n_cmpl":2)", "n_cmpl", "from 1 to 1,"}});
  expect_refused(Route::completions, {{R"("best_of":0)", "best_of", kWanted}});
  const auto endless = refused(Route::chat, body_of(Route::chat, R"("n":)" + std::string(1'000'000, '1')));
  EXPECT_THAT(endless.message, HasSubstr("it is a longer number."));
}

TEST(Request, CountsPrompts) {
  const auto sequences = [](std::string_view members) {
    return accepted(Route::completions, fmt::format(R"({{"model":"m",{}}})", members)).sequences;
  };
  EXPECT_EQ(sequences(R"("prompt":"a")"), 1U);
  EXPECT_EQ(sequences(R"("prompt":["a"])"), 1U);
  EXPECT_EQ(sequences(R"("prompt":["a","b","c"])"), 3U);
  EXPECT_EQ(sequences(R"("prompt":[1,2,3])"), 1U);
  EXPECT_EQ(sequences(R"("prompt":["a",1,"b"])"), 1U);
  EXPECT_EQ(sequences(R"("prompt":[[1,2],[3,4]])"), 2U);
  EXPECT_EQ(sequences(R"("prompt":[[1,2],"b",{"prompt_string":"c","multimodal_data":[1]}])"), 3U);
  EXPECT_EQ(sequences(R"("prompt":{"prompt_string":"c","x":1})"), 1U);
  EXPECT_EQ(sequences(R"("prompt":["a","b"],"n":3)"), 6U);
  EXPECT_EQ(sequences(R"("prompt":["a","b"],"n":3,"best_of":4)"), 8U);
  EXPECT_EQ(sequences(R"("prompt":["a","b"],"best_of":1)"), 2U);
}

TEST(Request, RefusesACompletionWithoutPrompt) {
  const auto message = [](std::string_view members) {
    const auto error = refused(Route::completions, fmt::format(R"({{"model":"m"{}}})", members));
    EXPECT_THAT(error.param, Optional(std::string("prompt"))) << members;
    return error.message;
  };
  EXPECT_EQ(message(""),
            "`prompt` is missing; it must be a string or an array of strings or tokens, not empty.");
  EXPECT_THAT(message(R"(,"prompt":null)"), HasSubstr("it is null."));
  EXPECT_THAT(message(R"(,"prompt":5)"), HasSubstr("it is a number."));
  EXPECT_THAT(message(R"(,"prompt":[])"), HasSubstr("it is empty."));
}

TEST(Request, ReadsTheMostTokensByAnyName) {
  EXPECT_EQ(chat_with(R"("max_tokens":64)").max_tokens, 64U);
  EXPECT_EQ(chat_with(R"("max_completion_tokens":64)").max_tokens, 64U);
  EXPECT_EQ(chat_with(R"("n_predict":64)").max_tokens, 64U);
  EXPECT_EQ(with(Route::completions, R"("max_tokens":0)").max_tokens, 0U);
  EXPECT_EQ(with(Route::responses, R"("max_output_tokens":64)").max_tokens, 64U);
  EXPECT_EQ(chat_with(R"("max_output_tokens":"any")").max_tokens, std::nullopt);
  EXPECT_EQ(chat_with(R"("max_tokens":1,"max_completion_tokens":2,"n_predict":3)").max_tokens, 3U);
  EXPECT_EQ(chat_with(R"("max_tokens":1,"max_completion_tokens":2)").max_tokens, 2U);
  EXPECT_EQ(chat_with(R"("max_tokens":-1)").max_tokens, std::nullopt);
  EXPECT_EQ(chat_with(R"("max_tokens":2147483647)").max_tokens, 2147483647U);
  constexpr std::string_view kWanted = "must be a whole number from -1 to 2147483647, but at byte";
  expect_refused(Route::chat, {{R"("max_tokens":-2)", "max_tokens", "it is -2."},
                               {R"("max_tokens":2147483648)", "max_tokens", kWanted},
                               {R"("max_tokens":1e99)", "max_tokens", kWanted},
                               {R"("max_tokens":0.5)", "max_tokens", kWanted},
                               {R"("max_tokens":"64")", "max_tokens", "it is a string."},
                               {R"("max_completion_tokens":-5)", "max_completion_tokens", kWanted},
                               {R"("n_predict":-5)", "n_predict", kWanted}});
  expect_refused(Route::responses, {{R"("max_output_tokens":-5)", "max_output_tokens", kWanted}});
}

TEST(Request, NeedsAConversation) {
  for (const auto& [route, key] :
       {std::pair(Route::chat, "messages"), std::pair(Route::responses, "input")}) {
    auto error = refused(route, R"({"model":"m"})");
    EXPECT_THAT(error.param, Optional(std::string(key)));
    EXPECT_THAT(error.message, HasSubstr("is missing; it must be a"));
    error = refused(route, fmt::format(R"({{"model":"m","{}":{{"role":"user"}}}})", key));
    EXPECT_THAT(error.param, Optional(std::string(key)));
    EXPECT_THAT(error.message, HasSubstr("it is an object."));
  }
  EXPECT_THAT(refused(Route::chat, R"({"model":"m","messages":"hi"})").message, HasSubstr("it is a string."));
  EXPECT_EQ(accepted(Route::responses, R"({"model":"m","input":[]})").model, "m");
}

TEST(Request, IsDisturbedByWordsIfItsAnswerIsReadByAProgram) {
  for (const std::string_view members :
       {R"("tools":[{"type":"function"}])", R"("functions":[{"name":"f"}])",
        R"("response_format":{"type":"json_object"})",
        R"("response_format":{"type":"json_schema","json_schema":{"type":"text"}})",
        R"("response_format":{})", R"("response_format":{"type":7})", R"("response_format":{"type":"texts"})",
        R"("response_format":{"x":{"type":"text"}})", R"("json_schema":{})",
        R"("grammar":"root ::= \"a\"")"}) {
    EXPECT_TRUE(chat_with(members).words_disturb) << members;
  }
  EXPECT_TRUE(with(Route::responses, R"("text":{"format":{"type":"json_schema","schema":{"type":"text"}}})")
                  .words_disturb);
  EXPECT_TRUE(with(Route::responses, R"("tools":[{"type":"function"}])").words_disturb);
  EXPECT_TRUE(with(Route::responses, R"("text":{"format":{"type":{"x":"text"}}})").words_disturb);
  EXPECT_TRUE(with(Route::responses, R"("text":{"format":{"type":"text"},"format":["text"]})").words_disturb);
  EXPECT_TRUE(with(Route::completions, R"("grammar":"root")").words_disturb);
}

TEST(Request, IsNotDisturbedByWordsInPlainChat) {
  for (const std::string_view members :
       {R"("tools":[])", R"("functions":[])", R"("response_format":{"type":"text"})",
        R"("response_format":{"type":"t\u0065xt"})", R"("grammar":"")",
        R"("x":{"tools":[1],"grammar":"root"})", R"("text":{"format":{"type":"json_schema"}})"}) {
    EXPECT_FALSE(chat_with(members).words_disturb) << members;
  }
  EXPECT_FALSE(
      with(Route::responses, R"("text":{"format":{"type":"text"},"verbosity":"low"})").words_disturb);
  EXPECT_FALSE(with(Route::responses, R"("text":{"verbosity":"low"})").words_disturb);
  EXPECT_FALSE(with(Route::responses, R"("text":{"format":null})").words_disturb);
}

TEST(Request, IsDisturbedByWordsIfAToolSpokeOrTheAssistantWasLast) {
  const auto disturbs = [](Route route, std::string_view history) {
    return accepted(route, fmt::format(R"({{"model":"m","{}":[{}]}})",
                                       route == Route::chat ? "messages" : "input", history))
        .words_disturb;
  };
  constexpr std::string_view kUser = R"({"role":"user","content":"hi"})";
  constexpr std::string_view kAssistant = R"({"content":"x","role":"assist\u0061nt"})";
  for (const auto route : {Route::chat, Route::responses}) {
    EXPECT_FALSE(disturbs(route, kUser));
    EXPECT_FALSE(disturbs(route, fmt::format("{},{},{}", kUser, kAssistant, kUser)));
    EXPECT_TRUE(disturbs(route, fmt::format("{},{}", kUser, kAssistant)));
    EXPECT_FALSE(disturbs(route, fmt::format("{},{},null", kUser, kAssistant)));
    EXPECT_TRUE(disturbs(route, fmt::format(R"({0},{{"role":"tool","content":"1"}},{0})", kUser)));
    EXPECT_FALSE(disturbs(
        route, fmt::format(R"({},[{}],{{"x":{{"role":"tool"}},"role":"user","y":[{{"role":"tool"}}]}})",
                           kUser, kAssistant)));
  }
  EXPECT_TRUE(
      disturbs(Route::responses, fmt::format(R"({{"type":"function_call_output","output":"1"}},{})", kUser)));
  EXPECT_FALSE(disturbs(Route::chat, ""));
  EXPECT_FALSE(disturbs(Route::chat, R"({"content":"x","role":"user"},["assistant"])"));
}

TEST(Request, RefusesATopLevelKeyThatComesTwice) {
  const auto error = refused(Route::chat, R"({"model":"a","messages":[],"m\u006fdel":"b"})");
  EXPECT_EQ(error.message,
            "At byte 27 of the body: the top-level key `model` comes a second time; it may come once.");
  EXPECT_THAT(error.param, Optional(std::string("model")));
  EXPECT_THAT(refused(Route::chat, body_of(Route::chat, R"("x":1,"y":{"x":1},"x":2)")).param,
              Optional(std::string("x")));
  EXPECT_EQ(chat_with(R"("y":{"x":1,"x":2})").model, "gemma");
}

TEST(Request, BoundsItsTopLevelKeys) {
  std::string members = R"("k0":0)";
  for (int i = 1; i < 510; ++i) members += fmt::format(R"(,"k{0}":{0})", i);
  EXPECT_EQ(chat_with(members).model, "gemma");
  EXPECT_THAT(refused(Route::chat, body_of(Route::chat, members + R"(,"more":1)")).message,
              HasSubstr("more than the 512 top-level keys that are allowed."));
  EXPECT_EQ(chat_with("\"" + std::string(254, 'k') + "\":1").model, "gemma");
  EXPECT_THAT(refused(Route::chat, body_of(Route::chat, "\"" + std::string(255, 'k') + "\":1")).message,
              HasSubstr("a top-level key is longer than the 254 bytes that are allowed."));
}

TEST(Request, TellsTheFirstErrorOfTheGrammarBeforeThoseOfItsFields) {
  EXPECT_THAT(refused(Route::chat, R"({"model":7,)").message, HasSubstr("The body ends after 11 bytes"));
}

TEST(Request, RefusesATextThatIsNoObject) {
  for (const std::string_view body : {"", "null", "[]", "\"model\"", "hello"}) {
    EXPECT_THAT(refused(Route::chat, body).message, HasSubstr("expected a JSON object")) << body;
  }
}

}  // namespace
}  // namespace signalbox::api
