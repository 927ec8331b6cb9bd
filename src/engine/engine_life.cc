#include "engine/engine_life.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <sys/random.h>
#include <utility>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <fmt/format.h>

#include "base/log.h"
#include "engine/engine_sizes.h"
#include "engine/fingerprint.h"
#include "engine/load_progress.h"
#include "engine/own_command.h"
#include "engine/runtime_folder.h"

namespace signalbox::engine {
namespace {

namespace asio = boost::asio;
using std::chrono::milliseconds;
using std::chrono::seconds;

// How often /health is asked: without the progress protocol; after its `ready`, since the first answer may
// still be a 503; and while the protocol says that it loads, in case its `ready` has changed its form.
constexpr milliseconds kPollBlind{15};
constexpr milliseconds kPollReady{10};
constexpr milliseconds kPollTold{500};
// So many healthy answers in a row make it ready although the protocol does not say so.
constexpr int kHealthyEnough = 3;
constexpr unsigned kOk = 200;
constexpr seconds kHealthPatience{5};
constexpr seconds kSizesPatience{10};
constexpr std::size_t kLoggedBytesMax = 512;
constexpr std::size_t kKeyBytes = 16;

Result<std::string> make_key() {
  std::array<unsigned char, kKeyBytes> random{};
  if (::getrandom(random.data(), random.size(), 0) != static_cast<ssize_t>(random.size())) {
    return fail(ErrorCode::io, "the system gives no random bytes");
  }
  std::string key;
  for (const auto byte : random) key += fmt::format("{:02x}", byte);
  return key;
}

// Free now; another program may take it before the engine does.
Result<std::uint16_t> free_port(const asio::any_io_executor& loop) {
  boost::system::error_code error;
  asio::ip::tcp::acceptor probe(loop);
  const asio::ip::tcp::endpoint any(asio::ip::address_v4::loopback(), 0);
  probe.open(any.protocol(), error);
  if (!error) probe.bind(any, error);
  const auto bound = error ? any : probe.local_endpoint(error);
  if (error) return fail(ErrorCode::io, fmt::format("no free port on 127.0.0.1: {}", error.message()));
  return bound.port();
}

}  // namespace

EngineLife::EngineLife(LifeSurroundings around, ModelIndex model, Epoch epoch, const ModelFiles& files)
    : around_(std::move(around)),
      model_(model),
      epoch_(epoch),
      files_(files),
      started_at_(around_.clock.now()),
      runs_since_(started_at_),
      something_new_(around_.loop) {}

const EngineModel& EngineLife::model() const {
  return around_.options->models[to_index(model_)];
}

void EngineLife::start() {
  asio::co_spawn(around_.loop, live(shared_from_this()), [](const std::exception_ptr& error) {
    if (error) std::rethrow_exception(error);  // a bug: nothing in there is meant to throw
  });
}

asio::awaitable<void> EngineLife::live(std::shared_ptr<EngineLife> self) {
  // Whether it is still wanted is looked at after each wait.
  if (self->is_llama_server()) {
    auto program = co_await self->around_.programs->find();
    if (!self->wanted()) co_return;
    if (!program) {
      self->end(program.error().message);
      co_return;
    }
    self->program_ = std::move(*program);
  } else {
    self->program_.command = self->model().command;
  }
  self->spawn();
  co_await wait_for_health(self);
  if (!self->wanted()) co_return;
  self->was_healthy_ = true;
  co_await ask_for_sizes(self);
  if (!self->wanted()) co_return;
  self->phase_ = Phase::serving;
  self->info_.times = self->load_times();
  log::info("engine ready", {{"model", self->model().name},
                             {"epoch", self->epoch_.value()},
                             {"slots", self->info_.slots},
                             {"ms", to_ms(self->around_.clock.now() - self->started_at_)}});
  self->carry_on();
  self->note_fit();
  if (self->around_.memory) self->around_.memory->measure(self->epoch_);
  self->around_.observer.engine_ready(self->epoch_, self->info_);
}

asio::awaitable<std::optional<std::string>> EngineLife::ask(std::shared_ptr<EngineLife> self,
                                                            std::string target, Duration patience) {
  const auto& around = self->around_;
  self->question_ = EngineConnection::make(around.loop, around.clock);
  auto answer =
      co_await get(self->question_, self->address_, std::move(target), around.clock.now() + patience);
  self->question_.reset();
  if (!answer || answer->status != kOk) co_return std::nullopt;
  co_return std::move(answer->body);
}

asio::awaitable<void> EngineLife::wait_for_health(std::shared_ptr<EngineLife> self) {
  int healthy = 0;
  while (self->wanted()) {
    const auto answer = co_await ask(self, self->model().health, kHealthPatience);
    if (!self->wanted()) co_return;
    self->look_at_pages();
    healthy = answer ? healthy + 1 : 0;
    if (healthy > 0 && (self->told_ != Told::loading || healthy >= kHealthyEnough)) co_return;
    const auto pause = self->told_ == Told::nothing   ? kPollBlind
                       : self->told_ == Told::loading ? kPollTold
                                                      : kPollReady;
    self->something_new_.expires_after(pause);
    co_await self->something_new_.async_wait(asio::as_tuple(asio::use_awaitable));
  }
}

asio::awaitable<void> EngineLife::ask_for_sizes(std::shared_ptr<EngineLife> self) {
  self->info_.slots = std::max(self->model().slots, 1U);  // unless the engine says otherwise
  if (!self->is_llama_server()) co_return;
  const auto props = co_await ask(self, "/props", kSizesPatience);
  if (props) add_props(self->info_, *props);
  if (!self->wanted() || self->info_.parameters) co_return;
  const auto models = co_await ask(self, "/v1/models", kSizesPatience);
  if (models) add_model_sizes(self->info_, *models);
}

Result<void> EngineLife::choose_address() {
  if (is_llama_server() ? program_.abilities.unix_sockets : wants_socket(model().command)) {
    address_ = {
        .socket_path = socket_path(around_.options->runtime_folder, epoch_), .port = 0, .api_key = {}};
    return {};
  }
  const auto port = free_port(around_.loop);
  if (!port) return std::unexpected(port.error());
  address_ = {.socket_path = {}, .port = *port, .api_key = {}};
  if (!is_llama_server()) return {};  // how it would take a key is not known
  auto key = make_key();
  if (!key) return std::unexpected(key.error());
  address_.api_key = std::move(*key);
  return {};
}

EngineCommand EngineLife::compose() {
  const auto& options = *around_.options;
  if (!is_llama_server()) return fill_in_command(model(), address_, options.environment);
  EngineStart start{.address = address_, .kv_folder = carry_folder()};
  const auto command = [&] {
    return compose_command(program_.command, options.args, model(), start, program_.abilities,
                           options.environment);
  };
  auto usual = command();
  fingerprint_ = fingerprint_of(usual.argv, address_, program_, files_);
  is_told_fit_ = usual.is_told_fit && around_.fits;
  start.fit = is_told_fit_ ? around_.fits->find(model_, fingerprint_) : std::nullopt;
  fit_ = start.fit;
  fit_log_ = {};
  return fit_ ? command() : usual;
}

void EngineLife::spawn() {
  if (const auto chosen = choose_address(); !chosen) return end(chosen.error().message);
  auto command = compose();
  auto process = EngineProcess::spawn(
      around_.loop,
      {.guard_program = around_.options->guard_program,
       .argv = std::move(command.argv),
       .environment = std::move(command.environment),
       .on_started =
           [self = shared_from_this()](pid_t pid) {
             self->pid_ = pid;
             self->runs_since_ = self->around_.clock.now();
             if (self->around_.memory) self->around_.memory->runs(self->epoch_, self->model_, pid);
             // The guard's news may come after the engine's own.
             if (self->around_.memory && self->phase_ == Phase::serving)
               self->around_.memory->measure(self->epoch_);
             log::info("engine started",
                       {{"model", self->model().name}, {"epoch", self->epoch_.value()}, {"pid", pid}});
           },
       .on_line = [self = shared_from_this()](OutputStream stream,
                                              std::string_view line) { self->heard(stream, line); },
       .on_end = [self = shared_from_this()](const ProcessEnd& how) { self->process_ended(how); }});
  if (!process)
    return end(fmt::format("{} could not be started: {}", program_.command.front(), process.error().message));
  process_ = std::move(*process);
  phase_ = Phase::loading;
  around_.addresses.set(epoch_, address_);
}

void EngineLife::note_fit() {
  if (!is_told_fit_) return;
  switch (around_.fits->loaded(model_, fingerprint_, fit_.has_value(), fit_log_)) {
    case DeviceFits::News::none:
      return;
    case DeviceFits::News::remembered: {
      const auto fit = around_.fits->find(model_, fingerprint_);
      const auto layers = fit->layers ? std::to_string(*fit->layers) : std::string("all");
      return log::info("device fit remembered",
                       {{"model", model().name}, {"layers", layers}, {"free_mib", fit->free_mib}});
    }
    case DeviceFits::News::outdated:
      return log::info("device fit outdated", {{"model", model().name}, {"free_mib_then", fit_->free_mib}});
  }
}

LoadTimes EngineLife::load_times() const {
  const auto now = around_.clock.now();
  const auto loaded = loaded_at_.value_or(now);
  return {.spawn = runs_since_ - started_at_, .load = loaded - runs_since_, .context = now - loaded};
}

std::string EngineLife::carry_folder() const {
  return around_.carry ? around_.carry->folder() : std::string();
}

// Before anybody hears that it is ready: the first request already finds what was saved.
void EngineLife::carry_on() {
  if (!around_.carry || !is_llama_server() || !program_.abilities.knows(kSlotSavePath)) return;
  around_.carry->engine_ready(epoch_, {.model = model_,
                                       .model_name = model().name,
                                       .address = address_,
                                       .fingerprint = fingerprint_,
                                       .slots = info_.slots});
}

void EngineLife::heard(OutputStream stream, std::string_view line) {
  if (stream == OutputStream::standard_output && is_protocol_line(line)) {
    if (const auto news = parse_load_news(line)) heard_news(*news);
    return;
  }
  last_words_.add(line);
  log_line(line);
  if (phase_ == Phase::loading && is_told_fit_) fit_log_.read(line);
  if (phase_ == Phase::loading && wanted() && move_rate_.allow(around_.clock.now())) moved();
}

void EngineLife::heard_news(const LoadNews& news) {
  if (phase_ != Phase::loading || news.state == LoadNews::State::other) return;
  if (news.state == LoadNews::State::ready) {
    told_ = Told::ready;
    info_.context_tokens = news.context_tokens;
    info_.parameters = news.parameters;
    info_.model_bytes = news.model_bytes;
    something_new_.cancel();
    return;
  }
  told_ = Told::loading;
  if (!wanted() || (news.progress_thousandths == told_progress_ && told_progress_)) return;
  told_progress_ = news.progress_thousandths;
  // What its pages have shown stays; a new stage of the load is something that moved, too.
  if (told_progress_) progress_ = std::max(progress_.value_or(0), *told_progress_);
  moved();
}

void EngineLife::look_at_pages() {
  if (pid_ == 0 || told_ == Told::ready) return;
  const auto progress = progress_of_pages(pid_, files_.model.size);
  if (!progress || *progress <= progress_.value_or(0)) return;
  progress_ = progress;
  moved();
}

void EngineLife::moved() {
  constexpr std::uint32_t kAll = 1000;
  if (!loaded_at_ && progress_ == kAll) loaded_at_ = around_.clock.now();
  around_.observer.engine_progressed(epoch_, progress_);
}

void EngineLife::log_line(std::string_view line) {
  if (!log::enabled(log::Level::debug) || !log_rate_.allow(around_.clock.now())) return;
  if (const auto left_out = log_rate_.take_refused(); left_out > 0) {
    log::debug("engine lines left out", {{"epoch", epoch_.value()}, {"lines", left_out}});
  }
  log::debug("engine line", {{"epoch", epoch_.value()}, {"line", line.substr(0, kLoggedBytesMax)}});
}

}  // namespace signalbox::engine
