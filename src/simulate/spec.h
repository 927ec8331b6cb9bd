// A synthetic workload in one word of a command line:
//   zipf:models=27,requests=10000,rate=2,exponent=1.1,service=3s,variation=exponential,seed=1
//   clients:models=2,clients=3,asks=1000,service=3s,variation=exponential,think=0s,seed=1
//   agents:users=10,models=5,sessions=50,gap=0.5s,pause=30s,service=3s,seed=1
// What is not named stays at these values. Called by cli/.
#pragma once

#include <string_view>

#include "base/result.h"
#include "simulate/workload.h"

namespace signalbox::simulate {

// The error says which keys and values are allowed.
[[nodiscard]] Result<Workload> workload_of_spec(std::string_view spec);

}  // namespace signalbox::simulate
