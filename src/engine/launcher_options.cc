#include "engine/launcher_options.h"

#include <unistd.h>

namespace signalbox::engine {

std::vector<std::string> current_environment() {
  std::vector<std::string> variables;
  for (char** next = ::environ; next != nullptr && *next != nullptr; ++next) variables.emplace_back(*next);
  return variables;
}

std::string find_variable(const std::vector<std::string>& environment, std::string_view name) {
  for (const auto& variable : environment) {
    if (variable.starts_with(name) && variable.substr(name.size()).starts_with('='))
      return variable.substr(name.size() + 1);
  }
  return {};
}

}  // namespace signalbox::engine
