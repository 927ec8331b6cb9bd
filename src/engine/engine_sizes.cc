#include "engine/engine_sizes.h"

#include <cstdint>

#include "engine/json_fields.h"

namespace signalbox::engine {

namespace {
// No engine has more; a larger number is not one to reserve places for.
constexpr std::uint64_t kSlotsMax = 65'536;
}  // namespace

void add_props(EngineInfo& info, std::string_view body) {
  const auto props = parse_json(body);
  if (!props) return;
  const auto slots = find_count(*props, {"total_slots"});
  if (slots && *slots >= 1 && *slots <= kSlotsMax) info.slots = static_cast<std::uint32_t>(*slots);
  if (const auto context = find_count(*props, {"default_generation_settings", "n_ctx"}))
    info.context_tokens = context;
}

void add_model_sizes(EngineInfo& info, std::string_view body) {
  const auto list = parse_json(body);
  const auto* data = list ? find_field(*list, {"data"}) : nullptr;
  const auto* models = data == nullptr ? nullptr : data->if_array();
  if (models == nullptr || models->empty()) return;
  const auto& model = models->front();
  if (const auto parameters = find_count(model, {"meta", "n_params"})) info.parameters = parameters;
  if (const auto bytes = find_count(model, {"meta", "size"})) info.model_bytes = bytes;
}

}  // namespace signalbox::engine
