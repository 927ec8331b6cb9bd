#include "simulate/spec.h"

#include <algorithm>
#include <array>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "simulate/spec_key.h"
#include "simulate/synthetic.h"

namespace signalbox::simulate {
namespace {

constexpr std::uint64_t kUsersMax = 10'000;
constexpr std::uint64_t kAsksMax = 1'000'000;  // of one user

enum class Kind { zipf, clients, agents };
using Key = SpecKey;
using Form = SpecKey::Form;
constexpr std::uint64_t kDay = 86'400;
constexpr std::uint64_t kAnySeed = std::numeric_limits<std::uint64_t>::max();

constexpr std::array kZipf = {
    Key{"models", Form::whole, 1, kTraceModelsMax, 27},
    Key{"requests", Form::whole, 1, kTraceRequestsMax, 10'000},
    Key{"rate", Form::thousandths, 1, 100'000, 2000},
    Key{"exponent", Form::thousandths, 0, 10, 1100},
    Key{"service", Form::duration, 1, kDay, 3'000'000},
    Key{"variation", Form::variation, 0, 0, 0},
    Key{"seed", Form::whole, 0, kAnySeed, 1},
};
constexpr std::array kClients = {
    Key{"models", Form::whole, 1, kTraceModelsMax, 2}, Key{"clients", Form::whole, 1, kUsersMax, 3},
    Key{"asks", Form::whole, 1, kAsksMax, 1000},       Key{"service", Form::duration, 1, kDay, 3'000'000},
    Key{"variation", Form::variation, 0, 0, 0},        Key{"think", Form::duration, 0, kDay, 0},
    Key{"seed", Form::whole, 0, kAnySeed, 1},
};
constexpr std::array kAgents = {
    Key{"users", Form::whole, 1, kUsersMax, 10},       Key{"models", Form::whole, 1, kTraceModelsMax, 5},
    Key{"sessions", Form::whole, 1, kAsksMax, 50},     Key{"gap", Form::duration, 0, kDay, 500'000},
    Key{"pause", Form::duration, 1, kDay, 30'000'000}, Key{"service", Form::duration, 1, kDay, 3'000'000},
    Key{"seed", Form::whole, 0, kAnySeed, 1},
};

struct KindOfSpec {
  Kind kind;
  std::string_view name;
  std::span<const Key> keys;
};
constexpr std::array kKinds = {KindOfSpec{Kind::zipf, "zipf", kZipf},
                               KindOfSpec{Kind::clients, "clients", kClients},
                               KindOfSpec{Kind::agents, "agents", kAgents}};

std::string example(const KindOfSpec& kind) {
  std::string text;
  for (const auto& key : kind.keys) {
    text += fmt::format("{}{}={}", text.empty() ? "" : ",", key.name, standard_text(key));
  }
  return fmt::format("{}:{}", kind.name, text);
}

using Values = std::vector<std::uint64_t>;  // in the order of the kind's keys

Result<void> read_pair(const KindOfSpec& kind, std::string_view pair, Values& values) {
  const auto equals = std::min(pair.find('='), pair.size());
  const auto name = pair.substr(0, equals);
  const auto key = std::ranges::find(kind.keys, name, &Key::name);
  if (key == kind.keys.end()) {
    return fail(ErrorCode::invalid, fmt::format("\"{}\" is no key of {}; an example with all of them: {}",
                                                name, kind.name, example(kind)));
  }
  const auto text = pair.substr(std::min(equals + 1, pair.size()));
  const auto value = value_of(*key, text);
  if (!value) {
    return fail(ErrorCode::invalid, fmt::format("{} is \"{}\"; {} is allowed", name, text, allowed(*key)));
  }
  values[static_cast<std::size_t>(key - kind.keys.begin())] = *value;
  return {};
}

class Wanted {
 public:
  Wanted(const KindOfSpec& kind, const Values& values) : kind_(kind), values_(values) {}

  [[nodiscard]] std::uint64_t number(std::string_view name) const {
    const auto key = std::ranges::find(kind_.keys, name, &Key::name);
    return values_[static_cast<std::size_t>(key - kind_.keys.begin())];
  }
  [[nodiscard]] std::uint32_t count(std::string_view name) const {
    return static_cast<std::uint32_t>(number(name));
  }
  [[nodiscard]] Variation variation() const {
    return number("variation") == 1 ? Variation::fixed : Variation::exponential;
  }
  [[nodiscard]] Duration duration(std::string_view name) const { return Duration(number(name)); }

 private:
  const KindOfSpec& kind_;
  const Values& values_;
};

Result<Workload> too_much() {
  return fail(ErrorCode::invalid,
              fmt::format("more than {} requests, or more than a year of them", kTraceRequestsMax));
}

Result<Workload> zipf(const Wanted& wanted) {
  const Synthetic synthetic{.models = wanted.count("models"),
                            .requests = wanted.number("requests"),
                            .rate_thousandths = wanted.number("rate"),
                            .exponent_thousandths = wanted.number("exponent"),
                            .service = wanted.duration("service"),
                            .variation = wanted.variation(),
                            .seed = wanted.number("seed")};
  const auto seconds = synthetic.requests * 1000 / synthetic.rate_thousandths;
  if (seconds > static_cast<std::uint64_t>(kTraceTimeMax / std::chrono::seconds(1))) return too_much();
  return Workload{.trace = synthetic_trace(synthetic), .users = {}};
}

Result<Workload> clients(const Wanted& wanted) {
  const std::vector<std::uint32_t> each(wanted.number("models"), wanted.count("clients"));
  if (each.size() * wanted.number("clients") * wanted.number("asks") > kTraceRequestsMax) return too_much();
  return closed_loop({.clients = each,
                      .asks = wanted.count("asks"),
                      .service = wanted.duration("service"),
                      .think = wanted.duration("think"),
                      .variation = wanted.variation(),
                      .seed = wanted.number("seed")});
}

Result<Workload> agents_of(const Wanted& wanted) {
  const Agents who{.models = wanted.count("models"),
                   .users = wanted.count("users"),
                   .sessions = wanted.count("sessions"),
                   .gap = wanted.duration("gap"),
                   .pause = wanted.duration("pause"),
                   .service = wanted.duration("service"),
                   .seed = wanted.number("seed")};
  if (std::uint64_t{who.users} * who.sessions * who.asks_max > kTraceRequestsMax) return too_much();
  return agents(who);
}

}  // namespace

Result<Workload> workload_of_spec(std::string_view spec) {
  const auto name = spec.substr(0, spec.find(':'));
  const auto kind = std::ranges::find(kKinds, name, &KindOfSpec::name);
  if (kind == kKinds.end()) {
    return fail(ErrorCode::invalid,
                fmt::format("\"{}\" is no workload; zipf, clients and agents are, as in {}", name,
                            example(kKinds.front())));
  }
  Values values;
  for (const auto& key : kind->keys) values.push_back(key.standard);
  spec.remove_prefix(std::min(spec.size(), name.size() + 1));
  while (!spec.empty()) {
    const auto comma = std::min(spec.find(','), spec.size());
    const auto read = read_pair(*kind, spec.substr(0, comma), values);
    if (!read) return std::unexpected(read.error());
    spec.remove_prefix(std::min(spec.size(), comma + 1));
  }
  const Wanted wanted(*kind, values);
  switch (kind->kind) {
    case Kind::zipf:
      return zipf(wanted);
    case Kind::clients:
      return clients(wanted);
    case Kind::agents:
      return agents_of(wanted);
  }
  return too_much();
}

}  // namespace signalbox::simulate
