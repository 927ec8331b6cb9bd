// A line that an engine writes while it loads, and its last words.
#include "engine/last_words.h"
#include "engine/progress_protocol.h"
#include "fuzz/fuzz.h"

namespace signalbox::fuzz {
namespace {

void check(std::string_view line) {
  const auto news = engine::parse_load_news(line);
  must(!news || engine::is_protocol_line(line), "only a line of the protocol is news");
  must(!news || !news->progress_thousandths || *news->progress_thousandths <= 1000, "progress is 0 to 1000");
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
