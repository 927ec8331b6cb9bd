// What a client sends before it is a request: head and body, the same however they are cut.
#include "fuzz/fuzz.h"
#include "http/body_decoder.h"
#include "http/head_parser.h"
#include "http/head_scanner.h"
#include "http/target.h"

namespace signalbox::fuzz {
namespace {

constexpr std::size_t kHeadBytesMax = 4096;
constexpr std::size_t kBodyBytesMax = 4096;

// A line for each thing that was made of it.
std::string outcome(const std::vector<std::string>& pieces) {
  http::HeadScanner scanner(kHeadBytesMax);
  std::string input;
  std::size_t next = 0;
  std::optional<http::HeadScanner::Extent> extent;
  while (!extent) {
    if (next == pieces.size()) return "no end";
    input += pieces[next++];
    const auto scanned = scanner.scan(input);
    if (!scanned) return "bad head: " + std::string(scanned.error().reason);
    extent = *scanned;
  }
  const auto head = http::parse_head(input.substr(extent->begin, extent->end - extent->begin));
  if (!head) return "no head: " + std::string(head.error().reason);
  input.erase(0, extent->end);
  std::string said = std::string((*head)->method) + ' ';
  const auto target = http::parse_target((*head)->target);
  said += target ? target->path : "bad target";
  http::BodyDecoder decoder(**head, kBodyBytesMax);
  http::BodyBuffer body;
  while (!decoder.done()) {
    const auto used = decoder.decode(input, body);
    if (!used) return said + " bad body: " + std::string(used.error().reason);
    input.erase(0, *used);
    if (decoder.done()) break;
    if (next == pieces.size()) return said + " unfinished";
    input += pieces[next++];
  }
  return said + ' ' + std::string(body.view());
}

void check(const Input& input) {
  must(outcome({std::string(input.bytes)}) == outcome(input.pieces()), "the same however it is cut");
}

}  // namespace
}  // namespace signalbox::fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  signalbox::fuzz::check({data, size});
  return 0;
}
