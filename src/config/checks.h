// What no single value can tell: names that clash, workers over slots, addresses that others reach, flags
// that Signalbox sets itself. Called by load.cc; looks at the models' files, else pure.
#pragma once

#include "config/draft.h"
#include "config/resolve.h"

namespace signalbox::config {

// Values with an error of their own are skipped.
void check_draft(const Draft& draft, const ResolvedDraft& resolved, ConfigErrors& errors,
                 ConfigErrors& warnings);

}  // namespace signalbox::config
