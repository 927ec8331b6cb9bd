// `simulate` as it is typed: figures, files, and what is said of a wrong word.
#include <string>
#include <sys/stat.h>

#include <boost/json/parse.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/output_file.h"
#include "cli/test_process.h"
#include "cli/test_server.h"

namespace signalbox::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

// a for 3 s at 0; b for 1 s at 1; a for 1 s at 2.
constexpr std::string_view kTrace = "time_s,model,service_s\n0,a,3\n1,b,1\n2,a,1\n";

class SimulateCommand : public Process {
 protected:
  int simulate(std::vector<std::string> more) {
    write("t.csv", kTrace);
    more.insert(more.begin(), {"simulate", "t.csv"});
    return type(more);
  }
  [[nodiscard]] std::string content(const std::string& name) const {
    std::ifstream file(folder_ / name);
    return {std::istreambuf_iterator<char>(file), {}};
  }
};

TEST_F(SimulateCommand, PrintsEachModelAndAll) {
  EXPECT_EQ(simulate({"--policy", "fifo", "--workers", "1"}), 0);
  EXPECT_EQ(out(),
            "MODEL  SERVED  REJECTED  MEAN   P50    P95    P99    MAX    SWITCHES\n"
            "a      2       0         5.0 s  8.0 s  8.0 s  8.0 s  8.0 s  2\n"
            "b      1       0         6.0 s  6.0 s  6.0 s  6.0 s  6.0 s  1\n"
            "all    3       0         5.3 s  6.0 s  8.0 s  8.0 s  8.0 s  3\n"
            "\n"
            "Waits from arrival to start, under the policy fifo; 54.5 % of the time went into switches.\n");
  EXPECT_THAT(err(), IsEmpty());
}

TEST_F(SimulateCommand, ComparesPolicies) {
  EXPECT_EQ(simulate({"--policy", "fifo,drain", "--workers", "1"}), 0);
  EXPECT_EQ(out(),
            "POLICY  SERVED  REJECTED  MEAN   P50    P95    P99    MAX    SWITCHES  SWITCHING\n"
            "fifo    3       0         5.3 s  6.0 s  8.0 s  8.0 s  8.0 s  3         54.5 %\n"
            "drain   3       0         4.0 s  3.0 s  7.0 s  7.0 s  7.0 s  2         44.4 %\n"
            "\n"
            "Waits from arrival to start; SWITCHING is its share of the time.\n");
  EXPECT_EQ(simulate({"--policy", "all"}), 0);
  EXPECT_THAT(out(), HasSubstr("\nsignalbox  3 "));
}

TEST_F(SimulateCommand, PrintsJson) {
  EXPECT_EQ(simulate({"--json", "--policy", "drain", "--workers", "1"}), 0);
  const auto value = boost::json::parse(out());
  EXPECT_EQ(value.at("lengths"), "unknown");
  const auto& policy = value.at("policies").at(0);
  EXPECT_EQ(policy.at("policy"), "drain");
  EXPECT_EQ(policy.at("length_ms"), 9000);
  EXPECT_EQ(policy.at("switching_ms"), 4000);
  EXPECT_EQ(policy.at("all").at("served"), 3);
  EXPECT_EQ(policy.at("all").at("wait_ms").at("p99"), 7000);
  EXPECT_EQ(policy.at("models").at(1).at("model"), "b");
}

TEST_F(SimulateCommand, TakesTheLimitsOfAConfigurationAndOfOptions) {
  write("t2.csv", "time_s,model,service_s\n0,a,5\n3,a,5\n3,a,5\n3,c,1\n");
  write_models("scheduler:\n  next_model: longest_wait\ndefaults:\n  queue_size: 1\n  workers: 1\n");
  EXPECT_EQ(type({"simulate", "t2.csv", "--config", "models.yaml"}), 0) << err();
  EXPECT_THAT(out(), HasSubstr("\na      2       1 (33.3 %) "));
  EXPECT_EQ(err(), "Not known there, so with the built-in limits: c\n");
  EXPECT_EQ(type({"simulate", "t2.csv", "--config", "models.yaml", "--queue-size", "2"}), 0);
  EXPECT_THAT(out(), HasSubstr("\na      3       0 "));
}

TEST_F(SimulateCommand, LoadsTheNextModelBesideTheOtherIfItIsToldTo) {
  write("t3.csv", "time_s,model,service_s\n0,a,10\n1,b,1\n");
  write_models("scheduler:\n  overlap: auto\n");
  EXPECT_EQ(type({"simulate", "t3.csv", "--config", "models.yaml"}), 0) << err();
  EXPECT_THAT(out(), HasSubstr("\nb      1       0         11.0 s "));
  EXPECT_EQ(type({"simulate", "t3.csv", "--config", "models.yaml", "--overlap", "off"}), 0);
  EXPECT_THAT(out(), HasSubstr("\nb      1       0         13.0 s "));
  EXPECT_EQ(type({"simulate", "t3.csv", "--overlap", "auto"}), 0);
  EXPECT_THAT(out(), HasSubstr("\nb      1       0         11.0 s "));
  EXPECT_EQ(type({"simulate", "t3.csv", "--overlap", "always"}), 2);
}

TEST_F(SimulateCommand, TakesASwitchTimeFromAServer) {
  const TestServer server([](const std::string&, std::size_t) {
    return answer_of(200, R"({"status":"ready","models":[{"id":"a","status":"ready","last_load_ms":7000},)"
                          R"({"id":"b","costs":{"changeover_ms":500,"service_ms":900}}]})");
  });
  EXPECT_EQ(simulate({"--policy", "fifo", "--workers", "1", "--from-server", server.address()}), 0) << err();
  // a loads in 7 s, b in 0.5: a at 7, b at 10.5 waited 9.5, a again at 18.5 waited 16.5.
  EXPECT_THAT(out(), HasSubstr("\nb      1       0         9.5 s "));
  EXPECT_THAT(out(), HasSubstr("16.5 s"));
  EXPECT_EQ(simulate({"--from-server", "unix:" + (folder_ / "no.sock").string()}), 3);
}

TEST_F(SimulateCommand, DrawsWorkloadsAndPictures) {
  write("p.svg", "old");
  EXPECT_EQ(type({"simulate", "--synthetic", "zipf:models=3,requests=100", "--plot", "p.svg"}), 0) << err();
  EXPECT_THAT(out(), HasSubstr("\nmodel-3 "));
  EXPECT_THAT(content("p.svg"), StartsWith("<svg "));
  for (const auto& entry : std::filesystem::directory_iterator(folder_)) {
    EXPECT_EQ(entry.path().filename().string().find(".part"), std::string::npos);
  }
  EXPECT_EQ(type({"simulate", "--synthetic", "agents", "--plot", "no/such/p.svg"}), 1);
  EXPECT_THAT(err(), HasSubstr("--plot: "));
}

TEST_F(SimulateCommand, EndsAtATimeLimit) {
  EXPECT_EQ(simulate({"--time-limit", "4s", "--policy", "drain"}), 0);
  EXPECT_THAT(out(), HasSubstr("UNFINISHED"));
}

TEST_F(SimulateCommand, SaysWhatIsWrong) {
  EXPECT_EQ(type({"simulate"}), 2);
  EXPECT_EQ(err(), "a trace is wanted, or --synthetic; see --help\n");
  EXPECT_EQ(type({"simulate", "none.csv"}), 2);
  EXPECT_EQ(err(), "none.csv: No such file or directory\n");
  write("bad.csv", "time_s,model,service_s\n1,a,1\n0,a,1\n");
  EXPECT_EQ(type({"simulate", "bad.csv"}), 2);
  EXPECT_THAT(err(), StartsWith("bad.csv:3: "));
  EXPECT_EQ(type({"simulate", "--synthetic", "zipf:models=1000000"}), 2);
  EXPECT_EQ(err(), "--synthetic: models is \"1000000\"; a whole number from 1 to 10000 is allowed\n");
  EXPECT_EQ(simulate({"--workers", "0"}), 2);
  EXPECT_EQ(err(), "--workers: is \"0\"; a whole number from 1 to 10000000 is allowed\n");
  EXPECT_EQ(simulate({"--switch-time", "fast"}), 2);
  EXPECT_THAT(err(), StartsWith("--switch-time: is \"fast\"; a duration"));
  EXPECT_EQ(simulate({"--policy", "best"}), 2);
  EXPECT_EQ(simulate({"--synthetic", "zipf"}), 2);
  EXPECT_EQ(simulate({"--config", "missing.yaml"}), 2);
  EXPECT_EQ(simulate({"--from-server", "https://x"}), 2);
}

TEST_F(SimulateCommand, ShowsItsProgressOnATerminalOnly) {
  EXPECT_EQ(simulate({}), 0);
  EXPECT_THAT(err(), IsEmpty());
  medium_ = Medium::terminal;
  environment_["TERM"] = "xterm";
  EXPECT_EQ(simulate({}), 0);
  EXPECT_THAT(err(), HasSubstr("signalbox: 0 of 3 requests"));
  EXPECT_TRUE(err().ends_with("\r\x1b[K"));
}

TEST_F(SimulateCommand, LineFilesArePrivateAndNeverReplaceAnything) {
  const auto path = (folder_ / "lines.csv").string();
  {
    auto file = LineFile::create(path);
    ASSERT_TRUE(file.has_value());
    EXPECT_TRUE(file->append("one\n").has_value());
  }
  struct stat status{};
  ASSERT_EQ(stat(path.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0600U);
  EXPECT_FALSE(LineFile::create(path).has_value());
  EXPECT_EQ(content("lines.csv"), "one\n");
}

}  // namespace
}  // namespace signalbox::cli
