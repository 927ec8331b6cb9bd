// All that the sources say, gathered and not yet weighed. Built by the sources, read by resolve.h and
// checks.h.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "config/given.h"
#include "config/keys.h"
#include "config/origin.h"

namespace signalbox::config {

// By KeyIndex; in each the order of the sources.
using GivenByKey = std::vector<std::vector<Given>>;

struct ModelDraft {
  std::string name;  // empty if there is none to be had, which is then an error already
  Origin name_origin;
  Origin entry;  // where the model's entry begins
  GivenByKey own = GivenByKey(keys().size());
};

struct Draft {
  GivenByKey whole = GivenByKey(keys().size());  // for the whole server, or for every model
  std::vector<ModelDraft> models;
  Origin models_origin;  // the key `models`, or the file
};

constexpr std::size_t kModelsMax = 1'000;

}  // namespace signalbox::config
