#include "cli/watch.h"

#include <algorithm>
#include <csignal>
#include <optional>
#include <string>
#include <string_view>

#include <fmt/core.h>

#include "cli/answers.h"
#include "cli/exit_code.h"
#include "cli/json_read.h"
#include "cli/screen.h"
#include "cli/signals.h"
#include "cli/status_frame.h"

namespace signalbox::cli {
namespace {

// How soon a signal is seen while a call is under way.
constexpr Duration kSignalInterval = std::chrono::milliseconds(50);
constexpr std::string_view kHint = "Ctrl-C ends this.";

class Watch {
 public:
  Watch(const ServerAddress& address, const Surround& surround, const Clock& clock, const WatchTimes& times)
      : address_(address), surround_(surround), clock_(clock), times_(times) {}

  int run() {
    while (!exit_code_) {
      const TimePoint next = clock_.now() + times_.interval;
      ask();
      draw();
      while (!exit_code_ && clock_.now() < next) handle(signals_.wait_for(next - clock_.now()));
    }
    leave();
    return *exit_code_;
  }

 private:
  void ask() {
    HttpRequest request = get_request(kStatusTarget);
    request.timeout = times_.call_timeout;
    HttpCall call(address_, request);
    while (!exit_code_ && call.run_for(kSignalInterval) == HttpCall::Progress::under_way) {
      handle(signals_.wait_for(Duration::zero()));
    }
    if (!exit_code_) take(call.answer());
  }

  void take(const Result<HttpAnswer>& answer) {
    auto report = answer && answer->status == kHttpOk ? read_status(answer->body) : std::nullopt;
    if (report) {
      report_ = std::move(report);
      gone_since_.reset();
      return;
    }
    if (!gone_since_) gone_since_ = clock_.now();
    trouble_ = answer ? error_message(answer->status, answer->body) : printable(answer.error().message);
    if (report_ && clock_.now() - *gone_since_ < times_.patience) return;
    leave();
    exit_code_ = answer ? refused(*answer, surround_) : no_answer(answer.error(), surround_);
  }

  void handle(TerminalSignals::Event event) {
    switch (event) {
      case TerminalSignals::Event::none:
        return;
      case TerminalSignals::Event::stop:
        exit_code_ = kExitOk;
        return;
      case TerminalSignals::Event::resized:
        return draw();
      case TerminalSignals::Event::suspend:
        if (screen_) screen_->give_back();
        // As Ctrl-Z would have done; what follows happens once the shell lets us go on.
        static_cast<void>(raise(SIGSTOP));
        if (screen_) screen_->take();
        return draw();
    }
  }

  void draw() {
    if (exit_code_ || !report_) return;
    if (!screen_) screen_.emplace(surround_.out);
    screen_->draw(status_frame(*report_, headline(), kHint, look_of(surround_.out_medium, surround_)));
    // A terminal that takes nothing any more is gone.
    if (!surround_.out) exit_code_ = kExitFailed;
  }

  [[nodiscard]] Cell headline() const {
    if (!gone_since_)
      return {.text = "Signalbox at " + printable(to_string(address_)), .colour = Colour::dim};
    const Duration left = std::max(*gone_since_ + times_.patience - clock_.now(), Duration::zero());
    return {.text = fmt::format("Trying for {} s more, below is what was: {}", to_ms(left) / 1000, trouble_),
            .colour = Colour::red};
  }

  // The last picture stays in the terminal's ordinary text.
  void leave() {
    if (!screen_) return;
    screen_.reset();
    const Cell last = gone_since_ ? Cell{.text = "Before it went away:"} : headline();
    for (const auto& line : status_frame(*report_, last, {}, look_of(surround_.out_medium, surround_)))
      surround_.out << line << '\n';
    surround_.out << std::flush;
  }

  ServerAddress address_;
  const Surround& surround_;
  const Clock& clock_;
  WatchTimes times_;
  TerminalSignals signals_;
  std::optional<Screen> screen_;
  std::optional<StatusReport> report_;   // the last that came
  std::optional<TimePoint> gone_since_;  // none: the last call was answered
  std::string trouble_;
  std::optional<int> exit_code_;  // once it is over
};

}  // namespace

int watch_status(const ServerAddress& address, const Surround& surround, const Clock& clock,
                 const WatchTimes& times) {
  return Watch(address, surround, clock, times).run();
}

}  // namespace signalbox::cli
