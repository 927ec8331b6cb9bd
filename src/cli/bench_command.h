// `signalbox bench`: measures an OpenAI-compatible server, this one or another, and prints what came out.
#pragma once

#include "cli/bench_options.h"
#include "cli/bench_settings.h"
#include "cli/terminal.h"

namespace signalbox::cli {

struct BenchRequest {
  BenchKind kind = BenchKind::switching;
  BenchOptions options;
  enum class Format { table, json };
  Format format = Format::table;
};

// Blocks until it is measured, or a signal comes; then what there is is printed.
[[nodiscard]] int bench_command(const BenchRequest& request, const Surround& surround, const Clock& clock);

}  // namespace signalbox::cli
