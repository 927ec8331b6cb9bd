// Carries conversations over the end of their engine, and over the want of slots: what a slot holds is saved
// before it is lost and restored for the next turn. Asks engines of the kind of llama-server
// (`POST /slots/{id}?action=save|restore`); decides with kv/slot_book.h and kv/saved_states.h. Nothing here
// can fail a request: what does not work costs the prompt's computation.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include "base/id.h"
#include "base/time.h"
#include "engine/engine_addresses.h"
#include "engine/engine_connection.h"
#include "engine/file_thread.h"
#include "kv/folder.h"
#include "kv/saved_states.h"
#include "kv/slot_book.h"
#include "ports/kv_news.h"
#include "ports/upstream.h"

namespace signalbox::engine {

class KvCarry;

// A request's claim on a slot. The slot is free again when the answer is finished(), whatever its client has
// still to read; or with the lease: at once if it was never sent(), else when the engine says that it is
// idle.
class SlotLease {
 public:
  SlotLease() = default;
  ~SlotLease();
  SlotLease(SlotLease&& other) noexcept;
  SlotLease& operator=(SlotLease&& other) noexcept;
  SlotLease(const SlotLease&) = delete;
  SlotLease& operator=(const SlotLease&) = delete;

  // For the request's `id_slot`; none: the engine chooses.
  [[nodiscard]] std::optional<kv::SlotIndex> slot() const { return slot_; }
  void sent();  // the request is about to go out
  // The engine's answer, of about so many tokens, came to its end.
  void finished(std::uint64_t tokens);

 private:
  friend class KvCarry;
  enum class State { unused, sent, finished };
  void give_back();

  std::weak_ptr<KvCarry> carry_;  // none: a lease on nothing
  Epoch epoch_;
  std::optional<kv::SlotIndex> slot_;
  kv::PromptPrefix prompt_;
  bool goes_on_ = false;
  State state_ = State::unused;
};

// Loop thread only. Held by shared pointers, because leases and what waits for a disk may outlive its makers.
class KvCarry : public std::enable_shared_from_this<KvCarry> {
 public:
  // Left free on the disk whatever kv_budget allows.
  static constexpr std::uint64_t kDiskReserveBytes = std::uint64_t{64} * 1024 * 1024;

  struct Options {
    std::uint64_t budget_bytes = 0;
    std::uint32_t tokens_min = 1;  // shorter conversations are computed again
    Duration save_timeout{0};      // all saves of one stop; each save or restore before a request
    bool persist = false;          // the folder is kept for the next server
  };

  // Clock and observer outlive it.
  KvCarry(boost::asio::any_io_executor loop, const Clock& clock, kv::Folder folder, const Options& options,
          KvObserver& observer);
  // Without `persist` empties the folder.
  ~KvCarry();
  KvCarry(const KvCarry&) = delete;
  KvCarry& operator=(const KvCarry&) = delete;

  [[nodiscard]] const std::string& folder() const { return folder_->path(); }

  struct Engine {
    ModelIndex model;
    std::string model_name;
    EngineAddress address;
    kv::Fingerprint fingerprint;
    std::uint32_t slots = 1;
  };
  // The launcher's news. An engine of which nothing was said carries nothing.
  void engine_ready(Epoch epoch, const Engine& engine);
  void engine_gone(Epoch epoch);
  // Before a stop: saves what idle slots hold, for save_timeout at most.
  static boost::asio::awaitable<void> save_all(std::shared_ptr<KvCarry> self, Epoch epoch);
  // Once what was saved is also written down for the next server, or save_timeout is over.
  static boost::asio::awaitable<void> settled(std::shared_ptr<KvCarry> self);
  // From now on only what the next server can use is saved.
  void server_stops() { saving_ = saving_ && options_.persist; }

  // Before a request goes out: which slot it takes, with what it needs in it. Takes no longer than saving and
  // restoring may.
  static boost::asio::awaitable<SlotLease> prepare(std::shared_ptr<KvCarry> self, Epoch epoch, Prompt prompt);
  void free_at_engine(Epoch epoch, const std::vector<std::uint32_t>& idle_slots);

 private:
  friend class SlotLease;
  struct Alive {
    Alive(Engine about, std::size_t worth_blocks)
        : engine(std::move(about)), book(engine.slots, worth_blocks) {}
    Engine engine;
    kv::SlotBook book;
    bool carries = true;  // false once it has said that it cannot
    std::vector<std::weak_ptr<EngineConnection>> questions;
  };

  class Orphan;
  class Hold;
  // The engine's answer to a save or a restore.
  struct Moved {
    std::uint32_t tokens = 0;
    std::uint64_t bytes = 0;
  };
  static boost::asio::awaitable<Result<Moved>> ask(std::shared_ptr<KvCarry> self, Epoch epoch,
                                                   kv::SlotIndex slot, std::string_view action,
                                                   kv::StateId state, TimePoint deadline);
  static boost::asio::awaitable<void> save(std::shared_ptr<KvCarry> self, Epoch epoch, kv::SlotIndex slot,
                                           TimePoint deadline);
  static boost::asio::awaitable<void> restore(std::shared_ptr<KvCarry> self, Epoch epoch, kv::SlotIndex slot,
                                              kv::StateId state, TimePoint deadline);
  static boost::asio::awaitable<void> save_idle(std::shared_ptr<KvCarry> self, Epoch epoch,
                                                TimePoint deadline);
  // Whether the disk has room for one more; turns saving off if not.
  static boost::asio::awaitable<bool> has_room(std::shared_ptr<KvCarry> self, ModelIndex model,
                                               TimePoint deadline);

  [[nodiscard]] Alive* find(Epoch epoch);
  // False if it is not worth keeping, or its engine is gone.
  bool keep(Epoch epoch, kv::SlotIndex slot, kv::StateId id, const Moved& moved);
  void seal(kv::StateId id);
  void remove_files(std::vector<kv::StateId> ids);
  void turn_off(ModelIndex model, std::string_view reason);

  boost::asio::any_io_executor loop_;
  const Clock& clock_;
  std::shared_ptr<const kv::Folder> folder_;
  Options options_;
  KvObserver& observer_;
  std::shared_ptr<FileThread> files_;
  kv::SavedStates states_;
  std::uint64_t last_state_ = 0;
  std::uint64_t largest_bytes_ = 0;  // of the states saved so far
  std::map<Epoch, Alive> engines_;
  bool saving_ = true;
};

}  // namespace signalbox::engine
