// The loop that sends; bench_mixed_report.cc has what is made of it.
#include "cli/bench_mixed.h"

#include <algorithm>
#include <memory>

#include <fmt/format.h>

#include "cli/bench_wire.h"
#include "cli/http_call.h"

namespace signalbox::cli {
namespace {

using measure::Arrival;
using measure::Sample;

class Mixing {
 public:
  Mixing(const measure::MixedPlan& plan, BenchSession& session)
      : session_(session), arrivals_(arrivals_of(plan)), began_(session.clock().now()) {}

  MixedOutcome run() {
    while (!is_over() && !session_.is_stopped()) {
      send_due();
      show();
      const Duration wait = until_next();
      if (calls_.under_way() > 0) {
        calls_.run_for(wait);
      } else if (!is_over()) {
        static_cast<void>(session_.is_stopped(wait));
      }
    }
    outcome_.end = is_over() ? BenchEnd::complete : BenchEnd::stopped;
    outcome_.broken_off = calls_.under_way();
    outcome_.length = elapsed();
    return std::move(outcome_);
  }

 private:
  [[nodiscard]] Duration elapsed() const { return session_.clock().now() - began_; }
  [[nodiscard]] bool is_over() const { return next_ == arrivals_.size() && calls_.under_way() == 0; }
  [[nodiscard]] Duration until_next() const {
    if (next_ == arrivals_.size()) return BenchSession::kSignalInterval;
    return std::clamp(arrivals_[next_].at - elapsed(), Duration::zero(), BenchSession::kSignalInterval);
  }

  void send_due() {
    for (; next_ < arrivals_.size() && arrivals_[next_].at <= elapsed(); ++next_) {
      const auto& arrival = arrivals_[next_];
      if (calls_.under_way() < kMixedOpenMax) {
        send(arrival);
      } else {
        take(arrival, {.trouble = fmt::format("not sent: {} are open already", kMixedOpenMax)});
      }
    }
  }

  void send(const Arrival& arrival) {
    auto request = chat_request(session_.url(), arrival.ask, session_.timeout());
    const auto reader = std::make_shared<AnswerReader>(session_.clock().now());
    request.on_body = [this, reader](std::string_view bytes) { reader->take(bytes, session_.clock().now()); };
    calls_.start(session_.url().address, request, [this, reader, &arrival](const Result<HttpAnswer>& answer) {
      take(arrival, std::move(*reader).finished(answer, session_.clock().now()));
    });
  }

  // The text is of no use here, and a long run would keep all of it.
  void take(const Arrival& arrival, Sample sample) {
    sample.text.clear();
    outcome_.records.push_back({.at = arrival.at, .model = arrival.model, .sample = std::move(sample)});
    constexpr std::size_t kTellings = 10;
    const std::size_t done = outcome_.records.size();
    const std::size_t each = std::max<std::size_t>(arrivals_.size() / kTellings, 1);
    if (done % each == 0 || done == arrivals_.size()) session_.tell(progress());
  }

  [[nodiscard]] std::string progress() const {
    return fmt::format("{} of {} requests are over after {:.0f} s", outcome_.records.size(), arrivals_.size(),
                       static_cast<double>(to_ms(elapsed())) / 1000);
  }
  void show() { session_.show(fmt::format("{}; {} are open", progress(), calls_.under_way())); }

  BenchSession& session_;
  std::vector<Arrival> arrivals_;
  TimePoint began_;
  std::size_t next_ = 0;
  MixedOutcome outcome_;
  HttpCalls calls_;
};

}  // namespace

MixedOutcome measure_mixed(const measure::MixedPlan& plan, BenchSession& session) {
  return Mixing(plan, session).run();
}

}  // namespace signalbox::cli
