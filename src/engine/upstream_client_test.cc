#include "engine/upstream_client.h"

#include <memory>
#include <optional>
#include <string>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <utility>
#include <vector>

#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/runtime_folder.h"
#include "engine/test_folder.h"
#include "engine/test_loop.h"
#include "engine/test_peer.h"

namespace signalbox::engine {
namespace {

using namespace std::chrono_literals;  // NOLINT(google-build-using-namespace)
using ::testing::HasSubstr;
using ::testing::StartsWith;
using OpenResult = Result<std::unique_ptr<UpstreamStream>>;
using ReadResult = Result<std::string_view>;

constexpr Epoch kEpoch(1);

UpstreamRequest post(Rope body) {
  return {.method = "POST", .target = "/v1/chat/completions", .headers = {}, .body = std::move(body)};
}

class EngineUpstreamTest : public ::testing::Test {
 protected:
  EngineUpstreamTest() { addresses_.set(kEpoch, {.socket_path = path_, .port = 0, .api_key = {}}); }

  TestPeer& peer(TestPeer::Reading reading = TestPeer::Reading::on) {
    return peer_.emplace(loop_.context(), path_, reading);
  }

  // Starts to open and returns where the outcome will be.
  std::shared_ptr<std::optional<OpenResult>> opening(UpstreamRequest request, Duration patience = 30s) {
    auto outcome = std::make_shared<std::optional<OpenResult>>();
    loop_.spawn(upstream_.open(kEpoch, std::move(request), loop_.in(patience)), outcome, cancel_);
    return outcome;
  }
  OpenResult open(UpstreamRequest request, Duration patience = 30s) {
    const auto outcome = opening(std::move(request), patience);
    if (!loop_.run_until([&] { return outcome->has_value(); }))
      return fail(ErrorCode::io, "open did not end");
    return std::move(**outcome);
  }
  std::shared_ptr<std::optional<ReadResult>> reading(UpstreamStream& stream, Duration patience = 30s) {
    auto outcome = std::make_shared<std::optional<ReadResult>>();
    loop_.spawn(stream.read(loop_.in(patience)), outcome, cancel_);
    return outcome;
  }
  ReadResult read(UpstreamStream& stream, Duration patience = 30s) {
    const auto outcome = reading(stream, patience);
    if (!loop_.run_until([&] { return outcome->has_value(); }))
      return fail(ErrorCode::io, "read did not end");
    return std::move(**outcome);
  }
  // Everything up to the end; an error's message in brackets.
  std::string read_all(UpstreamStream& stream) {
    std::string all;
    for (;;) {
      const auto piece = read(stream);
      if (!piece) return all + "[" + piece.error().message + "]";
      if (piece->empty()) return all;
      all += *piece;
    }
  }
  // A stream whose head has come; the test goes on as the peer.
  std::unique_ptr<UpstreamStream> streaming() {
    auto& engine = peer();
    engine.answer([](TestPeer::Connection& connection) { connection.send(kStreamHead); });
    auto opened = open(post(Rope("{}")));
    EXPECT_TRUE(opened);
    return opened ? std::move(*opened) : nullptr;
  }
  Result<std::uint32_t> busy_slots(Duration patience = 30s) {
    return loop_.await(upstream_.busy_slots(kEpoch, loop_.in(patience)));
  }

  TestFolder folder_;
  TestLoop loop_;
  std::string path_ = folder_.path("e.sock");
  EngineAddresses addresses_;
  TokenPace pace_;
  EngineUpstream upstream_{loop_.executor(), loop_.clock(), addresses_, nullptr, &pace_};
  boost::asio::cancellation_signal* cancel_ = nullptr;  // of what is started next
  std::optional<TestPeer> peer_;
};

TEST_F(EngineUpstreamTest, SendsTheBodysPiecesInOrder) {
  auto& engine = peer();
  engine.answer([](TestPeer::Connection& connection) { connection.send(json_answer("ok")); });
  Rope body;
  body.append("{\"a\":");
  body.append(std::string(200'000, '1'));
  body.append("}");
  const auto whole = body.to_string();
  auto stream = open(post(std::move(body)));
  ASSERT_TRUE(stream) << stream.error().message;
  EXPECT_EQ((*stream)->head().status, 200U);
  EXPECT_EQ((*stream)->head().content_type, "application/json; charset=utf-8");
  EXPECT_EQ(read_all(**stream), "ok");
  EXPECT_THAT(engine.connection(0).received(), StartsWith("POST /v1/chat/completions HTTP/1.1\r\n"));
  EXPECT_THAT(engine.connection(0).received(), HasSubstr("\r\nConnection: close\r\n"));
  EXPECT_TRUE(engine.connection(0).received().ends_with("\r\n\r\n" + whole));
}

TEST_F(EngineUpstreamTest, TellsThePaceOfAStreamedAnswer) {
  const auto before = loop_.clock().now();
  {
    const auto stream = streaming();
    auto& connection = peer_->connection(0);
    for (const std::string piece : {"data: first\n\n", "data: 2\n\n", "data: 3\n\n"}) {
      connection.send(chunk(piece));
      EXPECT_EQ(read(*stream), piece);
    }
  }
  const auto after = loop_.clock().now();
  const auto flow = pace_.total(after);
  EXPECT_EQ(flow.pieces, 2U) << "from the first one on";
  EXPECT_EQ(flow.bytes, 18U);
  EXPECT_LE(flow.stream_time, after - before);
  EXPECT_EQ(pace_.total(after + 9s), flow) << "a stream that is gone takes no time";
}

TEST_F(EngineUpstreamTest, TellsNoPaceOfAPromptThatIsStillComputed) {
  const auto stream = streaming();
  auto& connection = peer_->connection(0);
  for (const std::string piece :
       {":\n\n", R"(data: {"choices":[],"prompt_progress":{"total":9,"processed":1}})"
                 "\n\n"}) {
    connection.send(chunk(piece));
    EXPECT_EQ(read(*stream), piece);
  }
  const auto now = loop_.clock().now() + 5s;
  EXPECT_EQ(pace_.total(now), Flow()) << "the stream has not begun";
}

TEST_F(EngineUpstreamTest, TellsNoPaceOfAnAnswerInOnePiece) {
  auto& engine = peer();
  engine.answer([](TestPeer::Connection& connection) { connection.send(json_answer("ok")); });
  auto stream = open(post(Rope("{}")));
  ASSERT_TRUE(stream);
  EXPECT_EQ(read_all(**stream), "ok");
  EXPECT_EQ(pace_.total(loop_.clock().now()), Flow());
}

TEST_F(EngineUpstreamTest, HandsOnEachPieceAsItComes) {
  const auto stream = streaming();
  auto& connection = peer_->connection(0);
  connection.send(chunk("data: 1\n\n"));
  EXPECT_EQ(read(*stream), "data: 1\n\n");
  const auto waiting = reading(*stream);
  loop_.context().poll();
  EXPECT_FALSE(waiting->has_value());
  connection.send(chunk("data: 2\n\n"));
  ASSERT_TRUE(loop_.run_until([&] { return waiting->has_value(); }));
  EXPECT_EQ(**waiting, "data: 2\n\n");
  connection.send(chunk(""));
  EXPECT_EQ(read(*stream), "");
  EXPECT_EQ(read(*stream), "");  // still its proper end
}

TEST_F(EngineUpstreamTest, ReadsManyChunksThatLieReady) {
  const auto stream = streaming();
  peer_->connection(0).send(chunk("a") + chunk("b") + chunk(std::string(40'000, 'c')) + chunk(""));
  const auto all = read_all(*stream);
  EXPECT_EQ(all, "ab" + std::string(40'000, 'c'));
}

TEST_F(EngineUpstreamTest, WaitsForTheRestOfAChunkThatArrivesInPieces) {
  const auto stream = streaming();
  auto& connection = peer_->connection(0);
  const auto waiting = reading(*stream);
  for (const char* piece : {"5", "\r", "\nhel"}) {
    connection.send(piece);
    loop_.context().restart();
    loop_.context().run_for(1ms);
  }
  ASSERT_TRUE(loop_.run_until([&] { return waiting->has_value(); }));
  EXPECT_EQ(**waiting, "hel");
  connection.send("lo\r\n0\r\n\r\n");
  EXPECT_EQ(read_all(*stream), "lo");
}

TEST_F(EngineUpstreamTest, ReportsAStreamThatEndsBeforeItsEnd) {
  const auto stream = streaming();
  peer_->connection(0).send(chunk("data: 1\n\n"));
  EXPECT_EQ(read(*stream), "data: 1\n\n");
  peer_->connection(0).close();
  const auto end = read(*stream);
  ASSERT_FALSE(end);
  EXPECT_EQ(end.error().code, ErrorCode::closed);
  EXPECT_EQ(read(*stream).error().code, ErrorCode::cancelled);  // it is closed on this side now
}

TEST_F(EngineUpstreamTest, ReportsAnAnswerShorterThanItSaid) {
  peer().answer([](TestPeer::Connection& connection) {
    connection.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nfour");
  });
  auto stream = open(post(Rope("{}")));
  ASSERT_TRUE(stream);
  EXPECT_EQ(read(**stream), "four");
  peer_->connection(0).close();
  EXPECT_EQ(read(**stream).error().code, ErrorCode::closed);
}

TEST_F(EngineUpstreamTest, TakesAnErrorStatusForAnAnswer) {
  peer().answer([](TestPeer::Connection& connection) {
    connection.send(json_answer(R"({"error":{"message":"Loading model"}})", "503 Service Unavailable"));
  });
  auto stream = open(post(Rope("{}")));
  ASSERT_TRUE(stream);
  EXPECT_EQ((*stream)->head().status, 503U);
  EXPECT_THAT(read_all(**stream), HasSubstr("Loading model"));
}

TEST_F(EngineUpstreamTest, ReadsAnAnswerThatComesBeforeTheRequestIsOut) {
  auto& engine = peer(TestPeer::Reading::off);
  const auto outcome = opening(post(Rope(std::string(std::size_t{8} * 1024 * 1024, 'x'))));
  ASSERT_TRUE(loop_.run_until([&] { return engine.count() == 1; }));
  engine.connection(0).send(json_answer("too long", "413 Payload Too Large"));
  ASSERT_TRUE(loop_.run_until([&] { return outcome->has_value(); }));
  auto& stream = **outcome;
  ASSERT_TRUE(stream) << stream.error().message;
  EXPECT_EQ((*stream)->head().status, 413U);
  EXPECT_EQ(read_all(**stream), "too long");
}

TEST_F(EngineUpstreamTest, ReadsTheAnswerOfAnEngineThatClosedInTheMiddleOfTheRequest) {
  auto& engine = peer(TestPeer::Reading::off);
  const auto outcome = opening(post(Rope(std::string(std::size_t{8} * 1024 * 1024, 'x'))));
  ASSERT_TRUE(loop_.run_until([&] { return engine.count() == 1; }));
  engine.connection(0).send(json_answer("too long", "413 Payload Too Large"));
  loop_.context().poll();
  engine.connection(0).close();
  ASSERT_TRUE(loop_.run_until([&] { return outcome->has_value(); }));
  ASSERT_TRUE(**outcome) << (**outcome).error().message;
  EXPECT_EQ((**outcome).value()->head().status, 413U);
}

TEST_F(EngineUpstreamTest, FailsWhenTheEngineClosesWithoutAnAnswer) {
  peer().answer([](TestPeer::Connection& connection) { connection.close(); });
  const auto stream = open(post(Rope("{}")));
  ASSERT_FALSE(stream);
  EXPECT_EQ(stream.error().code, ErrorCode::closed);
}

TEST_F(EngineUpstreamTest, FailsOnWhatIsNoHttp) {
  for (const std::string& answer :
       {std::string("HELLO THERE\r\n\r\n"), std::string("HTTP/1.1 2x0 OK\r\n\r\n"),
        "HTTP/1.1 200 OK\r\nX: " + std::string(100'000, 'y') + "\r\n\r\n"}) {
    peer_.reset();
    ::unlink(path_.c_str());
    peer().answer([&](TestPeer::Connection& connection) { connection.send(answer); });
    const auto stream = open(post(Rope("{}")));
    ASSERT_FALSE(stream) << answer.substr(0, 20);
    EXPECT_EQ(stream.error().code, ErrorCode::closed) << answer.substr(0, 20);
  }
}

TEST_F(EngineUpstreamTest, FailsOnABrokenChunk) {
  const auto stream = streaming();
  peer_->connection(0).send("zz\r\nwhat\r\n");
  EXPECT_EQ(read(*stream).error().code, ErrorCode::closed);
}

TEST_F(EngineUpstreamTest, KnowsNothingOfAnEngineThatIsGone) {
  addresses_.erase(kEpoch);
  EXPECT_EQ(open(post(Rope("{}"))).error().code, ErrorCode::not_found);
  EXPECT_EQ(busy_slots().error().code, ErrorCode::not_found);
}

TEST_F(EngineUpstreamTest, FailsWhereNobodyListens) {
  EXPECT_EQ(open(post(Rope("{}"))).error().code, ErrorCode::closed);
}

TEST_F(EngineUpstreamTest, RefusesASocketPathThatDoesNotFit) {
  addresses_.set(kEpoch,
                 {.socket_path = "/" + std::string(kSocketPathBytesMax, 'x'), .port = 0, .api_key = {}});
  EXPECT_EQ(open(post(Rope("{}"))).error().code, ErrorCode::invalid);
}

TEST_F(EngineUpstreamTest, WaitsForTheHeadUntilTheDeadline) {
  auto& engine = peer();
  const auto stream = open(post(Rope("{}")), 30ms);
  ASSERT_FALSE(stream);
  EXPECT_EQ(stream.error().code, ErrorCode::timeout);
  EXPECT_TRUE(loop_.run_until([&] { return engine.connection(0).gone(); }));
}

TEST_F(EngineUpstreamTest, WaitsForAPieceUntilTheDeadline) {
  const auto stream = streaming();
  EXPECT_EQ(read(*stream, 30ms).error().code, ErrorCode::timeout);
  EXPECT_TRUE(loop_.run_until([&] { return peer_->connection(0).gone(); }));
}

TEST_F(EngineUpstreamTest, GivesEachReadItsOwnDeadline) {
  const auto stream = streaming();
  auto& connection = peer_->connection(0);
  const auto quick = reading(*stream, 40ms);
  connection.send(chunk("a"));
  ASSERT_TRUE(loop_.run_until([&] { return quick->has_value(); }));
  EXPECT_EQ(**quick, "a");
  const auto patient = reading(*stream, 30s);
  loop_.context().restart();
  loop_.context().run_for(80ms);  // past the first deadline
  EXPECT_FALSE(patient->has_value());
  connection.send(chunk("b"));
  ASSERT_TRUE(loop_.run_until([&] { return patient->has_value(); }));
  EXPECT_EQ(**patient, "b");
  EXPECT_EQ(read(*stream, 30ms).error().code, ErrorCode::timeout);  // and a shorter one counts again
}

TEST_F(EngineUpstreamTest, ClosesAReadThatWaits) {
  const auto stream = streaming();
  const auto waiting = reading(*stream);
  loop_.context().poll();
  stream->close();
  stream->close();
  ASSERT_TRUE(loop_.run_until([&] { return waiting->has_value(); }));
  EXPECT_EQ((*waiting)->error().code, ErrorCode::cancelled);
  EXPECT_TRUE(loop_.run_until([&] { return peer_->connection(0).gone(); }));
}

TEST_F(EngineUpstreamTest, ClosesTheConnectionOfAStreamThatIsDestroyed) {
  auto stream = streaming();
  const auto waiting = reading(*stream);
  loop_.context().poll();
  EXPECT_FALSE(peer_->connection(0).gone());
  stream.reset();
  EXPECT_TRUE(loop_.run_until([&] { return peer_->connection(0).gone() && waiting->has_value(); }));
  EXPECT_EQ((*waiting)->error().code, ErrorCode::cancelled);
}

TEST_F(EngineUpstreamTest, EndsAnOpenWhoseCoroutineIsCancelled) {
  auto& engine = peer();
  boost::asio::cancellation_signal cancel;
  cancel_ = &cancel;
  const auto outcome = opening(post(Rope("{}")));
  ASSERT_TRUE(loop_.run_until([&] { return engine.has_request(0); }));
  cancel.emit(boost::asio::cancellation_type::terminal);
  ASSERT_TRUE(loop_.run_until([&] { return outcome->has_value() && engine.connection(0).gone(); }));
  EXPECT_EQ((*outcome)->error().code, ErrorCode::cancelled);
}

TEST_F(EngineUpstreamTest, EndsAReadWhoseCoroutineIsCancelled) {
  const auto stream = streaming();
  boost::asio::cancellation_signal cancel;
  cancel_ = &cancel;
  const auto waiting = reading(*stream);
  loop_.context().poll();
  cancel.emit(boost::asio::cancellation_type::terminal);
  ASSERT_TRUE(loop_.run_until([&] { return waiting->has_value() && peer_->connection(0).gone(); }));
  EXPECT_EQ((*waiting)->error().code, ErrorCode::cancelled);
}

TEST_F(EngineUpstreamTest, ClosesAllOfOneEngineAndNoneOfAnother) {
  constexpr Epoch kOther(2);
  auto& engine = peer();
  engine.answer([](TestPeer::Connection& connection) { connection.send(kStreamHead); });
  const auto first = open(post(Rope("{}")));
  const auto second = open(post(Rope("{}")));
  addresses_.set(kOther, {.socket_path = path_, .port = 0, .api_key = {}});
  const auto other = loop_.await(upstream_.open(kOther, post(Rope("{}")), loop_.in(30s)));
  engine.answer(nullptr);
  const auto waiting = opening(post(Rope("{}")));
  ASSERT_TRUE(loop_.run_until([&] { return engine.has_request(3); }));
  upstream_.close_all(kEpoch);
  ASSERT_TRUE(loop_.run_until([&] { return waiting->has_value() && engine.connection(3).gone(); }));
  EXPECT_EQ((*waiting)->error().code, ErrorCode::cancelled);
  EXPECT_TRUE(engine.connection(0).gone());
  EXPECT_TRUE(engine.connection(1).gone());
  EXPECT_FALSE(engine.connection(2).gone());
  EXPECT_EQ(read(**first).error().code, ErrorCode::cancelled);
}

TEST_F(EngineUpstreamTest, RefusesMoreConnectionsThanItsBound) {
  addresses_.set(kEpoch, {.socket_path = {}, .port = 1, .api_key = {}});
  std::vector<std::shared_ptr<std::optional<OpenResult>>> outcomes;
  for (std::size_t i = 0; i <= EngineUpstream::kConnectionsMax; ++i)
    outcomes.push_back(opening(post(Rope("{}"))));
  ASSERT_TRUE(loop_.run_until([&] { return outcomes.back()->has_value(); }));
  EXPECT_EQ((*outcomes.back())->error().code, ErrorCode::limit);
}

// llama-server lets five connections wait; this one lets none.
TEST_F(EngineUpstreamTest, TriesAgainWhereTheQueueIsFull) {
  const int listener = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path_.copy(address.sun_path, path_.size());
  ASSERT_EQ(::bind(listener, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  ASSERT_EQ(::listen(listener, 0), 0);
  std::vector<std::shared_ptr<std::optional<OpenResult>>> outcomes;
  for (int i = 0; i < 4; ++i) outcomes.push_back(opening(post(Rope("{}"))));
  loop_.context().restart();
  loop_.context().run_for(20ms);
  for (const auto& outcome : outcomes) EXPECT_FALSE(outcome->has_value());
  for (const auto& outcome : outcomes) {
    const int accepted = ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
    const auto answer = json_answer("ok");
    ASSERT_EQ(::write(accepted, answer.data(), answer.size()), static_cast<ssize_t>(answer.size()));
    ASSERT_TRUE(loop_.run_until(
        [&] { return std::ranges::any_of(outcomes, [](const auto& o) { return o->has_value(); }); }));
    loop_.context().restart();
    loop_.context().run_for(10ms);
    ::close(accepted);
    std::ignore = outcome;
  }
  ASSERT_TRUE(loop_.run_until(
      [&] { return std::ranges::all_of(outcomes, [](const auto& o) { return o->has_value(); }); }));
  ::close(listener);
  for (const auto& outcome : outcomes) EXPECT_TRUE(**outcome) << (**outcome).error().message;
}

TEST_F(EngineUpstreamTest, GivesUpOnAFullQueueAtTheDeadline) {
  const int listener = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path_.copy(address.sun_path, path_.size());
  ASSERT_EQ(::bind(listener, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  ASSERT_EQ(::listen(listener, 0), 0);
  const auto filler = opening(post(Rope("{}")));
  loop_.context().poll();
  EXPECT_EQ(open(post(Rope("{}")), 30ms).error().code, ErrorCode::timeout);
  ::close(listener);
}

TEST_F(EngineUpstreamTest, ReachesAnOldEngineByPortAndKey) {
  boost::asio::ip::tcp::acceptor acceptor(loop_.context(), {boost::asio::ip::address_v4::loopback(), 0});
  addresses_.set(kEpoch, {.socket_path = {}, .port = acceptor.local_endpoint().port(), .api_key = "k1"});
  std::string received;
  std::array<char, 1000> buffer{};
  boost::asio::ip::tcp::socket socket(loop_.context());
  acceptor.async_accept(socket, [&](boost::system::error_code) {
    boost::asio::async_write(
        socket, boost::asio::buffer(std::string_view("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")),
        [](boost::system::error_code, std::size_t) {});
    socket.async_read_some(boost::asio::buffer(buffer), [&](boost::system::error_code, std::size_t got) {
      received.assign(buffer.data(), got);
    });
  });
  const auto stream = open(post(Rope("{}")));
  ASSERT_TRUE(stream) << stream.error().message;
  ASSERT_TRUE(loop_.run_until([&] { return received.contains("\r\n\r\n"); }));
  EXPECT_THAT(received, HasSubstr("\r\nAuthorization: Bearer k1\r\n"));
}

TEST_F(EngineUpstreamTest, AsksTheEngineWhichSlotsWork) {
  auto& engine = peer();
  engine.answer([](TestPeer::Connection& connection) {
    connection.send(json_answer(R"([{"id":0,"is_processing":true},{"id":1,"is_processing":false}])"));
  });
  EXPECT_EQ(busy_slots(), 1U);
  EXPECT_THAT(engine.connection(0).received(), StartsWith("GET /slots HTTP/1.1\r\n"));
}

TEST_F(EngineUpstreamTest, CannotSayWhereTheEngineDoesNot) {
  peer().answer(
      [](TestPeer::Connection& connection) { connection.send(json_answer("{}", "501 Not Implemented")); });
  const auto busy = busy_slots();
  ASSERT_FALSE(busy);
  EXPECT_EQ(busy.error().code, ErrorCode::invalid);
  EXPECT_EQ(busy.error().message, "the engine answers /slots with status 501");
}

TEST_F(EngineUpstreamTest, BoundsTheAnswersThatItReadsItself) {
  peer().answer([](TestPeer::Connection& connection) {
    connection.send(json_answer(std::string(kSmallAnswerBytesMax + 1, ' ')));
  });
  EXPECT_EQ(busy_slots().error().code, ErrorCode::limit);
}

TEST_F(EngineUpstreamTest, AsksForSlotsUntilTheDeadline) {
  peer();
  EXPECT_EQ(busy_slots(30ms).error().code, ErrorCode::timeout);
}

}  // namespace
}  // namespace signalbox::engine
