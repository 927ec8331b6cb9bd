// An engine launcher and an upstream for the tests of control/: they keep a history and do what the test
// says.
#pragma once

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <fmt/format.h>

#include "ports/engine_launcher.h"
#include "ports/upstream.h"

namespace signalbox::control {

class FakeEngineLauncher final : public EngineLauncher {
 public:
  void observe(EngineObserver& observer) override { observer_ = &observer; }
  void check(ModelIndex model) override { history.push_back(fmt::format("check {}", model.value())); }
  void check_memory(ModelIndex model) override { history.push_back(fmt::format("memory {}", model.value())); }
  void start(ModelIndex model, Epoch epoch) override {
    history.push_back(fmt::format("start {}", model.value()));
    last_epoch = epoch;
  }
  void stop(Epoch /*epoch*/) override { history.emplace_back("stop"); }
  void kill(Epoch /*epoch*/) override { history.emplace_back("kill"); }
  void read_ahead(ModelIndex model) override { reading = model; }
  void stop_reading_ahead() override { reading.reset(); }

  void file_is_good(ModelIndex model) { observer_->model_file_checked(model, {}); }
  void file_is_bad(ModelIndex model, std::string why) {
    observer_->model_file_checked(model, fail(ErrorCode::not_found, std::move(why)));
  }
  void memory_suffices(ModelIndex model) { observer_->memory_checked(model, true); }
  void memory_runs_short() { observer_->memory_short(); }
  void progress(std::uint32_t thousandths) { observer_->engine_progressed(last_epoch, thousandths); }
  void ready(std::uint32_t slots) {
    EngineInfo info;
    info.slots = slots;
    observer_->engine_ready(last_epoch, info);
  }
  void exits(std::string reason) { exits_of(last_epoch, std::move(reason)); }
  void exits_of(Epoch epoch, std::string reason) {
    observer_->engine_exited(epoch, EngineExit{.reason = std::move(reason)});
  }

  std::vector<std::string> history;
  std::optional<ModelIndex> reading;  // ahead, at the moment
  Epoch last_epoch;

 private:
  EngineObserver* observer_ = nullptr;
};

// A stream that never sends anything and ends when it is closed.
class SilentStream final : public UpstreamStream {
 public:
  explicit SilentStream(const boost::asio::any_io_executor& executor) : timer_(executor) {}
  [[nodiscard]] const UpstreamHead& head() const override { return head_; }
  boost::asio::awaitable<Result<std::string_view>> read(TimePoint /*deadline*/) override {
    while (!closed_) {
      timer_.expires_after(std::chrono::hours(1));
      co_await timer_.async_wait(boost::asio::as_tuple(boost::asio::use_awaitable));
    }
    co_return fail(ErrorCode::cancelled, "closed");
  }
  void close() override {
    closed_ = true;
    timer_.cancel();
  }

 private:
  UpstreamHead head_{.status = 200, .content_type = "text/event-stream"};
  boost::asio::steady_timer timer_;
  bool closed_ = false;
};

class FakeUpstream final : public Upstream {
 public:
  explicit FakeUpstream(boost::asio::any_io_executor executor) : executor_(std::move(executor)) {}

  boost::asio::awaitable<Result<std::unique_ptr<UpstreamStream>>> open(Epoch /*epoch*/,
                                                                       UpstreamRequest request,
                                                                       TimePoint /*deadline*/) override {
    targets.push_back(request.target);
    co_return std::make_unique<SilentStream>(executor_);
  }
  boost::asio::awaitable<Result<std::uint32_t>> busy_slots(Epoch /*epoch*/, TimePoint /*deadline*/) override {
    ++busy_asked;
    if (!answers_slots) co_return fail(ErrorCode::closed, "connection refused");
    co_return busy;
  }
  void close_all(Epoch epoch) override { closed.push_back(epoch); }

  std::vector<std::string> targets;
  std::vector<Epoch> closed;
  std::uint32_t busy = 0;
  bool answers_slots = true;
  int busy_asked = 0;

 private:
  boost::asio::any_io_executor executor_;
};

}  // namespace signalbox::control
