// The requests, and what their answers mean to a person and to a script.
#include "cli/server_commands.h"

#include <optional>

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include "cli/answers.h"
#include "cli/exit_code.h"
#include "cli/json_read.h"
#include "cli/select_progress.h"
#include "cli/status_report.h"
#include "cli/status_view.h"
#include "cli/watch.h"

namespace signalbox::cli {
namespace {

namespace json = boost::json;

constexpr unsigned kHttpAccepted = 202;

HttpRequest select_request(const std::string& model, SelectWait wait) {
  HttpRequest request;
  request.method = HttpRequest::Method::post;
  request.target = wait == SelectWait::yes ? "/v1/models/select?wait=true" : "/v1/models/select";
  request.json_body = json::serialize(json::object{{"model", model}});
  if (wait == SelectWait::yes) request.timeout = kSelectWaitMax;
  return request;
}

int selected(const HttpAnswer& answer, const std::string& model, const Surround& surround) {
  if (answer.status != kHttpOk && answer.status != kHttpAccepted) return refused(answer, surround);
  const auto body = object_of(answer.body);
  // initiated, in_progress, already_active, ready
  const auto outcome = body ? text(*body, "status") : std::nullopt;
  if (!outcome) return refused(answer, surround);
  const std::string name = printable(model);
  if (*outcome == "initiated") {
    surround.out << "The switch to " << name << " has begun; `signalbox status` shows it.\n";
  } else if (*outcome == "in_progress") {
    surround.out << "The switch to " << name << " is under way already; `signalbox status` shows it.\n";
  } else {
    surround.out << name << " is active.\n";
  }
  return kExitOk;
}

}  // namespace

int status_command(const ServerAddress& address, StatusFormat format, const Surround& surround) {
  if (format == StatusFormat::live && can_redraw(surround.out_medium, surround.environment))
    return watch_status(address, surround, SystemClock());
  const auto body = ask(address, get_request(kStatusTarget), surround);
  if (!body) return body.error();
  const auto report = read_status(*body);
  if (!report) return refused({.status = kHttpOk, .body = *body}, surround);
  const bool is_coloured = uses_colour(surround.out_medium, surround.environment);
  surround.out << (format == StatusFormat::json ? passed_on(*body, surround.out_medium)
                                                : status_text(*report, is_coloured));
  return kExitOk;
}

int select_command(const ServerAddress& address, const std::string& model, SelectWait wait,
                   const Surround& surround) {
  const auto request = select_request(model, wait);
  const bool shows_progress =
      wait == SelectWait::yes && can_redraw(surround.err_medium, surround.environment);
  const auto answer = shows_progress ? call_with_progress(address, request, model, surround, SystemClock())
                                     : http_call(address, request);
  if (answer) return selected(*answer, model, surround);
  if (answer.error().code != ErrorCode::cancelled) return no_answer(answer.error(), surround);
  surround.err << "No longer waiting; the server goes on, and `signalbox status` shows it.\n";
  return kExitFailed;
}

}  // namespace signalbox::cli
