#include "repo_lint/rules.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace signalbox::lint {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::vector<std::string> messages(std::string_view path, std::string_view text,
                                  Beside beside = Beside::header) {
  std::vector<std::string> found;
  for (const auto& finding : check_file(path, text, beside)) found.push_back(finding.message);
  return found;
}

std::vector<std::string> include(std::string_view path, std::string_view target) {
  return messages(path, fmt::format("#include \"{}/x.h\"\n", target));
}

TEST(RepoLint, AllowsTheArrowsOfTheArchitecture) {
  struct Pair {
    std::string_view from, to;
  };
  for (const auto& [from, to] :
       {Pair{"sched", "base"},    Pair{"api", "base"},        Pair{"config", "base"},
        Pair{"ports", "base"},    Pair{"engine", "base"},     Pair{"engine", "ports"},
        Pair{"engine", "api"},    Pair{"store", "ports"},     Pair{"metrics", "base"},
        Pair{"control", "sched"}, Pair{"control", "ports"},   Pair{"control", "metrics"},
        Pair{"http", "api"},      Pair{"http", "control"},    Pair{"http", "metrics"},
        Pair{"cli", "config"},    Pair{"cli", "api"},         Pair{"app", "engine"},
        Pair{"app", "http"},      Pair{"app", "sched"},       Pair{"sched", "sched"},
        Pair{"cli", "measure"},   Pair{"measure", "simulate"}}) {
    EXPECT_THAT(include(fmt::format("src/{}/y.cc", from), to), IsEmpty()) << from << " -> " << to;
  }
}

TEST(RepoLint, RefusesEveryOtherArrow) {
  struct Pair {
    std::string_view from, to;
  };
  for (const auto& [from, to] :
       {Pair{"base", "sched"}, Pair{"sched", "api"}, Pair{"sched", "ports"}, Pair{"api", "sched"},
        Pair{"config", "sched"}, Pair{"ports", "sched"}, Pair{"engine", "http"}, Pair{"http", "engine"},
        Pair{"http", "sched"}, Pair{"store", "http"}, Pair{"control", "http"}, Pair{"control", "engine"},
        Pair{"control", "api"}, Pair{"cli", "app"}, Pair{"http", "config"}, Pair{"control", "app"},
        Pair{"measure", "cli"}, Pair{"simulate", "measure"}}) {
    EXPECT_THAT(include(fmt::format("src/{}/y.cc", from), to),
                ElementsAre(fmt::format("{} may not include {}", from, to)));
  }
}

TEST(RepoLint, LetsOnlyMainIncludeApp) {
  EXPECT_THAT(include("src/main.cc", "app"), IsEmpty());
  EXPECT_THAT(include("src/main.cc", "cli"), IsEmpty());
  EXPECT_THAT(include("src/cli/serve.cc", "app"), ElementsAre("cli may not include app"));
}

TEST(RepoLint, HoldsTestsBesideTheCodeToTheSameArrows) {
  EXPECT_THAT(include("src/sched/y_test.cc", "control"), ElementsAre("sched may not include control"));
}

TEST(RepoLint, LetsTheTestsOfTheSchedulerWatchItAsTheSimulationsDo) {
  EXPECT_THAT(include("src/sched/y_test.cc", "simulate"), IsEmpty());
  EXPECT_THAT(include("src/sched/y.cc", "simulate"), ElementsAre("sched may not include simulate"));
}

TEST(RepoLint, RefusesAFolderWithoutAnArrow) {
  EXPECT_THAT(include("src/new/y.cc", "base"), ElementsAre("the folder new has no arrow in repo_lint"));
  EXPECT_THAT(include("src/app/y.cc", "nowhere"), ElementsAre("app may not include nowhere"));
}

TEST(RepoLint, RefusesABareInclude) {
  EXPECT_THAT(messages("src/sched/y.cc", "#include \"x.h\"\n"),
              ElementsAre("include \"folder/x.h\", not a bare name"));
}

TEST(RepoLint, KeepsLibrariesWhereTheyBelong) {
  EXPECT_THAT(messages("src/http/y.cc", "#include <boost/beast/http.hpp>\n"), IsEmpty());
  EXPECT_THAT(messages("src/control/y.cc", "#include <boost/beast/http.hpp>\n"),
              ElementsAre("control may not include boost/beast"));
  EXPECT_THAT(messages("src/sched/y.cc", "#include <boost/asio/post.hpp>\n"),
              ElementsAre("sched may not include boost/asio"));
  EXPECT_THAT(messages("src/control/y.cc", "#include <sqlite3.h>\n"),
              ElementsAre("control may not include sqlite3"));
}

TEST(RepoLint, BansClocksSleepsAndRandomNumbers) {
  EXPECT_THAT(messages("src/base/time.cc", "auto t = steady_clock::now();\n"), IsEmpty());
  EXPECT_THAT(messages("src/http/y.cc", "auto t = std::chrono::steady_clock::now();\n"),
              ElementsAre(HasSubstr("steady_clock::now is banned")));
  EXPECT_THAT(messages("tests/integration/y.cc", "std::this_thread::sleep_for(1s);\n"),
              ElementsAre(HasSubstr("sleep_for is banned")));
  EXPECT_THAT(messages("src/http/y.cc", "int x = rand();\n"), ElementsAre(HasSubstr("rand is banned")));
  EXPECT_THAT(messages("src/http/y.cc", "int x = operand();\n"), IsEmpty());
}

TEST(RepoLint, BansThreadsButWhereTheyAreNamed) {
  EXPECT_THAT(messages("src/engine/file_thread.cc", "std::thread(run).detach();\n"), IsEmpty());
  EXPECT_THAT(messages("src/engine/other.cc", "std::thread(run).detach();\n"),
              ElementsAre(HasSubstr("std::thread is banned")));
  EXPECT_THAT(messages("src/engine/other.cc", "std::thread::id id;\n"), IsEmpty());
  EXPECT_THAT(messages("tests/integration/y.cc", "std::jthread worker;\n"), IsEmpty());
  EXPECT_THAT(messages("src/http/server_test.cc", "std::thread client;\n"), IsEmpty());
  EXPECT_THAT(messages("src/http/test_peer.h", "// What.\n#pragma once\nstd::thread client;\n"), IsEmpty());
}

TEST(RepoLint, DoesNotReadCommentsForBannedWords) {
  EXPECT_THAT(messages("src/http/y.cc", "// never sleep_for here\n"), IsEmpty());
}

TEST(RepoLint, RefusesLeftovers) {
  EXPECT_THAT(messages("src/http/y.cc",
                       "// TO"
                       "DO: later\n"),
              ElementsAre(HasSubstr("unfinished")));
  EXPECT_THAT(messages("scripts/y.sh",
                       "# FIX"
                       "ME\n"),
              ElementsAre(HasSubstr("unfinished")));
}

TEST(RepoLint, RefusesWhiteSpaceAtTheEnd) {
  EXPECT_THAT(messages("docs/y.md", "one \ntwo\r\nthree"),
              ElementsAre(HasSubstr("white space"), HasSubstr("white space"), HasSubstr("no line break")));
}

TEST(RepoLint, RefusesThePathsOfOneMachine) {
  EXPECT_THAT(messages("docs/y.md",
                       "see /ro"
                       "ot/.cache\n"),
              ElementsAre(HasSubstr("one machine")));
}

TEST(RepoLint, WantsPragmaOnceAndADescription) {
  EXPECT_THAT(messages("src/sched/y.h", "// What it is.\n#pragma once\n", Beside::nothing), IsEmpty());
  EXPECT_THAT(messages("src/sched/y.h", "int x;\n", Beside::nothing),
              ElementsAre("no #pragma once", "the first lines do not say what this file is"));
  EXPECT_THAT(messages("src/sched/y.cc", "int x;\n", Beside::header), IsEmpty());
  EXPECT_THAT(messages("src/sched/y.cc", "int x;\n", Beside::nothing),
              ElementsAre("the first lines do not say what this file is"));
}

TEST(RepoLint, WantsAReasonForALongFile) {
  std::string text = "// What it is.\n";
  for (std::size_t i = 0; i < kFileLinesMax; ++i) text += "int x;\n";
  EXPECT_THAT(messages("src/sched/y.cc", text), ElementsAre(HasSubstr("601 lines")));
  EXPECT_THAT(messages("src/sched/y.cc", "// Long because the table is one.\n" + text), IsEmpty());
}

TEST(RepoLint, ReadsOnlyTextThatPeopleWrite) {
  EXPECT_TRUE(is_checked("src/main.cc"));
  EXPECT_TRUE(is_checked("Makefile"));
  EXPECT_TRUE(is_checked("tests/golden/x.sse"));
  EXPECT_FALSE(is_checked("docs/picture.png"));
  EXPECT_FALSE(is_checked("tests/golden/engine/chat.json"));
}

}  // namespace
}  // namespace signalbox::lint
