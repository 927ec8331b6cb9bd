#include "faults/ending.h"

#include <array>
#include <stdexcept>

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <fmt/format.h>

namespace signalbox::test {
namespace {

// What ends a stream of each of the three routes, each at the beginning of an event.
constexpr std::array<std::string_view, 3> kTerminators = {"data: [DONE]", "event: response.completed",
                                                          "event: response.incomplete"};
constexpr std::array<std::string_view, 2> kErrors = {"data: {\"error\":", "event: error"};

Ending broken(std::string words) {
  return {.how = How::broken, .status = 0, .words = std::move(words), .type = {}};
}

bool begins_with_one_of(std::string_view event, const auto& beginnings) {
  for (const auto beginning : beginnings) {
    if (event.starts_with(beginning)) return true;
  }
  return false;
}

std::string text_of(const boost::json::object& object, std::string_view key) {
  const auto* value = object.if_contains(key);
  return value != nullptr && value->is_string() ? std::string(value->as_string()) : "";
}

// Chat has {"error":{…}}; the event of /v1/responses has the members beside its type.
Ending told(std::string_view event) {
  const auto at = event.find("data: ");
  boost::system::error_code failed;
  const auto value =
      at == std::string_view::npos ? boost::json::value() : boost::json::parse(event.substr(at + 6), failed);
  if (failed || !value.is_object()) return broken(fmt::format("an error without words: {}", event));
  const auto* inner = value.as_object().if_contains("error");
  const auto& error = inner != nullptr && inner->is_object() ? inner->as_object() : value.as_object();
  return {
      .how = How::told, .status = 200, .words = text_of(error, "message"), .type = text_of(error, "type")};
}

Ending ending_of_reply(const Reply& reply) {
  if (reply.header("Content-Type").contains("text/event-stream")) return ending_of_body(reply.body);
  if (reply.status < 400) return {.how = How::whole, .status = reply.status, .words = {}, .type = {}};
  return {.how = How::refused,
          .status = reply.status,
          .words = reply.error("message"),
          .type = reply.error("type")};
}

}  // namespace

void PrintTo(const Ending& ending, std::ostream* out) {
  constexpr std::array<std::string_view, 5> kNames = {"whole", "done", "told", "refused", "broken"};
  *out << kNames.at(static_cast<std::size_t>(ending.how)) << " (" << ending.status << ") " << ending.words;
}

Ending ending_of_body(std::string_view body) {
  std::size_t ends = 0;
  std::string_view last;
  while (!body.empty()) {
    const auto end = body.find("\n\n");
    if (end == std::string_view::npos) return broken(fmt::format("half an event at the end: {}", body));
    last = body.substr(0, end);
    body.remove_prefix(end + 2);
    if (begins_with_one_of(last, kTerminators) || begins_with_one_of(last, kErrors)) ++ends;
  }
  if (ends != 1) return broken(fmt::format("a stream with {} ends; its last event: {}", ends, last));
  if (begins_with_one_of(last, kErrors)) return told(last);
  if (begins_with_one_of(last, kTerminators))
    return {.how = How::done, .status = 200, .words = {}, .type = {}};
  return broken(fmt::format("something follows the end: {}", last));
}

Ending ending_of(Connection& connection, Duration within) {
  try {
    const auto reply = connection.read_reply(within);
    if (!connection.input().empty()) return broken("bytes after the end: " + connection.input());
    connection.close();
    return ending_of_reply(reply);
  } catch (const std::exception& error) {
    return broken(error.what());
  }
}

Ending ending_of(EventStream& stream, Duration within) {
  try {
    static_cast<void>(stream.rest(within));
    if (stream.end() != End::clean) return broken("the connection was cut after: " + stream.raw());
    stream.connection().close();
    return ending_of_body(stream.raw());
  } catch (const std::exception& error) {
    return broken(error.what());
  }
}

}  // namespace signalbox::test
