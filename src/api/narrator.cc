#include "api/narrator.h"

#include <utility>

namespace signalbox::api {

std::string Narrator::sentence(const StatusReport& report) {
  if (has_ended_) return {};
  const bool changed = last_ != report.status;
  last_ = report.status;
  if (changed) said_starting_ = false;
  const bool is_starting = report.status == Status::loading && report.progress.value_or(0) >= 1.0;
  const bool starts_now = is_starting && !said_starting_;
  said_starting_ = said_starting_ || is_starting;
  if (!changed && !starts_now) return {};
  std::string words = status_words(report);
  has_spoken_ = has_spoken_ || !words.empty();
  return words;
}

bool Narrator::end_words() {
  return !std::exchange(has_ended_, true) && has_spoken_;
}

}  // namespace signalbox::api
