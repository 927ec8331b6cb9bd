// A person's measurement: sends one request at a time, tells how far it is, and ends with Ctrl-C. On a
// terminal a line that is written again and again, elsewhere a line for each thing that is measured; both on
// standard error.
#pragma once

#include <optional>
#include <string>

#include "base/result.h"
#include "base/time.h"
#include "cli/base_url.h"
#include "cli/http_call.h"
#include "cli/progress_line.h"
#include "cli/signals.h"
#include "cli/terminal.h"
#include "measure/sample.h"

namespace signalbox::cli {

// Of a measurement: everything was asked, or somebody ended it.
enum class BenchEnd { complete, stopped };

class BenchSession {
 public:
  // How long Ctrl-C may go unseen.
  static constexpr Duration kSignalInterval = std::chrono::milliseconds(50);

  // All of them outlive this. `timeout` is for each request.
  BenchSession(const BaseUrl& url, Duration timeout, const Surround& surround, const Clock& clock);

  // None: somebody has ended the measurement. Blocks for the timeout at most.
  [[nodiscard]] std::optional<Result<HttpAnswer>> call(const HttpRequest& request);
  [[nodiscard]] std::optional<measure::Sample> ask(const measure::Ask& ask);
  // Looks for signals; waits for one, but no longer than that. Also Ctrl-Z is seen to.
  [[nodiscard]] bool is_stopped(Duration wait = Duration::zero());

  // What goes on, for a terminal only.
  void show(std::string words);
  // What has come out, for anything but a terminal.
  void tell(const std::string& words);
  void clear();

  [[nodiscard]] const BaseUrl& url() const { return url_; }
  [[nodiscard]] Duration timeout() const { return timeout_; }
  [[nodiscard]] const Clock& clock() const { return clock_; }

 private:
  void show_waiting(TimePoint since);

  const BaseUrl& url_;
  Duration timeout_;
  const Surround& surround_;
  const Clock& clock_;
  TerminalSignals signals_;
  std::optional<ProgressLine> line_;
  std::string words_;
  std::string shown_;
  bool is_stopped_ = false;
};

}  // namespace signalbox::cli
