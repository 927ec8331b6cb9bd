#include "engine/fingerprint.h"

#include <fmt/format.h>

#include "kv/hash.h"

namespace signalbox::engine {

kv::Fingerprint fingerprint_of(const std::vector<std::string>& argv, const EngineAddress& address,
                               const EngineProgram& program, const ModelFiles& files) {
  std::string text =
      fmt::format("{}\n{} {}\n", program.abilities.version, program.file.size, program.file.modified_ns);
  for (const auto& argument : argv) {
    const bool changes = argument == address.socket_path || argument == std::to_string(address.port) ||
                         argument == address.api_key;
    if (!changes) text += argument + '\n';
  }
  const auto& model = files.model;
  text += fmt::format("{} {} {} {}\n{}", model.device, model.inode, model.size, model.modified_ns,
                      files.named_in_arguments);
  return kv::Fingerprint(kv::hash(text));
}

}  // namespace signalbox::engine
