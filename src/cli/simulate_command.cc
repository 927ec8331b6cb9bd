#include "cli/simulate_command.h"

#include <cerrno>
#include <expected>
#include <filesystem>
#include <fstream>
#include <system_error>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "cli/answers.h"
#include "cli/config_command.h"
#include "cli/exit_code.h"
#include "cli/output_file.h"
#include "cli/progress_line.h"
#include "cli/simulate_report.h"
#include "cli/simulate_settings.h"
#include "cli/watch.h"
#include "simulate/plot.h"
#include "simulate/spec.h"
#include "simulate/trace.h"

namespace signalbox::cli {
namespace {

using simulate::Workload;

// A result, or the exit code of a failure that standard error has told of.
template <class T>
using OrExit = std::expected<T, int>;

std::unexpected<int> wrong(const std::string& message, const Surround& surround) {
  surround.err << printable(message) << '\n';
  return std::unexpected(kExitUsage);
}

std::string path_in(const Surround& surround, const std::string& path) {
  return (std::filesystem::path(surround.working_directory) / path).string();
}

OrExit<Workload> workload_of(const SimulateOptions& options, const Surround& surround) {
  if (!options.synthetic.empty() && !options.trace.empty()) {
    return wrong("a trace or --synthetic is wanted, not both", surround);
  }
  if (!options.synthetic.empty()) {
    auto workload = simulate::workload_of_spec(options.synthetic);
    if (!workload) return wrong("--synthetic: " + workload.error().message, surround);
    return *std::move(workload);
  }
  if (options.trace.empty()) return wrong("a trace is wanted, or --synthetic; see --help", surround);
  std::ifstream in(path_in(surround, options.trace), std::ios::binary);
  if (!in) {
    return wrong(fmt::format("{}: {}", options.trace, std::generic_category().message(errno)), surround);
  }
  auto trace = simulate::read_trace(in, options.trace);
  if (!trace) return wrong(trace.error().message, surround);
  return Workload{.trace = *std::move(trace), .users = {}};
}

OrExit<std::optional<StatusReport>> measured(const SimulateRequest& request, const Surround& surround) {
  if (request.options.server.empty()) return std::nullopt;
  auto address = parse_server_address(request.options.server);
  if (!address) return wrong("--from-server: " + address.error().message, surround);
  address->api_key = request.api_key;
  const auto body = ask(*address, get_request(kStatusTarget), surround);
  if (!body) return std::unexpected(body.error());
  auto report = read_status(*body);
  if (!report) return std::unexpected(refused({.status = kHttpOk, .body = *body}, surround));
  return report;
}

OrExit<std::optional<config::Config>> configured(const SimulateRequest& request, const Surround& surround) {
  if (!request.config) return std::nullopt;
  auto loaded = config::load(*request.config);
  if (loaded) return std::move(loaded->config);
  print_errors(loaded.error(), surround);
  return std::unexpected(kExitUsage);
}

void note_unknown_models(const SimulationSources& sources, const std::vector<std::string>& models,
                         const Surround& surround) {
  constexpr std::size_t kNamedMax = 5;
  if (sources.config == nullptr && sources.measured == nullptr) return;
  auto unknown = unknown_models(sources, models);
  if (unknown.empty()) return;
  const auto count = unknown.size();
  unknown.resize(std::min(count, kNamedMax));
  surround.err << printable(fmt::format("Not known there, so with the built-in limits: {}{}",
                                        fmt::join(unknown, ", "), count > kNamedMax ? ", ..." : ""));
  surround.err << '\n';
}

simulate::Outcome run_policy(const Workload& workload, const simulate::Settings& settings,
                             simulate::PolicyName policy, const Surround& surround) {
  if (!can_redraw(surround.err_medium, surround.environment)) {
    return simulate::run(workload, settings, policy);
  }
  ProgressLine line(surround.err);
  return simulate::run(workload, settings, policy, [&](const simulate::Progress& progress) {
    line.show(fmt::format("{}: {} of {} requests", simulate::name_of(policy), progress.ended, progress.of));
  });
}

int write_plot(const std::string& path, const std::vector<PolicyReport>& reports,
               const std::vector<simulate::Outcome>& outcomes, const std::vector<std::string>& models,
               const Surround& surround) {
  std::vector<simulate::PlotSeries> series;
  series.reserve(reports.size());
  for (std::size_t i = 0; i < reports.size(); ++i) {
    series.push_back({.name = simulate::name_of(reports[i].policy), .outcome = &outcomes[i]});
  }
  const auto written = write_whole(path_in(surround, path), simulate::plot_svg(series, models));
  if (written) return kExitOk;
  surround.err << printable("--plot: " + written.error().message) << '\n';
  return kExitFailed;
}

}  // namespace

int simulate_command(const SimulateRequest& request, const Surround& surround) {
  const auto workload = workload_of(request.options, surround);
  if (!workload) return workload.error();
  const auto config = configured(request, surround);
  if (!config) return config.error();
  const auto report = measured(request, surround);
  if (!report) return report.error();
  const SimulationSources sources{.config = *config ? &**config : nullptr,
                                  .measured = *report ? &**report : nullptr};
  const auto& models = workload->trace.models;
  const auto settings = simulation_settings(request.options, sources, models);
  if (!settings) return wrong(settings.error().message, surround).error();
  note_unknown_models(sources, models, surround);

  std::vector<PolicyReport> reports;
  std::vector<simulate::Outcome> outcomes;
  for (const auto policy : policies_of(request.options)) {
    outcomes.push_back(run_policy(*workload, *settings, policy, surround));
    if (outcomes.back().ending == simulate::Ending::stuck) {
      surround.err << "The policy " << simulate::name_of(policy) << " leaves requests waiting for ever.\n";
      return kExitFailed;
    }
    reports.push_back({.policy = policy, .summary = simulate::summarize(outcomes.back())});
  }
  const bool is_coloured = uses_colour(surround.out_medium, surround.environment);
  surround.out << (request.format == SimulateRequest::Format::json
                       ? simulation_json(reports, models, settings->lengths)
                       : simulation_table(reports, models, is_coloured));
  if (request.options.plot.empty()) return kExitOk;
  return write_plot(request.options.plot, reports, outcomes, models, surround);
}

}  // namespace signalbox::cli
