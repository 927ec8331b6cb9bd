// A client that leaves while its request waits or streams is noticed at once; one that only talks on is not
// taken for gone.
#include <memory>
#include <string>
#include <utility>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "http/server.h"
#include "http/test_server.h"

namespace signalbox::http {
namespace {

using testing::Contains;
using testing::Not;

namespace asio = boost::asio;

// Streams one event, then waits for the door and streams another.
asio::awaitable<void> stream_and_wait(std::shared_ptr<Exchange> exchange, std::shared_ptr<Door> door,
                                      History* history) {
  exchange->watch_client([history, door] {
    history->note("gone");
    door->open();
  });
  (void)co_await exchange->start_stream({});
  (void)co_await exchange->write("data: first\n\n");
  history->note("waiting");
  co_await Door::pass(door);
  history->note(exchange->client_gone() ? "left" : "still there");
  (void)co_await exchange->write("data: second\n\n");
  (void)co_await exchange->finish_stream();
}

class ServerWatchTest : public testing::Test {
 protected:
  ServerWatchTest() {
    server_.route("GET", "/stream", [this](std::shared_ptr<Exchange> exchange) {
      return stream_and_wait(std::move(exchange), stream_door(), &server_.history);
    });
  }

  // Loop thread only.
  std::shared_ptr<Door> stream_door() {
    if (!stream_door_) stream_door_ = std::make_shared<Door>(server_.executor());
    return stream_door_;
  }
  void open_stream_door() {
    server_.on_loop([this] { stream_door()->open(); });
  }
  void await(std::string_view what) { ASSERT_TRUE(server_.history.await(what)) << what; }
  [[nodiscard]] auto notes() { return server_.history.notes(); }

  TestServer server_;
  std::shared_ptr<Door> stream_door_;  // ends before the loop that its timer belongs to
};

TEST_F(ServerWatchTest, SeesAClientCloseWhileItWaits) {
  server_.start();
  Client client = server_.connect();
  client.send(post("/wait", "body"));
  await("waiting");
  client.close();
  await("gone");
  await("left");
}

TEST_F(ServerWatchTest, SeesAReset) {
  server_.start();
  Client client = server_.connect();
  client.send(get("/wait"));
  await("waiting");
  client.reset();
  await("gone");
  await("answer lost");
}

TEST_F(ServerWatchTest, TakesAHalfCloseForGone) {
  server_.start();
  Client client = server_.connect();
  client.send(get("/wait"));
  await("waiting");
  client.half_close();
  await("gone");
}

TEST_F(ServerWatchTest, SeesAClientThatLeftBeforeItWasWatched) {
  server_.start();
  Client client = server_.connect();
  client.send("POST /wait HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n\r\nx");
  client.close();
  await("gone");
}

TEST_F(ServerWatchTest, SeesAClientLeaveInAQuietStream) {
  server_.start();
  Client client = server_.connect();
  client.send(get("/stream"));
  await("waiting");
  EXPECT_TRUE(client.receive_until("first\n\n").has_value());
  client.close();
  await("gone");
  await("left");
}

TEST_F(ServerWatchTest, TellsItOnce) {
  server_.start();
  Client client = server_.connect();
  client.send(get("/wait"));
  await("waiting");
  client.half_close();
  await("gone");
  client.reset();
  server_.close();
  EXPECT_TRUE(server_.await_drained());
  EXPECT_EQ(std::ranges::count(notes(), "gone"), 1);
}

TEST_F(ServerWatchTest, SeesTheEndBehindPipelinedBytes) {
  server_.start();
  Client client = server_.connect();
  client.send(get("/wait"));
  await("waiting");
  client.send(get("/hello"));
  client.close();
  await("gone");
}

TEST_F(ServerWatchTest, DoesNotTakePipelinedRequestsForDeparture) {
  server_.start();
  Client client = server_.connect();
  client.send(get("/wait"));
  await("waiting");
  client.send(post("/echo", "second") + get("/hello"));
  server_.open_door();
  EXPECT_EQ(client.receive().body, "done");
  EXPECT_EQ(client.receive().body, "second");
  EXPECT_EQ(client.receive().body, "hello");
  await("still there");
  EXPECT_THAT(notes(), Not(Contains("gone")));
}

TEST_F(ServerWatchTest, KeepsPipelinedBytesUpToOneHeaderLimitAndThenReadsNoMore) {
  server_.options.header_bytes_max = 2048;
  server_.start();
  Client client = server_.connect();
  client.send(get("/wait"));
  await("waiting");
  const std::string request = post("/echo", std::string(1000, 'x'));
  constexpr int kRequests = 500;
  std::string many;
  for (int i = 0; i < kRequests; ++i) many += request;
  std::thread sender([&] { client.send(many); });
  server_.open_door();
  EXPECT_EQ(client.receive().body, "done");
  for (int i = 0; i < kRequests; ++i) ASSERT_EQ(client.receive().body.size(), 1000U);
  sender.join();
}

TEST_F(ServerWatchTest, DoesNotReadOnWhenAWaitingClientFloodsIt) {
  server_.options.header_bytes_max = 4096;
  server_.start();
  Client client = server_.connect(Client::Buffers::tiny);
  client.send(get("/wait"));
  await("waiting");
  // Only what fits into the kernel's buffers is taken; the rest finds no reader.
  const std::size_t taken = client.send_what_fits(std::string(std::size_t{64} * 1024 * 1024, 'x'));
  EXPECT_LT(taken, std::size_t{32} * 1024 * 1024);
  server_.open_door();
  EXPECT_EQ(client.receive().body, "done");
  EXPECT_EQ(client.receive().status, 431U);
}

TEST_F(ServerWatchTest, WritesWhileItWatches) {
  server_.start();
  Client client = server_.connect();
  client.send(get("/stream"));
  await("waiting");
  client.send(get("/hello"));
  open_stream_door();
  const Answer stream = client.receive();
  EXPECT_EQ(chunks_of(client.receive_until("0\r\n\r\n").value_or("")), "data: first\n\ndata: second\n\n");
  EXPECT_EQ(client.receive().body, "hello");
  await("still there");
}

TEST_F(ServerWatchTest, ForgetsTheWatchWithTheAnswer) {
  server_.start();
  Client client = server_.connect();
  client.send(get("/wait"));
  await("waiting");
  server_.open_door();
  EXPECT_EQ(client.receive().body, "done");
  client.send(get("/hello"));
  EXPECT_EQ(client.receive().body, "hello");
  client.close();
  server_.close();
  EXPECT_TRUE(server_.await_drained());
  EXPECT_THAT(notes(), Not(Contains("gone")));
}

TEST_F(ServerWatchTest, ClosingTheServerTellsTheRoutes) {
  server_.start();
  Client client = server_.connect();
  client.send(get("/wait"));
  await("waiting");
  server_.close();
  await("gone");
  EXPECT_TRUE(client.closed_by_server());
}

}  // namespace
}  // namespace signalbox::http
