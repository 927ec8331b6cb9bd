// Escape sequences that every terminal since the VT100 and xterm knows; others ignore them.
#include "cli/screen.h"

#include <string_view>

namespace signalbox::cli {
namespace {

constexpr std::string_view kTake = "\x1b[?1049h\x1b[?7l\x1b[?25l";
// Cleared first: a terminal without a second screen would go on behind the last line of the picture.
constexpr std::string_view kGiveBack = "\x1b[H\x1b[J\x1b[?25h\x1b[?7h\x1b[?1049l";
constexpr std::string_view kHome = "\x1b[H";
constexpr std::string_view kClearLine = "\x1b[K";
constexpr std::string_view kClearBelow = "\x1b[J";

}  // namespace

Screen::Screen(std::ostream& terminal) : terminal_(terminal) {
  take();
}

Screen::~Screen() {
  give_back();
}

void Screen::draw(const std::vector<std::string>& lines) {
  std::string picture(kHome);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    // No line end after the last: on the last row it would scroll.
    if (i > 0) picture += "\r\n";
    // Cleared before and not behind it: after a line that fills its row the cursor is on the last character.
    picture.append(i + 1 < lines.size() ? kClearLine : kClearBelow).append(lines[i]);
  }
  terminal_ << picture << std::flush;
}

void Screen::give_back() {
  if (state_ == State::ours) terminal_ << kGiveBack << std::flush;
  state_ = State::given_back;
}

void Screen::take() {
  if (state_ == State::given_back) terminal_ << kTake << std::flush;
  state_ = State::ours;
}

}  // namespace signalbox::cli
