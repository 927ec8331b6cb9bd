// An engine's event stream: the same events however it is cut.
#include "api/sse.h"
#include "fuzz/fuzz.h"

namespace signalbox::fuzz {
namespace {

std::vector<std::string> events_of(const std::vector<std::string>& pieces) {
  std::vector<std::string> events;
  api::SseReader reader;
  api::SseEvent event;
  for (const auto& piece : pieces) {
    if (!reader.feed(piece)) return events;
    while (reader.next(event)) events.push_back(std::string(event.name) + '\n' + std::string(event.data));
  }
  return events;
}

void check(const Input& input) {
  must(events_of({std::string(input.bytes)}) == events_of(input.pieces()),
       "the same events however it is cut");
}

}  // namespace
}  // namespace signalbox::fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  signalbox::fuzz::check({data, size});
  return 0;
}
