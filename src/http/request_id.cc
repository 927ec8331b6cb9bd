#include "http/request_id.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <sys/random.h>
#include <sys/types.h>

#include "base/assert.h"

namespace signalbox::http {
namespace {

constexpr std::size_t kRequestIdLengthMax = 64;

bool is_proper(std::string_view id) {
  const auto allowed = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' ||
           c == '_' || c == '-';
  };
  return !id.empty() && id.size() <= kRequestIdLengthMax && std::ranges::all_of(id, allowed);
}

}  // namespace

std::string make_request_id() {
  std::array<unsigned char, 16> random{};
  // Up to 256 bytes come whole and without a wait once the system has started.
  const ssize_t got = ::getrandom(random.data(), random.size(), 0);
  SB_ASSERT(got == static_cast<ssize_t>(random.size()));
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string id = "req-";
  for (const unsigned char byte : random) {
    id.push_back(kHex[byte >> 4U]);
    id.push_back(kHex[byte & 0x0fU]);
  }
  return id;
}

std::string choose_request_id(std::optional<std::string_view> from_client) {
  if (from_client && is_proper(*from_client)) return std::string(*from_client);
  return make_request_id();
}

}  // namespace signalbox::http
