// Asks GET /health again and again, beside a load, and keeps how long each answer took.
#pragma once

#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace signalbox::bench {

// A thread of its own and one connection that is kept. Starts at once, stops when destroyed.
class Prober {
 public:
  explicit Prober(std::string address);
  // Milliseconds, of every probe since the last call.
  [[nodiscard]] std::vector<double> take();

 private:
  void run(const std::stop_token& stop);

  std::string address_;
  std::mutex mutex_;
  std::vector<double> times_ms_;
  std::jthread thread_;
};

}  // namespace signalbox::bench
