// Reads what a server said, leniently: it may be older, newer or no Signalbox at all. Texts come back without
// control characters. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

namespace signalbox::cli {

// None if it is no JSON object.
[[nodiscard]] std::optional<boost::json::object> object_of(std::string_view body);
// None if the field is missing or of another type.
[[nodiscard]] std::optional<std::string> text(const boost::json::object& object, std::string_view name);
[[nodiscard]] std::optional<double> number(const boost::json::object& object, std::string_view name);
// Empty if the field is missing or of another type.
[[nodiscard]] const boost::json::object& part(const boost::json::object& object, std::string_view name);
[[nodiscard]] const boost::json::array& list(const boost::json::object& object, std::string_view name);
// The message of an error answer, or what stands for it.
[[nodiscard]] std::string error_message(unsigned http_status, std::string_view body);

}  // namespace signalbox::cli
