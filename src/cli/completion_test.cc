// The man page and the completions: whole, and of use to the shells that are here.
#include "cli/completion.h"

#include <array>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <string>
#include <sys/wait.h>

#include <fmt/core.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/command_line.h"
#include "cli/exit_code.h"
#include "cli/test_process.h"

namespace signalbox::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::IsSupersetOf;

struct Ran {
  int code = -1;
  std::string output;
};

Ran shell(const std::string& command) {
  std::FILE* pipe = popen((command + " 2>&1").c_str(), "r");
  if (pipe == nullptr) return {};
  Ran ran;
  std::array<char, 4096> piece{};
  while (const auto count = std::fread(piece.data(), 1, piece.size(), pipe))
    ran.output.append(piece.data(), count);
  const int status = pclose(pipe);
  ran.code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  return ran;
}

class CompletionTest : public Process {
 protected:
  std::string made_by(const std::vector<std::string>& arguments) {
    EXPECT_EQ(type(arguments), 0);
    return out();
  }
  [[nodiscard]] std::string path(const std::string& name) const { return (folder_ / name).string(); }

  // What bash offers for the last word, as if Tab was pressed behind it.
  std::vector<std::string> offered(const std::vector<std::string>& words) {
    write("completion.bash", made_by({"completion", "bash"}));
    std::string line;
    for (const auto& word : words) line += " '" + word + "'";
    write("driver.bash",
          fmt::format("cd '{}'\nsource ./completion.bash\nCOMP_WORDS=({})\nCOMP_CWORD={}\n_signalbox\n"
                      "for reply in \"${{COMPREPLY[@]}}\"; do printf '%s\\n' \"$reply\"; done\n",
                      folder_.string(), line, words.size() - 1));
    const auto ran = shell("bash --norc " + path("driver.bash"));
    EXPECT_EQ(ran.code, 0) << ran.output;
    std::vector<std::string> lines;
    std::istringstream output(ran.output);
    for (std::string reply; std::getline(output, reply);) lines.push_back(reply);
    return lines;
  }
  // A program that prints these names, and keeps what it was asked.
  void pretend_models(const std::string& names) const {
    write("fake", "#!/bin/sh\necho \"$@\" > asked\nprintf '%s\\n' " + names + "\n");
    std::filesystem::permissions(folder_ / "fake", std::filesystem::perms::owner_all);
  }
  [[nodiscard]] std::string asked() const {
    std::ifstream file(folder_ / "asked");
    std::string line;
    std::getline(file, line);
    return line;
  }
};

// Every command and option that --help shows.
void for_each_option(const CLI::App& app, const std::function<void(const std::string& name)>& visit) {
  for (const auto* option : app.get_options()) {
    if (option->get_group().empty()) continue;
    for (const auto& name : option->get_lnames()) visit(name);
  }
  for (const auto* command : app.get_subcommands({})) {
    visit(command->get_name());
    for_each_option(*command, visit);
  }
}

TEST_F(CompletionTest, AllFormsHoldEveryCommandAndOption) {
  CLI::App app;
  CommandLine line;
  add_commands(app, line);
  std::string page = made_by({"man"});
  std::erase(page, '\\');
  const std::vector<std::string> forms = {made_by({"completion", "bash"}), made_by({"completion", "zsh"}),
                                          made_by({"completion", "fish"}), page};
  std::size_t count = 0;
  for_each_option(app, [&](const std::string& name) {
    ++count;
    for (const auto& form : forms) EXPECT_THAT(form, HasSubstr(name));
  });
  EXPECT_GT(count, 40U);
  for (const auto& form : forms) EXPECT_THAT(form, Not(HasSubstr("reference")));
}

TEST_F(CompletionTest, HelpAndTheManPageTellEveryExitCode) {
  const std::string help = made_by({"--help"});
  const std::string page = made_by({"man"});
  for (const auto& [code, meaning] : kExitCodes) {
    EXPECT_THAT(help, HasSubstr(fmt::format("  {}  {}\n", code, meaning)));
    EXPECT_THAT(page, HasSubstr(fmt::format("\\fB{}\\fR\n{}\n", code, meaning)));
  }
}

TEST_F(CompletionTest, EveryCommandsHelpHasAnExample) {
  CLI::App app;
  CommandLine line;
  add_commands(app, line);
  for (const auto* command : app.get_subcommands({})) {
    EXPECT_THAT(made_by({command->get_name(), "--help"}), HasSubstr("signalbox " + command->get_name()));
  }
  for (const auto& command : leaves(outline_of(app))) {
    EXPECT_THAT(command.footer, HasSubstr("  signalbox " + command.name)) << command.name;
  }
}

TEST_F(CompletionTest, KnowsThreeShells) {
  EXPECT_EQ(type({"completion", "tcsh"}), 2);
  EXPECT_THAT(err(), HasSubstr("tcsh not in {bash,zsh,fish}"));
  EXPECT_EQ(type({"completion"}), 2);
}

TEST_F(CompletionTest, BashTakesTheScript) {
  write("s", made_by({"completion", "bash"}));
  const auto ran = shell("bash -n " + path("s"));
  EXPECT_EQ(ran.code, 0) << ran.output;
}

TEST_F(CompletionTest, BashCompletesCommandsAndOptions) {
  EXPECT_THAT(offered({"signalbox", "st"}), ElementsAre("status"));
  EXPECT_THAT(offered({"signalbox", ""}), IsSupersetOf({"serve", "check", "config", "models", "select"}));
  EXPECT_THAT(offered({"signalbox", "--v"}), ElementsAre("--version"));
  EXPECT_THAT(offered({"signalbox", "status", "--o"}), ElementsAre("--once"));
  EXPECT_THAT(offered({"signalbox", "completion", "f"}), ElementsAre("fish"));
  EXPECT_THAT(offered({"signalbox", "serve", "--log-level", "w"}), ElementsAre("warning"));
  EXPECT_THAT(offered({"signalbox", "serve", "--log-level", "=", "w"}), ElementsAre("warning"));
  EXPECT_THAT(offered({"signalbox", "serve", "--log-level", "="}), IsSupersetOf({"debug", "error"}));
  EXPECT_THAT(offered({"signalbox", "serve", "--slots", ""}), IsEmpty());
  EXPECT_THAT(offered({"signalbox", "status", ""}), IsEmpty());
}

TEST_F(CompletionTest, BashCompletesTheCommandsOfAGroup) {
  EXPECT_THAT(offered({"signalbox", "ben"}), ElementsAre("bench"));
  EXPECT_THAT(offered({"signalbox", "bench", "sw"}), ElementsAre("switch"));
  EXPECT_THAT(offered({"signalbox", "bench", "--h"}), ElementsAre("--help"));
  EXPECT_THAT(offered({"signalbox", "bench", "switch", "--ru"}), ElementsAre("--runs"));
  EXPECT_THAT(offered({"signalbox", "bench", "switch", "--models", "a,b", "--pl"}), ElementsAre("--plot"));
  write("waits.svg", "");
  EXPECT_THAT(offered({"signalbox", "bench", "switch", "--plot", "wai"}), ElementsAre("waits.svg"));
  EXPECT_THAT(offered({"signalbox", "bench", "switch", ""}), IsEmpty());
}

TEST_F(CompletionTest, BashCompletesFiles) {
  write("models.yaml", "");
  EXPECT_THAT(offered({"signalbox", "status", "--config", "mod"}), ElementsAre("models.yaml"));
  EXPECT_THAT(offered({"signalbox", "serve", "--config", "=", "mod"}), ElementsAre("models.yaml"));
}

TEST_F(CompletionTest, BashAsksTheServerForModels) {
  pretend_models("smollm2 small qwen");
  EXPECT_THAT(offered({"./fake", "select", "sm"}), ElementsAre("smollm2", "small"));
  EXPECT_EQ(asked(), "models --names");
  EXPECT_THAT(offered({"./fake", "select", "--server", "http", ":", "//127.0.0.1", ":", "9", "--wait", "q"}),
              ElementsAre("qwen"));
  EXPECT_EQ(asked(), "models --names --server http://127.0.0.1:9");
  EXPECT_THAT(offered({"./nowhere", "select", ""}), IsEmpty());
}

TEST_F(CompletionTest, BashNeverExpandsAName) {
  pretend_models("'$(touch pwned)' 'two words' 'qwen:7b'");
  EXPECT_THAT(offered({"./fake", "select", ""}),
              ElementsAre(R"(\$\(touch\ pwned\))", R"(two\ words)", "qwen:7b"));
  EXPECT_FALSE(std::filesystem::exists(folder_ / "pwned"));
  // Bash has taken the word apart at the colon and replaces only what is behind it.
  EXPECT_THAT(offered({"./fake", "select", "qwen", ":", "7"}), ElementsAre("7b"));
}

// Whether a tool that only some machines have takes a text.
void expect_taken(const std::string& tool, const std::string& command) {
  if (shell("command -v " + tool).code != 0) GTEST_SKIP() << tool << " IS NOT INSTALLED: NOT CHECKED";
  const auto ran = shell(command);
  EXPECT_EQ(ran.code, 0) << ran.output;
}

TEST_F(CompletionTest, ZshTakesTheScript) {
  write("s", made_by({"completion", "zsh"}));
  expect_taken("zsh", "zsh -n " + path("s"));
}

TEST_F(CompletionTest, FishTakesTheScript) {
  write("s", made_by({"completion", "fish"}));
  expect_taken("fish", "fish --no-execute " + path("s"));
}

TEST_F(CompletionTest, FishCompletes) {
  write("s", made_by({"completion", "fish"}));
  const std::string command =
      "cd " + folder_.string() +
      " && HOME=. fish --no-config -c 'source ./s; complete -C \"signalbox st\"' | cut -f1";
  expect_taken("fish", "test \"$(" + command + ")\" = status");
}

TEST_F(CompletionTest, MandocTakesTheManPage) {
  write("s.1", made_by({"man"}));
  // It has no date: the same program has to print the same page.
  expect_taken("mandoc", "! mandoc -T lint -W warning " + path("s.1") + " | grep -v 'missing date'");
}

}  // namespace
}  // namespace signalbox::cli
