// An engine's events on their way to a client, streamed and whole, on each route: what goes out is a proper
// event stream, and a whole answer is JSON.
#include <boost/json/parse.hpp>

#include "api/answer.h"
#include "api/sse.h"
#include "fuzz/fuzz.h"

namespace signalbox::fuzz {
namespace {

void check_streamed(const api::AnswerOptions& options, std::string_view bytes) {
  const auto answer = api::make_streamed_answer(options);
  api::SseReader reader;
  api::SseEvent event;
  if (!reader.feed(bytes)) return;
  std::string out;
  while (reader.next(event)) {
    const auto ended = answer->engine_event(event, out);
    if (!ended || *ended == api::Ended::yes) break;
  }
  must(out.empty() || out.ends_with("\n\n"), "only whole events go out");
  api::SseReader client;
  must(client.feed(out).has_value() && !client.pending(), "a client can read what goes out");
}

bool is_json(std::string_view text) {
  boost::system::error_code failure;
  boost::json::parse_options depth;
  depth.max_depth = 1024;
  static_cast<void>(
      boost::json::parse(boost::json::string_view(text.data(), text.size()), failure, {}, depth));
  return !failure;
}

// The engine's bytes are handed on as they come, so that only of JSON comes JSON.
void check_whole(const api::AnswerOptions& options, std::string_view bytes) {
  const auto answer = api::make_whole_answer(options);
  api::SseReader reader;
  api::SseEvent event;
  if (!reader.feed(bytes)) return;
  while (reader.next(event)) {
    if (event.data != "[DONE]" && !is_json(event.data)) return;
    const auto ended = answer->engine_event(event);
    if (!ended) return;
    if (*ended != api::Ended::yes) continue;
    must(is_json(answer->body()), "a whole answer is JSON");
    return;
  }
}

void check(const Input& input) {
  api::AnswerOptions options;
  options.route = static_cast<api::Route>(input.choice % 3);
  options.id = "1";
  options.model = "m";
  options.sequences = 1 + input.choice / 3 % 2;
  options.include_usage = input.choice / 6 % 2 == 1;
  options.request_body = R"({"model":"m"})";
  check_streamed(options, input.bytes);
  check_whole(options, input.bytes);
}

}  // namespace
}  // namespace signalbox::fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  signalbox::fuzz::check({data, size});
  return 0;
}
