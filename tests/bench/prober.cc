#include "bench/prober.h"

#include <poll.h>
#include <utility>

#include "bench/report.h"
#include "support/http_client.h"

namespace signalbox::bench {

namespace {
constexpr int kPauseMs = 2;  // between an answer and the next question
}

Prober::Prober(std::string address)
    : address_(std::move(address)), thread_([this](const std::stop_token& stop) { run(stop); }) {}

void Prober::run(const std::stop_token& stop) {
  test::Connection connection(address_);
  const auto request = test::request_text("GET", "/health");
  while (!stop.stop_requested()) {
    const auto start = test::now();
    connection.send(request);
    static_cast<void>(connection.read_reply());
    const double ms = us_between(start, test::now()) / 1000;
    {
      const std::scoped_lock lock(mutex_);
      times_ms_.push_back(ms);
    }
    ::poll(nullptr, 0, kPauseMs);
  }
}

std::vector<double> Prober::take() {
  const std::scoped_lock lock(mutex_);
  return std::exchange(times_ms_, {});
}

}  // namespace signalbox::bench
