#include "support/fake_record.h"

#include <fcntl.h>
#include <unistd.h>

#include <boost/json.hpp>
#include <fmt/format.h>

namespace signalbox::fake {

std::string json_string(std::string_view text) {
  return boost::json::serialize(boost::json::string(text));
}

void Record::write(std::string_view event, std::string_view members) const {
  if (path_.empty()) return;
  const auto line = fmt::format("{{\"event\":{},\"pid\":{}{}{}}}\n", json_string(event), ::getpid(),
                                members.empty() ? "" : ",", members);
  const int file = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (file < 0) return;
  // One write: O_APPEND makes the line land in one piece whoever else writes.
  [[maybe_unused]] const auto written = ::write(file, line.data(), line.size());
  ::close(file);
}

}  // namespace signalbox::fake
