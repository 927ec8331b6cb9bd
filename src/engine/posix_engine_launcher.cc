#include "engine/posix_engine_launcher.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>

#include "base/assert.h"
#include "base/log.h"
#include "engine/files.h"
#include "engine/model_parts.h"

namespace signalbox::engine {
namespace {

namespace asio = boost::asio;

// The first look at the engine's program. Its failure is told now, and again to each load that it makes
// impossible.
asio::awaitable<void> look_for_program(std::shared_ptr<EnginePrograms> programs) {
  const auto found = co_await programs->find();
  if (!found && found.error().code != ErrorCode::cancelled) {
    log::warning("engine not usable", {{"reason", found.error().message}});
  }
}

// A program whose abilities cannot be told may use a device.
asio::awaitable<Room> look_for_room(std::shared_ptr<EnginePrograms> programs,
                                    std::shared_ptr<const LauncherOptions> options,
                                    std::shared_ptr<MemoryWatch> memory, ModelIndex model) {
  const auto program = co_await programs->find();
  const auto abilities = program ? program->abilities : EngineAbilities();
  std::vector<bool> on_devices;
  for (const auto& each : options->models) {
    on_devices.push_back(may_use_device(abilities, options->args, each));
  }
  const auto room = co_await MemoryWatch::room_for_another(memory, model, std::move(on_devices));
  if (room != Room::suffices) {
    log::info("no overlap",
              {{"model", options->models[to_index(model)].name}, {"reason", std::string(name_of(room))}});
  }
  co_return room;
}

}  // namespace

PosixEngineLauncher::PosixEngineLauncher(asio::any_io_executor loop, const Clock& clock,
                                         LauncherOptions options, EngineAddresses& addresses,
                                         std::shared_ptr<KvCarry> carry, std::unique_ptr<ReadAhead> reading)
    : loop_(std::move(loop)),
      clock_(clock),
      options_(std::make_shared<const LauncherOptions>(std::move(options))),
      addresses_(addresses),
      files_(std::make_shared<FileThread>(loop_)),
      programs_(std::make_shared<EnginePrograms>(loop_, *options_, files_)),
      files_seen_(options_->models.size()),
      carry_(std::move(carry)),
      reading_(std::move(reading)) {
  if (!options_->overlap) return;
  memory_ = std::make_shared<MemoryWatch>(loop_, *options_->overlap, [this] {
    if (observer_) (*observer_)->memory_short();
  });
}

PosixEngineLauncher::~PosixEngineLauncher() {
  observer_.reset();
  programs_->close();
  if (memory_) memory_->close();
  for (const auto& [epoch, life] : lives_) life->abandon();
}

void PosixEngineLauncher::observe(EngineObserver& observer) {
  SB_ASSERT(!observer_);
  observer_ = std::make_shared<EngineObserver*>(&observer);
  asio::co_spawn(loop_, look_for_program(programs_), [](const std::exception_ptr& error) {
    if (error) std::rethrow_exception(error);  // a bug: nothing in there is meant to throw
  });
}

void PosixEngineLauncher::check(ModelIndex model) {
  SB_ASSERT(observer_ && to_index(model) < options_->models.size());
  const std::weak_ptr observer(observer_);
  // The observer lives no longer than this launcher.
  const auto report = [this, observer, model](const Result<ModelFiles>& outcome) {
    const auto alive = observer.lock();
    if (!alive) return;
    if (!outcome) return (*alive)->model_file_checked(model, std::unexpected(outcome.error()));
    note_files(model, *outcome);
    (*alive)->model_file_checked(model, {});
  };
  if (!options_->models[to_index(model)].command.empty()) {
    asio::post(loop_, [report] { report(ModelFiles()); });  // its files are its own affair
    return;
  }
  const auto accepted = files_->submit([report, model, options = options_]() -> FileThread::Report {
    const auto& looked_at = options->models[to_index(model)];
    Result<ModelFiles> outcome;
    if (const auto file = check_model_file(looked_at.path); !file) {
      outcome = std::unexpected(file.error());
    } else {
      outcome->model = *file;
      auto named = parts_of_model(looked_at.path);  // of which the first was looked at
      std::ranges::copy(options->args, std::back_inserter(named));
      std::ranges::copy(looked_at.args, std::back_inserter(named));
      outcome->named_in_arguments = identify_files(named);
    }
    return [report, outcome] { report(outcome); };
  });
  if (accepted == FileThread::Accepted::yes) return;
  asio::post(loop_, [report] {
    report(fail(ErrorCode::limit, "too many files are being looked at; is a disk slow?"));
  });
}

void PosixEngineLauncher::check_memory(ModelIndex model) {
  SB_ASSERT(observer_ && memory_);
  asio::co_spawn(loop_, look_for_room(programs_, options_, memory_, model),
                 [observer = std::weak_ptr(observer_), model](const std::exception_ptr& error, Room room) {
                   if (error) std::rethrow_exception(error);  // a bug: nothing in there is meant to throw
                   const auto alive = observer.lock();
                   if (alive) (*alive)->memory_checked(model, room == Room::suffices);
                 });
}

void PosixEngineLauncher::note_files(ModelIndex model, const ModelFiles& files) {
  auto& known = files_seen_[to_index(model)];
  if (known && known->model != files.model) {
    log::warning("model file changed", {{"model", options_->models[to_index(model)].name},
                                        {"path", options_->models[to_index(model)].path},
                                        {"bytes", files.model.size},
                                        {"bytes_before", known->model.size}});
    if (memory_) memory_->forget(model);
  }
  known = files;
}

void PosixEngineLauncher::start(ModelIndex model, Epoch epoch) {
  SB_ASSERT(observer_ && to_index(model) < options_->models.size());
  std::erase_if(lives_, [](const auto& entry) { return entry.second->ended(); });
  const LifeSurroundings around{.loop = loop_,
                                .clock = clock_,
                                .observer = **observer_,
                                .addresses = addresses_,
                                .options = options_,
                                .programs = programs_,
                                .fits = lives_.empty() ? fits_ : nullptr,
                                .carry = carry_,
                                .memory = memory_};
  const auto files = files_seen_[to_index(model)].value_or(ModelFiles());
  const auto [entry, is_new] =
      lives_.emplace(epoch, std::make_shared<EngineLife>(around, model, epoch, files));
  SB_ASSERT(is_new);
  entry->second->start();
}

EngineLife* PosixEngineLauncher::find(Epoch epoch) {
  const auto found = lives_.find(epoch);
  return found == lives_.end() ? nullptr : found->second.get();
}

void PosixEngineLauncher::stop(Epoch epoch) {
  if (auto* life = find(epoch)) life->stop();
}

void PosixEngineLauncher::kill(Epoch epoch) {
  if (auto* life = find(epoch)) life->kill();
}

void PosixEngineLauncher::read_ahead(ModelIndex model) {
  SB_ASSERT(to_index(model) < options_->models.size());
  const auto& next = options_->models[to_index(model)];
  if (!reading_) return;
  if (!next.command.empty()) return reading_->stop();  // its files are its own affair
  ReadAhead::Target target{.model = model, .name = next.name, .path = next.path};
  for (const auto& [epoch, life] : lives_) {
    if (const auto pid = life->pid(); pid && !life->ended()) target.engines.push_back(*pid);
  }
  reading_->start(target);
}

void PosixEngineLauncher::stop_reading_ahead() {
  if (reading_) reading_->stop();
}

}  // namespace signalbox::engine
