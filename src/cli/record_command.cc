#include "cli/record_command.h"

#include <csignal>
#include <filesystem>

#include <fmt/core.h>

#include "cli/answers.h"
#include "cli/exit_code.h"
#include "cli/output_file.h"
#include "cli/progress_line.h"
#include "cli/recorder.h"
#include "cli/signals.h"
#include "simulate/trace.h"

namespace signalbox::cli {
namespace {

constexpr const char* kTarget = "/v1/events?requests=true";
// The server says something every 15 s.
constexpr Duration kQuietMax = std::chrono::seconds(60);
constexpr Duration kSignalInterval = std::chrono::milliseconds(50);

class Recording {
 public:
  Recording(LineFile file, const Surround& surround) : file_(std::move(file)) {
    if (can_redraw(surround.err_medium, surround.environment)) progress_.emplace(surround.err);
    keep(simulate::trace_header());
    show();
  }

  void take(std::string_view bytes) {
    has_heard_ = true;
    const auto lines = recorder_.take(bytes);
    if (!lines) trouble_ = lines.error();
    if (lines) keep(*lines);
    show();
  }
  void finish() {
    keep(recorder_.rest());
    progress_.reset();
  }
  // Whether the server has begun to tell.
  [[nodiscard]] bool has_heard() const { return has_heard_; }
  [[nodiscard]] const std::optional<Error>& trouble() const { return trouble_; }
  [[nodiscard]] const Recorder& recorder() const { return recorder_; }

 private:
  void keep(std::string_view lines) {
    if (lines.empty() || trouble_) return;
    if (const auto written = file_.append(lines); !written) trouble_ = written.error();
  }
  void show() {
    if (progress_) progress_->show(fmt::format("{} requests; Ctrl-C ends it", recorder_.written()));
  }

  LineFile file_;
  Recorder recorder_;
  std::optional<ProgressLine> progress_;
  std::optional<Error> trouble_;
  bool has_heard_ = false;
};

void tell(const Recorder& recorder, const std::string& output, const Surround& surround) {
  surround.out << recorder.written() << " requests written to " << printable(output) << ".\n";
  if (recorder.lost() == 0) return;
  surround.err << recorder.lost()
               << " more are missing: the server told of them faster than they were taken.\n";
}

}  // namespace

int record_command(const ServerAddress& address, const RecordRequest& request, const Surround& surround,
                   const Clock& clock) {
  const auto path = std::filesystem::path(surround.working_directory) / request.output;
  TerminalSignals signals;  // from here on Ctrl-C leaves a whole file
  auto file = LineFile::create(path.string());
  if (!file) {
    surround.err << printable("--output: " + file.error().message) << '\n';
    return kExitFailed;
  }
  Recording recording(*std::move(file), surround);
  HttpRequest call_request = get_request(kTarget);
  call_request.timeout = kQuietMax;
  call_request.on_body = [&](std::string_view bytes) { recording.take(bytes); };
  HttpCall call(address, call_request);
  const auto began = clock.now();
  bool is_over = false;
  bool was_stopped = false;
  while (!is_over && !was_stopped && !recording.trouble()) {
    is_over = call.run_for(kSignalInterval) == HttpCall::Progress::over;
    const auto event = signals.wait_for(Duration::zero());
    if (event == TerminalSignals::Event::suspend) static_cast<void>(raise(SIGSTOP));
    was_stopped = event == TerminalSignals::Event::stop ||
                  (request.duration && clock.now() - began >= *request.duration);
  }
  recording.finish();
  if (recording.trouble()) {
    surround.err << printable(recording.trouble()->message) << '\n';
    return kExitFailed;
  }
  if (was_stopped) {
    tell(recording.recorder(), request.output, surround);
    return kExitOk;
  }
  const auto answer = call.answer();
  if (recording.has_heard()) {
    tell(recording.recorder(), request.output, surround);
  } else {
    std::filesystem::remove(path);  // nothing was ever told, so there is nothing to keep
  }
  if (!answer) return no_answer(answer.error(), surround);
  if (answer->status != kHttpOk) return refused(*answer, surround);
  surround.err << "The server has ended.\n";
  return kExitOk;
}

}  // namespace signalbox::cli
