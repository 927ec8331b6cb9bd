// Builds the tree from yaml-cpp's events. Events and not its nodes, because nodes lose keys that are given
// twice and expand without a limit.
#include "config/yaml_source.h"

#include <algorithm>
#include <istream>
#include <map>
#include <sstream>
#include <utility>

#include <fmt/core.h>
#include <yaml-cpp/depthguard.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

#include "config/utf8.h"

namespace signalbox::config {
namespace {

YamlPlace place_of(const YAML::Mark& mark) {
  if (mark.line < 0 || mark.column < 0) return {};
  return {.line = static_cast<std::size_t>(mark.line) + 1,
          .column = static_cast<std::size_t>(mark.column) + 1};
}

// What a subtree counts against the limits.
struct Weight {
  std::size_t nodes = 0;
  std::size_t text_bytes = 0;
};

Weight weigh(const YamlNode& node) {
  Weight weight{.nodes = 1, .text_bytes = node.text.size()};
  const auto add = [&](const YamlNode& child) {
    const Weight more = weigh(child);
    weight.nodes += more.nodes;
    weight.text_bytes += more.text_bytes;
  };
  for (const auto& item : node.items) add(item);
  for (const auto& member : node.members) {
    weight.text_bytes += member.key.size();
    add(member.value);
  }
  return weight;
}

// How many levels a node has below itself.
std::size_t levels(const YamlNode& node) {
  std::size_t most = 0;
  for (const auto& item : node.items) most = std::max(most, levels(item) + 1);
  for (const auto& member : node.members) most = std::max(most, levels(member.value) + 1);
  return most;
}

// A list or map whose end has not come.
struct OpenNode {
  YamlNode node;
  YAML::anchor_t anchor = 0;
  std::map<std::string, std::size_t, std::less<>> key_lines;  // of a map
  std::string key;                                            // of a map, once it has come
  YamlPlace key_place;
  bool has_key = false;
  bool skips_value = false;  // the value of a key that does not count
};

// Once something went too far it lets all other events pass: yaml-cpp has no other way to stop, and bounds
// its own depth (500) and time (linear).
class TreeBuilder final : public YAML::EventHandler {
 public:
  void OnDocumentStart(const YAML::Mark& mark) override {
    if (++documents_ > 1) stop(place_of(mark), "a second document begins; one is allowed in a file");
  }
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    YamlNode node;
    // yaml-cpp gives a missing value the place of whatever comes next.
    node.place = !open_.empty() && open_.back().has_key ? open_.back().key_place : place_of(mark);
    add(std::move(node), anchor);
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const auto found = anchored_.find(anchor);
    if (found == anchored_.end()) return stop(place_of(mark), "an alias stands inside its own anchor");
    YamlNode copy = found->second;
    copy.place = place_of(mark);
    add(std::move(copy), 0);
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    check_tag(place_of(mark), tag);
    YamlNode node;
    node.kind = YamlNode::Kind::scalar;
    node.place = place_of(mark);
    node.text = value;
    add(std::move(node), anchor);
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value /*style*/) override {
    begin(YamlNode::Kind::list, place_of(mark), tag, anchor);
  }
  void OnSequenceEnd() override { end(); }

  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value /*style*/) override {
    begin(YamlNode::Kind::map, place_of(mark), tag, anchor);
  }
  void OnMapEnd() override { end(); }

  void stop(YamlPlace place, std::string message) {
    if (stopped_) return;
    problem(place, std::move(message));
    stopped_ = true;
  }
  [[nodiscard]] bool stopped() const { return stopped_; }

  YamlDocument take() { return std::move(document_); }

 private:
  void problem(YamlPlace place, std::string message) {
    if (document_.problems.size() >= kYamlProblemsMax) return;
    document_.problems.push_back({.place = place, .message = std::move(message)});
  }

  void check_tag(YamlPlace place, const std::string& tag) {
    constexpr std::string_view kStandard = "tag:yaml.org,2002:";
    const bool is_plain = tag.empty() || tag == "?" || tag == "!" || tag == std::string(kStandard) + "str" ||
                          tag == std::string(kStandard) + "seq" || tag == std::string(kStandard) + "map";
    if (!is_plain) problem(place, fmt::format("the tag {} is not allowed; values have no tags", tag));
  }

  void begin(YamlNode::Kind kind, YamlPlace place, const std::string& tag, YAML::anchor_t anchor) {
    if (stopped_) return;
    check_tag(place, tag);
    if (open_.size() >= kYamlDepthMax) return too_deep(place);
    OpenNode opened;
    opened.node.kind = kind;
    opened.node.place = place;
    opened.anchor = anchor;
    open_.push_back(std::move(opened));
  }

  void end() {
    if (stopped_) return;
    OpenNode closed = std::move(open_.back());
    open_.pop_back();
    // Its children were counted as they came.
    add_counted(std::move(closed.node), closed.anchor, Weight{.nodes = 1});
  }

  void add(YamlNode node, YAML::anchor_t anchor) {
    if (stopped_) return;
    const Weight weight = weigh(node);
    if (open_.size() + levels(node) > kYamlDepthMax) return too_deep(node.place);
    add_counted(std::move(node), anchor, weight);
  }

  void add_counted(YamlNode node, YAML::anchor_t anchor, Weight weight) {
    total_.nodes += weight.nodes;
    total_.text_bytes += weight.text_bytes;
    if (total_.nodes > kYamlNodesMax) {
      return stop(node.place,
                  fmt::format("too much in one file; at most {} values are allowed", kYamlNodesMax));
    }
    if (total_.text_bytes > kYamlTextBytesMax) {
      return stop(node.place,
                  fmt::format("too much text in one file, aliases counted; at most {} bytes are allowed",
                              kYamlTextBytesMax));
    }
    if (anchor != 0) anchored_.insert_or_assign(anchor, node);
    if (open_.empty()) {
      document_.root = std::move(node);
    } else if (open_.back().node.kind == YamlNode::Kind::list) {
      open_.back().node.items.push_back(std::move(node));
    } else {
      add_to_map(open_.back(), std::move(node));
    }
  }

  // A map's events are key, value, key, value.
  void add_to_map(OpenNode& map, YamlNode node) {
    if (map.has_key) {
      map.has_key = false;
      if (std::exchange(map.skips_value, false)) return;
      map.node.members.push_back(
          {.key = std::move(map.key), .key_place = map.key_place, .value = std::move(node)});
      return;
    }
    map.has_key = true;
    map.key_place = node.place;
    if (node.kind != YamlNode::Kind::scalar) {
      problem(node.place, "a key is missing, a list or a map; a key is a plain text");
      map.skips_value = true;
      return;
    }
    const auto [known, is_new] = map.key_lines.emplace(node.text, node.place.line);
    if (!is_new) {
      problem(node.place,
              fmt::format("{} is given twice, first on line {}; once is allowed", node.text, known->second));
      map.skips_value = true;
    }
    map.key = std::move(node.text);
  }

  void too_deep(YamlPlace place) {
    stop(place,
         fmt::format("lists and maps lie too deep in each other; {} levels are allowed", kYamlDepthMax));
  }

  YamlDocument document_;
  std::vector<OpenNode> open_;
  std::map<YAML::anchor_t, YamlNode> anchored_;
  Weight total_;
  std::size_t documents_ = 0;
  bool stopped_ = false;
};

YamlPlace place_at(std::string_view bytes, std::size_t offset) {
  const std::string_view before = bytes.substr(0, offset);
  const auto line_start = before.rfind('\n');
  const std::size_t start = line_start == std::string_view::npos ? 0 : line_start + 1;
  return {.line = static_cast<std::size_t>(std::ranges::count(before, '\n')) + 1,
          .column = offset - start + 1};
}

YamlDocument refused(YamlPlace place, std::string message) {
  YamlDocument document;
  document.problems.push_back({.place = place, .message = std::move(message)});
  return document;
}

}  // namespace

YamlDocument parse_yaml(std::string_view bytes) {
  if (bytes.size() > kYamlBytesMax) {
    return refused({}, fmt::format("the file is too large; at most {} bytes are allowed", kYamlBytesMax));
  }
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  if (bytes.starts_with(kByteOrderMark)) bytes.remove_prefix(kByteOrderMark.size());
  if (const auto bad = find_bad_byte(bytes)) {
    return refused(
        place_at(bytes, *bad),
        fmt::format("the byte 0x{:02X} is a control character or no UTF-8; the file must be UTF-8 text",
                    static_cast<unsigned char>(bytes[*bad])));
  }
  TreeBuilder builder;
  std::istringstream stream{std::string(bytes)};
  try {
    YAML::Parser parser(stream);
    while (!builder.stopped() && parser.HandleNextDocument(builder)) {
    }
  } catch (const YAML::DeepRecursion& error) {
    builder.stop(place_of(error.mark), "lists and maps lie too deep in each other");
  } catch (const YAML::Exception& error) {
    builder.stop(place_of(error.mark),
                 fmt::format("this is no YAML ({}); a file is made of `key: value` lines", error.msg));
  }
  return builder.take();
}

}  // namespace signalbox::config
