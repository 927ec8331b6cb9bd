// How an engine's life ends: by itself, with a second start where that can help, or because it is told to.
#include <csignal>
#include <unistd.h>
#include <utility>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <fmt/format.h>

#include "base/log.h"
#include "engine/engine_life.h"
#include "engine/progress_protocol.h"

namespace signalbox::engine {
namespace {

namespace asio = boost::asio;

bool says_address_is_taken(std::string_view words) {
  return words.contains("bind") || words.contains("ddress already in use");
}

bool had_time_to_say_why(const ProcessEnd& end) {
  return end.how == ProcessEnd::How::exited ||
         (end.how == ProcessEnd::How::signalled && end.number != SIGKILL);
}

std::string_view file_name(std::string_view path) {
  return path.substr(path.find_last_of('/') + 1);
}

}  // namespace

bool EngineLife::lost_its_port(const ProcessEnd& end) const {
  return phase_ == Phase::loading && wanted() && !port_tried_again_ && address_.port != 0 &&
         end.how == ProcessEnd::How::exited && says_address_is_taken(last_words_.of_failed_start());
}

// Whether its device could not take what it was told, as far as can be seen.
bool EngineLife::failed_with_its_fit(const ProcessEnd& end) const {
  return fit_ && phase_ == Phase::loading && wanted() && !was_healthy_ && had_time_to_say_why(end);
}

void EngineLife::process_ended(const ProcessEnd& how) {
  process_.reset();
  if (lost_its_port(how)) {
    port_tried_again_ = true;
    log::info("engine port lost", {{"epoch", epoch_.value()}, {"port", address_.port}});
    return try_again();
  }
  // Of one that dies later nobody knows why.
  if (fit_ && !asked_to_end_) around_.fits->forget(model_);
  if (failed_with_its_fit(how)) {
    around_.fits->failed(model_, fingerprint_);
    log::warning("device fit failed",
                 {{"model", model().name}, {"epoch", epoch_.value()}, {"reason", reason(how)}});
    return try_again();
  }
  end(reason(how));
}

void EngineLife::try_again() {
  if (!address_.socket_path.empty()) ::unlink(address_.socket_path.c_str());  // it is in the next one's way
  told_ = Told::nothing;
  last_words_ = {};
  info_ = {};
  pid_ = 0;
  loaded_at_.reset();
  told_progress_.reset();
  progress_.reset();
  spawn();
}

std::string EngineLife::reason(const ProcessEnd& end) const {
  auto sentence = fmt::format("{} {}", file_name(program_.command.front()), describe(end));
  if (!had_time_to_say_why(end) || asked_to_end_) return sentence;
  const auto words = phase_ == Phase::serving ? last_words_.of_crash() : last_words_.of_failed_start();
  return words.empty() ? sentence : sentence + ": " + words;
}

void EngineLife::end(std::string reason) {
  if (phase_ == Phase::ended) return;
  phase_ = Phase::ended;
  if (!address_.socket_path.empty()) ::unlink(address_.socket_path.c_str());
  around_.addresses.erase(epoch_);
  if (around_.carry) around_.carry->engine_gone(epoch_);
  if (around_.memory) around_.memory->gone(epoch_);
  stop_waiting();
  log::write(asked_to_end_ ? log::Level::info : log::Level::warning, "engine exited",
             {{"model", model().name}, {"epoch", epoch_.value()}, {"reason", reason}});
  around_.observer.engine_exited(epoch_, {.reason = std::move(reason), .save = save_});
}

// There is no process yet whose end would be the news.
void EngineLife::end_soon() {
  asio::post(around_.loop,
             [self = shared_from_this()] { self->end("the engine was stopped before it was started"); });
}

void EngineLife::stop() {
  if (phase_ == Phase::ended) return;
  asked_to_end_ = true;
  stop_waiting();
  if (!process_) return end_soon();
  // With all that its conversations have grown to.
  if (around_.memory) around_.memory->measure(epoch_);
  if (!around_.carry || phase_ != Phase::serving) return ask_to_exit();
  asio::co_spawn(around_.loop, save_and_exit(shared_from_this()), [](const std::exception_ptr& error) {
    if (error) std::rethrow_exception(error);  // a bug: nothing in there is meant to throw
  });
}

asio::awaitable<void> EngineLife::save_and_exit(std::shared_ptr<EngineLife> self) {
  const auto began = self->around_.clock.now();
  co_await KvCarry::save_all(self->around_.carry, self->epoch_);
  self->save_ = self->around_.clock.now() - began;
  self->ask_to_exit();
}

void EngineLife::ask_to_exit() {
  if (process_) process_->ask_to_exit(is_llama_server() ? kExitCommand : "");
}

void EngineLife::kill() {
  if (phase_ == Phase::ended) return;
  asked_to_end_ = true;
  stop_waiting();
  if (fit_) around_.fits->forget(model_);                 // it may be what hangs
  if (around_.carry) around_.carry->engine_gone(epoch_);  // what is asked of it ends
  if (process_) return process_->kill();
  end_soon();
}

void EngineLife::abandon() {
  if (phase_ == Phase::ended) return;
  phase_ = Phase::ended;
  around_.addresses.erase(epoch_);
  if (around_.carry) around_.carry->engine_gone(epoch_);
  if (!address_.socket_path.empty()) ::unlink(address_.socket_path.c_str());
  // Reset, because the process holds this object in turn.
  if (process_) std::exchange(process_, nullptr)->abandon();
  stop_waiting();
}

void EngineLife::stop_waiting() {
  something_new_.cancel();
  if (question_) question_->close();
}

}  // namespace signalbox::engine
