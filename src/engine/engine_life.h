// The life of one engine: program found, process started, load followed until it can serve, its end seen.
// Belongs to one epoch; the launcher keeps it and passes stop and kill on. Decides nothing: what follows is
// the scheduler's business.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <sys/types.h>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>

#include "base/id.h"
#include "base/time.h"
#include "engine/device_fit.h"
#include "engine/engine_addresses.h"
#include "engine/engine_connection.h"
#include "engine/engine_process.h"
#include "engine/engine_program.h"
#include "engine/files.h"
#include "engine/kv_carry.h"
#include "engine/last_words.h"
#include "engine/launcher_options.h"
#include "engine/memory_watch.h"
#include "engine/progress_protocol.h"
#include "engine/rate_limit.h"
#include "ports/engine_launcher.h"

namespace signalbox::engine {

// What the launcher lends to each life. All of it outlives the life, or the life is abandoned before.
struct LifeSurroundings {
  boost::asio::any_io_executor loop;
  const Clock& clock;
  EngineObserver& observer;
  EngineAddresses& addresses;
  std::shared_ptr<const LauncherOptions> options;
  std::shared_ptr<EnginePrograms> programs;
  std::shared_ptr<DeviceFits> fits;       // null: another engine runs beside this one
  std::shared_ptr<KvCarry> carry{};       // null: conversations end with their engine
  std::shared_ptr<MemoryWatch> memory{};  // null: nobody asks what engines take
};

// Loop thread only. Its news goes to the observer from the loop, never from inside a call.
//
//     preparing ──▶ loading ──▶ serving ──▶ ended        (each may go to ended)
class EngineLife : public std::enable_shared_from_this<EngineLife> {
 public:
  static constexpr std::uint32_t kLogLinesASecond = 50;

  // `files` is what was found when they were looked at last; all zero where there are none.
  EngineLife(LifeSurroundings around, ModelIndex model, Epoch epoch, const ModelFiles& files);

  void start();
  void stop();
  void kill();
  // Kills it and reports nothing more.
  void abandon();
  [[nodiscard]] bool ended() const { return phase_ == Phase::ended; }
  // Of its process; none before that runs.
  [[nodiscard]] std::optional<pid_t> pid() const { return pid_ == 0 ? std::nullopt : std::optional(pid_); }

 private:
  enum class Phase { preparing, loading, serving, ended };
  // What the lines of progress_protocol.h have said so far.
  enum class Told { nothing, loading, ready };

  static boost::asio::awaitable<void> live(std::shared_ptr<EngineLife> self);
  static boost::asio::awaitable<void> save_and_exit(std::shared_ptr<EngineLife> self);
  static boost::asio::awaitable<void> wait_for_health(std::shared_ptr<EngineLife> self);
  static boost::asio::awaitable<void> ask_for_sizes(std::shared_ptr<EngineLife> self);
  // The body of an answer with status 200.
  static boost::asio::awaitable<std::optional<std::string>> ask(std::shared_ptr<EngineLife> self,
                                                                std::string target, Duration patience);

  [[nodiscard]] bool wanted() const { return phase_ != Phase::ended && !asked_to_end_; }
  [[nodiscard]] const EngineModel& model() const;
  // Else a server of any kind: no progress, no sizes, no exit command.
  [[nodiscard]] bool is_llama_server() const { return model().command.empty(); }
  Result<void> choose_address();
  void spawn();
  [[nodiscard]] EngineCommand compose();
  void note_fit();
  [[nodiscard]] std::string carry_folder() const;
  void carry_on();
  [[nodiscard]] LoadTimes load_times() const;
  void ask_to_exit();
  void heard(OutputStream stream, std::string_view line);
  void heard_news(const LoadNews& news);
  void look_at_pages();
  void moved();
  void log_line(std::string_view line);
  void process_ended(const ProcessEnd& end);
  [[nodiscard]] bool lost_its_port(const ProcessEnd& end) const;
  [[nodiscard]] bool failed_with_its_fit(const ProcessEnd& end) const;
  void try_again();
  [[nodiscard]] std::string reason(const ProcessEnd& end) const;
  void end(std::string reason);
  void end_soon();
  void stop_waiting();

  LifeSurroundings around_;
  ModelIndex model_;
  Epoch epoch_;
  ModelFiles files_;
  kv::Fingerprint fingerprint_;   // of the engine that runs
  bool is_told_fit_ = false;      // or looks for one and says which
  std::optional<DeviceFit> fit_;  // that it was told
  FitReader fit_log_;
  pid_t pid_ = 0;
  Phase phase_ = Phase::preparing;
  Told told_ = Told::nothing;
  bool asked_to_end_ = false;
  bool port_tried_again_ = false;
  bool was_healthy_ = false;
  TimePoint started_at_;
  TimePoint runs_since_;                // its process
  std::optional<TimePoint> loaded_at_;  // as far as it tells
  Duration save_{0};
  EngineProgram program_;
  EngineAddress address_;
  std::shared_ptr<EngineProcess> process_;
  EngineInfo info_;
  std::optional<std::uint32_t> told_progress_;  // by the engine itself
  std::optional<std::uint32_t> progress_;       // what is passed on; goes back at a second try only
  LastWords last_words_;
  RateLimit log_rate_{kLogLinesASecond};
  RateLimit move_rate_{1};
  boost::asio::steady_timer something_new_;
  std::shared_ptr<EngineConnection> question_;  // what it is asked at the moment
};

}  // namespace signalbox::engine
