#include "sim/traces.h"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <random>
#include <string>
#include <tuple>

#include <fmt/format.h>

#include "simulate/decimal.h"

namespace signalbox::simulate {
namespace {

constexpr std::uint32_t kModels = 27;
constexpr auto kTokensMax = std::uint64_t{1'000'000};
constexpr Duration kPromptToken = std::chrono::microseconds(500);  // 2,000 a second
constexpr Duration kAnswerToken = std::chrono::milliseconds(20);   // 50 a second

}  // namespace

std::optional<Workload> arena_workload() {
  const char* folder = std::getenv("SIGNALBOX_TRACES");
  std::ifstream in(fmt::format("{}/lmsys-arena-27.txt", folder != nullptr ? folder : TRACES_FOLDER));
  Workload workload;
  for (std::uint32_t i = 0; i < kModels; ++i) workload.trace.models.push_back(fmt::format("m{}", i));
  std::string time, model, prompt, answer;
  while (in >> time >> model >> prompt >> answer) {
    const auto arrived = parse_seconds(time, kTraceTimeMax);
    const auto index = parse_whole(model, kModels - 1);
    const auto prompt_tokens = parse_whole(prompt, kTokensMax);
    const auto answer_tokens = parse_whole(answer, kTokensMax);
    if (!arrived || !index || !prompt_tokens || !answer_tokens) return std::nullopt;
    const auto service = kPromptToken * static_cast<std::int64_t>(*prompt_tokens) +
                         kAnswerToken * static_cast<std::int64_t>(*answer_tokens);
    workload.trace.requests.push_back(
        {.arrived = *arrived, .model = ModelIndex(static_cast<std::uint32_t>(*index)), .service = service});
  }
  if (workload.trace.requests.empty()) return std::nullopt;
  return workload;
}

Workload perturbed(const Workload& workload, std::uint64_t seed) {
  constexpr Duration kJitter = std::chrono::seconds(5);
  std::mt19937_64 random(seed);
  Workload copy = workload;
  auto& requests = copy.trace.requests;
  std::vector<std::vector<Duration>> lengths(copy.models());
  for (auto& request : requests) {
    const auto moved =
        static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(2 * kJitter.count() + 1));
    request.arrived = std::max(request.arrived + Duration(moved) - kJitter, Duration{0});
    lengths[to_index(request.model)].push_back(request.service);
  }
  std::ranges::sort(requests, {}, [](const TraceRequest& request) {
    return std::tuple(request.arrived, request.model, request.service);
  });
  for (auto& request : requests) {
    auto& left = lengths[to_index(request.model)];
    std::swap(left[random() % left.size()], left.back());
    request.service = left.back();
    left.pop_back();
  }
  return copy;
}

}  // namespace signalbox::simulate
