// The output items of a streamed response: writes the events that announce, fill and end them, with one
// running sequence_number, and adds those that the engine leaves out. Called by responses_answer.
//
// What the clients hold to: each item is added, its part opened, filled and closed, then the item is done;
// Python refuses a response.completed while an added item is not done.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "api/response_events.h"
#include "api/response_item.h"
#include "base/result.h"

namespace signalbox::api {

class ResponseOutput {
 public:
  // Begins any event; the caller adds members and ends it.
  [[nodiscard]] ResponseEventWriter begin(std::string_view type, std::string& out);
  [[nodiscard]] std::uint64_t take_sequence_number() { return sequence_number_++; }

  [[nodiscard]] ResponseItem* find(std::string_view id);
  [[nodiscard]] std::size_t index(const ResponseItem& item) const;
  // The item of this id (quoted); announced now if it is new, in the given words or in ours if they are
  // empty.
  [[nodiscard]] Result<ResponseItem*> item(std::string_view id, ResponseItem::Kind kind,
                                           std::string_view announcement, std::string& out);

  // Texts are JSON strings; `more` is what the engine's event had besides. What was said before is not said
  // again.
  void open_part(ResponseItem& item, std::string_view part, std::string& out);
  void add_text(ResponseItem& item, std::string_view delta, std::string_view more, std::string& out);
  void close_text(ResponseItem& item, std::string_view text, std::string_view more, std::string& out);
  void close_part(ResponseItem& item, std::string_view part, std::string_view more, std::string& out);
  void add_arguments(ResponseItem& item, std::string_view delta, std::string_view more, std::string& out);
  void close_arguments(ResponseItem& item, std::string_view arguments, std::string_view more,
                       std::string& out);
  // Ends an item as the engine ended it, with all that must come before.
  [[nodiscard]] Result<void> end_item(std::string_view ended_item, std::string& out);
  // Ends what the engine began and forgot, a tool call cut short by max_output_tokens for instance.
  void end_the_rest(std::string_view status, std::string& out);

  // The items with commas between them.
  [[nodiscard]] std::string json() const;
  [[nodiscard]] std::size_t bytes_held() const { return bytes_held_; }

 private:
  [[nodiscard]] ResponseEventWriter begin_of(std::string_view type, const ResponseItem& item,
                                             std::string& out);
  [[nodiscard]] ResponseEventWriter begin_of_part(std::string_view type, const ResponseItem& item,
                                                  std::string& out);
  void end_content(ResponseItem& item, std::string_view ended_item, std::string& out);
  void hold(std::string& kept, std::string_view more);

  std::vector<ResponseItem> items_;  // by output_index
  std::uint64_t sequence_number_ = 0;
  std::size_t bytes_held_ = 0;
};

}  // namespace signalbox::api
