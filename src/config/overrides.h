// What stands outside the file: SIGNALBOX_* variables, flags, --set. Called by load.cc after the file was
// read, because
// --set names models.
#pragma once

#include <string>
#include <vector>

#include "config/draft.h"

namespace signalbox::config {

// A flag of the command line that the table knows, as CLI11 read it.
struct FlagGiven {
  std::string flag;  // --wait-timeout
  std::string value;
};

// A variable that looks like ours and is none gives a warning, one of a feature that is not built an error.
void read_environment(const Surroundings& surroundings, Draft& draft, ConfigErrors& errors,
                      ConfigErrors& warnings);
void read_flags(const std::vector<FlagGiven>& flags, const Surroundings& surroundings, Draft& draft,
                ConfigErrors& errors);
// Each is KEY=VALUE; KEY is section.key, models.NAME.key or models["NAME"].key.
void read_sets(const std::vector<std::string>& sets, const Surroundings& surroundings, Draft& draft,
               ConfigErrors& errors);

}  // namespace signalbox::config
