// What must be true of a server after every fault, whatever the fault was.
#pragma once

#include <cstddef>
#include <string_view>

#include "support/test_server.h"

namespace signalbox::test {

// A server of which is known how many descriptors it needs for itself.
class FaultServer : public TestServer {
 public:
  // Returns once it listens and has asked its engine's program for its abilities.
  explicit FaultServer(Setup setup);
  [[nodiscard]] std::size_t descriptors_at_start() const { return descriptors_at_start_; }

 private:
  std::size_t descriptors_at_start_ = 0;
};

// Once all clients have their end: nothing runs and nobody waits, the next request for this model is served,
// no process is left but the server, one guard and one engine, and no descriptor but theirs. `model` is one
// that can be loaded; a quarantine that the fault has earned is ended by a select, as an operator would.
// The server's own end, its exit status and what is left then, is the TestServer's own check.
void expect_recovered(const FaultServer& server, std::string_view model);

// The same without the next request: for the instant before a test puts right what it broke.
void expect_settled(const FaultServer& server);

}  // namespace signalbox::test
