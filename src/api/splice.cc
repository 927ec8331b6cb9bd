// The engine's body out of the client's: see request.h.
#include <algorithm>
#include <utility>

#include "api/own_words.h"
#include "api/request.h"
#include "base/assert.h"
#include "base/json_escape.h"

namespace signalbox::api {

namespace {

// Less than this is copied rather than pointed at: a thousand tiny pieces cost more than their copy.
constexpr std::size_t kCopiedBytesMax = 1024;
// How much of the history is compared with our own words in one request, which runs on the loop; what lies
// behind stays. Far more than any conversation has.
constexpr std::size_t kOwnWordsBytesMax = std::size_t{256} * 1024;

struct Edit {
  Span span;  // empty: an insertion
  std::string text;
};

void add_stream_options(const RequestLayout& layout, std::string& inserted, std::vector<Edit>& edits) {
  static constexpr std::string_view kMember = R"("include_usage":true)";
  if (layout.include_usage) {
    edits.push_back({.span = *layout.include_usage, .text = "true"});
  } else if (layout.stream_options_open) {
    const std::size_t open = *layout.stream_options_open;
    edits.push_back({.span = {.begin = open, .end = open},
                     .text = std::string(kMember) + (layout.stream_options_is_empty ? "" : ",")});
  } else if (layout.stream_options) {
    edits.push_back({.span = *layout.stream_options, .text = "{" + std::string(kMember) + "}"});
  } else {
    inserted += R"("stream_options":{)" + std::string(kMember) + "},";
  }
}

void add_true(const std::optional<Span>& value, std::string_view key, std::string& inserted,
              std::vector<Edit>& edits) {
  if (value) {
    edits.push_back({.span = *value, .text = "true"});
  } else {
    inserted += json_string(key) + ":true,";
  }
}

void remove_own_words(const RequestLayout& layout, std::string_view body,
                      const std::vector<std::string>& names, std::vector<Edit>& edits) {
  std::size_t looked_at = 0;
  for (const auto& text : layout.assistant_texts) {
    const Span inside{.begin = text.value.begin + 1, .end = text.value.end - 1};
    const auto raw = body.substr(inside.begin, inside.end - inside.begin);
    const auto found = find_own_words(raw, names);
    if (found.length > 0 && found.length == raw.size() && text.null_if_empty) {
      edits.push_back({.span = *text.null_if_empty, .text = "null"});
    } else if (found.length > 0) {
      edits.push_back({.span = {.begin = inside.begin, .end = inside.begin + found.length}, .text = ""});
    }
    looked_at += found.looked_at;
    if (looked_at > kOwnWordsBytesMax) return;
  }
}

// Copies small parts together and points at the large ones.
class Splicer {
 public:
  Splicer(std::shared_ptr<const void> owner, std::string_view body) : owner_(std::move(owner)), body_(body) {}

  void copy_until(std::size_t end) {
    const auto unchanged = body_.substr(at_, end - at_);
    at_ = end;
    if (unchanged.size() <= kCopiedBytesMax) {
      small_ += unchanged;
      return;
    }
    flush();
    rope_.append(owner_, unchanged);
  }
  void apply(const Edit& edit) {
    copy_until(edit.span.begin);
    small_ += edit.text;
    at_ = edit.span.end;
  }
  [[nodiscard]] Rope finish() {
    copy_until(body_.size());
    flush();
    return std::move(rope_);
  }

 private:
  void flush() {
    if (!small_.empty()) rope_.append(std::exchange(small_, {}));
  }

  std::shared_ptr<const void> owner_;
  std::string_view body_;
  std::size_t at_ = 0;
  std::string small_;
  Rope rope_;
};

}  // namespace

Rope splice(const GenerationRequest& request, std::shared_ptr<const void> owner, std::string_view body,
            const SpliceOptions& options) {
  const auto& layout = request.layout;
  std::vector<Edit> edits;
  std::string inserted;
  edits.push_back({.span = layout.model, .text = json_string(options.engine_model)});
  if (options.force_stream) {
    add_true(layout.stream, "stream", inserted, edits);
    // The engine's response.completed has the usage anyway.
    if (request.route != Route::responses) add_stream_options(layout, inserted, edits);
  }
  if (options.ask_progress) add_true(layout.return_progress, "return_progress", inserted, edits);
  if (!inserted.empty()) {
    // Never an empty object: a model is named in it.
    edits.push_back(
        {.span = {.begin = layout.object_open, .end = layout.object_open}, .text = std::move(inserted)});
  }
  remove_own_words(layout, body, options.model_names, edits);

  std::ranges::sort(edits, {}, [](const Edit& edit) { return edit.span.begin; });
  Splicer splicer(std::move(owner), body);
  std::size_t done = 0;
  for (const auto& edit : edits) {
    SB_ASSERT(edit.span.begin >= done && edit.span.begin <= edit.span.end && edit.span.end <= body.size());
    splicer.apply(edit);
    done = edit.span.end;
  }
  return splicer.finish();
}

}  // namespace signalbox::api
