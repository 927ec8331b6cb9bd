// The real trace that the published figures are about. It is no part of the repository: where it is missing,
// the tests that need it say so and skip.
#pragma once

#include <cstdint>
#include <optional>

#include "simulate/workload.h"

namespace signalbox::simulate {

// 27 models, 1,500 requests. None if it is not there. SIGNALBOX_TRACES names another folder than the usual
// one beside the repository.
[[nodiscard]] std::optional<Workload> arena_workload();

// The same with arrivals moved by up to 5 s either way, and the lengths of each model's answers shuffled.
[[nodiscard]] Workload perturbed(const Workload& workload, std::uint64_t seed);

}  // namespace signalbox::simulate
