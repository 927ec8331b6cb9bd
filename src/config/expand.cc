// Text replacement only; nothing here looks at a file.
#include "config/expand.h"

#include <algorithm>
#include <filesystem>

#include <fmt/core.h>

namespace signalbox::config {

namespace {

std::string allowed_forms(std::span<const std::string_view> kept) {
  std::string forms;
  for (const auto name : kept) forms += fmt::format("${{{}}}, ", name);
  return forms + (kept.empty() ? "${env:NAME} is allowed" : "${env:NAME} are allowed");
}

}  // namespace

Result<std::string> expand_environment(std::string_view text, const Environment& environment,
                                       std::span<const std::string_view> kept) {
  constexpr std::string_view kOpen = "${";
  constexpr std::string_view kVariable = "${env:";
  std::string result;
  while (true) {
    const auto at = text.find(kOpen);
    if (at == std::string_view::npos) return result.append(text);
    if (at > 0 && text[at - 1] == '$') {
      result.append(text.substr(0, at - 1)).append(kOpen);
      text.remove_prefix(at + kOpen.size());
      continue;
    }
    result.append(text.substr(0, at));
    text.remove_prefix(at);
    const auto end = text.find('}');
    if (end != std::string_view::npos &&
        std::ranges::find(kept, text.substr(kOpen.size(), end - kOpen.size())) != kept.end()) {
      result.append(text.substr(0, end + 1));
      text.remove_prefix(end + 1);
      continue;
    }
    if (!text.starts_with(kVariable) || end == std::string_view::npos) {
      return fail(ErrorCode::invalid, fmt::format("holds {}; {}, and $${{ for a plain ${{",
                                                  text.substr(0, end == std::string_view::npos ? 2 : end + 1),
                                                  allowed_forms(kept)));
    }
    const std::string_view name = text.substr(kVariable.size(), end - kVariable.size());
    const auto variable = environment.find(name);
    if (variable == environment.end()) {
      return fail(ErrorCode::invalid,
                  fmt::format("needs the variable {}, which is not set; set it or write the value", name));
    }
    result.append(variable->second);
    text.remove_prefix(end + 1);
  }
}

Result<std::string> expand_path(std::string_view path, std::string_view folder,
                                const Environment& environment) {
  if (path.starts_with('~')) {
    if (path.size() > 1 && path[1] != '/') {
      return fail(ErrorCode::invalid,
                  fmt::format("is {}; ~/ is allowed for one's own home folder only", path));
    }
    const auto home = environment.find("HOME");
    if (home == environment.end() || home->second.empty()) {
      return fail(ErrorCode::invalid,
                  fmt::format("is {}, and HOME is not set; set it or write the path in full", path));
    }
    return std::filesystem::path(home->second + std::string(path.substr(1))).lexically_normal().string();
  }
  return (std::filesystem::path(folder) / path).lexically_normal().string();
}

}  // namespace signalbox::config
