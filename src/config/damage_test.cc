// Whatever the file, the variables and the command line hold: loading ends, with a config that keeps its
// promises or with errors that have a text. Seeded, so a failure comes again.
#include <random>
#include <string>

#include <gtest/gtest.h>

#include "config/keys.h"
#include "config/listen.h"
#include "config/test_loading.h"

namespace signalbox::config {
namespace {

constexpr int kRounds = 1'500;

class Damage {
 public:
  explicit Damage(std::uint64_t seed) : random_(seed) {}

  std::uint64_t below(std::uint64_t limit) { return random_() % limit; }

  // A value that is right for some key, or for none.
  std::string value() {
    constexpr std::array<std::string_view, 24> kValues = {
        "0",        "1",    "-1",  "3",         "5s",       "1.5s", "64MiB",  "true",
        "auto",     "none", "big", "[a, b]",    "[--port]", "~",    "{x: y}", "",
        "${env:A}", "${",   "0.5", "0.0.0.0:1", "unix:/x",  "[",    "a,b",    "99999999999999999999"};
    return std::string(kValues.at(below(kValues.size())));
  }

  // A list of keys with and without rules, right or not.
  std::string api_keys() {
    constexpr std::array<std::string_view, 12> kMembers = {"key: k",
                                                           "key: l",
                                                           "key_env: A",
                                                           "key_file: /",
                                                           "priority: allow",
                                                           "priority: forbid",
                                                           "priority",
                                                           "service_tier: flex",
                                                           "service_tier: priority",
                                                           "service_tier: [flex]",
                                                           "x: y",
                                                           "~: ~"};
    std::string text = "[m";
    for (std::uint64_t entries = below(3); entries > 0; --entries) {
      text += ", {key: n" + std::to_string(below(3));
      if (below(4) == 0) text.resize(text.rfind('{') + 1);
      for (std::uint64_t members = below(3); members > 0; --members) {
        if (!text.ends_with('{')) text += ", ";
        text += kMembers.at(below(kMembers.size()));
      }
      text += '}';
    }
    return text + "]";
  }

  std::string file() {
    std::string text;
    for (const auto section : {Section::server, Section::scheduler, Section::status, Section::engine,
                               Section::carry_over, Section::defaults}) {
      if (below(2) == 0) continue;
      text += std::string(to_string(section)) + ":\n";
      for (const auto& key : key_names(section)) {
        if (key == "api_keys" && below(2) == 0)
          text += "  api_keys: " + api_keys() + "\n";
        else if (below(20) == 0)
          text += "  " + key + ": " + value() + "\n";
      }
    }
    text += "models:\n";
    for (std::uint64_t i = 0; i < 1 + below(3); ++i) {
      text += "- name: m" + std::to_string(below(4)) + "\n";
      for (const auto& key : key_names(Section::model)) {
        if (key == "path" && below(10) != 0) {
          text += "  path: x.gguf\n";
        } else if (key != "name" && below(20) == 0) {
          text += "  " + key + ": " + value() + "\n";
        }
      }
    }
    if (below(3) == 0) text.insert(below(text.size()), 1, "{}[]:,&*!|>'\"%@`\n\t#"[below(19)]);
    return text;
  }

 private:
  std::mt19937_64 random_;
};

void expect_promises(const Config& config, int round) {
  ASSERT_FALSE(config.models.empty()) << round;
  EXPECT_TRUE(parse_listen(config.server.listen).has_value()) << round;
  EXPECT_FALSE(config.engine.command.empty()) << round;
  for (const ApiKey& api_key : config.server.api_keys) {
    EXPECT_FALSE(api_key.key.empty()) << round;
    EXPECT_FALSE(api_key.priority == Priority::forbid && api_key.service_tier == ServiceTier::priority)
        << round;
  }
  for (const Model& model : config.models) {
    EXPECT_FALSE(model.name.empty()) << round;
    EXPECT_FALSE(model.priority == Priority::forbid && model.service_tier == ServiceTier::priority) << round;
    EXPECT_TRUE(model.path.starts_with('/')) << round;
    EXPECT_GE(model.slots, 1U) << round;
    EXPECT_GE(model.workers, 1U) << round;
    EXPECT_LE(model.workers, model.slots) << round;
  }
}

TEST(Damage, NeverGetsPastTheLoader) {
  Damage damage(20'251'124);
  int good = 0;
  for (int round = 0; round < kRounds; ++round) {
    Loading loading;
    if (damage.below(2) == 0) loading.variable("A", damage.value());
    for (const Key& key : keys()) {
      if (key.scope != Scope::one_model && damage.below(300) == 0)
        loading.variable(environment_name(key.section, key), damage.value());
      if (!key.flag.empty() && damage.below(300) == 0) loading.flag(std::string(key.flag), damage.value());
      if (damage.below(300) == 0)
        loading.set("models.m" + std::to_string(damage.below(3)) + "." + std::string(key.name) + "=" +
                    damage.value());
    }
    const auto loaded = loading.result(damage.file());
    if (loaded) {
      ++good;
      expect_promises(loaded->config, round);
      continue;
    }
    ASSERT_FALSE(loaded.error().empty()) << round;
    for (const auto& error : loaded.error()) EXPECT_FALSE(error.message.empty()) << round;
  }
  // Else the test would say nothing of what is accepted.
  EXPECT_GT(good, kRounds / 200);
}

}  // namespace
}  // namespace signalbox::config
