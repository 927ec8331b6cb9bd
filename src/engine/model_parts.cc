#include "engine/model_parts.h"

#include <charconv>
#include <string_view>

#include <fmt/format.h>

namespace signalbox::engine {

// The form is llama.cpp's (llama_split_path): "%s-%05d-of-%05d.gguf".
std::vector<std::string> parts_of_model(const std::string& path) {
  constexpr std::string_view kFirst = "-00001-of-";
  constexpr std::string_view kEnd = ".gguf";
  constexpr std::size_t kDigits = 5;
  const std::size_t tail = kFirst.size() + kDigits + kEnd.size();
  if (path.size() < tail) return {path};
  const std::string_view split = std::string_view(path).substr(path.size() - tail);
  if (!split.starts_with(kFirst) || !split.ends_with(kEnd)) return {path};
  const auto digits = split.substr(kFirst.size(), kDigits);
  std::size_t count = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), count);
  if (error != std::errc() || end != digits.data() + digits.size() || count > kModelPartsMax) return {path};
  const std::string_view stem = std::string_view(path).substr(0, path.size() - tail);
  std::vector<std::string> parts{path};
  for (std::size_t part = 2; part <= count; ++part) {
    parts.push_back(fmt::format("{}-{:05}-of-{:05}.gguf", stem, part, count));
  }
  return parts;
}

}  // namespace signalbox::engine
