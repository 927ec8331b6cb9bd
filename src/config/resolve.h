// Weighs what the sources say: for every key the value that holds and the one it replaced.
#pragma once

#include <optional>
#include <vector>

#include "config/draft.h"
#include "config/load.h"

namespace signalbox::config {

struct Resolved {
  Given now;
  std::optional<Given> was;  // what would hold without `now`; none if `now` is the default
};

// By KeyIndex. Entries that make no sense (a model's server.listen) hold nothing.
using ResolvedByKey = std::vector<Resolved>;

struct ResolvedDraft {
  ResolvedByKey whole;
  std::vector<ResolvedByKey> models;  // in the order of Draft::models
};

[[nodiscard]] ResolvedDraft resolve(const Draft& draft);

// Both only without errors. The checks come between.
[[nodiscard]] Config build_config(const Draft& draft, const ResolvedDraft& resolved);
[[nodiscard]] std::vector<EffectiveValue> effective_values(const Draft& draft, const ResolvedDraft& resolved);

}  // namespace signalbox::config
