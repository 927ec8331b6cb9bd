#include "support/fake_server.h"

#include <algorithm>
#include <cctype>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <limits>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>
#include <utility>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/json.hpp>
#include <fmt/format.h>

#include "base/time.h"

namespace signalbox::fake {
namespace {

namespace asio = boost::asio;
namespace json = boost::json;
using asio::awaitable;

constexpr auto kNoThrow = asio::as_tuple(asio::use_awaitable);
constexpr std::size_t kHeadBytesMax = std::size_t{64} * 1024;
constexpr std::size_t kBodyBytesMax = std::size_t{256} * 1024 * 1024;
constexpr Milliseconds kFilePoll{2};
constexpr std::uint32_t kDefaultTokens = 64;

std::string lower(std::string_view text) {
  std::string result(text);
  std::ranges::transform(result, result.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return result;
}

// The value of the first header of this (lower-case) name in a head in lower case.
std::string_view header_value(std::string_view lower_head, std::string_view name) {
  const auto start = lower_head.find(fmt::format("\r\n{}:", name));
  if (start == std::string_view::npos) return {};
  auto value = lower_head.substr(start + name.size() + 3);
  value = value.substr(0, value.find("\r\n"));
  value.remove_prefix(std::min(value.find_first_not_of(' '), value.size()));
  return value;
}

std::string_view reason_phrase(unsigned status) {
  switch (status) {
    case 200:
      return "OK";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 404:
      return "Not Found";
    case 503:
      return "Service Unavailable";
    default:
      return "Error";
  }
}

[[noreturn]] void crash() {
  const rlimit no_core{.rlim_cur = 0, .rlim_max = 0};
  ::setrlimit(RLIMIT_CORE, &no_core);
  std::signal(SIGABRT, SIG_DFL);
  std::abort();
}

std::string token_text(std::uint32_t index, std::size_t bytes) {
  auto text = fmt::format("{}w{}", index == 0 ? "" : " ", index);
  if (text.size() < bytes) text.append(bytes - text.size(), '.');
  return text;
}

}  // namespace

Server::Server(asio::io_context& io, const Options& options, const Record& record)
    : io_(io),
      options_(options),
      record_(record),
      unix_acceptor_(io),
      tcp_acceptor_(io),
      slots_(options),
      health_failures_left_(options.behaviour.health_fail) {}

Result<void> Server::listen() {
  boost::system::error_code error;
  const auto open = [&](auto& acceptor, const auto& endpoint) {
    if (!error) acceptor.open(endpoint.protocol(), error);
    if (!error) acceptor.bind(endpoint, error);
    if (!error) acceptor.listen(asio::socket_base::max_listen_connections, error);
  };
  if (options_.host.ends_with(".sock")) {
    open(unix_acceptor_, asio::local::stream_protocol::endpoint(options_.host));
    if (!error) asio::co_spawn(io_, accept(unix_acceptor_), asio::detached);
  } else {
    const auto address = asio::ip::make_address(options_.host, error);
    if (!error) tcp_acceptor_.open(asio::ip::tcp::v4(), error);
    if (!error) tcp_acceptor_.set_option(asio::socket_base::reuse_address(true), error);
    if (!error) tcp_acceptor_.bind({address, options_.port}, error);
    if (!error) tcp_acceptor_.listen(asio::socket_base::max_listen_connections, error);
    if (!error) asio::co_spawn(io_, accept(tcp_acceptor_), asio::detached);
  }
  if (error) return fail(ErrorCode::io, fmt::format("couldn't bind HTTP server socket: {}", error.message()));
  return {};
}

void Server::close_gate() {
  closing_ = true;
  boost::system::error_code ignored;
  unix_acceptor_.close(ignored);
  tcp_acceptor_.close(ignored);
}

template <class Acceptor>
awaitable<void> Server::accept(Acceptor& acceptor) {
  while (!closing_) {
    auto [error, socket] = co_await acceptor.async_accept(kNoThrow);
    if (error) co_return;
    auto link = std::make_shared<Connection>(std::move(socket));
    asio::co_spawn(io_, serve(link), asio::detached);
  }
}

awaitable<void> Server::serve(Link link) {
  while (!closing_ && !link->gone) {
    Request request;
    const bool complete = co_await read_request(link, request);
    if (!complete || closing_) break;
    link->head_sent = false;
    co_await route(link, std::move(request));
  }
  boost::system::error_code ignored;
  link->socket.close(ignored);
}

awaitable<bool> Server::read_request(Link link, Request& request) {
  const auto [error, head_size] = co_await asio::async_read_until(
      link->socket, asio::dynamic_buffer(link->input, kHeadBytesMax), "\r\n\r\n", kNoThrow);
  if (error) co_return false;
  const std::string_view head = std::string_view(link->input).substr(0, head_size);
  const auto first_space = head.find(' ');
  const auto second_space = head.find(' ', first_space + 1);
  const auto line_end = head.find("\r\n");
  if (second_space == std::string_view::npos || second_space > line_end) co_return false;
  request.method = head.substr(0, first_space);
  request.target = head.substr(first_space + 1, second_space - first_space - 1);
  request.headers = head.substr(line_end + 2);
  const auto lower_head = lower(head);
  const auto length_text = std::string(header_value(lower_head, "content-length"));
  const std::size_t length = length_text.empty() ? 0 : std::strtoull(length_text.c_str(), nullptr, 10);
  request.authorized =
      options_.api_key.empty() || head.find("Bearer " + options_.api_key + "\r\n") != std::string_view::npos;
  if (length > kBodyBytesMax || !header_value(lower_head, "transfer-encoding").empty()) co_return false;
  link->input.erase(0, head_size);
  if (link->input.size() < length) {
    const auto [body_error, more] =
        co_await asio::async_read(link->socket, asio::dynamic_buffer(link->input),
                                  asio::transfer_exactly(length - link->input.size()), kNoThrow);
    if (body_error) co_return false;
  }
  request.body = link->input.substr(0, length);
  link->input.erase(0, length);
  co_return true;
}

awaitable<void> Server::route(Link link, Request request) {
  const auto path = request.target.substr(0, request.target.find('?'));
  const bool is_get = request.method == "GET";
  const bool is_post = request.method == "POST";
  if (is_get && path == "/health") {
    if (!ready_) co_return co_await respond(link, 503, error_body(503, "Loading model"));
    if (health_failures_left_ > 0) {
      --health_failures_left_;
      co_return co_await respond(link, 503, error_body(503, "Loading model"));
    }
    co_return co_await respond(link, 200, R"({"status":"ok"})");
  }
  if (!request.authorized) co_return co_await respond(link, 401, error_body(401, "Invalid API Key"));
  if (!ready_) co_return co_await respond(link, 503, error_body(503, "Loading model"));
  if (is_get && path == "/props") co_return co_await respond(link, 200, props());
  if (is_get && path == "/slots") co_return co_await respond(link, 200, slots_.list());
  if (is_get && path == "/v1/models") co_return co_await respond(link, 200, models());
  if (is_post && path.starts_with("/slots/")) co_return co_await move_slot(link, std::move(request));
  if (is_post && path == "/v1/chat/completions")
    co_return co_await generate(link, Route::chat, std::move(request));
  if (is_post && path == "/v1/completions")
    co_return co_await generate(link, Route::completions, std::move(request));
  if (is_post && path == "/v1/responses")
    co_return co_await generate(link, Route::responses, std::move(request));
  // Also for a wrong method: llama-server does not know 405.
  co_await respond(link, 404, error_body(404, "File Not Found"));
}

awaitable<void> Server::generate(Link link, Route route, Request request) {
  const auto& behaviour = options_.behaviour;
  record_.write("request",
                fmt::format(R"("method":{},"target":{},"headers":{},"body":{})", json_string(request.method),
                            json_string(request.target), json_string(request.headers),
                            json_string(behaviour.forget_bodies ? "" : request.body)));
  if (behaviour.error_status) {
    co_return co_await respond(link, *behaviour.error_status,
                               error_body(*behaviour.error_status, behaviour.error_message));
  }
  if (!behaviour.half_error_until.empty() && !std::filesystem::exists(behaviour.half_error_until)) {
    co_return co_await send_half_an_error(link);
  }
  auto ask = parse_ask(route, request.body);
  if (!ask) co_return co_await respond(link, 400, error_body(400, ask.error().message));
  if (ask->stream) watch(link);
  std::vector<std::size_t> taken;
  ++running_;
  const bool have_slots = co_await take_slots(link, ask->sequences, request.body, taken);
  auto outcome = Outcome::abandoned;
  const auto answer =
      make_answer(*ask, options_.alias, fmt::format("fake{}", next_id_++), SystemClock().unix_seconds());
  if (have_slots)
    outcome = co_await run_tokens(link, *ask, *answer, behaviour.echo_prompt ? request.body : "");
  // Before the last bytes: who has read them may count on the slot and on the record.
  release_slots(taken, outcome);
  record_.write(outcome == Outcome::finished ? "answered" : "cancelled");
  if (outcome == Outcome::finished && ask->stream) {
    co_await send_event(link, answer->last());
    co_await write(link, "0\r\n\r\n");
  } else if (outcome == Outcome::finished) {
    co_await respond(link, 200, answer->whole());
  }
  --running_;
  boost::system::error_code ignored;
  if (ask->stream) link->socket.cancel(ignored);  // ends the watch
}

awaitable<void> Server::send_half_an_error(Link link) {
  co_await write(link,
                 "HTTP/1.1 500 Internal Server Error\r\nContent-Type: application/json\r\n"
                 "Content-Length: 100\r\n\r\n{\"error\":");
  record_.write("hanging");
  watch(link);
  while (!link->gone) co_await pause(link, Milliseconds(1000));
}

awaitable<Server::Outcome> Server::run_tokens(Link link, Ask ask, Answer& answer, std::string echo) {
  const auto& behaviour = options_.behaviour;
  const auto limit = behaviour.tokens.value_or(ask.max_tokens.value_or(kDefaultTokens));
  const auto count = echo.empty() ? std::min(limit, ask.max_tokens.value_or(limit)) : 1;
  const bool usable = co_await mishap(link, 0, ask.stream);
  if (!usable) co_return Outcome::abandoned;
  co_await wait_for_file(link, behaviour.first_until);
  co_await prefill(link, ask, answer);
  std::string text;
  std::string unsent;
  for (std::uint32_t i = 0; i < ask.sequences; ++i) text += answer.begin(i);
  if (ask.stream) co_await send_event(link, std::move(text));
  for (std::uint32_t i = 0; i < count && !link->gone; ++i) {
    text = "";
    for (std::uint32_t sequence = 0; sequence < ask.sequences; ++sequence) {
      text += answer.token(sequence, echo.empty() ? token_text(i, behaviour.token_bytes) : echo);
    }
    unsent += text;
    const bool full = (i + 1) % std::max(1U, behaviour.tokens_a_write) == 0;
    if (ask.stream && (full || i + 1 == count)) co_await send_event(link, std::exchange(unsent, {}));
    co_await wait_for_file(link, behaviour.tokens_until);
    const bool goes_on = co_await mishap(link, i + 1, ask.stream);
    if (!goes_on) co_return Outcome::abandoned;
    co_await pause(link, behaviour.token_ms);
  }
  if (link->gone) co_return Outcome::abandoned;
  const bool cut_short = ask.max_tokens && *ask.max_tokens == count && echo.empty();
  text = "";
  for (std::uint32_t i = 0; i < ask.sequences; ++i) text += answer.end(i, cut_short ? "length" : "stop");
  if (ask.stream) co_await send_event(link, std::move(text));
  co_return link->gone ? Outcome::abandoned : Outcome::finished;
}

awaitable<bool> Server::mishap(Link link, std::uint32_t done, bool stream) {
  const auto& behaviour = options_.behaviour;
  if (behaviour.crash_at_token == done) crash();
  if (behaviour.hang_at_token == done) {
    record_.write("hanging");
    while (!link->gone) {
      co_await pause(link, behaviour.ping_ms.value_or(Milliseconds(1000)));
      if (behaviour.ping_ms && stream && link->head_sent) co_await send_event(link, ":\n\n");
    }
    co_return false;
  }
  const bool error_event = behaviour.error_at_token == done && stream;
  if (error_event) {
    co_await send_event(link, Answer::error_event(behaviour.error_message));
    co_await write(link, "0\r\n\r\n");
  }
  if (error_event || behaviour.end_early_at_token == done) {
    boost::system::error_code ignored;
    link->socket.shutdown(asio::socket_base::shutdown_both, ignored);
    link->gone = true;
    co_return false;
  }
  co_return true;
}

awaitable<void> Server::wait_for_file(Link link, std::string path) {
  while (!path.empty() && !link->gone && !std::filesystem::exists(path)) co_await pause(link, kFilePoll);
}

awaitable<void> Server::prefill(Link link, Ask ask, Answer& answer) {
  constexpr std::uint32_t kSteps = 4;
  const auto whole = options_.behaviour.first_token_ms;
  if (whole.count() == 0) co_return;
  for (std::uint32_t step = 1; step <= kSteps && !link->gone; ++step) {
    co_await pause(link, whole / kSteps);
    if (ask.stream && ask.return_progress) {
      co_await send_event(link, answer.progress(0, Answer::kPromptTokens * step / kSteps));
    }
  }
}

awaitable<bool> Server::take_slots(Link link, std::uint32_t wanted, std::string_view body,
                                   std::vector<std::size_t>& taken) {
  wanted = std::min(wanted, static_cast<std::uint32_t>(slots_.size()));
  const auto id_slot = id_slot_in(body);
  auto got = slots_.take(wanted, id_slot);
  // llama-server defers: no head, no cancel, just waiting. A server that does this to it has a bug.
  if (!got) record_.write("deferred");
  while (!got) {
    if (link->gone) co_return false;
    co_await pause(link, kFilePoll);
    got = slots_.take(wanted, id_slot);
  }
  taken = std::move(*got);
  const auto prompt = prompt_in(body);
  for (const auto slot : taken) {
    const auto cached = slots_.prompt(slot, prompt);
    record_.write("prompt", fmt::format(R"("slot":{},"bytes":{},"cached":{})", slot, prompt.size(), cached));
  }
  co_return true;
}

void Server::release_slots(const std::vector<std::size_t>& taken, Outcome outcome) {
  if (outcome == Outcome::abandoned && options_.behaviour.slots_stuck) return;
  slots_.release(taken);
}

// POST /slots/{id}?action=save|restore
awaitable<void> Server::move_slot(Link link, Request request) {
  const auto& behaviour = options_.behaviour;
  const auto slot = std::strtoull(request.target.c_str() + std::string_view("/slots/").size(), nullptr, 10);
  const bool saves = request.target.ends_with("action=save");
  const auto& mishap = saves ? behaviour.save : behaviour.restore;
  const auto name = json::parse(request.body).at("filename").as_string();
  record_.write(saves ? "save" : "restore", fmt::format(R"("slot":{},"file":{})", slot, json_string(name)));
  if (mishap == "crash") crash();
  while (mishap == "hang" && !link->gone) co_await pause(link, Milliseconds(1000));
  if (mishap == "unsupported")
    co_return co_await respond(link, 501, error_body(501, "This feature is not supported by multimodal"));
  if (mishap == "fail") co_return co_await respond(link, 400, error_body(400, "Unable to move slot"));
  if (saves) co_await pause(link, behaviour.save_ms);
  while (slot < slots_.size() && slots_.is_busy(slot) && !link->gone) co_await pause(link, kFilePoll);
  if (slot >= slots_.size() || options_.slot_save_path.empty())
    co_return co_await respond(link, 501, error_body(501, "start it with --slot-save-path"));
  const auto moved = saves ? slots_.save(slot, name) : slots_.restore(slot, name);
  if (!moved) co_return co_await respond(link, 400, error_body(400, moved.error().message));
  record_.write(saves ? "saved" : "restored", fmt::format(R"("slot":{},"tokens":{})", slot, moved->tokens));
  co_await respond(link, 200,
                   fmt::format(R"({{"id_slot":{},"filename":{},"{}":{},"{}":{},"timings":{{}}}})", slot,
                               json_string(name), saves ? "n_saved" : "n_restored", moved->tokens,
                               saves ? "n_written" : "n_read", moved->bytes));
}

awaitable<void> Server::respond(Link link, unsigned status, std::string body) {
  // llama-server closes after an error.
  const bool close = status >= 400;
  co_await write(
      link, fmt::format("HTTP/1.1 {} {}\r\nServer: fake\r\nContent-Type: application/json; charset=utf-8\r\n"
                        "Content-Length: {}\r\n{}\r\n\r\n{}",
                        status, reason_phrase(status), body.size(),
                        close ? "Connection: close" : "Keep-Alive: timeout=5, max=100", body));
  if (close) link->gone = true;
}

awaitable<void> Server::send_event(Link link, std::string text) {
  if (text.empty()) co_return;
  std::string bytes;
  if (!link->head_sent) {
    bytes =
        "HTTP/1.1 200 OK\r\nServer: fake\r\nX-Accel-Buffering: no\r\nContent-Type: text/event-stream\r\n"
        "Transfer-Encoding: chunked\r\nKeep-Alive: timeout=5, max=100\r\n\r\n";
    link->head_sent = true;
  }
  bytes += fmt::format("{:x}\r\n{}\r\n", text.size(), text);
  co_await write(link, std::move(bytes));
}

awaitable<void> Server::write(Link link, std::string bytes) {
  if (link->gone) co_return;
  const auto [error, written] = co_await asio::async_write(link->socket, asio::buffer(bytes), kNoThrow);
  if (error) link->gone = true;
}

awaitable<void> Server::pause(Link link, Milliseconds duration) {
  if (link->gone || duration.count() == 0) co_return;
  link->timer.expires_after(duration);
  co_await link->timer.async_wait(kNoThrow);
}

void Server::watch(const Link& link) {
  link->socket.async_wait(asio::socket_base::wait_read, [link](const boost::system::error_code& error) {
    if (error) return;
    char byte = 0;
    if (::recv(link->socket.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT) > 0) return;
    link->gone = true;
    link->timer.cancel();
  });
}

std::string Server::props() const {
  return fmt::format(
      R"({{"default_generation_settings":{{"params":{{}},"n_ctx":{}}},"total_slots":{},"model_alias":{},"model_path":{},"endpoint_slots":true,"build_info":"b11669-fake"}})",
      options_.context / options_.parallel, options_.parallel, json_string(options_.alias),
      json_string(options_.model));
}

std::string Server::models() const {
  return fmt::format(
      R"({{"object":"list","data":[{{"id":{0},"aliases":[{0}],"object":"model","created":0,"owned_by":"llamacpp","meta":{{"n_ctx":{1},"n_ctx_train":{1},"n_params":128576,"size":514304}}}}]}})",
      json_string(options_.alias), options_.context / options_.parallel);
}

}  // namespace signalbox::fake
