#include "cli/bench_models.h"

#include <algorithm>

#include <boost/json/array.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "cli/answers.h"
#include "cli/bench_wire.h"
#include "cli/exit_code.h"
#include "cli/json_read.h"
#include "config/nearest.h"

namespace signalbox::cli {
namespace {

constexpr std::size_t kShownMax = 30;  // of the server's list
constexpr Duration kListTimeout = std::chrono::seconds(30);
constexpr unsigned kHttpUnauthorized = 401;

std::string unknown_text(const std::vector<std::string>& unknown, std::vector<std::string> listed) {
  const std::string guess = config::did_you_mean(unknown.front(), listed);
  const std::size_t count = listed.size();
  listed.resize(std::min(count, kShownMax));
  return fmt::format("--models: the server does not know {}{}\nIt has: {}{}", fmt::join(unknown, ", "), guess,
                     fmt::join(listed, ", "),
                     count > kShownMax ? fmt::format(", and {} more", count - kShownMax) : "");
}

}  // namespace

std::optional<std::vector<std::string>> listed_models(std::string_view body) {
  const auto object = object_of(body);
  if (!object || !object->contains("data")) return std::nullopt;
  std::vector<std::string> names;
  for (const auto& entry : list(*object, "data")) {
    if (!entry.is_object()) continue;
    if (auto id = text(entry.get_object(), "id")) names.push_back(*std::move(id));
    for (const auto& alias : list(entry.get_object(), "aliases")) {
      if (alias.is_string()) names.push_back(printable(std::string_view(alias.get_string())));
    }
  }
  return names;
}

std::vector<std::string> not_listed(const std::vector<std::string>& wanted,
                                    const std::vector<std::string>& listed) {
  std::vector<std::string> unknown;
  for (const auto& name : wanted) {
    const bool is_listed = std::ranges::any_of(
        listed, [&](const std::string& one) { return one == name || one == name + ":latest"; });
    if (!is_listed) unknown.push_back(name);
  }
  return unknown;
}

std::optional<int> check_models(BenchSession& session, const std::vector<std::string>& models,
                                const Surround& surround) {
  HttpRequest request = get_request(session.url().path + "/models");
  request.headers = {{"Host", session.url().host}};
  request.timeout = std::min(session.timeout(), kListTimeout);
  session.show("Asking for the server's models");
  const auto answer = session.call(request);
  session.clear();
  if (!answer) return kExitFailed;
  if (!*answer) {
    const auto& error = answer->error();
    surround.err << printable(error.message) << "; --url names another\n";
    return error.code == ErrorCode::io ? kExitFailed : kExitNoServer;
  }
  if ((*answer)->status == kHttpUnauthorized) {
    surround.err << printable(refusal_of(**answer))
                 << "; --api-key-env names the variable that holds a key\n";
    return kExitFailed;
  }
  const auto listed = (*answer)->status == kHttpOk ? listed_models((*answer)->body) : std::nullopt;
  if (!listed) {
    surround.err << "The server does not list its models (" << printable(refusal_of(**answer))
                 << "), so their names are not checked.\n";
    return std::nullopt;
  }
  const auto unknown = not_listed(models, *listed);
  if (unknown.empty()) return std::nullopt;
  surround.err << (listed->empty() ? "--models: the server lists no model at all"
                                   : unknown_text(unknown, *listed))
               << '\n';
  return kExitUsage;
}

}  // namespace signalbox::cli
