// What became of a server's engines, in order. For tests.
#pragma once

#include <string>
#include <vector>

#include "support/test_server.h"

namespace signalbox::test {

// "start" and "exit", of whichever engine.
inline std::vector<std::string> lives(const TestServer& server) {
  std::vector<std::string> order;
  for (const auto& record : server.records("")) order.emplace_back(record.at("event").as_string());
  std::erase_if(order, [](const std::string& event) { return event != "start" && event != "exit"; });
  return order;
}

}  // namespace signalbox::test
