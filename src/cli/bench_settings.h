// From the texts of the options to what a measurement is run with. Reads nothing but the environment that it
// is given.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "cli/base_url.h"
#include "cli/bench_options.h"
#include "cli/terminal.h"

namespace signalbox::cli {

inline constexpr std::size_t kBenchModelsMax = 100;

enum class BenchKind { switching, revisit, mixed };

struct BenchSettings {
  BaseUrl url;  // with the API key
  std::vector<std::string> models;
  Duration timeout{0};
  std::string plot;  // a file; empty: none
  // Each of some measurements only.
  std::uint32_t runs = 0;
  std::uint32_t tokens = 0;
  std::uint32_t turns = 0;
  std::uint32_t conversations = 0;
  std::uint32_t rate_thousandths = 0;
  std::uint32_t requests = 0;
  std::uint32_t seed = 0;
  std::uint32_t tokens_max = 0;
};

// The error names the option, what it was given, and what is allowed.
[[nodiscard]] Result<BenchSettings> bench_settings(BenchKind kind, const BenchOptions& options,
                                                   const config::Environment& environment);

}  // namespace signalbox::cli
