// Stopping: no new connections, idle ones closed, busy ones finish; and the harder way, all at once.
#include <memory>
#include <optional>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "http/server.h"
#include "http/test_server.h"

namespace signalbox::http {
namespace {

using testing::Contains;
using testing::Not;
using testing::Optional;

class ServerDrainTest : public testing::Test {
 protected:
  TestServer server_;
};

TEST_F(ServerDrainTest, ClosesIdleConnections) {
  server_.start();
  Client used = server_.connect();
  used.send(get("/hello"));
  EXPECT_EQ(used.receive().status, 200U);
  Client fresh = server_.connect();
  server_.drain();
  EXPECT_TRUE(used.closed_by_server());
  EXPECT_TRUE(fresh.closed_by_server());
  EXPECT_TRUE(server_.await_drained());
}

TEST_F(ServerDrainTest, LetsARequestFinishAndClosesAfterIt) {
  server_.start();
  Client client = server_.connect();
  client.send(get("/wait"));
  EXPECT_TRUE(server_.history.await("waiting"));
  server_.drain();
  server_.open_door();
  const Answer answer = client.receive();
  EXPECT_EQ(answer.body, "done");
  EXPECT_THAT(answer.header("Connection"), Optional(std::string("close")));
  EXPECT_TRUE(client.closed_by_server());
  EXPECT_TRUE(server_.await_drained());
  EXPECT_THAT(server_.history.notes(), Not(Contains("gone")));
}

TEST_F(ServerDrainTest, LetsAHalfSentRequestFinish) {
  server_.start();
  Client client = server_.connect();
  client.send("POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\nbo");
  EXPECT_TRUE(server_.history.await("piece"));
  server_.drain();
  client.send("dy");
  const Answer answer = client.receive();
  EXPECT_EQ(answer.body, "body");
  EXPECT_THAT(answer.header("Connection"), Optional(std::string("close")));
  EXPECT_TRUE(server_.await_drained());
}

TEST_F(ServerDrainTest, AcceptsNobodyAnyMore) {
  server_.start();
  server_.drain();
  EXPECT_TRUE(server_.await_drained());
  EXPECT_FALSE(server_.can_connect());
}

TEST_F(ServerDrainTest, CloseEndsEverythingNow) {
  server_.start();
  Client waiting = server_.connect();
  waiting.send(get("/wait"));
  EXPECT_TRUE(server_.history.await("waiting"));
  Client half = server_.connect();
  half.send("POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\nbo");
  EXPECT_TRUE(server_.history.await("piece"));
  server_.close();
  EXPECT_TRUE(waiting.closed_by_server());
  EXPECT_TRUE(half.closed_by_server());
  EXPECT_TRUE(server_.await_drained());
  EXPECT_THAT(server_.history.notes(), Contains("gone"));
  EXPECT_THAT(server_.history.notes(), Contains("refused 408"));
}

TEST_F(ServerDrainTest, MayBeAskedTwice) {
  server_.start();
  server_.drain();
  server_.drain();
  server_.close();
  server_.close();
  EXPECT_TRUE(server_.await_drained());
  EXPECT_TRUE(server_.await_drained());
}

TEST_F(ServerDrainTest, ADestroyedServersConnectionsEnd) {
  server_.start();
  Client client = server_.connect();
  client.send(get("/wait"));
  EXPECT_TRUE(server_.history.await("waiting"));
  server_.destroy();  // returns when the loop has nothing more to do
  EXPECT_TRUE(client.closed_by_server());
  EXPECT_THAT(server_.history.notes(), Contains("answer lost"));
}

TEST_F(ServerDrainTest, DoesNotServeWhatWasPipelinedBehindTheLastAnswer) {
  server_.start();
  Client client = server_.connect();
  client.send(get("/wait") + get("/hello"));
  EXPECT_TRUE(server_.history.await("waiting"));
  server_.drain();
  server_.open_door();
  EXPECT_EQ(client.receive().body, "done");
  // It was told Connection: close: what it sent behind is not served.
  EXPECT_EQ(client.receive().status, 0U);
  EXPECT_FALSE(client.was_reset());
}

}  // namespace
}  // namespace signalbox::http
