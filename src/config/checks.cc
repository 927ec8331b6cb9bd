// One function a rule.
#include "config/checks.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <limits>
#include <map>
#include <utility>

#include <fmt/format.h>

#include "config/listen.h"
#include "config/nearest.h"

namespace signalbox::config {
namespace {

constexpr std::size_t kNameBytesMax = 128;
constexpr std::size_t kFieldBytesMax = 64;

// Routes below /v1/models/ that a model of this name would hide.
constexpr std::array<std::string_view, 2> kReservedNames = {"status", "select"};
// Set by Signalbox for every engine.
constexpr std::array<std::string_view, 7> kOwnedFlags = {"--host", "--port",     "--alias",         "-a",
                                                         "-np",    "--parallel", "--slot-save-path"};
// What a chunk already has.
constexpr std::array<std::string_view, 12> kChunkFields = {"id",
                                                           "object",
                                                           "created",
                                                           "model",
                                                           "choices",
                                                           "usage",
                                                           "error",
                                                           "type",
                                                           "timings",
                                                           "prompt_progress",
                                                           "system_fingerprint",
                                                           "service_tier"};

template <class List>
bool holds(const List& list, std::string_view wanted) {
  return std::ranges::find(list, wanted) != std::ranges::end(list);
}

class Checker {
 public:
  Checker(const Draft& draft, const ResolvedDraft& resolved, ConfigErrors& errors, ConfigErrors& warnings)
      : draft_(draft), resolved_(resolved), errors_(errors), warnings_(warnings) {}

  void check() {
    listen();
    api_keys();
    origins();
    hosts();
    owned_flags("engine.args", whole(Section::engine, "args").now);
    owned_flags("engine.command", whole(Section::engine, "command").now);
    names();
    default_model();
    for (std::size_t m = 0; m < draft_.models.size(); ++m) {
      workers(m);
      context(m);
      service_tier(m);
      path(m);
      launcher(m);
    }
    shared_values();
  }

 private:
  void error(const Origin& where, std::string message) {
    // A value that all models share is told once.
    ConfigError error{.where = where, .message = std::move(message)};
    if (std::ranges::find(errors_, error) == errors_.end()) errors_.push_back(std::move(error));
  }

  [[nodiscard]] const Resolved& whole(Section section, std::string_view name) const {
    return resolved_.whole[*find_key(section, name)];
  }
  [[nodiscard]] const Given& of_model(std::size_t model, std::string_view name) const {
    return resolved_.models[model][*find_key(Section::model, name)].now;
  }
  [[nodiscard]] std::string owner(std::size_t model) const { return "models." + draft_.models[model].name; }

  void listen() {
    const Given& given = whole(Section::server, "listen").now;
    const auto* text = std::get_if<std::string>(&given.value);
    if (text == nullptr) return;
    const auto address = parse_listen(*text);
    if (!address) return error(given.origin, "server.listen " + address.error().message);
    if (address->reach != ListenAddress::Reach::others) return;
    const auto* is_allowed = std::get_if<bool>(&whole(Section::server, "allow_unauthenticated").now.value);
    if (is_allowed == nullptr || has_keys()) return;
    if (!*is_allowed) {
      return error(given.origin, fmt::format("server.listen is {}, which other machines can reach, and there "
                                             "are no server.api_keys; a loopback "
                                             "address or unix:/path is allowed, others with a key or with "
                                             "server.allow_unauthenticated: true",
                                             *text));
    }
    warnings_.push_back(
        {.where = given.origin,
         .message = fmt::format(
             "server.listen is {}: everybody who reaches it can use this server without a key", *text)});
  }

  // True too where the keys are an error of their own.
  [[nodiscard]] bool has_keys() const {
    const auto& keys = whole(Section::server, "api_keys").now;
    const auto* api_keys = std::get_if<ApiKeys>(&keys.value);
    return api_keys == nullptr ? keys.layer != Layer::built_in : !api_keys->empty();
  }

  // The same key with the same rules may stand there twice.
  void api_keys() {
    const Given& given = whole(Section::server, "api_keys").now;
    const auto* api_keys = std::get_if<ApiKeys>(&given.value);
    if (api_keys == nullptr) return;
    std::map<std::string_view, std::size_t> first;
    for (std::size_t i = 0; i < api_keys->size(); ++i) {
      const ApiKey& api_key = (*api_keys)[i];
      const auto [known, is_new] = first.emplace(api_key.key, i);
      if (is_new || (*api_keys)[known->second] == api_key) continue;
      error(given.item_origins[i],
            fmt::format(
                "server.api_keys holds a key that it has already with other rules ({}); once is allowed",
                to_string(given.item_origins[known->second])));
    }
  }

  void origins() {
    const Given& given = whole(Section::server, "allowed_origins").now;
    const auto* origins = std::get_if<Words>(&given.value);
    if (origins == nullptr) return;
    for (std::size_t i = 0; i < origins->size(); ++i) {
      const std::string& origin = (*origins)[i];
      if (origin == "*" && !has_keys()) {
        error(
            given.item_origins[i],
            "server.allowed_origins holds *, and there are no server.api_keys: every web page could use this "
            "server; single origins are allowed, * with a key");
      } else if (origin != "*" && !is_origin(origin)) {
        error(given.item_origins[i],
              fmt::format(
                  "server.allowed_origins holds \"{}\"; scheme://host or scheme://host:port is allowed, as a "
                  "browser sends it: without a path",
                  origin.substr(0, kFieldBytesMax)));
      }
    }
  }

  static bool is_origin(std::string_view text) {
    const auto scheme = text.find("://");
    if (scheme == 0 || scheme == std::string_view::npos) return false;
    const auto host = text.substr(scheme + 3);
    return !host.empty() && std::ranges::none_of(host, [](unsigned char c) {
      return c <= 0x20 || c >= 0x7F || c == '/' || c == '?' || c == '#' || c == '@' || c == '*';
    });
  }

  void hosts() {
    const Given& given = whole(Section::server, "allowed_hosts").now;
    const auto* hosts = std::get_if<Words>(&given.value);
    if (hosts == nullptr) return;
    for (std::size_t i = 0; i < hosts->size(); ++i) {
      const std::string& host = (*hosts)[i];
      const bool is_plain = !host.empty() && std::ranges::none_of(host, [](unsigned char c) {
        return c <= 0x20 || c >= 0x7F || c == '/' || c == '@' || c == '*';
      });
      if (is_plain) continue;
      error(given.item_origins[i],
            fmt::format("server.allowed_hosts holds \"{}\"; host or host:port is allowed",
                        host.substr(0, kFieldBytesMax)));
    }
  }

  void owned_flags(const std::string& name, const Given& given) {
    const auto* words = std::get_if<Words>(&given.value);
    if (words == nullptr) return;
    for (std::size_t i = 0; i < words->size(); ++i) {
      const std::string flag = (*words)[i].substr(0, (*words)[i].find('='));
      if (!holds(kOwnedFlags, flag)) continue;
      error(given.item_origins[i],
            fmt::format("{} holds {}, which Signalbox sets itself; any flag is allowed but {}", name, flag,
                        fmt::join(kOwnedFlags, ", ")));
    }
  }

  void names() {
    for (std::size_t m = 0; m < draft_.models.size(); ++m) {
      const ModelDraft& model = draft_.models[m];
      if (!model.name.empty()) name(model.name, model.name_origin, "the model's name");
    }
    for (std::size_t m = 0; m < draft_.models.size(); ++m) {
      const Given& given = of_model(m, "aliases");
      const auto* aliases = std::get_if<Words>(&given.value);
      if (aliases == nullptr) continue;
      for (std::size_t i = 0; i < aliases->size(); ++i) {
        name((*aliases)[i], given.item_origins[i], fmt::format("an alias of {}", draft_.models[m].name));
      }
    }
  }

  // Names first, then aliases, so that of the two it is the alias that is told.
  void name(const std::string& name, const Origin& where, const std::string& what) {
    if (holds(kReservedNames, name)) {
      return error(where, fmt::format("{} is {}; any but {} is allowed", what, name,
                                      fmt::join(kReservedNames, " and ")));
    }
    if (name.empty() || name.size() > kNameBytesMax || name.front() == ' ' || name.back() == ' ' ||
        !is_clean(name)) {
      return error(
          where,
          fmt::format(
              "{} is \"{}\"; 1 to {} bytes are allowed, without control characters, commas and outer spaces",
              what, name.substr(0, kNameBytesMax), kNameBytesMax));
    }
    const auto [known, is_new] = names_.emplace(name, where);
    if (!is_new) {
      error(where, fmt::format("{} is {}, which is taken ({}); each name and alias is allowed once", what,
                               name, to_string(known->second)));
    }
  }

  static bool is_clean(std::string_view name) {
    return std::ranges::none_of(name, [](unsigned char c) { return c < 0x20 || c == 0x7F || c == ','; });
  }

  void default_model() {
    const Given& given = whole(Section::scheduler, "default_model").now;
    const auto* wanted = std::get_if<std::string>(&given.value);
    if (wanted == nullptr || names_.empty() || names_.contains(*wanted)) return;
    std::vector<std::string> known;
    known.reserve(names_.size());
    for (const auto& [name, where] : names_) known.push_back(name);
    error(given.origin, fmt::format("scheduler.default_model is \"{}\"; one of {} is allowed{}", *wanted,
                                    fmt::join(known, ", "), did_you_mean(*wanted, known)));
  }

  void workers(std::size_t m) {
    const Given& given = of_model(m, "workers");
    const auto* workers = std::get_if<std::uint64_t>(&given.value);
    const auto* slots = std::get_if<std::uint64_t>(&of_model(m, "slots").value);
    if (workers == nullptr || slots == nullptr || *workers <= *slots) return;
    error(given.origin, fmt::format("{}.workers is {}; at most its slots are allowed: {} ({})", owner(m),
                                    *workers, *slots, to_string(of_model(m, "slots").origin)));
  }

  void context(std::size_t m) {
    const Given& given = of_model(m, "context");
    const auto* context = std::get_if<std::uint64_t>(&given.value);
    const auto* slots = std::get_if<std::uint64_t>(&of_model(m, "slots").value);
    constexpr std::uint64_t kTokensMax = std::numeric_limits<std::int32_t>::max();
    if (context == nullptr || slots == nullptr || *context * *slots <= kTokensMax) return;
    error(given.origin, fmt::format("{}.context is {} for each of {} slots; {} tokens together are allowed",
                                    owner(m), *context, *slots, kTokensMax));
  }

  void service_tier(std::size_t m) {
    const Given& given = of_model(m, "service_tier");
    const Given& rule = of_model(m, "priority");
    const auto* tier = std::get_if<std::uint64_t>(&given.value);
    const auto* priority = std::get_if<std::uint64_t>(&rule.value);
    if (tier == nullptr || static_cast<ServiceTier>(*tier) != ServiceTier::priority) return;
    if (priority == nullptr || static_cast<Priority>(*priority) == Priority::allow) return;
    error(given.origin,
          fmt::format(
              "{}.service_tier is priority, and its priority is forbid ({}); default or flex is allowed",
              owner(m), to_string(rule.origin)));
  }

  void path(std::size_t m) {
    const Given& given = of_model(m, "path");
    const auto* path = std::get_if<std::string>(&given.value);
    if (path == nullptr) return;
    std::error_code failure;
    const auto status = std::filesystem::status(*path, failure);
    if (std::filesystem::is_regular_file(status)) return;
    const bool is_missing = !std::filesystem::exists(status);
    warnings_.push_back(
        {.where = given.origin,
         .message = fmt::format("{}.path is {}, {}; a load of this model will fail", owner(m), *path,
                                is_missing ? "which is not there" : "which is no file")});
  }

  void launcher(std::size_t m) {
    const Given& given = of_model(m, "launcher");
    const auto* choice = std::get_if<std::uint64_t>(&given.value);
    if (choice == nullptr) return;
    const Given& command = of_model(m, "command");
    const auto* words = std::get_if<Words>(&command.value);
    if (static_cast<Launcher>(*choice) == Launcher::llama_server) {
      if (words == nullptr) return;
      return error(command.origin, fmt::format("{}.command counts only with launcher: command", owner(m)));
    }
    if (words == nullptr) {
      if (command.layer != Layer::built_in) return;  // an error that is told already
      return error(given.origin, fmt::format("{}.launcher is command, and there is no command", owner(m)));
    }
    own_command(m, command, *words);
  }

  void own_command(std::size_t m, const Given& command, const Words& words) {
    const auto names = [&](std::string_view placeholder) {
      return std::ranges::any_of(words, [&](const std::string& word) { return word.contains(placeholder); });
    };
    if (names("${port}") == names("${socket}")) {
      error(command.origin,
            fmt::format("{}.command must hold ${{port}} or ${{socket}}, one of them: where it shall "
                        "listen",
                        owner(m)));
    }
    for (const auto* key : {"path", "args"}) {
      const Given& given = of_model(m, key);
      if (!is_own(given)) continue;
      error(given.origin, fmt::format("{}.{} is for llama-server; of a command it belongs into the command",
                                      owner(m), key));
    }
    const Given& health = of_model(m, "health");
    const auto* target = std::get_if<std::string>(&health.value);
    const bool is_target = target != nullptr && target->starts_with('/') &&
                           std::ranges::all_of(*target, [](unsigned char c) { return c > 0x20 && c < 0x7F; });
    if (target == nullptr || is_target) return;
    error(health.origin, fmt::format("{}.health is \"{}\"; a path that begins with / is allowed", owner(m),
                                     target->substr(0, kFieldBytesMax)));
  }

  // What a section and a model may both give: told where it stands, so once for all models that share it.
  void shared_values() {
    metadata_field("status.metadata_field", whole(Section::status, "metadata_field").now);
    owned_flags("defaults.args", whole(Section::defaults, "args").now);
    for (std::size_t m = 0; m < draft_.models.size(); ++m) {
      const Given& field = of_model(m, "metadata_field");
      const Given& args = of_model(m, "args");
      if (is_own(field)) metadata_field(owner(m) + ".metadata_field", field);
      if (is_own(args)) owned_flags(owner(m) + ".args", args);
    }
  }

  static bool is_own(const Given& given) {
    return given.layer == Layer::file_model || given.layer == Layer::set_model;
  }

  void metadata_field(const std::string& name, const Given& given) {
    const auto* field = std::get_if<std::string>(&given.value);
    if (field == nullptr) return;
    const bool is_word = field->size() <= kFieldBytesMax && std::ranges::all_of(*field, [](char c) {
                           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                                  (c >= '0' && c <= '9') || c == '_' || c == '-';
                         });
    if (is_word && !holds(kChunkFields, *field)) return;
    error(given.origin, fmt::format("{} is \"{}\"; up to {} letters, digits, _ and - are allowed, and no "
                                    "field that a chunk already has",
                                    name, field->substr(0, kFieldBytesMax), kFieldBytesMax));
  }

  const Draft& draft_;
  const ResolvedDraft& resolved_;
  ConfigErrors& errors_;
  ConfigErrors& warnings_;
  std::map<std::string, Origin> names_;
};

}  // namespace

void check_draft(const Draft& draft, const ResolvedDraft& resolved, ConfigErrors& errors,
                 ConfigErrors& warnings) {
  Checker(draft, resolved, errors, warnings).check();
}

}  // namespace signalbox::config
