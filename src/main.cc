// Arguments in, exit code out. Everything else is in cli/ (commands) and app/ (the server's wiring).
#include <filesystem>
#include <iostream>
#include <string>
#include <string_view>
#include <unistd.h>
#include <vector>

#include "app/serve.h"
#include "cli/run.h"
#include "config/load.h"
#include "engine/guard.h"

namespace {

signalbox::cli::Medium medium_of(int descriptor) {
  return isatty(descriptor) == 1 ? signalbox::cli::Medium::terminal : signalbox::cli::Medium::file;
}

}  // namespace

int main(int argc, char** argv) {
  // The process that watches over an engine; not for people, so no command line of theirs sees it.
  if (argc > 1 && std::string_view(argv[1]) == "guard") return signalbox::engine::guard_main(argc, argv);

  std::error_code failure;
  const auto folder = std::filesystem::current_path(failure);
  const signalbox::cli::Surround surround{.out = std::cout,
                                          .err = std::cerr,
                                          .out_medium = medium_of(STDOUT_FILENO),
                                          .err_medium = medium_of(STDERR_FILENO),
                                          .environment = signalbox::config::environment_of(environ),
                                          .working_directory = failure ? "/" : folder.string(),
                                          .window_size = signalbox::cli::window_size};
  return signalbox::cli::run(
      std::vector<std::string>(argv + 1, argv + argc), surround,
      [](const signalbox::config::LoadedConfig& loaded, const signalbox::log::Options& log) {
        return signalbox::app::serve(loaded, {.log = log});
      });
}
