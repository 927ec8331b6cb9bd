#include "engine/device_fit.h"

#include <charconv>

namespace signalbox::engine {
namespace {

// The words behind `mark`; nothing if it is not there.
std::optional<std::string_view> behind(std::string_view text, std::string_view mark) {
  const auto at = text.find(mark);
  if (at == std::string_view::npos) return std::nullopt;
  return text.substr(at + mark.size());
}

// The number that ends right before `mark`, as in "12 layers".
std::optional<std::uint64_t> number_before(std::string_view text, std::string_view mark) {
  const auto end = text.find(mark);
  if (end == std::string_view::npos) return std::nullopt;
  const auto head = text.substr(0, end);
  const auto last_other = head.find_last_not_of("0123456789");
  const auto digits = head.substr(last_other == std::string_view::npos ? 0 : last_other + 1);
  std::uint64_t number = 0;
  if (std::from_chars(digits.data(), digits.data() + digits.size(), number).ec != std::errc{}) {
    return std::nullopt;
  }
  return number;
}

std::uint64_t difference(std::uint64_t a, std::uint64_t b) {
  return a > b ? a - b : b - a;
}

}  // namespace

void FitReader::read(std::string_view line) {
  if (const auto choice = behind(line, "common_params_fit_impl: ")) return read_choice(*choice);
  if (line.contains("successfully fit params to free device memory")) has_fitted_ = true;
  if (const auto device = behind(line, "using device ")) read_device(*device);
}

// "will leave 1580 >= 1024 MiB of free device memory, no changes needed", or for each device
// "  - Vulkan0 (its description): 12 layers (0 overflowing),    235 MiB used,   1812 MiB free".
void FitReader::read_choice(std::string_view words) {
  if (words.contains("no changes needed")) is_unchanged_ = true;
  // A mixture of experts is first filled with layers whose experts stay on the host, and its whole layers, if
  // it comes to that, are told in the same form.
  for (const std::string_view more : {"dense-only", "context size reduced", "context size unset"}) {
    if (words.contains(more)) is_more_than_layers_ = true;
  }
  const auto device = behind(words, "  - ");
  const auto layers = number_before(words, " layers");
  if (!device || !layers || !words.contains("MiB used")) return;
  if (number_before(words, " overflowing").value_or(0) > 0) is_more_than_layers_ = true;
  const auto name = device->substr(0, device->find(' '));
  // A device is told of once more where its layers' parts are looked at; the last word counts.
  if (layers_.size() < kDevicesMax)
    layers_.insert_or_assign(std::string(name), static_cast<std::uint32_t>(*layers));
}

// "Vulkan0 (its description) (its address) - 2048 MiB free". The first word counts: a second model of the
// same engine, a draft for example, finds less.
void FitReader::read_device(std::string_view words) {
  const auto free = number_before(words, " MiB free");
  if (free && free_mib_.size() < kDevicesMax) free_mib_.emplace(words.substr(0, words.find(' ')), *free);
}

std::optional<DeviceFit> FitReader::fit() const {
  const auto free = free_mib();
  if (!has_fitted_ || !free || is_more_than_layers_) return std::nullopt;
  if (is_unchanged_) return DeviceFit{.layers = std::nullopt, .free_mib = *free};
  if (layers_.size() != 1 || free_mib_.size() != 1) return std::nullopt;
  return DeviceFit{.layers = layers_.begin()->second, .free_mib = *free};
}

std::optional<std::uint64_t> FitReader::free_mib() const {
  if (free_mib_.empty()) return std::nullopt;
  std::uint64_t sum = 0;
  for (const auto& [device, free] : free_mib_) sum += free;
  return sum;
}

std::optional<DeviceFit> DeviceFits::find(ModelIndex model, kv::Fingerprint engine) const {
  const auto known = fits_.find(model);
  if (known == fits_.end() || known->second.engine != engine) return std::nullopt;
  return known->second.fit;
}

void DeviceFits::failed(ModelIndex model, kv::Fingerprint engine) {
  forget(model);
  failed_.insert_or_assign(model, engine);
}

DeviceFits::News DeviceFits::loaded(ModelIndex model, kv::Fingerprint engine, bool used,
                                    const FitReader& log) {
  if (!used) {
    const auto fit = log.fit();
    const auto failed = failed_.find(model);
    if (!fit || (failed != failed_.end() && failed->second == engine)) return News::none;
    fits_.insert_or_assign(model, Known{.engine = engine, .fit = *fit});
    return News::remembered;
  }
  const auto then = find(model, engine);
  const auto now = log.free_mib();
  if (!then || (now && difference(*now, then->free_mib) <= kFreeChangeMibMax)) return News::none;
  forget(model);
  return News::outdated;
}

}  // namespace signalbox::engine
