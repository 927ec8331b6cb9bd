// Clients that read slowly or not at all, and such that write slowly. Nobody else may feel them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "faults/ending.h"
#include "faults/real_engine.h"
#include "faults/recovery.h"

namespace signalbox::test {
namespace {

// One with a small receive buffer from the beginning: the window is agreed upon when the connection is made.
Connection slow_reader(const FaultServer& server, const Chat& chat) {
  auto connection = server.connect();
  connection.shrink_receive_buffer();
  connection.send(request_text("POST", "/v1/chat/completions", chat_body("a", chat)));
  return connection;
}

TEST(SlowReader, ThatReadsNothingIsCutAndItsPlaceIsFree) {
  SKIP_WITHOUT_REAL_ENGINE();
  FaultServer server(real_setup({.server = {"client_stall_timeout: 1s"}}));
  server.load("a");
  // More than all buffers between them hold.
  auto reader = slow_reader(server, exactly(1900, Weight::bulky));
  ASSERT_TRUE(eventually([&] { return server.busy_engine_slots() == 1; }));
  EXPECT_EQ(server.chat("a", {.max_tokens = 20}).status, 200U) << "the other place is another's";
  ASSERT_TRUE(eventually([&] { return !server.log("client stalled").empty(); }));
  EXPECT_TRUE(eventually([&] { return server.in_flight() == 0 && server.busy_engine_slots() == 0; }));
  const auto ending = ending_of(reader);
  EXPECT_EQ(ending.how, How::broken) << "it took too little to see an end";
  reader.close();
  expect_recovered(server, "a");
}

// A byte at a time, but steadily: it holds up its own place and nothing else.
TEST(SlowReader, ThatReadsByteByByteHoldsUpNobody) {
  SKIP_WITHOUT_REAL_ENGINE();
  FaultServer server(real_setup({.server = {"client_stall_timeout: 3s"}}));
  server.load("a");
  auto reader = slow_reader(server, exactly(30));
  auto other = server.run_chat("a", exactly(30));
  std::string read;
  for (int i = 0; i < 2000; ++i) {
    const auto byte = reader.read_byte();
    if (!byte) break;
    read += *byte;
  }
  EXPECT_EQ(ending_of(other).how, How::done);
  reader.input() = read;
  const auto ending = ending_of(reader);
  EXPECT_EQ(ending.how, How::done) << testing::PrintToString(ending);
  expect_recovered(server, "a");
}

TEST(SlowWriter, OfABodyByteByByteIsServed) {
  SKIP_WITHOUT_REAL_ENGINE();
  FaultServer server(real_setup());
  server.load("a");
  auto writer = server.connect();
  for (const char byte : request_text("POST", "/v1/chat/completions", chat_body("a", exactly(5)))) {
    ASSERT_TRUE(writer.send(std::string_view(&byte, 1)));
  }
  EXPECT_EQ(ending_of(writer).how, How::done);
  expect_recovered(server, "a");
}

TEST(SlowWriter, ThatStopsIsLetGo) {
  FaultServer server({.models = {{.name = "a"}}, .server = {"body_timeout: 300ms", "header_timeout: 300ms"}});
  const auto text = request_text("POST", "/v1/chat/completions", chat_body("a", {}));
  for (const auto length : {text.find("\r\n\r\n"), text.size() - 1}) {
    auto writer = server.connect();
    writer.send(text.substr(0, length));
    EXPECT_EQ(ending_of(writer).status, 408U);
  }
  expect_recovered(server, "a");
}

}  // namespace
}  // namespace signalbox::test
