// YAML text -> a small tree in which every node knows its place, with a limit on everything: the file is
// somebody else's. Also finds keys that are given twice, which yaml-cpp takes silently. Knows no setting. The
// only file that includes yaml-cpp is yaml_source.cc.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace signalbox::config {

constexpr std::size_t kYamlBytesMax = std::size_t{1024} * 1024;
constexpr std::size_t kYamlDepthMax = 16;
// Both count what aliases repeat, so that a few lines of anchors cannot grow into gigabytes.
constexpr std::size_t kYamlNodesMax = 100'000;
constexpr std::size_t kYamlTextBytesMax = std::size_t{4} * 1024 * 1024;
// More are not told: nobody reads them.
constexpr std::size_t kYamlProblemsMax = 50;

// From 1; columns in bytes.
struct YamlPlace {
  std::size_t line = 1;
  std::size_t column = 1;
  friend bool operator==(const YamlPlace&, const YamlPlace&) = default;
};

struct YamlMember;

struct YamlNode {
  enum class Kind { null, scalar, list, map };

  Kind kind = Kind::null;
  YamlPlace place;
  std::string text;                 // scalar
  std::vector<YamlNode> items;      // list
  std::vector<YamlMember> members;  // map, in the file's order, no key twice
};

struct YamlMember {
  std::string key;
  YamlPlace key_place;
  YamlNode value;
};

struct YamlProblem {
  YamlPlace place;
  std::string message;
};

// With problems the tree holds what was read before them.
struct YamlDocument {
  YamlNode root;
  std::vector<YamlProblem> problems;
};

[[nodiscard]] YamlDocument parse_yaml(std::string_view bytes);

}  // namespace signalbox::config
