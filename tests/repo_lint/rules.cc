#include "repo_lint/rules.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <initializer_list>

#include <fmt/format.h>

namespace signalbox::lint {
namespace {

// --- The arrows of docs: folder -> what it may include besides itself. `main.cc` is the folder "".
struct Arrow {
  std::string_view folder;
  std::string_view may_include;  // space separated; "*" is every folder but app
};
constexpr std::array kArrows = {
    Arrow{"base", ""},
    Arrow{"sched", "base"},
    Arrow{"api", "base"},
    Arrow{"config", "base"},
    Arrow{"ports", "base"},
    Arrow{"kv", "base"},
    Arrow{"engine", "base ports api kv"},
    Arrow{"store", "base ports"},
    Arrow{"metrics", "base"},
    Arrow{"control", "base sched ports metrics"},
    Arrow{"http", "base api control metrics"},
    Arrow{"cli", "base config api simulate measure"},
    Arrow{"simulate", "base sched"},
    Arrow{"measure", "base simulate"},
    Arrow{"app", "*"},
    Arrow{"", "* app"},
};

// What tests beside the code may include besides: the promises that the simulations watch.
constexpr std::array kTestArrows = {
    Arrow{"sched", "simulate"},
};

// --- Libraries that only some folders may include. A prefix of what stands between < and >.
struct Library {
  std::string_view prefix;
  std::string_view folders;
};
constexpr std::array kLibraries = {
    Library{"boost/beast", "engine http cli"},
    Library{"boost/process", "engine"},
    Library{"boost/asio", "ports control engine http cli store metrics app"},
    Library{"xxhash.h", "kv"},
    Library{"sqlite3", "store"},
    Library{"yaml-cpp", "config"},
    Library{"CLI/", "cli"},
    Library{"spdlog", "base"},
    Library{"prometheus/", "metrics"},
};

// --- Words that are banned from code, and the files where they are right.
enum class Where {
  all_code,
  product
};  // product: not in tests, which may be clients on threads of their own
struct Ban {
  std::string_view word;
  Where where;
  std::string_view reason;
  std::string_view allowed;  // space separated path prefixes
};
constexpr std::array kBans = {
    Ban{"steady_clock::now", Where::all_code, "take `now` or a Clock&", "src/base/time.cc"},
    Ban{"system_clock::now", Where::all_code, "take a Clock&", "src/base/time.cc"},
    Ban{"sleep_for", Where::all_code, "wait for a fact, with a deadline", ""},
    Ban{"sleep_until", Where::all_code, "wait for a fact, with a deadline", ""},
    Ban{"usleep", Where::all_code, "wait for a fact, with a deadline", ""},
    Ban{"rand", Where::all_code, "random numbers come in with an event or from a seeded generator", ""},
    Ban{"srand", Where::all_code, "random numbers come in with an event or from a seeded generator", ""},
    // The file thread looks at models: a dead network disk may take minutes. The log's end waits for its
    // writer.
    Ban{"std::thread", Where::product, "the server has one loop thread",
        "src/base/log.cc src/engine/file_thread src/store/"},
    Ban{"std::jthread", Where::product, "the server has one loop thread", "src/store/"},
    Ban{"std::async", Where::all_code, "the server has one loop thread", ""},
};

// The rules' own files hold the banned words.
constexpr std::string_view kRulesFolder = "tests/repo_lint/";
// Recorded from an engine, byte for byte.
constexpr std::string_view kRecordings = "tests/golden/engine/";

// Split, so that this file does not hold them.
constexpr std::array<std::string_view, 3> kLeftovers = {
    "TO"
    "DO",
    "FIX"
    "ME",
    "X"
    "XX"};
constexpr std::array<std::string_view, 2> kMachinePaths = {
    "/wo"
    "rk/",
    "/ro"
    "ot/"};
constexpr std::string_view kLongBecause = "// Long because";

constexpr std::array<std::string_view, 10> kCodeEndings = {
    ".h", ".cc", ".cmake", "CMakeLists.txt", ".py", ".sh", ".js", ".mjs", ".ts", "Makefile"};
constexpr std::array<std::string_view, 8> kTextEndings = {".md",   ".yaml", ".yml", ".json",
                                                          ".html", ".css",  ".txt", ".sse"};

bool ends_with_any(std::string_view path, const auto& endings) {
  return std::ranges::any_of(endings, [&](std::string_view ending) { return path.ends_with(ending); });
}

bool holds_word(std::string_view list, std::string_view word) {
  while (!list.empty()) {
    const auto space = list.find(' ');
    if (list.substr(0, space) == word) return true;
    if (space == std::string_view::npos) return false;
    list.remove_prefix(space + 1);
  }
  return false;
}

bool holds_prefix_of(std::string_view list, std::string_view path) {
  while (!list.empty()) {
    const auto space = list.find(' ');
    if (path.starts_with(list.substr(0, space))) return true;
    if (space == std::string_view::npos) return false;
    list.remove_prefix(space + 1);
  }
  return false;
}

bool is_name_character(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
}

// The word, not as a part of a longer one, and not the name of a namespace member of something else.
bool contains_word(std::string_view text, std::string_view word) {
  for (auto at = text.find(word); at != std::string_view::npos; at = text.find(word, at + 1)) {
    const bool begins = at == 0 || !is_name_character(text[at - 1]);
    const auto after = at + word.size();
    const bool ends = after == text.size() || !is_name_character(text[after]);
    // std::thread::id is no thread.
    const bool is_scope = text.substr(after).starts_with("::");
    if (begins && ends && !is_scope) return true;
  }
  return false;
}

// Whether an absolute path may begin after this text: "$cache"/x is anybody's, "/x" is one machine's.
bool begins_path(std::string_view before) {
  while (before.ends_with('"') || before.ends_with('\'')) before.remove_suffix(1);
  return before.empty() ||
         !(is_name_character(before.back()) || before.ends_with('}') || before.ends_with('.'));
}

// Everything under tests/, and beside the code x_test.cc, x_test.h and test_x.h.
bool is_test_file(std::string_view path) {
  const auto name = path.substr(path.rfind('/') + 1);
  return path.starts_with("tests/") || name.ends_with("_test.cc") || name.ends_with("_test.h") ||
         name.starts_with("test_");
}

// src/FOLDER/file -> FOLDER; src/main.cc -> "".
std::string_view folder_of(std::string_view path) {
  path.remove_prefix(std::string_view("src/").size());
  const auto slash = path.find('/');
  return slash == std::string_view::npos ? "" : path.substr(0, slash);
}

class FileCheck {
 public:
  FileCheck(std::string_view path, std::string_view text) : path_(path), text_(text) {}

  std::vector<Finding> run(Beside beside) {
    is_code_ = ends_with_any(path_, kCodeEndings);
    is_cpp_ = path_.ends_with(".h") || path_.ends_with(".cc");
    in_src_ = path_.starts_with("src/");
    is_test_ = is_test_file(path_);
    std::size_t position = 0;
    while (position < text_.size()) {
      ++line_;
      const auto end = std::min(text_.find('\n', position), text_.size());
      check_line(text_.substr(position, end - position));
      position = end + 1;
    }
    if (!text_.empty() && !text_.ends_with('\n')) add("the last line has no line break");
    if (is_cpp_) check_whole(beside);
    return std::move(findings_);
  }

 private:
  void add(std::string message) { findings_.push_back({std::string(path_), line_, std::move(message)}); }

  void check_line(std::string_view line) {
    if (line.ends_with(' ') || line.ends_with('\t') || line.ends_with('\r'))
      add("white space at the end of the line");
    for (const auto path : kMachinePaths) {
      const auto at = line.find(path);
      const bool begins = at != std::string_view::npos && begins_path(line.substr(0, at));
      if (begins) add(fmt::format("the path of one machine: {}", path));
    }
    if (!is_code_) return;
    for (const auto word : kLeftovers) {
      if (contains_word(line, word)) add(fmt::format("unfinished: {}", word));
    }
    if (!is_cpp_) return;
    if (line.starts_with("#include \"")) check_own_include(line);
    if (line.starts_with("#include <")) check_library(line);
    if (path_.starts_with(kRulesFolder)) return;
    const auto code = line.substr(0, line.find("//"));
    for (const auto& ban : kBans) {
      const bool here = ban.where == Where::all_code || !is_test_;
      if (here && contains_word(code, ban.word) && !holds_prefix_of(ban.allowed, path_)) {
        add(fmt::format("{} is banned here: {}", ban.word, ban.reason));
      }
    }
  }

  void check_own_include(std::string_view line) {
    auto name = line.substr(std::string_view("#include \"").size());
    name = name.substr(0, name.find('"'));
    const auto slash = name.find('/');
    if (slash == std::string_view::npos)
      return add(fmt::format("include \"folder/{}\", not a bare name", name));
    const auto target = name.substr(0, slash);
    if (!in_src_) return;
    const auto folder = folder_of(path_);
    if (target == folder) return;
    const auto* const arrow = std::ranges::find(kArrows, folder, &Arrow::folder);
    if (arrow == kArrows.end()) return add(fmt::format("the folder {} has no arrow in repo_lint", folder));
    const bool known = std::ranges::find(kArrows, target, &Arrow::folder) != kArrows.end();
    const bool every = arrow->may_include.starts_with('*') && known && target != "app";
    const auto* const test_arrow = std::ranges::find(kTestArrows, folder, &Arrow::folder);
    const bool in_tests =
        is_test_ && test_arrow != kTestArrows.end() && holds_word(test_arrow->may_include, target);
    if (!every && !in_tests && !holds_word(arrow->may_include, target)) {
      add(fmt::format("{} may not include {}", folder.empty() ? "main.cc" : folder, target));
    }
  }

  void check_library(std::string_view line) {
    if (!in_src_) return;
    const auto name = line.substr(std::string_view("#include <").size());
    for (const auto& library : kLibraries) {
      const auto folder = folder_of(path_);
      if (name.starts_with(library.prefix) && !holds_word(library.folders, folder)) {
        add(fmt::format("{} may not include {}", folder.empty() ? "main.cc" : folder, library.prefix));
      }
    }
  }

  void check_whole(Beside beside) {
    const bool explained = text_.substr(0, 2000).find(kLongBecause) != std::string_view::npos;
    if (line_ > kFileLinesMax && !explained) {
      add(fmt::format("{} lines, {} are allowed; a longer file says `{} …` at its top", line_, kFileLinesMax,
                      kLongBecause));
    }
    line_ = 1;
    if (path_.ends_with(".h") && text_.find("#pragma once\n") == std::string_view::npos)
      add("no #pragma once");
    if (!text_.starts_with("//") && beside == Beside::nothing && !path_.ends_with("_test.cc")) {
      add("the first lines do not say what this file is");
    }
  }

  std::string_view path_;
  std::string_view text_;
  std::size_t line_ = 0;
  bool is_code_ = false;
  bool is_cpp_ = false;
  bool in_src_ = false;
  bool is_test_ = false;
  std::vector<Finding> findings_;
};

}  // namespace

bool is_checked(std::string_view path) {
  if (path.starts_with(kRecordings)) return false;
  return ends_with_any(path, kCodeEndings) || ends_with_any(path, kTextEndings);
}

std::vector<Finding> check_file(std::string_view path, std::string_view text, Beside beside) {
  return FileCheck(path, text).run(beside);
}

}  // namespace signalbox::lint
