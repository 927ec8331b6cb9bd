// Finds and reads the file, then the steps in their order: tree, environment, flags, --set, weigh, check,
// build.
#include "config/load.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>
#include <tuple>
#include <utility>

#include <fmt/format.h>

#include "config/checks.h"
#include "config/file_source.h"
#include "config/resolve.h"
#include "config/yaml_source.h"

namespace signalbox::config {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kFileName = "models.yaml";

struct Candidate {
  std::string name;       // as it is told
  bool is_named = false;  // by the user: it must be there
};

std::string variable(const Environment& environment, std::string_view name) {
  const auto found = environment.find(name);
  return found == environment.end() ? std::string() : found->second;
}

std::vector<Candidate> candidates(const LoadRequest& request) {
  if (request.config) return {{.name = *request.config, .is_named = true}};
  const auto named = variable(request.environment, "SIGNALBOX_CONFIG");
  if (!named.empty()) return {{.name = named, .is_named = true}};
  std::vector<Candidate> result = {{.name = std::string(kFileName)}};
  std::string folder = variable(request.environment, "XDG_CONFIG_HOME");
  const auto home = variable(request.environment, "HOME");
  if (folder.empty() && !home.empty()) folder = home + "/.config";
  if (!folder.empty()) result.push_back({.name = folder + "/signalbox/" + std::string(kFileName)});
  return result;
}

std::unexpected<ConfigErrors> only(const std::string& file, std::string message) {
  return std::unexpected(
      ConfigErrors{{.where = {.source = Source::file, .name = file}, .message = std::move(message)}});
}

fs::path place_of(const LoadRequest& request, const std::string& name) {
  return (fs::path(request.working_directory) / name).lexically_normal();
}

std::expected<std::string, ConfigErrors> find_file(const LoadRequest& request) {
  std::vector<std::string> looked_at;
  for (const auto& candidate : candidates(request)) {
    std::error_code failure;
    if (candidate.is_named || fs::exists(place_of(request, candidate.name), failure)) return candidate.name;
    looked_at.push_back(candidate.name);
  }
  return only(std::string(kFileName),
              fmt::format("is not there, looked at {}; name one with --config FILE or SIGNALBOX_CONFIG",
                          fmt::join(looked_at, " and ")));
}

// One byte more than is allowed, so that the reader of the YAML sees that there was more.
std::expected<std::string, ConfigErrors> read_file(const fs::path& path, const std::string& name) {
  std::error_code failure;
  if (fs::is_directory(path, failure)) return only(name, "is a folder; a file is allowed");
  std::ifstream stream(path, std::ios::binary);
  if (!stream) {
    return only(name, fs::exists(path, failure) ? "cannot be read; a readable file is needed"
                                                : "is not there; a readable file is needed");
  }
  std::string text(kYamlBytesMax + 1, '\0');
  stream.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (stream.bad()) return only(name, "cannot be read; a readable file is needed");
  text.resize(static_cast<std::size_t>(stream.gcount()));
  return text;
}

// Those of the file first, by their place; others in the order in which they were found.
ConfigErrors in_order(ConfigErrors errors) {
  const auto rank = [&](std::size_t i) {
    const Origin& where = errors[i].where;
    const bool is_in_file = where.source == Source::file;
    return std::tuple(!is_in_file, is_in_file ? where.line : 0, is_in_file ? where.column : 0, i);
  };
  std::vector<std::size_t> order(errors.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::ranges::sort(order, {}, rank);
  ConfigErrors sorted;
  for (const std::size_t i : order) sorted.push_back(std::move(errors[i]));
  return sorted;
}

}  // namespace

LoadResult load(const LoadRequest& request) {
  const auto file = find_file(request);
  if (!file) return std::unexpected(file.error());
  const fs::path path = place_of(request, *file);
  const auto text = read_file(path, *file);
  if (!text) return std::unexpected(text.error());
  return load_text(request, *file, path.parent_path().string(), *text);
}

LoadResult load_text(const LoadRequest& request, const std::string& file, const std::string& folder,
                     std::string_view text) {
  Draft draft;
  ConfigErrors errors;
  LoadedConfig loaded;
  loaded.file = file;
  read_tree(parse_yaml(text), file, {.folder = folder, .environment = request.environment}, draft, errors);
  const Surroundings shell{.folder = request.working_directory, .environment = request.environment};
  read_environment(shell, draft, errors, loaded.warnings);
  read_flags(request.flags, shell, draft, errors);
  read_sets(request.sets, shell, draft, errors);
  const ResolvedDraft resolved = resolve(draft);
  check_draft(draft, resolved, errors, loaded.warnings);
  if (!errors.empty()) return std::unexpected(in_order(std::move(errors)));
  loaded.warnings = in_order(std::move(loaded.warnings));
  loaded.config = build_config(draft, resolved);
  loaded.values = effective_values(draft, resolved);
  return loaded;
}

std::vector<std::string> override_lines(const LoadedConfig& loaded) {
  std::vector<std::string> lines;
  for (const auto& value : loaded.values) {
    if (!value.is_override || !value.was) continue;
    lines.push_back(fmt::format("config override key={} value={} origin={} was={} ({})", value.key,
                                value.text, to_string(value.origin), value.was->text,
                                to_short_string(value.was->origin)));
  }
  return lines;
}

Environment environment_of(const char* const* variables) {
  Environment environment;
  for (; variables != nullptr && *variables != nullptr; ++variables) {
    const std::string_view variable = *variables;
    const auto equals = variable.find('=');
    if (equals == std::string_view::npos) continue;
    environment.emplace(variable.substr(0, equals), variable.substr(equals + 1));
  }
  return environment;
}

}  // namespace signalbox::config
