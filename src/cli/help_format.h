// How --help looks: CLI11's own way, with lines that fit.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include <CLI/CLI.hpp>

namespace signalbox::cli {

// Lines of that many columns at most, a longer word aside. Keeps the line ends that are there. Pure.
[[nodiscard]] std::string wrapped(std::string_view text, std::size_t columns);

// For an app before its commands are added, which take it over.
[[nodiscard]] std::shared_ptr<CLI::FormatterBase> help_formatter();

}  // namespace signalbox::cli
