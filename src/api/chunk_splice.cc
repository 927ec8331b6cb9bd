#include "api/chunk_splice.h"

#include <cstddef>

namespace signalbox::api {
namespace {

constexpr std::string_view kEventEnd = "}\n\n";

bool is_cut(const JsonMember& member, const ChunkCuts& cuts) {
  return (cuts.usage && member.key == "usage") || (cuts.progress && member.key == "prompt_progress");
}

// Our value for a member of this name; null if it is the engine's own affair.
const std::string* own_value(std::string_view key, const ChunkIdentity& identity) {
  if (key == "id") return &identity.id;
  if (key == "created") return &identity.created;
  if (key == "model") return &identity.model;
  return nullptr;
}

// The bytes from `begin` to `end` without the roles that are cut.
void append_without_roles(std::string& out, std::string_view chunk, std::size_t begin, std::size_t end,
                          const std::vector<ChunkScan::Role>& cuts) {
  for (const auto& role : cuts) {
    if (role.begin < begin || role.end > end) continue;
    out.append(chunk, begin, role.begin - begin);
    begin = role.end;
  }
  out.append(chunk, begin, end - begin);
}

// An engine that names no id, created or model would break the client's idea of one answer.
void append_missing(std::string& out, const ChunkScan& scan, const ChunkIdentity& identity) {
  for (const std::string_view key : {"id", "created", "model"}) {
    if (!scan.value(key).empty()) continue;
    if (out.back() != '{') out += ',';
    out.append("\"").append(key).append("\":").append(*own_value(key, identity));
  }
}

}  // namespace

void splice_chunk(const ChunkScan& scan, const ChunkIdentity& identity, const ChunkCuts& cuts,
                  std::string& out) {
  const std::string_view chunk = scan.chunk();
  out += "data: {";
  append_missing(out, scan, identity);
  std::size_t previous_end = chunk.find('{') + 1;
  for (const auto& member : scan.members()) {
    const std::string_view separator = chunk.substr(previous_end, member.begin - previous_end);
    previous_end = member.end;
    if (is_cut(member, cuts)) continue;
    const bool is_first = out.back() == '{';
    const bool has_comma = separator.contains(',');
    if (!is_first && !has_comma) out += ',';
    if (!is_first || !has_comma) out.append(separator);
    if (const std::string* value = own_value(member.key, identity)) {
      out.append(chunk, member.begin, member.end - member.begin - member.value.size()).append(*value);
    } else if (member.key == "choices" && !cuts.roles.empty()) {
      append_without_roles(out, chunk, member.begin, member.end, cuts.roles);
    } else {
      out.append(chunk, member.begin, member.end - member.begin);
    }
  }
  out.append(chunk, previous_end).append("\n\n");
}

void add_member(std::string& event, std::string_view key, std::string_view value) {
  const std::size_t brace = event.size() - kEventEnd.size();
  std::string member = event[brace - 1] == '{' ? "\"" : ",\"";
  member.append(key).append("\":").append(value);
  event.insert(brace, member);
}

}  // namespace signalbox::api
