#include "cli/answers.h"

#include <utility>

#include "cli/exit_code.h"
#include "cli/json_read.h"

namespace signalbox::cli {

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

HttpRequest get_request(const std::string& target) {
  HttpRequest request;
  request.target = target;
  return request;
}

std::expected<std::string, int> ask(const ServerAddress& address, const HttpRequest& request,
                                    const Surround& surround) {
  auto answer = http_call(address, request);
  if (!answer) return std::unexpected(no_answer(answer.error(), surround));
  if (answer->status != kHttpOk) return std::unexpected(refused(*answer, surround));
  return std::move(answer->body);
}

}  // namespace signalbox::cli
