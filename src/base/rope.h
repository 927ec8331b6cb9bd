// A sequence of bytes that lies in several places: a request body with a few spliced-in pieces. Handing a 60
// MB body on as a rope costs no copy, which a loop that may not stop for 2 ms could not afford.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/assert.h"

namespace signalbox {

class Rope {
 public:
  Rope() = default;
  explicit Rope(std::string text) { append(std::move(text)); }

  // Keeps `owner` alive as long as this rope and appends bytes that lie in it.
  void append(std::shared_ptr<const void> owner, std::string_view bytes) {
    if (bytes.empty()) return;
    owners_.push_back(std::move(owner));
    pieces_.push_back(bytes);
    size_ += bytes.size();
  }
  void append(std::string text) {
    auto owner = std::make_shared<const std::string>(std::move(text));
    const std::string_view bytes = *owner;
    append(std::move(owner), bytes);
  }

  // Behind the first `mark`, which must be there.
  void insert_after(char mark, std::string text) {
    for (std::size_t i = 0; i < pieces_.size(); ++i) {
      const auto at = pieces_[i].find(mark);
      if (at == std::string_view::npos) continue;
      const auto behind = pieces_[i].substr(at + 1);
      auto owner = std::make_shared<const std::string>(std::move(text));
      size_ += owner->size();
      const auto place = static_cast<std::ptrdiff_t>(i);
      pieces_[i] = pieces_[i].substr(0, at + 1);
      pieces_.insert(pieces_.begin() + place + 1, {*owner, behind});
      owners_.push_back(std::move(owner));
      return;
    }
    SB_ASSERT(false);
  }

  [[nodiscard]] const std::vector<std::string_view>& pieces() const { return pieces_; }
  [[nodiscard]] std::size_t size() const { return size_; }
  // One contiguous copy: for tests and small bodies.
  [[nodiscard]] std::string to_string() const {
    std::string whole;
    whole.reserve(size_);
    for (const auto piece : pieces_) whole.append(piece);
    return whole;
  }

 private:
  std::vector<std::shared_ptr<const void>> owners_;
  std::vector<std::string_view> pieces_;
  std::size_t size_ = 0;
};

}  // namespace signalbox
