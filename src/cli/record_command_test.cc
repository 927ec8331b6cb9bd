// `record` against a server over real sockets: the file that is left, and what is said.
#include <string>
#include <sys/stat.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/test_process.h"
#include "cli/test_server.h"
#include "cli/test_terminal.h"

namespace signalbox::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::StartsWith;

const std::string kStream =
    "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n"
    "event: snapshot\ndata: {\"status\":\"ready\"}\n\n"
    "event: request\ndata: "
    "{\"model\":\"a\",\"number\":1,\"arrived_ms\":500,\"service_ms\":250,\"open_since_ms\":null}\n\n";

class RecordCommand : public Process {
 protected:
  [[nodiscard]] std::string content(const std::string& name) const {
    std::ifstream file(folder_ / name);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  [[nodiscard]] bool is_there(const std::string& name) const {
    return std::filesystem::exists(folder_ / name);
  }
};

TEST_F(RecordCommand, WritesATraceThatOnlyItsOwnerReads) {
  const TestServer server([](const std::string&, std::size_t) { return kStream; });
  EXPECT_EQ(type({"record", "--output", "t.csv", "--server", server.address()}), 0) << err();
  EXPECT_EQ(content("t.csv"), "time_s,model,service_s,class\n0,a,0.25,default\n");
  EXPECT_EQ(out(), "1 requests written to t.csv.\n");
  EXPECT_EQ(err(), "The server has ended.\n");
  EXPECT_THAT(server.take_requests(), ElementsAre(StartsWith("GET /v1/events?requests=true HTTP/1.1\r\n")));
  struct stat status{};
  ASSERT_EQ(stat((folder_ / "t.csv").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0600U);
  // What it wrote can be simulated.
  EXPECT_EQ(type({"simulate", "t.csv"}), 0) << err();
  // And is not written over.
  EXPECT_EQ(type({"record", "--output", "t.csv", "--server", server.address()}), 1);
  EXPECT_EQ(content("t.csv"), "time_s,model,service_s,class\n0,a,0.25,default\n");
}

TEST_F(RecordCommand, EndsAfterItsTime) {
  const TestServer server([](const std::string&, std::size_t) { return std::string(); });
  EXPECT_EQ(type({"record", "--output", "t.csv", "--duration", "60ms", "--server", server.address()}), 0);
  EXPECT_EQ(out(), "0 requests written to t.csv.\n");
  EXPECT_EQ(content("t.csv"), "time_s,model,service_s,class\n");
}

TEST_F(RecordCommand, LeavesNoFileWithoutAServer) {
  EXPECT_EQ(type({"record", "--output", "t.csv", "--server", "unix:" + (folder_ / "no.sock").string()}), 3);
  EXPECT_FALSE(is_there("t.csv"));
  const TestServer server([](const std::string&, std::size_t) {
    return answer_of(503, R"({"error":{"message":"As many clients follow the events as may."}})");
  });
  EXPECT_EQ(type({"record", "--output", "t.csv", "--server", server.address()}), 1);
  EXPECT_EQ(err(), "As many clients follow the events as may.\n");
  EXPECT_FALSE(is_there("t.csv"));
}

TEST_F(RecordCommand, SaysWhatIsWrong) {
  EXPECT_EQ(type({"record"}), 2);
  EXPECT_EQ(type({"record", "--output", "t.csv", "--duration", "soon"}), 2);
  EXPECT_EQ(err(), "--duration: is \"soon\"; a duration such as 30s, 5m or 8h, up to 24h, is allowed\n");
  EXPECT_EQ(type({"record", "--output", "no/such/t.csv"}), 1);
  EXPECT_THAT(err(), HasSubstr("no/such/t.csv: No such file or directory"));
}

TEST(RecordOnATerminal, EndsAtCtrlCWithAWholeFile) {
  const TestServer server([](const std::string&, std::size_t) { return std::string(); });
  const auto file = std::filesystem::path(::testing::TempDir()) / "sb_record_ctrl_c.csv";
  std::filesystem::remove(file);
  TestTerminal terminal([&](const Surround& surround) {
    return run({"record", "--output", file.string(), "--server", server.address()}, surround, {});
  });
  EXPECT_THAT(terminal.read_until("Ctrl-C"), EndsWith("0 requests; Ctrl-C"));
  terminal.type("\x03");
  EXPECT_THAT(terminal.read_to_end(), HasSubstr("0 requests written to "));
  EXPECT_EQ(terminal.exit_code(), 0);
  std::filesystem::remove(file);
}

}  // namespace
}  // namespace signalbox::cli
