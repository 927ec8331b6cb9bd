// The names are a promise to dashboards and alerts: the list of them all stands in tests/golden/metrics.txt,
// and docs/metrics.md and contrib/ follow it.
#include "metrics/metrics.h"

#include <cctype>
#include <fstream>
#include <iterator>
#include <map>
#include <regex>
#include <set>
#include <sstream>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace signalbox::metrics {
namespace {

using testing::AllOf;
using testing::AnyOf;
using testing::Contains;
using testing::EndsWith;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;

constexpr ModelIndex kA(0);
constexpr ModelIndex kB(1);

Present idle(std::size_t models) {
  Present present;
  present.models.resize(models);
  return present;
}

std::string scrape(Metrics& metrics) {
  return metrics.text(idle(2));
}

std::string read(const std::string& path) {
  std::ifstream file(path);
  EXPECT_TRUE(file.is_open()) << path;
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

// One metric family as the text shows it.
struct Shown {
  std::string type;
  std::string help;
  std::map<std::string, std::set<std::string>> labels;

  // "model, outcome (answered, failed)": the values too where they come from a fixed list.
  [[nodiscard]] std::string label_text() const {
    std::vector<std::string> parts;
    for (const auto& [key, values] : labels) {
      const bool is_fixed = key != "model" && key != "version";
      parts.push_back(is_fixed ? fmt::format("{} ({})", key, fmt::join(values, ", ")) : key);
    }
    return parts.empty() ? "-" : fmt::format("{}", fmt::join(parts, ", "));
  }
};

std::map<std::string, Shown> families_of(const std::string& text) {
  std::map<std::string, Shown> families;
  std::string name;
  const std::regex comment("# (HELP|TYPE) ([^ ]+) (.*)");
  const std::regex label("([a-z_]+)=\"([^\"]*)\"");
  for (const std::string& line : lines_of(text)) {
    std::smatch found;
    if (std::regex_match(line, found, comment)) {
      name = found[2];
      (found[1] == "HELP" ? families[name].help : families[name].type) = found[3];
      continue;
    }
    EXPECT_THAT(line, StartsWith(name));
    for (auto it = std::sregex_iterator(line.begin(), line.end(), label); it != std::sregex_iterator();
         ++it) {
      if ((*it)[1] != "le") families[name].labels[(*it)[1]].insert((*it)[2]);
    }
  }
  return families;
}

std::map<std::string, Shown> all_families() {
  Metrics metrics({.model_names = {"a", "b"}, .version = "1"});
  return families_of(scrape(metrics));
}

TEST(Metrics, AreThoseOfTheGoldenList) {
  std::string made;
  for (const auto& [name, shown] : all_families()) {
    made += fmt::format("{} | {} | {} | {}\n", name, shown.type, shown.label_text(), shown.help);
  }
  EXPECT_EQ(made, read("tests/golden/metrics.txt")) << "the list as it should be:\n" << made;
}

TEST(Metrics, AreAllDocumented) {
  std::vector<std::string> rows;
  for (const std::string& line : lines_of(read("docs/metrics.md"))) {
    if (line.starts_with("| `")) rows.push_back(line);
  }
  std::vector<std::string> wanted;
  for (const auto& [name, shown] : all_families()) {
    wanted.push_back(
        fmt::format("| `{}` | {} | {} | {} |", name, shown.type, shown.label_text(), shown.help));
  }
  EXPECT_EQ(rows, wanted) << fmt::format("{}", fmt::join(wanted, "\n"));
}

TEST(Metrics, HaveTheirPrefixAndTheirUnitInTheirName) {
  for (const auto& [name, shown] : all_families()) {
    if (name != "process_start_time_seconds") EXPECT_THAT(name, StartsWith("signalbox_"));
    EXPECT_THAT(shown.help, AllOf(Not(IsEmpty()), EndsWith("."))) << name;
    EXPECT_EQ(name.ends_with("_total"), shown.type == "counter") << name;
    if (shown.type == "histogram") EXPECT_THAT(name, AnyOf(EndsWith("_seconds"), EndsWith("_ratio")));
  }
}

// Whatever stands in contrib/ must be there to be drawn or to wake somebody up.
TEST(Metrics, OfDashboardAndAlertsExist) {
  const auto families = all_families();
  const std::regex word("\\b(signalbox_[a-z_]+|process_start_time_seconds)\\b");
  const std::regex part("_(bucket|sum|count)$");
  for (const std::string path : {"contrib/grafana-dashboard.json", "contrib/alerts.yml"}) {
    const std::string text = read(path);
    std::set<std::string> names;
    for (auto it = std::sregex_iterator(text.begin(), text.end(), word); it != std::sregex_iterator(); ++it) {
      names.insert((*it)[1]);
    }
    EXPECT_THAT(names, Not(IsEmpty())) << path;
    for (const std::string& name : names) {
      const auto base = std::regex_replace(name, part, "");
      const bool is_part = base != name && families.contains(base) && families.at(base).type == "histogram";
      EXPECT_TRUE(families.contains(name) || is_part) << path << ": " << name;
    }
  }
}

TEST(Metrics, CountTheLifeOfARequest) {
  Metrics metrics({.model_names = {"a", "b"}, .version = "1"});
  metrics.request_started(kB, std::chrono::milliseconds(300));
  metrics.wait_was_estimated(kB, std::chrono::milliseconds(180), std::chrono::milliseconds(300));
  metrics.wait_was_estimated(kA, std::chrono::milliseconds(180), Duration(7));
  metrics.first_token_came(kB, std::chrono::milliseconds(700));
  metrics.answer_completed(kB, std::chrono::seconds(2), 17);
  metrics.request_ended(kB, Route::responses, Outcome::answered);
  metrics.client_left(Stage::stalled);
  metrics.rejected(Rejection::queue_full);
  EXPECT_THAT(lines_of(scrape(metrics)),
              AllOf(Contains(R"(signalbox_wait_seconds_bucket{model="b",le="0.25"} 0)"),
                    Contains(R"(signalbox_wait_seconds_bucket{model="b",le="0.5"} 1)"),
                    Contains(R"(signalbox_wait_estimate_error_ratio_bucket{model="b",le="0.3"} 0)"),
                    Contains(R"(signalbox_wait_estimate_error_ratio_bucket{model="b",le="0.5"} 1)"),
                    Contains(R"(signalbox_wait_estimate_error_ratio_count{model="a"} 0)"),
                    Contains(R"(signalbox_time_to_first_token_seconds_count{model="b"} 1)"),
                    Contains(R"(signalbox_service_seconds_sum{model="b"} 2)"),
                    Contains(R"(signalbox_generated_tokens_total{model="b"} 17)"),
                    Contains(R"(signalbox_requests_total{model="b",outcome="answered",route="responses"} 1)"),
                    Contains(R"(signalbox_client_disconnects_total{stage="stalled"} 1)"),
                    Contains(R"(signalbox_rejections_total{reason="queue_full"} 1)"),
                    Contains(R"(signalbox_wait_seconds_count{model="a"} 0)")));
}

TEST(Metrics, CountSwitchesAndEngines) {
  Metrics metrics({.model_names = {"a", "b"}, .version = "1"});
  metrics.switch_started(SwitchCause::starvation_limit);
  metrics.switch_ended(SwitchCause::starvation_limit, SwitchEnd::called_off);
  metrics.switch_phase_took(SwitchPhase::stop, std::chrono::milliseconds(20));
  metrics.load_failed(kA);
  metrics.engine_started(kA);
  metrics.engine_died(kA);
  metrics.engine_killed(kB);
  EXPECT_THAT(
      lines_of(scrape(metrics)),
      AllOf(Contains(R"(signalbox_switches_started_total{cause="starvation_limit"} 1)"),
            Contains(R"(signalbox_switches_ended_total{cause="starvation_limit",end="called_off"} 1)"),
            Contains(R"(signalbox_switch_phase_seconds_count{phase="stop"} 1)"),
            Contains(R"(signalbox_load_failures_total{model="a"} 1)"),
            Contains(R"(signalbox_engine_starts_total{model="a"} 1)"),
            Contains(R"(signalbox_engine_deaths_total{model="a"} 1)"),
            Contains(R"(signalbox_engine_kills_total{model="b"} 1)")));
}

TEST(Metrics, CountWhatIsReadAhead) {
  Metrics metrics({.model_names = {"a", "b"}, .version = "1"});
  metrics.read_ahead_ended(kB, ReadAheadEnd::complete, 1000);
  metrics.read_ahead_ended(kB, ReadAheadEnd::clients_slowed, 234);
  EXPECT_THAT(lines_of(scrape(metrics)),
              AllOf(Contains(R"(signalbox_readahead_bytes_total{model="b"} 1234)"),
                    Contains(R"(signalbox_readahead_bytes_total{model="a"} 0)"),
                    Contains(R"(signalbox_readahead_stopped_total{reason="complete"} 1)"),
                    Contains(R"(signalbox_readahead_stopped_total{reason="clients_slowed"} 1)"),
                    Contains(R"(signalbox_readahead_stopped_total{reason="disk_stuck"} 0)")));
}

TEST(Metrics, ShowThePresentOfEachScrape) {
  Metrics metrics({.model_names = {"a", "b"}, .version = "1.2", .started_at = 1764000000});
  Present present = idle(2);
  present.state = ServerState::ready;
  present.body_bytes = 100;
  present.backlog = std::chrono::milliseconds(1500);
  present.models[1] = {.queue_length = 3, .in_flight = 2, .active = true, .quarantined = false};
  EXPECT_THAT(
      lines_of(metrics.text(present)),
      AllOf(Contains(R"(signalbox_queue_length{model="b"} 3)"),
            Contains(R"(signalbox_requests_in_flight{model="b"} 2)"),
            Contains(R"(signalbox_backlog_seconds 1.5)"), Contains(R"(signalbox_model_active{model="a"} 0)"),
            Contains(R"(signalbox_model_active{model="b"} 1)"),
            Contains(R"(signalbox_state{state="ready"} 1)"), Contains(R"(signalbox_state{state="idle"} 0)"),
            Contains("signalbox_queued_body_bytes 100"), Contains(R"(signalbox_build_info{version="1.2"} 1)"),
            Contains("process_start_time_seconds 1764000000")));
  EXPECT_THAT(lines_of(metrics.text(idle(2))), AllOf(Contains(R"(signalbox_model_active{model="b"} 0)"),
                                                     Contains(R"(signalbox_state{state="ready"} 0)"),
                                                     Contains("signalbox_queued_body_bytes 0")));
}

TEST(Metrics, EscapeTheNamesOfModels) {
  Metrics metrics({.model_names = {"a \"b\" \\c\nd"}, .version = "1"});
  const std::string text = metrics.text(idle(1));
  EXPECT_THAT(text, HasSubstr(R"(signalbox_queue_length{model="a \"b\" \\c\nd"} 0)"));
}

TEST(Metrics, OfAServerWithoutModelsAreText) {
  Metrics metrics({});
  EXPECT_THAT(metrics.text({}), HasSubstr("signalbox_loop_lag_seconds_count 0\n"));
}

}  // namespace
}  // namespace signalbox::metrics
