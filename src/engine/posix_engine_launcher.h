// The loader hook for llama-server: engines as child processes of their guards. Implements the port; the
// control loop calls it, app/ makes it. It keeps the lives of the engines and the thread that looks at files.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <vector>

#include <boost/asio/any_io_executor.hpp>

#include "base/time.h"
#include "engine/engine_addresses.h"
#include "engine/engine_life.h"
#include "engine/engine_program.h"
#include "engine/file_thread.h"
#include "engine/files.h"
#include "engine/launcher_options.h"
#include "engine/read_ahead.h"
#include "ports/engine_launcher.h"

namespace signalbox::engine {

// Loop thread only. Destroying it kills every engine without a word to the observer; the loop may run on
// until they are gone. The clock and the addresses outlive it.
class PosixEngineLauncher final : public EngineLauncher {
 public:
  // `carry`: null where conversations end with their engine. `reading`: null where no file is read ahead.
  PosixEngineLauncher(boost::asio::any_io_executor loop, const Clock& clock, LauncherOptions options,
                      EngineAddresses& addresses, std::shared_ptr<KvCarry> carry = nullptr,
                      std::unique_ptr<ReadAhead> reading = nullptr);
  ~PosixEngineLauncher() override;
  PosixEngineLauncher(const PosixEngineLauncher&) = delete;
  PosixEngineLauncher& operator=(const PosixEngineLauncher&) = delete;

  // Also asks the engine's program for its abilities, so that the first load need not.
  void observe(EngineObserver& observer) override;
  void check(ModelIndex model) override;
  void check_memory(ModelIndex model) override;
  void start(ModelIndex model, Epoch epoch) override;
  void stop(Epoch epoch) override;
  void kill(Epoch epoch) override;
  void read_ahead(ModelIndex model) override;
  void stop_reading_ahead() override;

 private:
  [[nodiscard]] EngineLife* find(Epoch epoch);
  // Keeps which file a model's name stood for, and says so when it is another one than at the load before.
  void note_files(ModelIndex model, const ModelFiles& files);

  boost::asio::any_io_executor loop_;
  const Clock& clock_;
  // Shared with lives that outlive the launcher by the time that their coroutines take to end.
  std::shared_ptr<const LauncherOptions> options_;
  EngineAddresses& addresses_;
  std::shared_ptr<FileThread> files_;
  std::shared_ptr<EnginePrograms> programs_;
  std::shared_ptr<DeviceFits> fits_ = std::make_shared<DeviceFits>();
  std::shared_ptr<EngineObserver*> observer_;          // what is posted holds it weakly
  std::vector<std::optional<ModelFiles>> files_seen_;  // by model
  std::shared_ptr<KvCarry> carry_;
  std::shared_ptr<MemoryWatch> memory_;  // null without overlap
  std::unique_ptr<ReadAhead> reading_;
  std::map<Epoch, std::shared_ptr<EngineLife>> lives_;
};

}  // namespace signalbox::engine
