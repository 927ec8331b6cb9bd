#include "cli/bench_options.h"

#include "cli/bench_settings.h"

namespace signalbox::cli {
namespace {

CLI::App& add(CLI::App& bench, const std::string& name, const std::string& description,
              const std::string& footer) {
  auto& command = *bench.add_subcommand(name, description);
  command.footer(footer +
                 "\n\nExit codes: 0 all of it was measured; 1 something failed, or Ctrl-C ended it, and the "
                 "table tells what there is; 2 an option or a model's name is wrong; 3 no server answers.");
  command.group("Measurements");
  return command;
}

void add_common(CLI::App& command, BenchOptions& options, bool& wants_json, const std::string& models) {
  command
      .add_option("--url", options.url,
                  "Any OpenAI-compatible server: http://HOST:PORT, with or without /v1, or unix:/path.")
      ->type_name("URL")
      ->capture_default_str();
  command.add_option("--models", options.models, models)
      ->required()
      ->type_name("NAMES")
      ->delimiter(',')
      ->expected(1, static_cast<int>(kBenchModelsMax))
      ->allow_extra_args(false);
  command.add_option("--timeout", options.timeout, "How long one request may take in all. Default: 300s.")
      ->type_name("DURATION");
  command
      .add_option("--api-key-env", options.api_key_env,
                  "The variable that holds the API key to send. Without it: none is sent.")
      ->type_name("NAME");
  command.add_option("--plot", options.plot, "Draws each measured time into an SVG file.")->type_name("FILE");
  command.add_flag("--json", wants_json, "Prints the figures and each single time as JSON.");
}

void add_switch(CLI::App& bench, BenchOptions& options, bool& wants_json) {
  auto& command =
      add(bench, "switch", "How long a switch between two models takes, to the first token.",
          "Asks for one model and then for the other, with a small prompt, over and over. Each is "
          "asked once beforehand, which is not measured.\n\n"
          "Example:\n"
          "  signalbox bench switch --url http://127.0.0.1:8080 --models chat,code --runs 20");
  add_common(command, options, wants_json, "The two models, with a comma between them.");
  command.add_option("--runs", options.runs, "Switches in each direction. Default: 20.")->type_name("N");
}

void add_revisit(CLI::App& bench, BenchOptions& options, bool& wants_json) {
  auto& command = add(
      bench, "revisit", "What another model's turn does to a conversation with the first one.",
      "Has a conversation with the first model, lets the second one answer something small, and takes "
      "the conversation's next turn. The same turn is asked before, with nothing in between; both answers "
      "are compared. A server that loses what it had computed computes the whole conversation again.\n\n"
      "Example:\n"
      "  signalbox bench revisit --url http://127.0.0.1:8080 --models code,chat --tokens 3400");
  add_common(command, options, wants_json, "The conversation's model and the one in between.");
  command
      .add_option("--tokens", options.tokens,
                  "Length of the conversation before its first turn, about. It has to fit the model's "
                  "context with some room. Default: 3400.")
      ->type_name("N");
  command.add_option("--turns", options.turns, "Turns of each conversation. Default: 3.")->type_name("N");
  command
      .add_option("--conversations", options.conversations, "So many at once, which take turns. Default: 1.")
      ->type_name("N");
}

void add_mixed(CLI::App& bench, BenchOptions& options, bool& wants_json) {
  auto& command = add(
      bench, "mixed", "Requests for several models at random times, as many clients send them.",
      "They come as the seed says, whether or not earlier ones are answered, and no client tries again. A "
      "rejection (503 or 429) is an answer of a server that is full; a stream that ends without its "
      "terminator is a failure.\n\n"
      "Example:\n"
      "  signalbox bench mixed --url http://127.0.0.1:8080 --models chat,code --rate 0.5 --requests 60");
  add_common(command, options, wants_json,
             "The models, with commas between them, each as often as the others.");
  command.add_option("--rate", options.rate, "Requests a second, of all models. Default: 0.5.")
      ->type_name("RATE");
  command.add_option("--requests", options.requests, "How many in all. Default: 60.")->type_name("N");
  command.add_option("--seed", options.seed, "The same one, the same requests. Default: 1.")->type_name("N");
  command
      .add_option("--tokens-max", options.tokens_max,
                  "Each answer may have from one token to so many. Default: 64.")
      ->type_name("N");
}

}  // namespace

void add_bench_commands(CLI::App& bench, BenchOptions& options, bool& wants_json) {
  bench.require_subcommand(1);
  add_switch(bench, options, wants_json);
  add_revisit(bench, options, wants_json);
  add_mixed(bench, options, wants_json);
}

}  // namespace signalbox::cli
