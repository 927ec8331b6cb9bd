// What llama-server chose when it fitted a model to its devices' memory, so that its next loads need not look
// at the model once more: fitting reads its outline once if all of it fits, five times or more if not. Pure.
// Knows the lines in which llama.cpp tells it (common/fit.cpp), at verbosity 4; with any others nothing is
// remembered, and each load fits.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/id.h"
#include "kv/saved_states.h"

namespace signalbox::engine {

struct DeviceFit {
  std::optional<std::uint32_t> layers{};  // for the device; none: all of them, nothing had to be changed
  std::uint64_t free_mib = 0;             // on all devices together, before the load

  friend bool operator==(const DeviceFit&, const DeviceFit&) = default;
};

// Reads the log of one load.
class FitReader {
 public:
  static constexpr std::size_t kDevicesMax = 64;

  void read(std::string_view line);
  // None if it did not fit, or if a number of layers does not say what it chose: parts of layers, experts
  // elsewhere, a share for each of several devices, another context.
  [[nodiscard]] std::optional<DeviceFit> fit() const;
  // On all devices together, before the load; none if it did not say.
  [[nodiscard]] std::optional<std::uint64_t> free_mib() const;

 private:
  void read_choice(std::string_view words);
  void read_device(std::string_view words);

  bool has_fitted_ = false;
  bool is_unchanged_ = false;
  bool is_more_than_layers_ = false;
  std::map<std::string, std::uint32_t, std::less<>> layers_;    // by device
  std::map<std::string, std::uint64_t, std::less<>> free_mib_;  // by device
};

// Of each model, the fit of the last load that fitted. Loop thread only. For engines that have the devices to
// themselves: beside another one a load must fit, and what it chooses is of no use later.
class DeviceFits {
 public:
  // Other programs take and give back memory all the time; a change beyond this is worth another fit.
  static constexpr std::uint64_t kFreeChangeMibMax = 256;

  enum class News { none, remembered, outdated };

  // `engine`: program, model file and arguments, as they are without what is remembered here.
  [[nodiscard]] std::optional<DeviceFit> find(ModelIndex model, kv::Fingerprint engine) const;
  // A load went well, with what was found if `used`. Forgets that if the memory is no longer what it was.
  News loaded(ModelIndex model, kv::Fingerprint engine, bool used, const FitReader& log);
  void forget(ModelIndex model) { fits_.erase(model); }
  // It did not load with what was remembered. That is not remembered of this engine again.
  void failed(ModelIndex model, kv::Fingerprint engine);

 private:
  struct Known {
    kv::Fingerprint engine;
    DeviceFit fit;
  };
  std::map<ModelIndex, Known> fits_;
  std::map<ModelIndex, kv::Fingerprint> failed_;
};

}  // namespace signalbox::engine
