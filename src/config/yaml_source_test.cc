// Places, double keys and the limits of the YAML reader.
#include "config/yaml_source.h"

#include <chrono>
#include <random>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/utf8.h"

namespace signalbox::config {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

std::string repeated(std::string_view part, std::size_t times) {
  std::string text;
  for (std::size_t i = 0; i < times; ++i) text += part;
  return text;
}

// "line:column: message" of the only problem.
std::string only_problem(std::string_view bytes) {
  const auto document = parse_yaml(bytes);
  if (document.problems.size() != 1) return "problems: " + std::to_string(document.problems.size());
  const auto& problem = document.problems.front();
  return std::to_string(problem.place.line) + ":" + std::to_string(problem.place.column) + ": " +
         problem.message;
}

TEST(YamlSource, KnowsThePlaceOfEveryKeyAndValue) {
  const auto document =
      parse_yaml("# comment\nserver:\n  listen:   \"a b\"\nmodels:\n- name: x\n  args: [p, 'q']\n");
  ASSERT_THAT(document.problems, IsEmpty());
  ASSERT_THAT(document.root.members, SizeIs(2));
  const auto& listen = document.root.members[0].value.members.at(0);
  EXPECT_EQ(listen.key, "listen");
  EXPECT_EQ(listen.key_place, (YamlPlace{3, 3}));
  EXPECT_EQ(listen.value.text, "a b");
  EXPECT_EQ(listen.value.place, (YamlPlace{3, 13}));
  const auto& model = document.root.members[1].value.items.at(0);
  EXPECT_EQ(model.place, (YamlPlace{5, 3}));
  const auto& args = model.members.at(1).value;
  EXPECT_EQ(args.kind, YamlNode::Kind::list);
  EXPECT_EQ(args.items.at(1).text, "q");
  EXPECT_EQ(args.items.at(1).place, (YamlPlace{6, 13}));
}

TEST(YamlSource, PutsAMissingValueAtItsKey) {
  const auto document = parse_yaml("a:\nbb:\n");
  EXPECT_EQ(document.root.members.at(0).value.kind, YamlNode::Kind::null);
  EXPECT_EQ(document.root.members.at(0).value.place, (YamlPlace{1, 1}));
  EXPECT_EQ(document.root.members.at(1).value.place, (YamlPlace{2, 1}));
}

TEST(YamlSource, ReadsAnEmptyFileAsNothing) {
  for (const auto* text : {"", "\n\n", "# only a comment\n", "---\n"}) {
    const auto document = parse_yaml(text);
    EXPECT_EQ(document.root.kind, YamlNode::Kind::null) << text;
    EXPECT_THAT(document.problems, IsEmpty()) << text;
  }
}

TEST(YamlSource, FindsAKeyThatIsGivenTwice) {
  EXPECT_EQ(only_problem("a: 1\nb: 2\n  \na: 3\n"),
            "4:1: a is given twice, first on line 1; once is allowed");
  EXPECT_EQ(only_problem("x: {a: 1, b: 2, \"a\": {c: [1]}}\n"),
            "1:17: a is given twice, first on line 1; once is allowed");
  const auto document = parse_yaml("a: 1\na: {b: [2]}\nc: 3\n");
  ASSERT_THAT(document.root.members, SizeIs(2));
  EXPECT_EQ(document.root.members[0].value.text, "1");
  EXPECT_EQ(document.root.members[1].key, "c");
}

TEST(YamlSource, TellsTwoDoubleKeysAtOnce) {
  EXPECT_THAT(parse_yaml("a: 1\na: 2\na: 3\n").problems, SizeIs(2));
}

TEST(YamlSource, AllowsTheSameKeyInTwoMaps) {
  EXPECT_THAT(parse_yaml("- {a: 1}\n- {a: 2}\n").problems, IsEmpty());
}

TEST(YamlSource, RefusesKeysThatAreNoText) {
  EXPECT_EQ(only_problem("[a]: b\n"), "1:1: a key is missing, a list or a map; a key is a plain text");
  EXPECT_EQ(parse_yaml("a: 1\n? \n: x\n").problems.front().message,
            "a key is missing, a list or a map; a key is a plain text");
}

TEST(YamlSource, SaysWhereTheYamlIsBroken) {
  EXPECT_THAT(only_problem("a: [1\n"), HasSubstr("2:1: this is no YAML"));
  EXPECT_THAT(only_problem("a:\n\tb: 1\n"), HasSubstr("2:3: this is no YAML"));
  EXPECT_THAT(only_problem("a: b: c\n"), HasSubstr("1:5: this is no YAML"));
  EXPECT_THAT(only_problem("a: *nope\n"), HasSubstr("1:4: this is no YAML"));
}

TEST(YamlSource, RefusesASecondDocument) {
  EXPECT_EQ(only_problem("a: 1\n---\nb: 2\n"), "2:1: a second document begins; one is allowed in a file");
}

TEST(YamlSource, RefusesTags) {
  EXPECT_EQ(only_problem("a: !!python/object x\n"),
            "1:4: the tag tag:yaml.org,2002:python/object is not allowed; values have no tags");
  EXPECT_THAT(parse_yaml("a: !!str x\nb: \"quoted\"\nc: !!map {d: 1}\n").problems, IsEmpty());
}

TEST(YamlSource, RepeatsAnAnchoredValue) {
  const auto document = parse_yaml("a: &x [1, 2]\nb: *x\n");
  ASSERT_THAT(document.problems, IsEmpty());
  EXPECT_THAT(document.root.members.at(1).value.items, SizeIs(2));
  EXPECT_EQ(document.root.members.at(1).value.place, (YamlPlace{2, 4}));
}

TEST(YamlSource, RefusesAnAliasInsideItsOwnAnchor) {
  EXPECT_EQ(only_problem("a: &x [1, *x]\n"), "1:11: an alias stands inside its own anchor");
}

TEST(YamlSource, BoundsAnAnchorBomb) {
  std::string bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i <= 9; ++i) {
    const std::string before = "*a" + std::to_string(i - 1);
    bomb += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + before;
    for (int j = 0; j < 8; ++j) bomb += ", " + before;
    bomb += "]\n";
  }
  EXPECT_THAT(only_problem(bomb), HasSubstr("too much in one file; at most 100000 values are allowed"));
}

TEST(YamlSource, BoundsTheTextThatAliasesRepeat) {
  const std::string bomb = "a: &a " + repeated("x", 500'000) + "\nb: [" + repeated("*a, ", 1'000) + "]\n";
  EXPECT_THAT(only_problem(bomb), HasSubstr("at most 4194304 bytes are allowed"));
}

TEST(YamlSource, BoundsTheDepthThatAliasesReach) {
  std::string text = "a0: &a0 [x]\n";
  for (int i = 1; i <= 20; ++i) {
    text += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [*a" + std::to_string(i - 1) + "]\n";
  }
  EXPECT_THAT(only_problem(text),
              HasSubstr("lists and maps lie too deep in each other; 16 levels are allowed"));
}

TEST(YamlSource, BoundsTheDepthOfLists) {
  EXPECT_THAT(parse_yaml(repeated("[", kYamlDepthMax) + repeated("]", kYamlDepthMax)).problems, IsEmpty());
  EXPECT_EQ(only_problem(repeated("[", kYamlDepthMax + 1) + repeated("]", kYamlDepthMax + 1)),
            "1:17: lists and maps lie too deep in each other; 16 levels are allowed");
  EXPECT_THAT(only_problem(repeated("[", 100'000)), HasSubstr("too deep"));
  EXPECT_THAT(only_problem(repeated("{", 100'000)), HasSubstr("too deep"));
  EXPECT_THAT(only_problem(repeated("- ", 100'000)), HasSubstr("too deep"));
}

TEST(YamlSource, RefusesALargeFile) {
  EXPECT_EQ(only_problem(repeated("#", kYamlBytesMax + 1)),
            "1:1: the file is too large; at most 1048576 bytes are allowed");
  EXPECT_THAT(parse_yaml(repeated("#", kYamlBytesMax)).problems, IsEmpty());
}

TEST(YamlSource, RefusesWhatIsNoText) {
  EXPECT_EQ(only_problem(std::string("a: 1\nb: \0c\n", 11)),
            "2:4: the byte 0x00 is a control character or no UTF-8; the file must be UTF-8 text");
  EXPECT_THAT(only_problem("\xFF\xFE"
                           "a"),
              HasSubstr("1:1: the byte 0xFF"));
  EXPECT_THAT(only_problem("name: caf\xE9\n"), HasSubstr("1:10: the byte 0xE9"));
  EXPECT_THAT(parse_yaml("\xEF\xBB\xBFname: caf\xC3\xA9\n").problems, IsEmpty());
}

TEST(YamlSource, SurvivesHostileRepetition) {
  for (const auto* part :
       {":",        "&a ",  "? ", "! ", "%TAG ", "---\n", "a: |\n", "\"", "'", "{a: ",  "a:\n ",
        "- &a b\n", "<<: ", ", ", "\t", "\r",    "[]",    "*",      "@",  "`", "a: >\n"}) {
    const auto document = parse_yaml(repeated(part, 20'000 / std::string_view(part).size()));
    EXPECT_LE(document.problems.size(), kYamlProblemsMax) << part;
  }
}

TEST(YamlSource, SurvivesRandomDamage) {
  const std::string good =
      "server: {listen: \"127.0.0.1:0\"}\ndefaults: &d\n  args: [--temp, '0.2']\nmodels:\n- name: a\n  path: "
      "|\n    x\n- *d\n";
  constexpr std::string_view kBytes = "{}[]:,-?&*!|>'\"%@`#\n\t aA0~<\\";
  std::mt19937_64 random(20'261'124);
  for (int round = 0; round < 3'000; ++round) {
    std::string text = good;
    const auto changes = 1 + random() % 8;
    for (std::uint64_t i = 0; i < changes; ++i) {
      const auto at = random() % text.size();
      if (random() % 3 == 0) {
        text.erase(at, 1 + random() % 4);
      } else {
        text.insert(at, 1 + random() % 3, kBytes[random() % kBytes.size()]);
      }
      if (text.empty()) text = "x";
    }
    EXPECT_LE(parse_yaml(text).problems.size(), kYamlProblemsMax) << text;
  }
}

TEST(Utf8, AcceptsCharactersOfEveryLength) {
  EXPECT_EQ(find_bad_byte("a\t\r\n\xC3\xA9 \xE2\x82\xAC \xF0\x9F\x98\x80"), std::nullopt);
}

TEST(Utf8, FindsTheFirstBadByte) {
  EXPECT_EQ(find_bad_byte("ab\x01"), 2U);
  EXPECT_EQ(find_bad_byte("ab\x7F"), 2U);
  EXPECT_EQ(find_bad_byte("\xC0\xAF"), 0U);          // overlong
  EXPECT_EQ(find_bad_byte("a\xE0\x80\xAF"), 1U);     // overlong
  EXPECT_EQ(find_bad_byte("\xED\xA0\x80"), 0U);      // surrogate
  EXPECT_EQ(find_bad_byte("\xF4\x90\x80\x80"), 0U);  // beyond U+10FFFF
  EXPECT_EQ(find_bad_byte("a\xC3"), 1U);             // cut off
  EXPECT_EQ(find_bad_byte("a\xC3z"), 1U);
  EXPECT_EQ(find_bad_byte("\x80"), 0U);
}

}  // namespace
}  // namespace signalbox::config
