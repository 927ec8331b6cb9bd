// One chunk of a chat or completions stream, looked at but not parsed: where its members lie and the few
// facts that decide whether and how it goes on to the client. Called by chat_answer.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "api/json_cursor.h"

namespace signalbox::api {

class ChunkScan {
 public:
  // The role in the delta of one choice, and what to cut so that the delta stays an object.
  struct Role {
    std::uint32_t choice = 0;
    std::size_t begin = 0;
    std::size_t end = 0;
  };

  // Looks at a new chunk, which must outlive the facts below. False if it is not one whole JSON object.
  [[nodiscard]] bool read(std::string_view chunk);

  [[nodiscard]] std::string_view chunk() const { return chunk_; }
  [[nodiscard]] const std::vector<JsonMember>& members() const { return members_; }
  // A member's value, empty if there is none.
  [[nodiscard]] std::string_view value(std::string_view key) const;
  [[nodiscard]] const std::vector<Role>& roles() const { return roles_; }

  // `choices` is there and has none: the usage chunk.
  [[nodiscard]] bool is_usage_only() const { return choices_are_empty_; }
  // Some choice has its finish_reason.
  [[nodiscard]] bool finishes() const { return finishes_; }
  // Some choice has more than a role and empty content.
  [[nodiscard]] bool has_content() const { return has_content_; }

 private:
  void read_choices(std::string_view choices);
  void read_choice(std::string_view choice);
  void read_delta(std::string_view delta, std::uint32_t choice);
  [[nodiscard]] std::size_t offset(std::string_view part) const;

  std::string_view chunk_;
  std::vector<JsonMember> members_;
  std::vector<Role> roles_;
  bool choices_are_empty_ = false;
  bool finishes_ = false;
  bool has_content_ = false;
};

// The number of a choice; 0 if it is none that counts.
[[nodiscard]] std::uint32_t read_index(std::string_view number);

}  // namespace signalbox::api
