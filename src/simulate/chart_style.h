// The look that every picture of this program has, on a light and on a dark page: CSS for Svg. Called by
// plot.cc and by measure/.
#pragma once

#include <cstddef>
#include <string_view>

namespace signalbox::simulate {

// line0 and box0 to the last one are the same colours as lines and as areas.
inline constexpr std::size_t kChartColours = 6;

inline constexpr std::string_view kChartStyle =
    ".back{fill:#fff}.word{font:12px sans-serif;fill:#333}.head{font:bold 14px sans-serif;fill:#111}"
    ".grid{stroke:#ddd}.axis{stroke:#777}"
    ".line0,.line1,.line2,.line3,.line4,.line5{fill:none;stroke-width:1.5}"
    ".line0{stroke:#0b62c4}.line1{stroke:#c25a00}.line2{stroke:#6a7a00}"
    ".line3{stroke:#8a3ab9}.line4{stroke:#00857a}.line5{stroke:#666}"
    ".box0{fill:#0b62c4}.box1{fill:#c25a00}.box2{fill:#6a7a00}"
    ".box3{fill:#8a3ab9}.box4{fill:#00857a}.box5{fill:#666}"
    "@media(prefers-color-scheme:dark){.back{fill:#16181c}.word{fill:#ccc}.head{fill:#eee}"
    ".grid{stroke:#333}.axis{stroke:#888}"
    ".line0{stroke:#6db3ff}.line1{stroke:#ffa55c}.line2{stroke:#c6d84a}"
    ".line3{stroke:#d29bf2}.line4{stroke:#4fd6c8}.line5{stroke:#aaa}"
    ".box0{fill:#6db3ff}.box1{fill:#ffa55c}.box2{fill:#c6d84a}"
    ".box3{fill:#d29bf2}.box4{fill:#4fd6c8}.box5{fill:#aaa}}";

}  // namespace signalbox::simulate
