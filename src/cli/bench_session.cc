#include "cli/bench_session.h"

#include <csignal>
#include <utility>

#include <fmt/core.h>

#include "cli/bench_wire.h"

namespace signalbox::cli {

BenchSession::BenchSession(const BaseUrl& url, Duration timeout, const Surround& surround, const Clock& clock)
    : url_(url), timeout_(timeout), surround_(surround), clock_(clock) {
  if (can_redraw(surround.err_medium, surround.environment)) line_.emplace(surround.err);
}

bool BenchSession::is_stopped(Duration wait) {
  if (is_stopped_) return true;
  const auto event = signals_.wait_for(wait);
  if (event == TerminalSignals::Event::suspend) {
    clear();
    static_cast<void>(raise(SIGSTOP));
  }
  is_stopped_ = event == TerminalSignals::Event::stop;
  return is_stopped_;
}

std::optional<Result<HttpAnswer>> BenchSession::call(const HttpRequest& request) {
  if (is_stopped()) return std::nullopt;
  const TimePoint began = clock_.now();
  HttpCall call(url_.address, request);
  while (call.run_for(kSignalInterval) == HttpCall::Progress::under_way) {
    if (is_stopped()) return std::nullopt;
    show_waiting(began);
  }
  return call.answer();
}

std::optional<measure::Sample> BenchSession::ask(const measure::Ask& ask) {
  auto request = chat_request(url_, ask, timeout_);
  AnswerReader reader(clock_.now());
  request.on_body = [&](std::string_view bytes) { reader.take(bytes, clock_.now()); };
  const auto answer = call(request);
  if (!answer) return std::nullopt;
  return std::move(reader).finished(*answer, clock_.now());
}

void BenchSession::show(std::string words) {
  words_ = std::move(words);
  show_waiting(clock_.now());
}

// Only what has changed is written: a terminal over a slow line is a terminal, too.
void BenchSession::show_waiting(TimePoint since) {
  if (!line_) return;
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(clock_.now() - since).count();
  const std::string text = seconds > 0 ? fmt::format("{} ({} s)", words_, seconds) : words_;
  const Look look = look_of(surround_.err_medium, surround_);
  if (text != shown_) line_->show(cut(printable(text), look.size.columns - 1, look.glyphs));
  shown_ = text;
}

void BenchSession::tell(const std::string& words) {
  if (!line_) surround_.err << printable(words) << std::endl;
}

void BenchSession::clear() {
  if (line_) line_->clear();
  shown_.clear();
}

}  // namespace signalbox::cli
