// Writes a chunk of the engine as an event of ours: our id, created and model, without what the client is not
// to see. Every other byte stays as it came. Called by chat_answer.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "api/chunk_scan.h"

namespace signalbox::api {

// JSON values, ready to be put in.
struct ChunkIdentity {
  std::string id;
  std::string created;
  std::string model;
};

// What to leave out of a chunk.
struct ChunkCuts {
  bool usage = false;
  bool progress = false;
  std::vector<ChunkScan::Role> roles = {};  // in the order of their places
};

// Appends the chunk that `scan` has read as one `data:` event.
void splice_chunk(const ChunkScan& scan, const ChunkIdentity& identity, const ChunkCuts& cuts,
                  std::string& out);

// Adds a member at the end of the event that `event` ends with.
void add_member(std::string& event, std::string_view key, std::string_view value);

}  // namespace signalbox::api
