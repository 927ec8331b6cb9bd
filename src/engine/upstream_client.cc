#include "engine/upstream_client.h"

#include <string>
#include <string_view>

#include <fmt/format.h>

#include "engine/slot_list.h"

namespace signalbox::engine {
namespace {

namespace asio = boost::asio;

// Of a streamed answer: the slot is free by then.
constexpr std::string_view kLastEvent = "data: [DONE]\n\n";
constexpr std::string_view kEventEnd = "\n\n";

// What comes before the first token: pings, and how far the prompt has been computed.
bool is_prefill(std::string_view piece) {
  return piece.starts_with(':') || piece.contains("\"prompt_progress\"");
}

// An event may be cut in two between its line ends; one more or less does not matter here.
std::uint64_t count_events(std::string_view bytes) {
  std::uint64_t count = 0;
  for (auto at = bytes.find(kEventEnd); at != std::string_view::npos; at = bytes.find(kEventEnd, at + 1))
    ++count;
  return count;
}

class EngineStream final : public UpstreamStream {
 public:
  // `pace`: null for an answer that comes in one piece.
  EngineStream(std::shared_ptr<EngineConnection> connection, UpstreamHead head, SlotLease lease,
               TokenPace* pace, const Clock& clock)
      : lease_(std::move(lease)),
        connection_(std::move(connection)),
        head_(std::move(head)),
        pace_(pace, clock) {}
  ~EngineStream() override { connection_->close(); }
  EngineStream(const EngineStream&) = delete;
  EngineStream& operator=(const EngineStream&) = delete;

  [[nodiscard]] const UpstreamHead& head() const override { return head_; }
  asio::awaitable<Result<std::string_view>> read(TimePoint deadline) override {
    auto bytes = co_await connection_->read(deadline);
    if (!bytes) co_return bytes;  // perhaps because this is gone
    // The client may ask its next turn before the body's own end has come.
    events_ += count_events(*bytes);
    if (bytes->empty() || bytes->ends_with(kLastEvent)) lease_.finished(events_);
    if (bytes->empty()) {
      pace_.end();
    } else if (pace_.has_begun() || !is_prefill(*bytes)) {
      pace_.came(bytes->size());
    }
    co_return bytes;
  }
  void close() override {
    pace_.end();
    connection_->close();
  }

 private:
  SlotLease lease_;
  std::shared_ptr<EngineConnection> connection_;
  UpstreamHead head_;
  StreamPace pace_;
  std::uint64_t events_ = 0;  // of a streamed answer: about one for each token
};

// In front of what the client sent; its own `id_slot`, if it has one, was seen before.
void choose_slot(Rope& body, kv::SlotIndex slot) {
  body.insert_after('{', fmt::format(R"("id_slot":{},)", slot));
}

}  // namespace

EngineUpstream::~EngineUpstream() {
  for (const auto& known : known_) {
    if (const auto connection = known.connection.lock()) connection->close();
  }
}

Result<std::shared_ptr<EngineConnection>> EngineUpstream::connect(Epoch epoch) {
  std::erase_if(known_, [](const Known& known) { return known.connection.expired(); });
  if (known_.size() >= kConnectionsMax) return fail(ErrorCode::limit, "too many connections to the engine");
  auto connection = EngineConnection::make(loop_, clock_);
  known_.push_back({.epoch = epoch, .connection = connection});
  return connection;
}

// No capture, and nothing of `this` after the first suspension: a stream may outlive the upstream.
asio::awaitable<Result<std::unique_ptr<UpstreamStream>>> EngineUpstream::open(Epoch epoch,
                                                                              UpstreamRequest request,
                                                                              TimePoint deadline) {
  auto address = addresses_.find(epoch);
  if (!address) co_return fail(ErrorCode::not_found, "the engine is gone");
  auto connection = connect(epoch);
  if (!connection) co_return std::unexpected(connection.error());
  const Clock& clock = clock_;
  auto* const pace = pace_;
  const auto began = clock.now();
  SlotLease lease;
  if (carry_) lease = co_await KvCarry::prepare(carry_, epoch, std::move(request.prompt));
  const auto prepared = clock.now() - began;
  if (lease.slot()) choose_slot(request.body, *lease.slot());
  lease.sent();
  auto head = co_await (*connection)->exchange(std::move(*address), std::move(request), deadline);
  if (!head) co_return std::unexpected(head.error());
  head->prepared = prepared;
  const bool is_streamed = head->content_type.starts_with("text/event-stream");
  co_return std::make_unique<EngineStream>(std::move(*connection), std::move(*head), std::move(lease),
                                           is_streamed ? pace : nullptr, clock);
}

asio::awaitable<Result<std::uint32_t>> EngineUpstream::busy_slots(Epoch epoch, TimePoint deadline) {
  auto address = addresses_.find(epoch);
  if (!address) co_return fail(ErrorCode::not_found, "the engine is gone");
  auto connection = connect(epoch);
  if (!connection) co_return std::unexpected(connection.error());
  const auto carry = carry_;
  const auto answer = co_await get(std::move(*connection), std::move(*address), "/slots", deadline);
  if (!answer) co_return std::unexpected(answer.error());
  if (answer->status != 200) {
    co_return fail(ErrorCode::invalid,
                   fmt::format("the engine answers /slots with status {}", answer->status));
  }
  const auto slots = read_slots(answer->body);
  if (!slots) co_return std::unexpected(slots.error());
  if (carry) carry->free_at_engine(epoch, slots->idle);
  co_return slots->busy;
}

void EngineUpstream::close_all(Epoch epoch) {
  for (const auto& known : known_) {
    if (known.epoch != epoch) continue;
    if (const auto connection = known.connection.lock()) connection->close();
  }
}

}  // namespace signalbox::engine
