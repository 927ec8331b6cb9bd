#include "engine/own_command.h"

#include <algorithm>
#include <string_view>

namespace signalbox::engine {
namespace {

constexpr std::string_view kPort = "${port}";
constexpr std::string_view kSocket = "${socket}";
constexpr std::string_view kModel = "${model}";

// What is put in is not looked at again.
std::string replaced(std::string_view text, const EngineModel& model, const EngineAddress& address) {
  std::string result;
  while (!text.empty()) {
    const auto at = std::min(text.find("${"), text.size());
    result += text.substr(0, at);
    text.remove_prefix(at);
    if (text.starts_with(kPort)) {
      result += std::to_string(address.port);
      text.remove_prefix(kPort.size());
    } else if (text.starts_with(kSocket)) {
      result += address.socket_path;
      text.remove_prefix(kSocket.size());
    } else if (text.starts_with(kModel)) {
      result += model.name;
      text.remove_prefix(kModel.size());
    } else if (!text.empty()) {
      result += text.front();
      text.remove_prefix(1);
    }
  }
  return result;
}

}  // namespace

bool wants_socket(const std::vector<std::string>& command) {
  return std::ranges::any_of(command, [](const std::string& word) { return word.contains(kSocket); });
}

EngineCommand fill_in_command(const EngineModel& model, const EngineAddress& address,
                              const std::vector<std::string>& inherited) {
  EngineCommand filled{.argv = {}, .environment = inherited};
  for (const auto& word : model.command) filled.argv.push_back(replaced(word, model, address));
  return filled;
}

}  // namespace signalbox::engine
