// docs/configuration.md, made from the table. Called by `signalbox config --reference`; a test compares it
// with the file that is checked in.
#pragma once

#include <string>

namespace signalbox::config {

[[nodiscard]] std::string reference();

}  // namespace signalbox::config
