#include "cli/bench_command.h"

#include <filesystem>

#include "cli/bench_mixed.h"
#include "cli/bench_models.h"
#include "cli/bench_revisit.h"
#include "cli/bench_session.h"
#include "cli/bench_switch.h"
#include "cli/exit_code.h"
#include "cli/output_file.h"
#include "measure/revisit_figures.h"

namespace signalbox::cli {
namespace {

// Of a measurement that is over, in one form or another.
struct BenchResult {
  BenchEnd end = BenchEnd::complete;
  bool has_failures = false;
  std::string trouble;  // why it ended before everything was asked
  std::string report;   // a table or JSON
  std::string picture;
};

struct Measuring {
  const BenchRequest& request;
  const BenchSettings& settings;
  BenchSession& session;
  bool uses_colour = false;

  [[nodiscard]] bool wants_json() const { return request.format == BenchRequest::Format::json; }
};

BenchResult measured_switches(const Measuring& measuring) {
  const auto& settings = measuring.settings;
  measure::SwitchRun run({settings.models[0], settings.models[1]}, settings.runs);
  BenchResult result;
  result.end = measure_switches(run, measuring.session);
  for (const auto& direction : run.directions()) result.has_failures |= direction.failed > 0;
  if (run.has_given_up()) result.trouble = run.last_trouble();
  result.report = measuring.wants_json() ? switch_json(run, settings, result.end)
                                         : switch_table(run, measuring.uses_colour);
  result.picture = switch_picture(run);
  return result;
}

BenchResult measured_revisits(const Measuring& measuring) {
  const auto& settings = measuring.settings;
  measure::RevisitRun run({.model = settings.models[0],
                           .between = settings.models[1],
                           .tokens = settings.tokens,
                           .turns = settings.turns,
                           .conversations = settings.conversations});
  BenchResult result;
  result.end = measure_revisits(run, measuring.session);
  result.has_failures = measure::figures_of(run.turns()).failed > 0;
  if (run.has_given_up()) result.trouble = run.last_trouble();
  result.report = measuring.wants_json() ? revisit_json(run, settings, result.end)
                                         : revisit_table(run, measuring.uses_colour);
  result.picture = revisit_picture(run);
  return result;
}

BenchResult measured_mixed(const Measuring& measuring) {
  const auto& settings = measuring.settings;
  const auto outcome = measure_mixed({.models = settings.models,
                                      .requests = settings.requests,
                                      .rate_thousandths = settings.rate_thousandths,
                                      .tokens_max = settings.tokens_max,
                                      .seed = settings.seed},
                                     measuring.session);
  return {.end = outcome.end,
          .has_failures = measure::figures_of(outcome.records).has_failures(),
          .trouble = {},
          .report = measuring.wants_json() ? mixed_json(outcome, settings)
                                           : mixed_table(outcome, settings, measuring.uses_colour),
          .picture = mixed_picture(outcome, settings)};
}

BenchResult measured(const Measuring& measuring) {
  switch (measuring.request.kind) {
    case BenchKind::switching:
      return measured_switches(measuring);
    case BenchKind::revisit:
      return measured_revisits(measuring);
    case BenchKind::mixed:
      return measured_mixed(measuring);
  }
  return {};
}

int write_picture(const std::string& path, const std::string& picture, const Surround& surround) {
  const auto whole_path = (std::filesystem::path(surround.working_directory) / path).string();
  const auto written = write_whole(whole_path, picture);
  if (written) return kExitOk;
  surround.err << printable("--plot: " + written.error().message) << '\n';
  return kExitFailed;
}

int told(const BenchResult& result, const BenchSettings& settings, const Surround& surround) {
  surround.out << result.report << std::flush;
  int code = result.has_failures || !result.trouble.empty() ? kExitFailed : kExitOk;
  if (!result.trouble.empty()) {
    surround.err << "Given up after " << measure::kFailuresInARowMax
                 << " failures in a row; the last: " << printable(result.trouble) << '\n';
  }
  if (result.end == BenchEnd::stopped) {
    surround.err << "Stopped before everything was measured.\n";
    code = kExitFailed;
  }
  if (settings.plot.empty()) return code;
  const int plot_code = write_picture(settings.plot, result.picture, surround);
  return plot_code == kExitOk ? code : plot_code;
}

}  // namespace

int bench_command(const BenchRequest& request, const Surround& surround, const Clock& clock) {
  const auto settings = bench_settings(request.kind, request.options, surround.environment);
  if (!settings) {
    surround.err << printable(settings.error().message) << '\n';
    return kExitUsage;
  }
  BenchSession session(settings->url, settings->timeout, surround, clock);
  if (const auto code = check_models(session, settings->models, surround)) return *code;
  const Measuring measuring{.request = request,
                            .settings = *settings,
                            .session = session,
                            .uses_colour = uses_colour(surround.out_medium, surround.environment)};
  const auto result = measured(measuring);
  session.clear();
  return told(result, *settings, surround);
}

}  // namespace signalbox::cli
