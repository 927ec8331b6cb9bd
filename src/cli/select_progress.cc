#include "cli/select_progress.h"

#include <csignal>

#include "cli/answers.h"
#include "cli/progress_line.h"
#include "cli/signals.h"
#include "cli/status_report.h"
#include "cli/status_view.h"
#include "cli/watch.h"

namespace signalbox::cli {
namespace {

constexpr Duration kPollInterval = std::chrono::milliseconds(200);
// What is shown beside the wait must not keep Ctrl-C waiting.
constexpr Duration kStatusTimeout = std::chrono::seconds(1);

}  // namespace

// The waiting request knows best when it is over; what is shown meanwhile comes from requests beside it.
Result<HttpAnswer> call_with_progress(const ServerAddress& address, const HttpRequest& request,
                                      const std::string& model, const Surround& surround,
                                      const Clock& clock) {
  const TimePoint began = clock.now();
  HttpRequest status_request = get_request(kStatusTarget);
  status_request.timeout = kStatusTimeout;
  TerminalSignals signals;
  HttpCall call(address, request);
  ProgressLine line(surround.err);
  while (call.run_for(kPollInterval) == HttpCall::Progress::under_way) {
    const auto event = signals.wait_for(Duration::zero());
    if (event == TerminalSignals::Event::stop) return fail(ErrorCode::cancelled, "no longer waiting");
    if (event == TerminalSignals::Event::suspend) {
      line.clear();
      static_cast<void>(raise(SIGSTOP));
    }
    const auto status = http_call(address, status_request);
    const auto report = status && status->status == kHttpOk ? read_status(status->body) : std::nullopt;
    const Look look = look_of(surround.err_medium, surround);
    if (report) line.show(progress_text(*report, model, clock.now() - began, look));
  }
  return call.answer();
}

}  // namespace signalbox::cli
