#include "support/fake_options.h"

#include <array>
#include <charconv>
#include <functional>
#include <map>

#include <fmt/format.h>

namespace signalbox::fake {
namespace {

enum class Value { none, text };
enum class Since { always, current };

struct Flag {
  std::string_view long_name;
  std::string_view short_name;  // or the second spelling; empty if there is none
  Value value;
  Since since;
  std::string_view help;
};

// In the words and columns of llama-server's own help, from which a caller learns what the engine knows.
constexpr std::array kFlags = {
    Flag{"--help", "-h", Value::none, Since::always, "print usage and exit"},
    Flag{"--version", "", Value::none, Since::always, "show version and build info"},
    Flag{"--threads", "-t", Value::text, Since::always, "number of CPU threads to use during generation"},
    Flag{"--ctx-size", "-c", Value::text, Since::always, "size of the prompt context"},
    Flag{"--batch-size", "-b", Value::text, Since::always, "logical maximum batch size (default: 2048)"},
    Flag{"--list-devices", "", Value::none, Since::current, "print list of available devices and exit"},
    Flag{"--gpu-layers", "-ngl", Value::text, Since::always, "max. number of layers to store in VRAM"},
    Flag{"--load-mode", "-lm", Value::text, Since::current, "model loading mode (default: auto)"},
    Flag{"--fit", "-fit", Value::text, Since::current,
         "whether to adjust unset arguments to fit in device memory"},
    Flag{"--model", "-m", Value::text, Since::always, "model path to load"},
    Flag{"--log-file", "", Value::text, Since::always, "Log to file"},
    Flag{"--offline", "", Value::none, Since::current,
         "Offline mode: forces use of cache, prevents network access"},
    Flag{"--temperature", "--temp", Value::text, Since::always, "temperature (default: 0.80)"},
    Flag{"--no-warmup", "--warmup", Value::none, Since::current,
         "whether to perform warmup with an empty run"},
    Flag{"--parallel", "-np", Value::text, Since::always, "number of server slots (default: -1, -1 = auto)"},
    Flag{"--alias", "-a", Value::text, Since::always,
         "set model name aliases, comma-separated (to be used by API)"},
    Flag{"--host", "", Value::text, Since::always, ""},
    Flag{"--port", "", Value::text, Since::always, "port to listen (default: 9931)"},
    Flag{"--api-key", "", Value::text, Since::always, "API key to use for authentication"},
    Flag{"--no-ui", "--ui", Value::none, Since::current, "whether to enable the Web UI (default: enabled)"},
    Flag{"--sse-ping-interval", "", Value::text, Since::current,
         "server SSE ping interval in seconds (-1 = disabled)"},
    Flag{"--metrics", "", Value::none, Since::always, "enable prometheus compatible metrics endpoint"},
    Flag{"--slots", "", Value::none, Since::always, "expose slots monitoring endpoint (default: enabled)"},
    Flag{"--slot-save-path", "", Value::text, Since::always,
         "path to save slot kv cache (default: disabled)"},
    Flag{"--fake", "", Value::text, Since::always, "key=value: how to behave; only the fake engine has this"},
};

constexpr std::string_view host_help(Age age) {
  return age == Age::old ? "ip address to listen (default: 127.0.0.1)"
                         : "IP addresses to listen on, comma-separated, or UNIX socket paths ending in .sock";
}

const Flag* find_flag(std::string_view name, Age age) {
  for (const auto& flag : kFlags) {
    const bool same = flag.long_name == name || (!flag.short_name.empty() && flag.short_name == name);
    if (same && (flag.since == Since::always || age == Age::current)) return &flag;
  }
  return nullptr;
}

template <class Number>
Result<void> parse_into(Number& target, std::string_view name, std::string_view text) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), target);
  if (error == std::errc{} && end == text.data() + text.size()) return {};
  return fail(ErrorCode::invalid, fmt::format("invalid number for {}: {}", name, text));
}

Result<void> parse_into(Milliseconds& target, std::string_view name, std::string_view text) {
  std::int64_t count = 0;
  auto parsed = parse_into(count, name, text);
  target = Milliseconds(count);
  return parsed;
}

template <class Value>
Result<void> parse_into(std::optional<Value>& target, std::string_view name, std::string_view text) {
  return parse_into(target.emplace(), name, text);
}

using Setter = std::function<Result<void>(Behaviour&, std::string_view name, std::string_view value)>;

template <class Member>
Setter number(Member Behaviour::* member) {
  return [member](Behaviour& behaviour, std::string_view name, std::string_view value) {
    return parse_into(behaviour.*member, name, value);
  };
}

Setter text(std::string Behaviour::* member) {
  return [member](Behaviour& behaviour, std::string_view, std::string_view value) -> Result<void> {
    behaviour.*member = value;
    return {};
  };
}

Setter flag(bool Behaviour::* member) {
  return [member](Behaviour& behaviour, std::string_view, std::string_view) -> Result<void> {
    behaviour.*member = true;
    return {};
  };
}

const std::map<std::string, Setter, std::less<>>& setters() {
  static const std::map<std::string, Setter, std::less<>> setters = {
      {"load_ms", number(&Behaviour::load_ms)},
      {"load_steps", number(&Behaviour::load_steps)},
      {"start_ms", number(&Behaviour::start_ms)},
      {"map_percent", number(&Behaviour::map_percent)},
      {"load_until", text(&Behaviour::load_until)},
      {"load_fail", text(&Behaviour::load_fail)},
      {"load_exit", number(&Behaviour::load_exit)},
      {"load_hang", flag(&Behaviour::load_hang)},
      {"health_fail", number(&Behaviour::health_fail)},
      {"fork_child", flag(&Behaviour::fork_child)},
      {"tokens", number(&Behaviour::tokens)},
      {"token_ms", number(&Behaviour::token_ms)},
      {"first_token_ms", number(&Behaviour::first_token_ms)},
      {"first_until", text(&Behaviour::first_until)},
      {"tokens_until", text(&Behaviour::tokens_until)},
      {"token_bytes", number(&Behaviour::token_bytes)},
      {"tokens_a_write", number(&Behaviour::tokens_a_write)},
      {"echo_prompt", flag(&Behaviour::echo_prompt)},
      {"crash_at_token", number(&Behaviour::crash_at_token)},
      {"hang_at_token", number(&Behaviour::hang_at_token)},
      {"ping_ms", number(&Behaviour::ping_ms)},
      {"end_early_at_token", number(&Behaviour::end_early_at_token)},
      {"error_at_token", number(&Behaviour::error_at_token)},
      {"error_status", number(&Behaviour::error_status)},
      {"half_error_until", text(&Behaviour::half_error_until)},
      {"error_message", text(&Behaviour::error_message)},
      {"save", text(&Behaviour::save)},
      {"restore", text(&Behaviour::restore)},
      {"save_ms", number(&Behaviour::save_ms)},
      {"slots_stuck", flag(&Behaviour::slots_stuck)},
      {"ignore_term", flag(&Behaviour::ignore_term)},
      {"slow_stop_ms", number(&Behaviour::slow_stop_ms)},
      {"log_line", text(&Behaviour::log_line)},
      {"record", text(&Behaviour::record)},
      {"forget_bodies", flag(&Behaviour::forget_bodies)},
  };
  return setters;
}

Result<void> apply_behaviour(Behaviour& behaviour, std::string_view setting) {
  const auto equals = setting.find('=');
  const auto key = setting.substr(0, equals);
  const auto value = equals == std::string_view::npos ? std::string_view() : setting.substr(equals + 1);
  const auto setter = setters().find(key);
  if (setter == setters().end()) return fail(ErrorCode::invalid, fmt::format("unknown --fake key: {}", key));
  return setter->second(behaviour, key, value);
}

Result<void> apply_flag(Options& options, std::string_view name, const std::string& value) {
  if (name == "--parallel") return parse_into(options.parallel, name, value);
  if (name == "--ctx-size") return parse_into(options.context, name, value);
  if (name == "--port") return parse_into(options.port, name, value);
  if (name == "--fake") return apply_behaviour(options.behaviour, value);
  if (name == "--help") options.help = true;
  if (name == "--version") options.version = true;
  if (name == "--list-devices") options.list_devices = true;
  if (name == "--host") options.host = value;
  if (name == "--alias") options.alias = value;
  if (name == "--model") options.model = value;
  if (name == "--api-key") options.api_key = value;
  if (name == "--slot-save-path") options.slot_save_path = value;
  return {};
}

}  // namespace

Result<Options> parse_options(const std::vector<std::string>& arguments, Age age) {
  Options options;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const auto* known = find_flag(arguments[i], age);
    if (known == nullptr)
      return fail(ErrorCode::invalid, fmt::format("error: invalid argument: {}", arguments[i]));
    std::string value;
    if (known->value == Value::text) {
      if (++i == arguments.size()) {
        return fail(ErrorCode::invalid,
                    fmt::format("error while handling argument \"{}\": expected value for argument",
                                known->long_name));
      }
      value = arguments[i];
    }
    if (auto applied = apply_flag(options, known->long_name, value); !applied) {
      return std::unexpected(applied.error());
    }
  }
  if (options.parallel == 0) return fail(ErrorCode::invalid, "error: -np must be at least 1");
  return options;
}

std::string help_text(Age age) {
  std::string text = "----- common params -----\n\n";
  for (const auto& known : kFlags) {
    if (known.since == Since::current && age == Age::old) continue;
    auto names = known.short_name.empty() ? std::string(known.long_name)
                                          : fmt::format("{},   {}", known.short_name, known.long_name);
    if (known.value == Value::text) names += " VALUE";
    const auto help = known.long_name == "--host" ? host_help(age) : known.help;
    text += fmt::format("{:<40}{}\n", names, help);
  }
  return text;
}

std::string_view version_text(Age age) {
  return age == Age::old
             ? "version: 4000 (0badc0de)\nbuilt with cc for x86_64-linux-gnu\n"
             : "version: 0.7.0 (build 11669, commit fake)\nbuilt with clang 19 for Linux x86_64\n";
}

}  // namespace signalbox::fake
