// The requests, and what their answers mean to a person and to a script.
#include "cli/server_commands.h"

#include <optional>

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/core.h>

#include "cli/exit_code.h"
#include "cli/status_view.h"

namespace signalbox::cli {
namespace {

namespace json = boost::json;

constexpr unsigned kHttpOk = 200;
constexpr unsigned kHttpAccepted = 202;

int no_answer(const Error& error, const Surround& surround) {
  surround.err << printable(error.message);
  if (error.code != ErrorCode::not_found) {
    surround.err << '\n';
    return error.code == ErrorCode::timeout ? kExitNoServer : kExitFailed;
  }
  surround.err << "; start one with `signalbox serve`, or name another with --server\n";
  return kExitNoServer;
}

int refused(const HttpAnswer& answer, const Surround& surround) {
  surround.err << error_message(answer.status, answer.body) << '\n';
  return kExitFailed;
}

HttpRequest status_request() {
  HttpRequest request;
  request.target = "/v1/models/status";
  return request;
}

HttpRequest select_request(const std::string& model, SelectWait wait) {
  HttpRequest request;
  request.method = HttpRequest::Method::post;
  request.target = wait == SelectWait::yes ? "/v1/models/select?wait=true" : "/v1/models/select";
  request.json_body = json::serialize(json::object{{"model", model}});
  if (wait == SelectWait::yes) request.timeout = kSelectWaitMax;
  return request;
}

// The `status` of a select's answer: initiated, in_progress, already_active.
std::string outcome_of(const std::string& body) {
  boost::system::error_code error;
  const json::value value = json::parse(body, error);
  if (error || !value.is_object()) return {};
  const auto* status = value.get_object().if_contains("status");
  return status != nullptr && status->is_string() ? std::string(status->get_string()) : std::string();
}

int selected(const HttpAnswer& answer, const std::string& model, const Surround& surround) {
  if (answer.status != kHttpOk && answer.status != kHttpAccepted) return refused(answer, surround);
  const std::string outcome = outcome_of(answer.body);
  if (outcome.empty()) return refused(answer, surround);
  const std::string name = printable(model);
  if (outcome == "initiated") {
    surround.out << "The switch to " << name << " has begun; `signalbox status` shows it.\n";
  } else if (outcome == "in_progress") {
    surround.out << "The switch to " << name << " is under way already; `signalbox status` shows it.\n";
  } else {
    surround.out << name << " is active.\n";
  }
  return kExitOk;
}

// One line on a terminal, written over and over, and gone in the end.
class ProgressLine {
 public:
  explicit ProgressLine(const Surround& surround) : surround_(surround) {}
  ~ProgressLine() {
    if (is_shown_) surround_.err << "\r\x1b[K" << std::flush;
  }
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;

  void show(const std::string& text) {
    surround_.err << "\r\x1b[K" << text << std::flush;
    is_shown_ = true;
  }

 private:
  const Surround& surround_;
  bool is_shown_ = false;
};

// The waiting request knows best when it is over; what is shown meanwhile comes from requests beside it.
Result<HttpAnswer> call_with_progress(const ServerAddress& address, const HttpRequest& request,
                                      const std::string& model, const Surround& surround) {
  HttpCall call(address, request);
  ProgressLine line(surround);
  while (call.run_for(kPollInterval) == HttpCall::Progress::under_way) {
    const auto status = http_call(address, status_request());
    if (!status || status->status != kHttpOk) continue;
    const std::string text = progress_text(status->body, model);
    if (!text.empty()) line.show(text);
  }
  return call.answer();
}

}  // namespace

int status_command(const ServerAddress& address, StatusFormat format, const Surround& surround) {
  const auto answer = http_call(address, status_request());
  if (!answer) return no_answer(answer.error(), surround);
  if (answer->status != kHttpOk) return refused(*answer, surround);
  const auto text = status_text(answer->body, uses_colour(surround.out_medium, surround.environment));
  if (!text) return refused(*answer, surround);
  surround.out << (format == StatusFormat::json ? answer->body + "\n" : *text);
  return kExitOk;
}

int select_command(const ServerAddress& address, const std::string& model, SelectWait wait,
                   const Surround& surround) {
  const auto request = select_request(model, wait);
  const bool shows_progress = wait == SelectWait::yes && surround.err_medium == Medium::terminal;
  const auto answer =
      shows_progress ? call_with_progress(address, request, model, surround) : http_call(address, request);
  if (!answer) return no_answer(answer.error(), surround);
  return selected(*answer, model, surround);
}

}  // namespace signalbox::cli
