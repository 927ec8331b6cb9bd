#include "cli/simulate_options.h"

#include "simulate/policy.h"

namespace signalbox::cli {
namespace {

void add_limits(CLI::App& command, SimulateOptions& options) {
  command
      .add_option("--starvation-limit", options.starvation_limit,
                  "How long other models' traffic may keep a request away; 0 turns it off. Default: 15s.")
      ->type_name("DURATION");
  command.add_option("--queue-size", options.queue_size, "How many may wait for a model. Default: 10.")
      ->type_name("N");
  command.add_option("--workers", options.workers, "How many run at once. Default: 4.")->type_name("N");
  command
      .add_option("--min-visit", options.min_visit,
                  "How long a model stays whose queue is empty, in switches. Default: 1.0.")
      ->type_name("FACTOR");
  command.add_option("--next-model", options.next_model, "How the next model is chosen. Default: cost.")
      ->type_name("RULE")
      ->check(CLI::IsMember({"cost", "longest_wait"}));
  command
      .add_option("--flex-limit", options.flex_limit,
                  "After how long a request of the class flex counts as any other; 0: never. Default: 10m.")
      ->type_name("DURATION");
  command
      .add_option("--overlap", options.overlap,
                  "Whether the next model is loaded beside the one that finishes its answers. Default: off.")
      ->type_name("WHEN")
      ->check(CLI::IsMember({"off", "auto"}));
}

}  // namespace

void add_simulate_options(CLI::App& command, SimulateOptions& options) {
  command
      .add_option("trace", options.trace,
                  "A table with the header time_s,model,service_s and perhaps class, as "
                  "`signalbox record` writes it.")
      ->type_name("FILE");
  command
      .add_option("--synthetic", options.synthetic,
                  "Draws the requests instead: zipf:, clients: or agents: with keys and values, as in "
                  "zipf:models=27,requests=10000,rate=2,exponent=1.1,service=3s,seed=1.")
      ->type_name("SPEC");
  command
      .add_option("--policy", options.policies,
                  "Who decides; several with commas between them. drain and fifo are what simpler servers "
                  "do. Default: signalbox.")
      ->type_name("POLICY")
      ->delimiter(',')
      ->expected(1, static_cast<int>(simulate::kPolicyNames.size()))
      ->allow_extra_args(false)
      ->check(CLI::IsMember({"signalbox", "drain", "fifo", "all"}));
  add_limits(command, options);
  command
      .add_option("--switch-time", options.switch_time,
                  "From one model told to stop to the next one ready. Default: 2s.")
      ->type_name("DURATION");
  command
      .add_option("--from-server", options.server,
                  "Takes each model's switch time and costs from what this running server has measured.")
      ->type_name("ADDRESS");
  command
      .add_option("--lengths", options.lengths,
                  "Whether the length of each answer is known beforehand, which it never quite is.")
      ->type_name("LENGTHS")
      ->check(CLI::IsMember({"unknown", "known"}))
      ->capture_default_str();
  command.add_option("--time-limit", options.time_limit, "Ends after so much simulated time.")
      ->type_name("DURATION");
  command.add_option("--plot", options.plot, "Draws the waits and the active models into an SVG file.")
      ->type_name("FILE");
}

}  // namespace signalbox::cli
