// A generation request: what this server must know of a body it otherwise hands on untouched. The body is
// scanned as it arrives and never parsed into a tree (docs: a 60 MB body in a JSON tree stops the loop for a
// second); what must change is spliced at remembered offsets. No sockets.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/error.h"
#include "api/request_layout.h"
#include "base/rope.h"

namespace signalbox::api {

enum class Route { chat, completions, responses };

// `service_tier`; its `default` is standard here.
enum class ServiceTier { standard, priority, flex };

enum class StatusText { automatic, content, reasoning, none };
enum class StatusChunks { data, comment, off };

// The few things that matter, decoded.
struct GenerationRequest {
  static constexpr std::size_t kModelBytesMax = 256;
  static constexpr std::int64_t kChoicesMax = 128;        // n, best_of
  static constexpr std::int64_t kTokensMax = 2147483647;  // what the engine can count to

  Route route = Route::chat;
  std::string model;  // as the client wrote it: never empty, at most kModelBytesMax
  bool stream = false;
  bool include_usage = false;    // stream_options.include_usage
  bool return_progress = false;  // the client itself wants the engine's prompt_progress chunks
  std::uint32_t sequences = 1;   // `n`, or the number of prompts, or their product for completions
  std::optional<std::uint64_t>
      max_tokens;  // by whichever name the route gives it; none if it is unlimited (-1)
  std::optional<ServiceTier> service_tier;  // none: the server's choice (`auto`, or nothing said)
  // Tools, a response format, a grammar, a tool message in the history or an assistant message to go on with:
  // no words are put into the content of such an answer (status_text: auto).
  bool words_disturb = false;

  RequestLayout layout;  // for splice(), opaque to everyone else
};

// Scans a body piece by piece: depth up to kDepthMax, top-level keys unique, valid UTF-8, one JSON object and
// nothing after it. Linear, no recursion, memory independent of the body's size but for the spans in the
// layout, whose number is bounded. Every error is an invalid_request that says what was found, where, and
// what is allowed.
class RequestScan {
 public:
  static constexpr std::size_t kDepthMax = 512;

  explicit RequestScan(Route route);
  RequestScan(const RequestScan&) = delete;
  RequestScan& operator=(const RequestScan&) = delete;
  ~RequestScan();

  // The next bytes of the body. After an error the scan is over.
  [[nodiscard]] std::expected<void, ApiError> feed(std::string_view bytes);
  // Once, after the last byte; `body` is all of what was fed, in one piece. Checks types and ranges of what
  // this server reads, at the remembered places only.
  [[nodiscard]] std::expected<GenerationRequest, ApiError> finish(std::string_view body);

 private:
  class Machine;
  std::unique_ptr<Machine> machine_;
};

// What the engine is to get.
struct SpliceOptions {
  std::string engine_model;  // replaces `model`
  std::vector<std::string>
      model_names;            // every configured name and alias: our own words may contain any of them
  bool force_stream = true;   // ask for a stream, and for its usage, whatever the client asked
  bool ask_progress = false;  // add return_progress:true, so that a long prefill is not taken for silence
};

// The body for the engine: the client's bytes, but for `model`, `stream`, `stream_options`, `return_progress`
// and our own words. `owner` keeps `body` alive. Long unchanged parts are not copied.
[[nodiscard]] Rope splice(const GenerationRequest& request, std::shared_ptr<const void> owner,
                          std::string_view body, const SpliceOptions& options);

}  // namespace signalbox::api
