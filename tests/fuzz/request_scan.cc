// A client's body: the same however it is cut, and what goes to the engine is a body that this server would
// take again.
#include <memory>

#include "api/request.h"
#include "fuzz/fuzz.h"

namespace signalbox::fuzz {
namespace {

using api::GenerationRequest;
using Outcome = std::expected<GenerationRequest, api::ApiError>;

Outcome scan(api::Route route, const std::vector<std::string>& pieces, std::string_view whole) {
  api::RequestScan scan(route);
  for (const auto& piece : pieces) {
    if (auto fed = scan.feed(piece); !fed) return std::unexpected(std::move(fed.error()));
  }
  return scan.finish(whole);
}

void check(const Input& input) {
  const auto route = static_cast<api::Route>(input.choice / 16 % 3);
  const auto whole = scan(route, {std::string(input.bytes)}, input.bytes);
  const auto cut = scan(route, input.pieces(), input.bytes);
  must(whole.has_value() == cut.has_value(), "the same however it is cut");
  if (!whole) return must(whole.error().message == cut.error().message, "the same error however it is cut");
  must(whole->model == cut->model && whole->stream == cut->stream && whole->sequences == cut->sequences,
       "the same meaning however it is cut");
  const api::SpliceOptions options{
      .engine_model = "engine", .model_names = {"a", "b c"}, .force_stream = true, .ask_progress = true};
  const std::string spliced = api::splice(*whole, nullptr, input.bytes, options).to_string();
  const auto again = scan(route, {spliced}, spliced);
  must(again.has_value(), "what goes to the engine is a proper body");
  must(again->model == "engine" && again->stream, "what goes to the engine asks for its model and a stream");
}

}  // namespace
}  // namespace signalbox::fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  signalbox::fuzz::check({data, size});
  return 0;
}
