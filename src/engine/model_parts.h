// Which files a model consists of: a large one may be split into several, of which the configuration names
// the first. Pure.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace signalbox::engine {

inline constexpr std::size_t kModelPartsMax = 1000;

// Of "m-00001-of-00003.gguf" it and the two others, in order; of any other path itself alone.
[[nodiscard]] std::vector<std::string> parts_of_model(const std::string& path);

}  // namespace signalbox::engine
