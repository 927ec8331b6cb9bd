// `models` against a server over real sockets.
#include "cli/models_command.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/test_process.h"
#include "cli/test_server.h"

namespace signalbox::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

using ModelsCommand = Process;

// With `list_aliases`, which lists "chat" as a model of its own.
constexpr const char* kModels =
    R"({"object":"list","data":[)"
    R"({"id":"smollm2-135m","object":"model","created":1,"owned_by":"signalbox","status":"ready","aliases":["chat","small"],"meta":{"n_ctx":4096,"n_params":134515008,"size":1444480000}},)"
    R"({"id":"chat","object":"model","created":1,"owned_by":"signalbox","status":"ready","aliases":["chat","small"],"meta":null},)"
    R"({"id":"big\u001b[31m","object":"model","created":1,"owned_by":"signalbox","status":"unloaded","aliases":[],"meta":null}]})";

TestServer server_with(const std::string& body) {
  return TestServer([&](const std::string&, std::size_t) { return answer_of(200, body); });
}

TEST_F(ModelsCommand, PrintsATable) {
  const std::string body = kModels;
  const auto server = server_with(body);
  EXPECT_EQ(type({"models", "--server", server.address()}), 0);
  EXPECT_EQ(out(),
            "MODEL         STATUS    ALIASES      CONTEXT  PARAMETERS  SIZE\n"
            "smollm2-135m  ready     chat, small  4096     135 M       1.4 GB\n"
            "big [31m      unloaded  -            -        -           -\n");
  EXPECT_THAT(server.take_requests(), ElementsAre(StartsWith("GET /v1/models HTTP/1.1\r\n")));
}

TEST_F(ModelsCommand, PrintsNamesForShells) {
  const std::string body = kModels;
  const auto server = server_with(body);
  EXPECT_EQ(type({"models", "--names", "--server", server.address()}), 0);
  EXPECT_EQ(out(), "smollm2-135m\nbig [31m\n");
}

TEST_F(ModelsCommand, PrintsTheServersJson) {
  const std::string body = kModels;
  const auto server = server_with(body);
  EXPECT_EQ(type({"models", "--json", "--server", server.address()}), 0);
  EXPECT_EQ(out(), body + "\n");
}

TEST_F(ModelsCommand, IsColouredOnATerminal) {
  const std::string body = kModels;
  const auto server = server_with(body);
  medium_ = Medium::terminal;
  EXPECT_EQ(type({"models", "--server", server.address()}), 0);
  EXPECT_THAT(out(), HasSubstr("\x1b[32mready\x1b[0m"));
}

TEST_F(ModelsCommand, FailsAsStatusDoes) {
  for (const auto* format : {"--names", "--json"}) {
    EXPECT_EQ(type({"models", format, "--server", "unix:" + (folder_ / "no.sock").string()}), 3);
    EXPECT_THAT(err(), HasSubstr("/no.sock: No such file or directory; start one with `signalbox serve`"));
    EXPECT_THAT(out(), IsEmpty());
  }
  EXPECT_EQ(type({"models", "--server", "https://x"}), 2);
  EXPECT_EQ(type({"models", "--names", "--json"}), 2);
  for (const std::string& body : {"[]", "<html>", R"({"object":"list2"})"}) {
    const auto server = server_with(body);
    for (const auto* format : {"--names", "--json"}) {
      EXPECT_EQ(type({"models", format, "--server", server.address()}), 1) << body;
      EXPECT_THAT(err(), HasSubstr("and nothing that a Signalbox would say"));
      EXPECT_THAT(out(), IsEmpty());
    }
  }
}

TEST(ModelsTable, ShowsWhatIsThere) {
  EXPECT_EQ(models_table(R"({"object":"list","data":[5,{},{"id":"a","aliases":[7],"meta":{"size":999999}}]})",
                         false),
            "MODEL  STATUS  ALIASES  CONTEXT  PARAMETERS  SIZE\n"
            "a      -       -        -        -           1.0 MB\n");
  EXPECT_EQ(models_table(R"({"object":"list"})", false),
            "MODEL  STATUS  ALIASES  CONTEXT  PARAMETERS  SIZE\n");
}

}  // namespace
}  // namespace signalbox::cli
