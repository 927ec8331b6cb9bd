// A terminal on which one picture is drawn over and over. While it is shown: the second screen, so that what
// was there before comes back; no cursor; no wrapping, whatever a terminal takes a character's width for.
// One at a time; not for other threads.
#pragma once

#include <ostream>
#include <string>
#include <vector>

namespace signalbox::cli {

class Screen {
 public:
  explicit Screen(std::ostream& terminal);
  ~Screen();  // gives the terminal back if that was not done
  Screen(const Screen&) = delete;
  Screen& operator=(const Screen&) = delete;

  // No more lines than the terminal has. In one write, over what is there, so that nothing flickers.
  void draw(const std::vector<std::string>& lines);
  void give_back();
  void take();

 private:
  enum class State { ours, given_back };

  std::ostream& terminal_;
  State state_ = State::given_back;
};

}  // namespace signalbox::cli
