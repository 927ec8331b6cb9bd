#include "http/router.h"

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include <gtest/gtest.h>

namespace signalbox::http {
namespace {

// A router whose handlers write their name when they are called; calling one makes a coroutine that is never
// run, so the name is written by the plain function around it.
class RouterTest : public testing::Test {
 protected:
  void route(std::string method, std::string path) {
    std::string name = method + " " + path;
    router_.add(std::move(method), std::move(path), [this, name](const std::shared_ptr<Exchange>&) {
      called_ = name;
      return nothing();
    });
  }

  // "GET /path" of the route that answers, "405 GET, HEAD" or "404".
  std::string answer(std::string_view method, std::string_view path) {
    const auto match = router_.match(method, path);
    if (const auto* found = std::get_if<Router::Found>(&match)) {
      (void)(*found->handler)(nullptr);
      return called_;
    }
    if (const auto* wrong = std::get_if<Router::WrongMethod>(&match)) return "405 " + wrong->allow;
    return "404";
  }

 private:
  static boost::asio::awaitable<void> nothing() { co_return; }

  Router router_;
  std::string called_;
};

TEST_F(RouterTest, FindsTheHandlerOfMethodAndPath) {
  route("GET", "/health");
  route("GET", "/v1/models");
  route("POST", "/v1/completions");
  EXPECT_EQ(answer("GET", "/v1/models"), "GET /v1/models");
  EXPECT_EQ(answer("POST", "/v1/completions"), "POST /v1/completions");
}

TEST_F(RouterTest, KnowsNoOtherPath) {
  route("GET", "/v1/models");
  for (const auto* path : {"/", "/v1", "/v1/models/", "/v1/model", "/V1/models", "*", ""})
    EXPECT_EQ(answer("GET", path), "404") << path;
}

TEST_F(RouterTest, NamesTheAllowedMethodsForAWrongOne) {
  route("GET", "/thing");
  route("POST", "/thing");
  EXPECT_EQ(answer("DELETE", "/thing"), "405 GET, HEAD, POST");
  EXPECT_EQ(answer("get", "/thing"), "405 GET, HEAD, POST");
  EXPECT_EQ(answer("OPTIONS", "/thing"), "405 GET, HEAD, POST");
}

TEST_F(RouterTest, AnswersHeadWhereThereIsGet) {
  route("GET", "/a");
  route("POST", "/b");
  EXPECT_EQ(answer("HEAD", "/a"), "GET /a");
  EXPECT_EQ(answer("HEAD", "/b"), "405 POST");
}

TEST_F(RouterTest, AStarMatchesEverythingLonger) {
  route("GET", "/v1/models/*");
  EXPECT_EQ(answer("GET", "/v1/models/a"), "GET /v1/models/*");
  EXPECT_EQ(answer("GET", "/v1/models/a/b"), "GET /v1/models/*");
  EXPECT_EQ(answer("GET", "/v1/models/"), "404");
  EXPECT_EQ(answer("GET", "/v1/models"), "404");
}

TEST_F(RouterTest, ExactPathsWinWhateverTheOrder) {
  route("GET", "/v1/models/*");
  route("GET", "/v1/models/status");
  EXPECT_EQ(answer("GET", "/v1/models/status"), "GET /v1/models/status");
  EXPECT_EQ(answer("GET", "/v1/models/statuses"), "GET /v1/models/*");
}

TEST_F(RouterTest, AnExactPathDoesNotFallBackToTheStarForAnotherMethod) {
  route("POST", "/v1/models/select");
  route("GET", "/v1/models/*");
  EXPECT_EQ(answer("GET", "/v1/models/select"), "405 POST");
}

TEST_F(RouterTest, TheLongerStarWins) {
  route("GET", "/v1/*");
  route("GET", "/v1/models/*");
  EXPECT_EQ(answer("GET", "/v1/models/a"), "GET /v1/models/*");
  EXPECT_EQ(answer("GET", "/v1/other"), "GET /v1/*");
}

}  // namespace
}  // namespace signalbox::http
