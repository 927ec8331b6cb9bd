// models.yaml: loading ends, with a configuration that keeps its promises or with errors that have a text.
#include "config/listen.h"
#include "config/load.h"
#include "fuzz/fuzz.h"

namespace signalbox::fuzz {
namespace {

void check(std::string_view text) {
  config::LoadRequest request;
  request.working_directory = "/nowhere";
  request.environment = {{"HOME", "/nowhere"}, {"A", "a"}};
  const auto loaded = config::load_text(request, "models.yaml", "/nowhere", text);
  if (!loaded) {
    must(!loaded.error().empty(), "a refusal says why");
    for (const auto& error : loaded.error()) must(!error.message.empty(), "an error has a text");
    return;
  }
  must(!loaded->config.models.empty(), "there is a model");
  must(config::parse_listen(loaded->config.server.listen).has_value(), "there is an address");
  for (const auto& model : loaded->config.models) {
    must(!model.name.empty(), "a model has a name");
    must(model.workers >= 1 && model.workers <= model.slots, "workers fit into the slots");
    must((model.launcher == config::Launcher::command) == !model.command.empty(), "a command is one");
  }
}

}  // namespace
}  // namespace signalbox::fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  signalbox::fuzz::check({reinterpret_cast<const char*>(data), size});
  return 0;
}
