#include "engine/memory_watch.h"

#include <algorithm>
#include <utility>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "engine/file_answer.h"
#include "engine/memory.h"

namespace signalbox::engine {

namespace asio = boost::asio;

MemoryWatch::MemoryWatch(asio::any_io_executor loop, Options options, std::function<void()> on_short)
    : loop_(std::move(loop)),
      options_(std::move(options)),
      on_short_(std::move(on_short)),
      files_(std::make_shared<FileThread>(loop_)),
      next_look_(loop_) {}

void MemoryWatch::close() {
  on_short_ = nullptr;
  engines_.clear();
  next_look_.cancel();
}

void MemoryWatch::runs(Epoch epoch, ModelIndex model, pid_t process) {
  engines_.insert_or_assign(epoch, Engine{.model = model, .process = process});
  if (engines_.size() < 2 || std::exchange(looking_, true)) return;
  asio::co_spawn(loop_, look(shared_from_this()), [](const std::exception_ptr& error) {
    if (error) std::rethrow_exception(error);  // a bug: nothing in there is meant to throw
  });
}

void MemoryWatch::measure(Epoch epoch) {
  const auto engine = engines_.find(epoch);
  if (engine == engines_.end()) return;
  // Full: a measurement less. The next one comes.
  static_cast<void>(files_->submit(
      [weak = weak_from_this(), engine = engine->second, root = options_.root]() -> FileThread::Report {
        const auto taken = memory_of(engine.process, root);
        return [weak, engine, taken] {
          const auto self = weak.lock();
          if (!self || !taken) return;
          self->note(engine.model, taken->anonymous_bytes + taken->file_bytes);
        };
      }));
}

void MemoryWatch::note(ModelIndex model, std::uint64_t taken) {
  auto& most = footprints_[model];
  most = std::max(most, taken);
}

void MemoryWatch::gone(Epoch epoch) {
  engines_.erase(epoch);
  if (engines_.size() < 2) next_look_.cancel();
}

asio::awaitable<void> MemoryWatch::look(std::shared_ptr<MemoryWatch> self) {
  bool was_short = false;
  int unanswered = 0;
  while (self->engines_.size() >= 2) {
    // While the one before is still at it another would only wait behind it.
    const auto free = self->last_look_.expired() ? co_await ask_free(self) : std::nullopt;
    unanswered = free ? 0 : unanswered + 1;
    const bool is_short = (free && *free < self->options_.reserve_bytes) || unanswered >= kUnansweredMax;
    if (is_short && !was_short && self->on_short_ && self->engines_.size() >= 2) self->on_short_();
    was_short = is_short;
    self->next_look_.expires_after(kLookEvery);
    if (self->engines_.size() >= 2) {
      co_await self->next_look_.async_wait(asio::as_tuple(asio::use_awaitable));
    }
  }
  self->looking_ = false;
}

asio::awaitable<std::optional<std::uint64_t>> MemoryWatch::ask_free(std::shared_ptr<MemoryWatch> self) {
  std::vector<Engine> engines;
  for (const auto& [epoch, engine] : self->engines_) engines.push_back(engine);
  auto look = std::make_shared<bool>(true);
  self->last_look_ = look;
  const auto answer = co_await ask_files<Figures>(
      self->files_, self->loop_, kAnswerPatience,
      [engines, look = std::move(look), root = self->options_.root]() mutable {
        Figures figures;
        std::uint64_t mapped = 0;
        for (const auto& engine : engines) {
          const auto memory = memory_of(engine.process, root).value_or(ProcessMemory());
          auto& taken = figures.taken[engine.model];
          taken = std::max(taken, memory.anonymous_bytes + memory.file_bytes);
          mapped += memory.file_bytes;
        }
        figures.free = free_memory(mapped, root);
        look.reset();
        return figures;
      });
  if (!answer) co_return std::nullopt;
  // Both at once: an engine that loads has more of its file mapped than later.
  if (engines.size() >= 2) {
    for (const auto& [model, taken] : answer->taken) self->note(model, taken);
  }
  co_return answer->free;
}

asio::awaitable<Room> MemoryWatch::room_for_another(std::shared_ptr<MemoryWatch> self, ModelIndex model,
                                                    std::vector<bool> on_devices) {
  RoomFacts facts{.free = co_await ask_free(self),
                  .footprint = self->footprint(model),
                  .reserve = self->options_.reserve_bytes,
                  .device_budget = self->options_.device_budget_bytes,
                  .on_device = 0};
  for (const auto one : self->models_with(model)) {
    if (!on_devices[to_index(one)]) continue;
    facts.uses_devices = true;
    const auto bytes = self->options_.device_bytes[to_index(one)];
    facts.on_device = bytes == 0 || !facts.on_device ? std::nullopt : std::optional(*facts.on_device + bytes);
  }
  co_return room_for(facts);
}

std::vector<ModelIndex> MemoryWatch::models_with(ModelIndex next) const {
  std::vector<ModelIndex> models{next};
  for (const auto& [epoch, engine] : engines_) models.push_back(engine.model);
  return models;
}

std::optional<std::uint64_t> MemoryWatch::footprint(ModelIndex model) const {
  const auto known = footprints_.find(model);
  return known == footprints_.end() ? std::nullopt : std::optional(known->second);
}

}  // namespace signalbox::engine
