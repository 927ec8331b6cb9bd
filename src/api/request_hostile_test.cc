// What no honest client sends, and what every client may: bytes cut anywhere, mutated bodies, absurd depth
// and size.
#include <algorithm>
#include <cstdint>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "api/request.h"

namespace signalbox::api {
namespace {

using ::testing::HasSubstr;

const SpliceOptions kSplice{
    .engine_model = "eng", .model_names = {"gemma", "smollm2"}, .force_stream = true, .ask_progress = true};

// A body with everything in it that this server looks at, for each route.
const std::vector<std::pair<Route, std::string>>& samples() {
  static const std::vector<std::pair<Route, std::string>> all_samples{
      {Route::chat,
       R"( {"model":"g\u0065mma","stream":false,"n":2.0,"max_tokens":64,"seed":1.8e19,"stream_options":{"x":[1],"include_usage":false},)"
       R"("messages":[{"role":"system","content":"\ud83d\ude00 é € 😀"},{"role":"assistant","content":"Loading gemma.\n\nHi"},)"
       R"({"role":"assistant","content":[{"type":"text","text":"Queued for smollm2 (position 3).\n"}],"tool_calls":[{"id":"a"}]},)"
       R"({"reasoning_content":"Starting gemma.\n\nHm","role":"assistant","content":null},{"role":"user","content":"x"}],)"
       R"("tools":[],"response_format":{"type":"text"},"grammar":"","a":[true,false,null,-0.5E-2,[],{}]} )"},
      {Route::completions,
       R"({"prompt":["a",[1,2],"\u20ac"],"model":"smollm2","best_of":3,"n_predict":-1,"return_progress":null,"stream_options":{}})"},
      {Route::responses,
       R"({"model":"gemma","input":[{"role":"user","content":"hi"},{"type":"reasoning","summary":[{"type":"summary_text",)"
       R"("text":"Loading gemma.\n\nHm"}]},{"type":"message","role":"assistant","content":[{"type":"output_text",)"
       R"("text":"Loading gemma.\n\nHi"}]},{"role":"user","content":"x"}],"text":{"format":{"type":"json_object"}}})"}};
  return all_samples;
}

// All that comes out of a body fed in the given pieces, as text: the error, or the meaning and the spliced
// body.
std::string outcome(Route route, const std::string& body, const std::vector<std::string_view>& pieces) {
  const auto failed = [](const ApiError& error) {
    EXPECT_EQ(error.kind, ErrorKind::invalid_request);
    return fmt::format("{} [{}]", error.message, error.param.value_or("-"));
  };
  RequestScan scan(route);
  for (const auto piece : pieces) {
    // A copy of its own, so that a sanitizer sees any look beyond the piece.
    if (const auto fed = scan.feed(std::string(piece)); !fed) return failed(fed.error());
  }
  const auto request = scan.finish(body);
  if (!request) return failed(request.error());
  const auto rope = splice(*request, nullptr, body, kSplice);
  return fmt::format("{} {} {} {} {} {} {}", request->model, request->stream, request->include_usage,
                     request->sequences, request->max_tokens.value_or(0), request->words_disturb,
                     rope.to_string());
}
std::string outcome(Route route, const std::string& body) {
  return outcome(route, body, {body});
}

TEST(RequestScan, GivesTheSameForEveryCut) {
  for (const auto& [route, body] : samples()) {
    const std::string_view text = body;
    const auto whole = outcome(route, body);
    EXPECT_THAT(whole, HasSubstr(R"("model":"eng")"));
    for (std::size_t cut = 0; cut <= body.size(); ++cut) {
      ASSERT_EQ(outcome(route, body, {text.substr(0, cut), text.substr(cut)}), whole) << "cut at " << cut;
    }
    for (std::size_t size = 1; size < 20; ++size) {
      std::vector<std::string_view> pieces;
      for (std::size_t at = 0; at < text.size(); at += size) pieces.push_back(text.substr(at, size));
      ASSERT_EQ(outcome(route, body, pieces), whole) << "pieces of " << size;
    }
  }
}

TEST(RequestScan, RefusesEveryPrefixHoweverItIsCut) {
  for (const auto& [route, body] : samples()) {
    const std::size_t closing = body.rfind('}');
    for (std::size_t length = 0; length <= closing; ++length) {
      const auto prefix = body.substr(0, length);
      const auto whole = outcome(route, prefix);
      ASSERT_THAT(whole,
                  HasSubstr(length == 0 ? "The body is empty" : fmt::format("ends after {} bytes", length)));
      const std::string_view text = prefix;
      for (std::size_t cut = 0; cut <= length; cut += 7) {
        ASSERT_EQ(outcome(route, prefix, {text.substr(0, cut), text.substr(cut)}), whole);
      }
    }
  }
}

// The prefix as a piece that lies at the very end of its memory, so that a sanitizer sees any byte read
// beyond it.
TEST(RequestScan, NeverReadsBeyondAPiece) {
  for (const auto& [route, body] : samples()) {
    for (std::size_t length = 1; length <= body.size(); ++length) {
      const std::vector<char> exact(body.begin(), body.begin() + static_cast<std::ptrdiff_t>(length));
      RequestScan scan(route);
      ASSERT_TRUE(scan.feed({exact.data(), exact.size()}));
    }
  }
}

std::string mutated(std::string body, std::mt19937_64& random) {
  using namespace std::string_view_literals;
  static constexpr auto kBytes = "{}[]\",:\\/u0e-+. \n\t\0\x1F\x7F\x80\xBF\xC3\xED\xF4truefalsn"sv;
  const auto below = [&random](std::size_t bound) { return static_cast<std::size_t>(random() % bound); };
  for (std::size_t change = below(4) + 1; change > 0 && !body.empty(); --change) {
    const std::size_t at = below(body.size());
    switch (below(5)) {
      case 0:
        body[at] = kBytes[below(kBytes.size())];
        break;
      case 1:
        body.insert(at, 1, kBytes[below(kBytes.size())]);
        break;
      case 2:
        body.erase(at, below(8) + 1);
        break;
      case 3:
        body[at] = static_cast<char>(random() % 256);
        break;
      default:
        body.insert(below(body.size()), body.substr(at, below(40)));
        break;
    }
  }
  return body;
}

// Boost.JSON as the second opinion on the grammar. It differs in numbers beyond a double, which do not come
// up here.
bool is_json_object(std::string_view text) {
  boost::json::error_code error;
  boost::json::parse_options options;
  options.max_depth = static_cast<unsigned char>(255);
  const auto value =
      boost::json::parse(boost::json::string_view(text.data(), text.size()), error, {}, options);
  return !error && value.is_object();
}

TEST(RequestScan, TakesExactlyWhatIsJsonOfRandomlyChangedBodies) {
  constexpr std::uint64_t kSeed = 20250117;
  constexpr int kBodies = 20'000;
  std::mt19937_64 random(kSeed);
  int accepted = 0;
  for (int i = 0; i < kBodies; ++i) {
    const auto& [route, sample] = samples()[random() % samples().size()];
    const auto body = mutated(sample, random);
    RequestScan scan(route);
    const auto fed = scan.feed(body);
    const auto request = fed ? scan.finish(body) : std::unexpected(fed.error());
    // A key that comes twice ends the scan before the rest was seen.
    if (request || !request.error().message.contains("top-level key")) {
      const bool is_grammar_error = !request && !request.error().param;
      ASSERT_EQ(!is_grammar_error, is_json_object(body))
          << "seed " << kSeed << ", body " << i << ": " << body << "\n"
          << (request ? "accepted" : request.error().message);
    }
    const std::size_t cut = random() % (body.size() + 1);
    const std::string_view text = body;
    const auto whole = outcome(route, body);
    ASSERT_EQ(outcome(route, body, {text.substr(0, cut), text.substr(cut)}), whole)
        << "body " << i << " cut at " << cut;
    if (!request) continue;
    ++accepted;
    const auto engine_body = splice(*request, nullptr, body, kSplice).to_string();
    ASSERT_TRUE(is_json_object(engine_body)) << engine_body;
    ASSERT_THAT(outcome(route, engine_body), ::testing::StartsWith("eng true")) << engine_body;
  }
  EXPECT_GT(accepted, kBodies / 20);
}

TEST(RequestScan, RefusesDepthOfAHundredThousand) {
  for (const std::string_view opening : {"[", R"({"a":)", R"([{"role":"assistant","content":)"}) {
    std::string body = R"({"model":"m","messages":)";
    for (int i = 0; i < 100'000; ++i) body += opening;
    EXPECT_THAT(outcome(Route::chat, body), HasSubstr("nested deeper than the 512 levels that are allowed"));
  }
}

TEST(RequestScan, TakesSixtyMegabytesInPieces) {
  constexpr std::size_t kPieceBytes = std::size_t{64} * 1024;
  std::string text;
  while (text.size() < 60'000'000) {
    text += R"(All work and no play makes Jack a dull boy.\nDas Öl ist 20 € teurer 😀. )";
  }
  for (const auto& [route, before, after] : std::vector<std::tuple<Route, std::string, std::string>>{
           {Route::completions, R"({"prompt":")", R"(","model":"m"})"},
           {Route::chat, R"({"model":"m","messages":[{"role":"assistant","content":"Loading gemma.\n\n)",
            R"("},{"role":"user"}]})"}}) {
    const std::string body = fmt::format("{}{}{}", before, text, after);
    RequestScan scan(route);
    for (std::size_t at = 0; at < body.size(); at += kPieceBytes) {
      ASSERT_TRUE(scan.feed(std::string_view(body).substr(at, kPieceBytes)));
    }
    const auto request = scan.finish(body);
    ASSERT_TRUE(request) << request.error().message;
    EXPECT_EQ(request->model, "m");
    const auto rope = splice(*request, nullptr, body, kSplice);
    EXPECT_LE(rope.pieces().size(), 3U);
    EXPECT_GT(rope.size(), 60'000'000U);
  }
}

TEST(RequestScan, TakesManySmallThings) {
  std::string body = R"({"model":"m","prompt":[[)";
  for (int i = 0; i < 500'000; ++i) body += "1,";
  body += "1]";
  for (int i = 0; i < 100'000; ++i) body += R"(,"x")";
  body += R"(],"x":[)";
  for (int i = 0; i < 100'000; ++i) body += R"({"k":{}},)";
  body += "0]}";
  RequestScan scan(Route::completions);
  ASSERT_TRUE(scan.feed(body));
  const auto request = scan.finish(body);
  ASSERT_TRUE(request);
  EXPECT_EQ(request->sequences, 100'001U);
}

TEST(RequestScan, ClampsACountOfSequencesThatNoModelHas) {
  std::string body = R"({"model":"m","n":128,"prompt":[)";
  for (int i = 0; i < 1'000'000; ++i) body += R"([],)";
  body += "[]]}";
  RequestScan scan(Route::completions);
  ASSERT_TRUE(scan.feed(body));
  EXPECT_EQ(scan.finish(body)->sequences, 128'000'128U);
}

}  // namespace
}  // namespace signalbox::api
