// Serves one chat, completions or responses request from its body to its last byte: read, admit, wait and
// tell, run and pass on, once more if its engine dies too early (docs/life-of-a-request.md). Four files:
// generation.cc begins and ends it, generation_waiting.cc waits, generation_answering.cc is the time at the
// engine, generation_counting.cc the metrics.
#pragma once

#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include <boost/asio/awaitable.hpp>

#include "api/answer.h"
#include "api/error.h"
#include "api/request.h"
#include "api/sse.h"
#include "control/ticket.h"
#include "http/exchange.h"
#include "http/services.h"

namespace signalbox::http {

// Loop thread only. One object a request, alive for the time of serve(). Services outlive it.
class Generation {
 public:
  Generation(Services& services, std::shared_ptr<Exchange> exchange, api::Route route);
  Generation(const Generation&) = delete;
  Generation& operator=(const Generation&) = delete;
  ~Generation();
  boost::asio::awaitable<void> serve();

 private:
  enum class Outcome { go_on, over };

  // The engine's stream as far as it was read.
  struct Reading {
    api::SseReader reader{};
    api::SseEvent event{};
    TimePoint last_event;
  };
  using EventHandler = std::function<Result<api::Ended>(const api::SseEvent& event)>;
  // Why an answer cannot go on, and what that says about the engine.
  struct Breakage {
    Error error;
    sched::Closing closing;
  };
  using Step = std::expected<api::Ended, Breakage>;

  // An engine's error body is read up to this length.
  static constexpr std::size_t kEngineErrorBytesMax = std::size_t{64} * 1024;
  static constexpr Duration kUpstreamEndTimeout = std::chrono::seconds(1);

  boost::asio::awaitable<std::optional<api::ApiError>> read_request();
  [[nodiscard]] std::optional<api::ApiError> resolve_model();
  [[nodiscard]] std::optional<api::ApiError> choose_service_tier();
  [[nodiscard]] std::optional<api::ApiError> choose_status_options();
  [[nodiscard]] std::optional<api::ApiError> admit();

  boost::asio::awaitable<Outcome> wait_for_start();
  boost::asio::awaitable<Outcome> tell(api::StatusReport report);
  [[nodiscard]] api::StatusReport report_of(const sched::RequestStatus& status) const;

  // go_on: its engine is gone before the client had a byte of the answer, and it waits again.
  boost::asio::awaitable<Outcome> run();
  [[nodiscard]] Prompt prompt() const;
  [[nodiscard]] UpstreamRequest upstream_request();
  // Hands the events of the next bytes on.
  boost::asio::awaitable<Step> read_events(UpstreamStream& upstream, Reading& reading,
                                           const EventHandler& handle);
  boost::asio::awaitable<Outcome> pass_stream(UpstreamStream& upstream);
  boost::asio::awaitable<Outcome> collect_whole(UpstreamStream& upstream);
  boost::asio::awaitable<Outcome> pass_engine_error(UpstreamStream& upstream);
  boost::asio::awaitable<void> end_upstream(UpstreamStream& upstream, std::uint64_t tokens);
  // The answer cannot go on: ends the request and tells the client, by HTTP status or in its stream. go_on:
  // as for run.
  boost::asio::awaitable<Outcome> break_off(Error error, sched::Closing closing);
  void begin_again(const control::Requeued& requeued);
  // It will not be sent to an engine once more.
  void forget_body();
  boost::asio::awaitable<void> fail(api::ApiError error);
  boost::asio::awaitable<Outcome> send(std::string bytes);

  // For the metrics. The first end counts: what comes after it is how the client is told.
  void count_start();
  void count_part();
  void count_answer(std::uint64_t tokens);
  void count_failure(api::ErrorKind kind);
  void count_client_left(metrics::Stage stage);
  void count_end(metrics::Outcome outcome);

  Services& services_;
  std::shared_ptr<Exchange> exchange_;
  const api::Route route_;
  HeldBytes held_;
  Body body_;
  api::GenerationRequest request_;
  ModelIndex model_;
  api::ServiceTier service_tier_ = api::ServiceTier::standard;
  api::AnswerOptions answer_options_;
  std::shared_ptr<control::Ticket> ticket_;
  control::Started started_;
  std::unique_ptr<api::StreamedAnswer> streamed_;
  TimePoint admitted_at_;
  std::optional<TimePoint> started_at_;
  bool head_sent_ = false;
  bool first_part_came_ = false;
  bool was_replayed_ = false;
  bool end_is_open_ = false;   // it named a model, and how it ends is not counted yet
  bool engine_words_ = false;  // the error quotes the engine, which may quote the prompt: not for the log
};

}  // namespace signalbox::http
