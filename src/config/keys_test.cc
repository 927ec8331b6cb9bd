// The table: complete, unambiguous, and in agreement with the defaults of config.h.
#include "config/keys.h"

#include <set>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/test_loading.h"

namespace signalbox::config {
namespace {

TEST(Keys, AgreeWithTheDefaultsOfTheStructs) {
  const auto loaded = Loading().config("models:\n- name: x\n  path: /m\n").config;
  const Config plain;
  const Model model;
  ASSERT_EQ(loaded.models.size(), 1U);
  EXPECT_EQ(loaded.server.listen, plain.server.listen);
  EXPECT_EQ(loaded.server.allow_unauthenticated, plain.server.allow_unauthenticated);
  EXPECT_EQ(loaded.server.api_keys, plain.server.api_keys);
  EXPECT_EQ(loaded.server.allowed_hosts, plain.server.allowed_hosts);
  EXPECT_EQ(loaded.server.allowed_origins, plain.server.allowed_origins);
  EXPECT_EQ(loaded.server.metrics_without_key, plain.server.metrics_without_key);
  EXPECT_EQ(loaded.server.max_connections, plain.server.max_connections);
  EXPECT_EQ(loaded.server.max_header_bytes, plain.server.max_header_bytes);
  EXPECT_EQ(loaded.server.max_body_bytes, plain.server.max_body_bytes);
  EXPECT_EQ(loaded.server.max_queued_bytes, plain.server.max_queued_bytes);
  EXPECT_EQ(loaded.server.events_clients_max, plain.server.events_clients_max);
  EXPECT_EQ(loaded.server.header_timeout, plain.server.header_timeout);
  EXPECT_EQ(loaded.server.body_timeout, plain.server.body_timeout);
  EXPECT_EQ(loaded.server.keep_alive_timeout, plain.server.keep_alive_timeout);
  EXPECT_EQ(loaded.server.client_stall_timeout, plain.server.client_stall_timeout);
  EXPECT_EQ(loaded.server.shutdown_grace, plain.server.shutdown_grace);
  EXPECT_EQ(loaded.server.list_aliases, plain.server.list_aliases);
  EXPECT_EQ(loaded.scheduler.starvation_limit, plain.scheduler.starvation_limit);
  EXPECT_EQ(loaded.scheduler.min_visit_thousandths, plain.scheduler.min_visit_thousandths);
  EXPECT_EQ(loaded.scheduler.heartbeat_interval, plain.scheduler.heartbeat_interval);
  EXPECT_EQ(loaded.scheduler.default_model, plain.scheduler.default_model);
  EXPECT_EQ(loaded.engine.command, plain.engine.command);
  EXPECT_EQ(loaded.engine.args, plain.engine.args);
  EXPECT_EQ(loaded.engine.engine_timeout, plain.engine.engine_timeout);
  EXPECT_EQ(loaded.engine.stop_timeout, plain.engine.stop_timeout);
  EXPECT_EQ(loaded.carry_over.enabled, plain.carry_over.enabled);
  EXPECT_EQ(loaded.carry_over.kv_budget, plain.carry_over.kv_budget);
  EXPECT_EQ(loaded.carry_over.kv_min_tokens, plain.carry_over.kv_min_tokens);
  EXPECT_EQ(loaded.carry_over.kv_save_timeout, plain.carry_over.kv_save_timeout);
  EXPECT_EQ(loaded.carry_over.kv_persist, plain.carry_over.kv_persist);
  EXPECT_EQ(loaded.models[0].args, model.args);
  EXPECT_EQ(loaded.models[0].aliases, model.aliases);
  EXPECT_EQ(loaded.models[0].launcher, model.launcher);
  EXPECT_EQ(loaded.models[0].command, model.command);
  EXPECT_EQ(loaded.models[0].health, model.health);
  EXPECT_EQ(loaded.models[0].queue_size, model.queue_size);
  EXPECT_EQ(loaded.models[0].priority, model.priority);
  EXPECT_EQ(loaded.models[0].service_tier, model.service_tier);
  EXPECT_EQ(loaded.models[0].slots, model.slots);
  EXPECT_EQ(loaded.models[0].workers, model.workers);
  EXPECT_EQ(loaded.models[0].context, model.context);
  EXPECT_EQ(loaded.models[0].wait_timeout, model.wait_timeout);
  EXPECT_EQ(loaded.models[0].stream_wait_timeout, model.stream_wait_timeout);
  EXPECT_EQ(loaded.models[0].load_timeout, model.load_timeout);
  EXPECT_EQ(loaded.models[0].idle_unload, model.idle_unload);
  EXPECT_EQ(loaded.models[0].status_text, model.status_text);
  EXPECT_EQ(loaded.models[0].status_chunks, model.status_chunks);
  EXPECT_EQ(loaded.models[0].metadata_field, model.metadata_field);
}

// A text that a key of this kind takes and that is not its default.
std::string other_text(const Key& key) {
  switch (key.type) {
    case Type::boolean:
      return key.default_text == "true" ? "false" : "true";
    case Type::bytes:
      return "2KiB";
    case Type::count:
      return "3";
    case Type::duration:
    case Type::seconds:
      return "77s";
    case Type::factor:
      return "0.25";
    case Type::choice:
      return std::string(key.choices.back());
    case Type::text:
      return "big";
    case Type::address:
      return "127.0.0.1:77";
    case Type::path:
      return "/other";
    case Type::words:
    case Type::command:
    case Type::secrets:
      return key.name == "allowed_origins" ? "[\"https://other\"]" : "[other]";
  }
  return {};
}

// Everything in a config, told by its address: two keys that write to the same place would show.
std::string fingerprint(const Config& config) {
  std::string text = config.server.listen + "|";
  const auto number = [&](auto value) { text += std::to_string(static_cast<long long>(value)) + "|"; };
  const auto words = [&](const Words& list) { text += format_words(list) + "|"; };
  const ServerSection& server = config.server;
  for (const auto value : {server.max_connections, server.max_header_bytes, server.max_body_bytes,
                           server.max_queued_bytes, server.events_clients_max})
    number(value);
  for (const auto value : {server.header_timeout, server.body_timeout, server.keep_alive_timeout,
                           server.client_stall_timeout, server.shutdown_grace})
    number(value.count());
  number(server.allow_unauthenticated);
  for (const ApiKey& api_key : server.api_keys) text += api_key.key + "|";
  words(server.allowed_hosts);
  words(server.allowed_origins);
  number(server.metrics_without_key);
  number(server.list_aliases);
  number(config.scheduler.starvation_limit.count());
  number(config.scheduler.min_visit_thousandths);
  number(config.scheduler.next_model);
  number(config.scheduler.replay);
  number(config.scheduler.overlap);
  number(config.scheduler.overlap_reserve);
  number(config.scheduler.flex_limit.count());
  number(config.scheduler.heartbeat_interval.count());
  text += config.scheduler.default_model.value_or("none") + "|";
  words(config.engine.command);
  words(config.engine.args);
  number(config.engine.engine_timeout.count());
  number(config.engine.stop_timeout.count());
  number(config.engine.device_budget);
  number(config.engine.readahead);
  number(config.carry_over.enabled);
  text += config.carry_over.kv_dir.value_or("none") + "|";
  number(config.carry_over.kv_budget);
  number(config.carry_over.kv_min_tokens);
  number(config.carry_over.kv_save_timeout.count());
  number(config.carry_over.kv_persist);
  for (const Model& model : config.models) {
    text += model.path + "|" + model.metadata_field + "|";
    words(model.aliases);
    words(model.args);
    for (const auto value :
         {model.queue_size, model.flex_queue_size, model.slots, model.workers, model.context})
      number(value);
    for (const auto value :
         {model.wait_timeout, model.stream_wait_timeout, model.load_timeout, model.idle_unload})
      number(value.count());
    number(model.device_memory);
    number(model.priority);
    number(model.service_tier);
    number(model.status_text);
    number(model.status_chunks);
  }
  return text;
}

TEST(Keys, EachChangeOneValueOfTheirOwn) {
  const std::string plain = fingerprint(Loading().config(kOneModel).config);
  std::set<std::string> seen;
  for (const Key& key : keys()) {
    if (key.name == "name") continue;
    // Of a command, which this model is not: checks_test.cc.
    if (key.name == "launcher" || key.name == "command" || key.name == "health") {
      if (key.scope == Scope::one_model) continue;
    }
    const std::string owner =
        key.scope == Scope::one_model ? "models.big." : std::string(to_string(key.section)) + ".";
    const std::string changed = fingerprint(
        Loading().set(owner + std::string(key.name) + "=" + other_text(key)).config(kOneModel).config);
    EXPECT_NE(changed, plain) << key.name;
    EXPECT_TRUE(seen.insert(changed).second) << key.name;
  }
}

TEST(Keys, HaveNamesAndFlagsOfTheirOwn) {
  std::set<std::string> names;
  std::set<std::string_view> flags;
  for (const Key& key : keys()) {
    EXPECT_TRUE(names.insert(full_name(key)).second) << key.name;
    if (!key.flag.empty()) EXPECT_TRUE(flags.insert(key.flag).second) << key.flag;
    EXPECT_FALSE(key.doc.empty()) << key.name;
    EXPECT_TRUE(key.doc.ends_with('.')) << key.name;
    EXPECT_TRUE(!key.default_text.empty() || !key.without.empty()) << key.name;
    const bool may_have_flag =
        key.scope != Scope::one_model && full_name(key) != "defaults.args" && key.type != Type::secrets;
    EXPECT_EQ(!key.flag.empty(), may_have_flag) << key.name;
  }
}

TEST(Keys, AreNotAmbiguousWhereAModelsKeyMayStand) {
  for (const auto section : {Section::server, Section::scheduler, Section::status, Section::engine,
                             Section::carry_over, Section::defaults, Section::model}) {
    const auto names = key_names(section);
    EXPECT_EQ(std::set<std::string>(names.begin(), names.end()).size(), names.size()) << to_string(section);
  }
}

TEST(Keys, HaveDefaultsThatTheyAllow) {
  for (const Key& key : keys()) {
    if (key.default_text.empty()) continue;
    const std::string text = format_value(key, default_value(key));
    EXPECT_EQ(text, is_list(key) ? "[" + std::string(key.default_text) + "]" : key.default_text) << key.name;
  }
}

TEST(Keys, HaveVariablesOfTheirSectionAndKey) {
  const Key& key = keys()[*find_key(Section::scheduler, "wait_timeout")];
  EXPECT_EQ(environment_name(key.section, key), "SIGNALBOX_SCHEDULER_WAIT_TIMEOUT");
  EXPECT_EQ(environment_name(Section::defaults, key), "SIGNALBOX_DEFAULTS_WAIT_TIMEOUT");
}

}  // namespace
}  // namespace signalbox::config
