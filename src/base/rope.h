// A sequence of bytes that lies in several places: a request body with a few spliced-in pieces. Handing a 60
// MB body on as a rope costs no copy, which a loop that may not stop for 2 ms could not afford.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

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
