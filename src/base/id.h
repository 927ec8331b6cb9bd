// Strong ids: numbers of different kinds that cannot be mixed up.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>

namespace signalbox {

template <class Tag, class Number>
class Id {
 public:
  constexpr Id() = default;
  constexpr explicit Id(Number number) : number_(number) {}
  [[nodiscard]] constexpr Number value() const { return number_; }
  friend constexpr auto operator<=>(const Id&, const Id&) = default;

 private:
  Number number_ = 0;
};

// A model's place in the configuration, from 0. Stable for the life of the process.
using ModelIndex = Id<struct ModelIndexTag, std::uint32_t>;
// One request, unique in this process, given in order of arrival, never reused.
using RequestId = Id<struct RequestIdTag, std::uint64_t>;
// One life of one engine process: a new one for each start. News that carries an old epoch is dropped.
using Epoch = Id<struct EpochTag, std::uint64_t>;
// One `POST /v1/models/select`, so that its answer finds its way back.
using SelectId = Id<struct SelectIdTag, std::uint64_t>;

[[nodiscard]] constexpr std::size_t to_index(ModelIndex model) {
  return model.value();
}

}  // namespace signalbox
