#include "engine/read_ahead.h"

#include <exception>
#include <utility>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "base/log.h"
#include "engine/file_answer.h"

namespace signalbox::engine {
namespace {

namespace asio = boost::asio;
using End = ReadAheadNews::End;

std::string_view text_of(End end) {
  switch (end) {
    case End::complete:
      return "complete";
    case End::stopped:
      return "stopped";
    case End::memory_short:
      return "memory is short";
    case End::clients_slowed:
      return "clients were slowed down";
    case End::file_changed:
      return "the file changed";
    case End::file_unreadable:
      return "the file cannot be read";
    case End::disk_stuck:
      return "the disk does not answer";
  }
  return "";
}

End end_after(ModelReader::Step step) {
  switch (step) {
    case ModelReader::Step::complete:
      return End::complete;
    case ModelReader::Step::memory_short:
      return End::memory_short;
    case ModelReader::Step::file_changed:
      return End::file_changed;
    case ModelReader::Step::file_unreadable:
      return End::file_unreadable;
    case ModelReader::Step::more:
    case ModelReader::Step::stopped:
      break;
  }
  return End::stopped;
}

}  // namespace

// One file's reading. Its coroutine may outlive the ReadAhead by the step that a slow disk holds up; then it
// has ended, and touches nothing of what it was lent.
class ReadAhead::Run {
 public:
  Run(const ReadAhead& owner, const Target& target)
      : loop_(owner.loop_),
        clock_(owner.clock_),
        pace_(owner.pace_),
        observer_(owner.observer_),
        files_(owner.files_),
        pause_(owner.options_.pause),
        model_(target.model),
        name_(target.name),
        reader_(std::make_shared<ModelReader>(target.path, target.engines, owner.options_.reader)),
        began_(clock_.now()),
        before_(pace_.recent(began_)),
        mark_(pace_.total(began_)),
        timer_(loop_) {}

  static asio::awaitable<void> read(std::shared_ptr<Run> self) {
    while (!self->ended_) {
      const auto step = co_await ask_files<ModelReader::Step>(
          self->files_, self->loop_, kStepPatience, [reader = self->reader_] { return reader->step(); });
      if (self->ended_) co_return;
      if (!step) co_return self->end(End::disk_stuck);
      if (*step != ModelReader::Step::more) co_return self->end(end_after(*step));
      co_await give_way(self);
    }
  }

  void end(End why) {
    if (std::exchange(ended_, true)) return;
    reader_->stop();
    timer_.cancel();
    const ReadAheadNews news{.model = model_,
                             .end = why,
                             .bytes_read = reader_->bytes_read(),
                             .bytes_resident = reader_->bytes_resident(),
                             .pauses = pauses_,
                             .took = clock_.now() - began_};
    log::info("model file read ahead", {{"model", name_},
                                        {"end", text_of(why)},
                                        {"bytes_read", news.bytes_read},
                                        {"bytes_resident", news.bytes_resident},
                                        {"pauses", pauses_},
                                        {"ms", to_ms(news.took)}});
    observer_.read_ahead_ended(news);
  }

 private:
  // While answers come slower than before.
  static asio::awaitable<void> give_way(std::shared_ptr<Run> self) {
    if (self->before_.pieces < kPiecesMin) co_return co_await learn_pace(self);
    const auto change = compare(self->before_, self->since_mark());
    if (change == PaceChange::unknown) co_return;
    self->set_mark();
    bool slowed = change == PaceChange::slowed;
    while (slowed && !self->ended_) {
      if (self->pauses_ == kPausesMax) co_return self->end(End::clients_slowed);
      ++self->pauses_;
      self->timer_.expires_after(self->pause_);
      co_await self->timer_.async_wait(asio::as_tuple(asio::use_awaitable));
      if (self->ended_) co_return;
      slowed = self->look_at_pause();
    }
  }

  // Once answers come of which nothing was known when this began: how they come without it.
  static asio::awaitable<void> learn_pace(std::shared_ptr<Run> self) {
    if (self->has_learnt_ || self->since_mark().pieces < kPiecesMin) co_return;
    self->has_learnt_ = true;
    self->set_mark();
    for (std::uint32_t i = 0; i < kPausesMax && self->since_mark().pieces < kPiecesMin && !self->ended_;
         ++i) {
      self->timer_.expires_after(self->pause_);
      co_await self->timer_.async_wait(asio::as_tuple(asio::use_awaitable));
    }
    self->before_ = self->since_mark();
    self->set_mark();
  }

  // Whether to pause once more. What came without this reading is what it is measured by from now on: a pace
  // that stayed low was not its doing, and answers become slower of themselves as they grow.
  bool look_at_pause() {
    const auto flow = since_mark();
    const bool tells_pace = flow.pieces >= kPiecesMin;
    if (!tells_pace && compare(before_, flow) == PaceChange::slowed) return true;
    if (tells_pace) before_ = flow;
    set_mark();
    return false;
  }

  [[nodiscard]] Flow since_mark() const { return pace_.total(clock_.now()) - mark_; }
  void set_mark() { mark_ = pace_.total(clock_.now()); }

  asio::any_io_executor loop_;
  const Clock& clock_;
  const TokenPace& pace_;
  ReadAheadObserver& observer_;
  std::shared_ptr<FileThread> files_;
  Duration pause_;
  ModelIndex model_;
  std::string name_;
  std::shared_ptr<ModelReader> reader_;
  TimePoint began_;
  Flow before_;  // as answers came without this reading
  Flow mark_;    // what came since then is compared next
  std::uint32_t pauses_ = 0;
  bool has_learnt_ = false;
  bool ended_ = false;
  asio::steady_timer timer_;
};

ReadAhead::ReadAhead(asio::any_io_executor loop, const Clock& clock, const TokenPace& pace,
                     ReadAheadObserver& observer, Options options)
    : loop_(std::move(loop)),
      clock_(clock),
      pace_(pace),
      observer_(observer),
      options_(std::move(options)),
      files_(std::make_shared<FileThread>(loop_)) {}

ReadAhead::~ReadAhead() {
  stop();
}

void ReadAhead::start(const Target& target) {
  stop();
  run_ = std::make_shared<Run>(*this, target);
  asio::co_spawn(loop_, Run::read(run_), [](const std::exception_ptr& error) {
    if (error) std::rethrow_exception(error);  // a bug: nothing in there is meant to throw
  });
}

void ReadAhead::stop() {
  if (run_) std::exchange(run_, nullptr)->end(End::stopped);
}

}  // namespace signalbox::engine
