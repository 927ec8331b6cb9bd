// What is asked of a simulated server: requests that come whatever happens (a trace) and users who ask again
// only after an answer. Made beforehand, so that every policy meets the same. Knows no policy.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/id.h"
#include "base/time.h"
#include "simulate/synthetic.h"
#include "simulate/trace.h"

namespace signalbox::simulate {

// One question of a user.
struct Ask {
  Duration after{0};  // the answer or refusal of the one before; the first: after the beginning
  ModelIndex model;
  Duration service{0};
};

struct User {
  std::vector<Ask> asks;
};

struct Workload {
  Trace trace;
  std::vector<User> users;

  [[nodiscard]] std::size_t requests() const;
  [[nodiscard]] std::size_t models() const { return trace.models.size(); }
};

// Clients who each ask one model again and again.
struct ClosedLoop {
  std::vector<std::uint32_t> clients;  // of each model
  std::uint32_t asks = 1000;           // of each client
  Duration service = std::chrono::seconds(3);
  Duration think{0};
  Variation variation = Variation::exponential;  // of the service times
  std::uint64_t seed = 1;
};
[[nodiscard]] Workload closed_loop(const ClosedLoop& wanted);

// Users who ask one model several times in a row, pause, and go on with any other.
struct Agents {
  std::uint32_t models = 5;
  std::uint32_t users = 10;
  std::uint32_t sessions = 50;  // of each user
  std::uint32_t asks_min = 5;   // of a session
  std::uint32_t asks_max = 20;
  Duration gap = std::chrono::milliseconds(500);
  Duration pause = std::chrono::seconds(30);   // the mean of those between sessions
  Duration service = std::chrono::seconds(3);  // the mean
  std::uint64_t seed = 1;
};
[[nodiscard]] Workload agents(const Agents& wanted);

}  // namespace signalbox::simulate
