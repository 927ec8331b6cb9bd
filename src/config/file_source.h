// The tree of models.yaml -> a draft. Called by load.cc.
#pragma once

#include <string>

#include "config/draft.h"
#include "config/yaml_source.h"

namespace signalbox::config {

// `file` is the name for origins. Appends every error of the tree itself and of each value.
void read_tree(const YamlDocument& document, const std::string& file, const Surroundings& surroundings,
               Draft& draft, ConfigErrors& errors);

}  // namespace signalbox::config
