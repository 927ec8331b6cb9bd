// Counts what the carrying of conversations does: the engine folder tells it, the metrics keep it.
#pragma once

#include "metrics/metrics.h"
#include "ports/kv_news.h"

namespace signalbox::app {

// Loop thread only. The metrics outlive it.
class KvCounting final : public KvObserver {
 public:
  explicit KvCounting(metrics::Metrics& metrics) : metrics_(metrics) {}
  void kv_told(const KvNews& news) override;

 private:
  metrics::Metrics& metrics_;
};

}  // namespace signalbox::app
