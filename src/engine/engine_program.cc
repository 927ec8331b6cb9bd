#include "engine/engine_program.h"

#include <algorithm>
#include <utility>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/log.h"
#include "engine/engine_process.h"

namespace signalbox::engine {
namespace {

namespace asio = boost::asio;
constexpr auto kAwait = asio::as_tuple(asio::use_awaitable);

std::unexpected<Error> was_cancelled() {
  return fail(ErrorCode::cancelled, "the search for the engine was cancelled");
}

}  // namespace

EnginePrograms::EnginePrograms(asio::any_io_executor loop, const LauncherOptions& options,
                               std::shared_ptr<FileThread> files)
    : loop_(std::move(loop)),
      command_(options.command),
      fallback_(options.fallback_program),
      guard_program_(options.guard_program),
      environment_(options.environment),
      files_(std::move(files)),
      search_ended_(loop_, asio::steady_timer::time_point::max()),
      answered_(loop_) {}

void EnginePrograms::close() {
  closed_ = true;
  search_ended_.cancel();
  answered_.cancel();
}

asio::awaitable<Result<EngineProgram>> EnginePrograms::find() {
  const auto self = shared_from_this();
  while (searching_ && !closed_) co_await search_ended_.async_wait(kAwait);
  if (closed_) co_return was_cancelled();
  searching_ = true;
  auto found = co_await search();
  searching_ = false;
  search_ended_.cancel();
  co_return found;
}

asio::awaitable<Result<EngineProgram>> EnginePrograms::search() {
  const auto self = shared_from_this();
  if (command_.empty()) co_return fail(ErrorCode::invalid, "no command is configured for the engine");
  auto found = co_await examine(command_.front());
  if (found || fallback_.empty() || command_.size() > 1) co_return found;
  auto fallback = co_await examine(fallback_);
  if (!fallback) co_return found;
  log::warning("engine fallback", {{"reason", found.error().message}, {"program", fallback_}});
  co_return fallback;
}

asio::awaitable<Result<EngineProgram>> EnginePrograms::examine(std::string name) {
  const auto self = shared_from_this();
  auto file = co_await locate(name);
  if (!file) co_return std::unexpected(file.error());
  EngineProgram program{.command = command_, .abilities = {}, .file = *file};
  program.command.front() = file->path;

  auto known = std::ranges::find(known_, *file, &Known::file);
  if (known == known_.end()) {
    auto abilities = co_await ask_for_abilities(program.command);
    if (!abilities) co_return std::unexpected(abilities.error());
    log::info("engine program", {{"program", file->path}, {"version", abilities->version}});
    std::erase_if(known_, [&](const Known& other) { return other.file.path == file->path; });
    known_.push_back({.file = *file, .abilities = std::move(*abilities)});
    known = known_.end() - 1;
  }
  program.abilities = known->abilities;
  if (auto usable = can_serve(program.abilities, file->path); !usable)
    co_return std::unexpected(usable.error());
  co_return program;
}

asio::awaitable<Result<EngineAbilities>> EnginePrograms::ask_for_abilities(std::vector<std::string> command) {
  const auto self = shared_from_this();
  const auto with = [&](const char* flag) {
    auto argv = command;
    argv.emplace_back(flag);
    return argv;
  };
  const auto help = co_await ask(with("--help"));
  if (!help) co_return std::unexpected(help.error());
  const auto version = co_await ask(with("--version"));
  auto abilities = parse_abilities(*help, version.value_or(""), std::nullopt);
  if (!abilities.knows("--list-devices")) co_return abilities;
  const auto devices = co_await ask(with("--list-devices"));
  co_return devices ? parse_abilities(*help, version.value_or(""), *devices) : abilities;
}

// In the two below only the coroutine owns what it waits for, so that it dies on the loop and late news goes
// nowhere.
asio::awaitable<Result<ProgramFile>> EnginePrograms::locate(std::string name) {
  const auto self = shared_from_this();
  const auto found = std::make_shared<std::optional<Result<ProgramFile>>>();
  const auto accepted = files_->submit([weak_self = weak_from_this(), weak = std::weak_ptr(found), name,
                                        path = find_variable(environment_, "PATH")]() -> FileThread::Report {
    return [weak_self, weak, file = find_program(name, path)] {
      const auto searcher = weak_self.lock();
      const auto waiting = weak.lock();
      if (!searcher || !waiting) return;
      *waiting = file;
      searcher->answered_.cancel();
    };
  });
  if (accepted == FileThread::Accepted::full)
    co_return fail(ErrorCode::limit, "too many files are being looked at");
  answered_.expires_after(kFilePatience);
  co_await answered_.async_wait(kAwait);
  if (closed_) co_return was_cancelled();
  if (!*found) co_return fail(ErrorCode::timeout, fmt::format("looking for {} took too long", name));
  co_return std::move(**found);
}

asio::awaitable<Result<std::string>> EnginePrograms::ask(std::vector<std::string> argv) {
  const auto self = shared_from_this();
  if (closed_) co_return was_cancelled();
  const auto ended = std::make_shared<std::optional<ProcessEnd>>();
  const auto text = std::make_shared<std::string>();
  auto process = EngineProcess::spawn(loop_, {.guard_program = guard_program_,
                                              .argv = argv,
                                              .environment = environment_,
                                              .on_started = [](pid_t) {},
                                              .on_line =
                                                  [text](OutputStream, std::string_view line) {
                                                    if (text->size() + line.size() < kAnswerBytesMax)
                                                      text->append(line).append("\n");
                                                  },
                                              .on_end =
                                                  [self, weak = std::weak_ptr(ended)](ProcessEnd end) {
                                                    const auto waiting = weak.lock();
                                                    if (!waiting) return;
                                                    *waiting = std::move(end);
                                                    self->answered_.cancel();
                                                  }});
  if (!process) co_return std::unexpected(process.error());
  answered_.expires_after(kAnswerPatience);
  co_await answered_.async_wait(kAwait);
  if (!*ended) {
    (*process)->abandon();
    if (closed_) co_return was_cancelled();
    co_return fail(ErrorCode::timeout, fmt::format("{} gave no answer in time", fmt::join(argv, " ")));
  }
  if ((*ended)->how == ProcessEnd::How::not_started) {
    co_return fail(ErrorCode::io, fmt::format("{} {}", argv.front(), describe(**ended)));
  }
  co_return std::move(*text);
}

}  // namespace signalbox::engine
