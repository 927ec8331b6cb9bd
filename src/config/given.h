// What one source says about one setting, before and after it is understood. The sources (file_source,
// environment, overrides) make these; resolve.h weighs them.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "config/expand.h"
#include "config/keys.h"
#include "config/origin.h"
#include "config/value.h"

namespace signalbox::config {

// Later wins.
enum class Layer { built_in, file_section, file_defaults, file_model, environment, flag, set, set_model };

// A value as its source has it.
struct Raw {
  enum class Form { nothing, scalar, list, map };
  struct Member;
  struct Item {
    Form form = Form::scalar;
    std::string text;
    Origin origin;
    std::vector<Member> members{};  // of a map
  };
  struct Member {
    std::string name;
    Origin origin;
    Item value;
  };

  Form form = Form::scalar;
  std::string text;
  std::vector<Item> items;
  Origin origin;
};

struct Given {
  Value value;  // monostate: taken back by an empty text, or an error that is told already
  Origin origin;
  std::vector<Origin> item_origins;  // of a list, one for each word
  Layer layer = Layer::built_in;
};

// What a value is read against.
struct Surroundings {
  std::string folder;  // absolute; relative paths lie in it
  const Environment& environment;
};

// Understands a value of a key, or appends an error that calls it `name` ("models.big.queue_size") and leaves
// the value empty, so that nothing that follows from it is told as well.
[[nodiscard]] Given understand(const Key& key, std::string_view name, const Raw& raw, Layer layer,
                               const Surroundings& surroundings, ConfigErrors& errors);

struct YamlNode;
[[nodiscard]] Raw::Form form_of(const YamlNode& node);
// Of a file the item has its own place, else it stands where the whole text does.
[[nodiscard]] Raw::Item raw_item(const YamlNode& node, const Origin& source);
// The raw form of a text outside the file: of a list key, [a, "b c"] or words with spaces between them.
[[nodiscard]] Raw raw_of_text(const Key& key, std::string_view text, Origin origin);

}  // namespace signalbox::config
