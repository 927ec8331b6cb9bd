// Where the few things that this server reads or changes lie in the body of a request. Offsets only.
// Written by RequestScan, read by splice.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

namespace signalbox::api {

struct Span {
  std::size_t begin = 0;
  std::size_t end = 0;
};

// A string of the history (with its quotes) that may begin with our own status words.
struct AssistantText {
  Span value;
  // What becomes null if nothing is left: the message's content, where tool calls stand beside it.
  std::optional<Span> null_if_empty;
};

struct RequestLayout {
  std::size_t object_open = 0;  // just after the top-level '{'
  Span model;
  std::optional<Span> stream;
  std::optional<Span> stream_options;
  // Of stream_options, where it is an object:
  std::optional<Span> include_usage;
  std::optional<std::size_t> stream_options_open;  // just after its '{'
  bool stream_options_is_empty = true;
  std::optional<Span> return_progress;
  std::optional<Span> tools;  // tools, else functions
  std::optional<Span> lora;   // the adapters that it asks for
  std::optional<Span> text;   // messages, prompt, input
  bool chooses_slot = false;  // the client names a slot of the engine
  std::vector<AssistantText> assistant_texts;
};

}  // namespace signalbox::api
