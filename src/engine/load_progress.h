// How far a load has come where the engine does not say: llama.cpp maps the model's file and reports 0, then
// nothing until it reports 1.
#pragma once

#include <cstdint>
#include <optional>
#include <sys/types.h>

namespace signalbox::engine {

// The engine's file-backed resident memory against the model file's size, in thousandths. Never 1000: only
// the engine knows when it is done. Nothing for small files, beside which the engine's own libraries would
// count, and for a process that is gone. One small read from /proc, which never waits for a disk.
[[nodiscard]] std::optional<std::uint32_t> progress_of_pages(pid_t engine, std::uint64_t file_bytes);

}  // namespace signalbox::engine
