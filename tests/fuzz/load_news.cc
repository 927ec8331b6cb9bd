// A line that an engine writes while it loads, its last words, and its lines on the memory of devices.
#include <algorithm>

#include "engine/device_fit.h"
#include "engine/last_words.h"
#include "engine/progress_protocol.h"
#include "fuzz/fuzz.h"

namespace signalbox::fuzz {
namespace {

// Lines of a log that says how a model was fitted to devices.
void check_fit(std::string_view log) {
  engine::FitReader reader;
  while (!log.empty()) {
    const auto end = std::min(log.find('\n'), log.size());
    reader.read(log.substr(0, end));
    log.remove_prefix(std::min(end + 1, log.size()));
  }
  must(!reader.fit() || reader.free_mib() == reader.fit()->free_mib, "a fit is one to a known memory");
}

void check(std::string_view line) {
  const auto news = engine::parse_load_news(line);
  must(!news || engine::is_protocol_line(line), "only a line of the protocol is news");
  must(!news || !news->progress_thousandths || *news->progress_thousandths <= 1000, "progress is 0 to 1000");
  check_fit(line);
  engine::LastWords words;
  words.add(line);
  for (const auto& said : {words.of_crash(), words.of_failed_start()}) {
    must(said.size() <= engine::LastWords::kQuoteBytesMax, "a quotation has its limit");
    must(!said.contains('\n'), "a quotation is one line");
  }
}

}  // namespace
}  // namespace signalbox::fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  signalbox::fuzz::check({reinterpret_cast<const char*>(data), size});
  return 0;
}
