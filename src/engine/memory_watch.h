// Knows what engines take of the memory, says whether another one has room beside those that run, and raises
// the alarm when two have no longer enough (overlap). Looks at /proc on a thread of its own: it must not wait
// behind a slow disk. Only there with `overlap: auto`.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <sys/types.h>
#include <vector>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>

#include "base/id.h"
#include "base/time.h"
#include "engine/file_thread.h"
#include "engine/room.h"

namespace signalbox::engine {

// Loop thread only. Held by shared pointers, because an answer may come after its maker has gone.
class MemoryWatch : public std::enable_shared_from_this<MemoryWatch> {
 public:
  // How often two engines are looked at.
  static constexpr Duration kLookEvery = std::chrono::milliseconds(250);
  // The page table of an engine with 100 GB takes a second to go through.
  static constexpr Duration kAnswerPatience = std::chrono::seconds(5);
  // So many looks without an answer are as bad as the answer that memory is short.
  static constexpr int kUnansweredMax = 2;

  struct Options {
    std::uint64_t reserve_bytes = 0;            // is to stay free beside two engines
    std::uint64_t device_budget_bytes = 0;      // 0: not stated
    std::vector<std::uint64_t> device_bytes{};  // of each model; 0: not stated
    std::string root{};                         // where /proc and /sys are, for tests
  };

  // `on_short` is called from the loop, once each time that it comes to be short.
  MemoryWatch(boost::asio::any_io_executor loop, Options options, std::function<void()> on_short);
  MemoryWatch(const MemoryWatch&) = delete;
  MemoryWatch& operator=(const MemoryWatch&) = delete;
  ~MemoryWatch() = default;

  // An engine's process runs.
  void runs(Epoch epoch, ModelIndex model, pid_t process);
  // Now is a moment at which it may have taken more than ever.
  void measure(Epoch epoch);
  void gone(Epoch epoch);
  // Its file is another one: what was measured means nothing.
  void forget(ModelIndex model) { footprints_.erase(model); }
  // Nobody is told anything more.
  void close();

  // `on_devices`: of each model, whether its engine may use a device.
  static boost::asio::awaitable<Room> room_for_another(std::shared_ptr<MemoryWatch> self, ModelIndex model,
                                                       std::vector<bool> on_devices);
  [[nodiscard]] std::optional<std::uint64_t> footprint(ModelIndex model) const;

 private:
  struct Engine {
    ModelIndex model;
    pid_t process;
  };

  // What running engines take at the moment, and what is free less what they have mapped.
  struct Figures {
    std::map<ModelIndex, std::uint64_t> taken;
    std::optional<std::uint64_t> free;
  };

  static boost::asio::awaitable<void> look(std::shared_ptr<MemoryWatch> self);
  // Nothing if it cannot be read in time.
  static boost::asio::awaitable<std::optional<std::uint64_t>> ask_free(std::shared_ptr<MemoryWatch> self);
  void note(ModelIndex model, std::uint64_t taken);
  [[nodiscard]] std::vector<ModelIndex> models_with(ModelIndex next) const;

  boost::asio::any_io_executor loop_;
  Options options_;
  std::function<void()> on_short_;
  std::shared_ptr<FileThread> files_;
  std::map<Epoch, Engine> engines_;
  std::map<ModelIndex, std::uint64_t> footprints_;
  boost::asio::steady_timer next_look_;
  bool looking_ = false;
  std::weak_ptr<bool> last_look_;  // held by it until it is done
};

}  // namespace signalbox::engine
