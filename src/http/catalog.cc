#include "http/catalog.h"

#include <utility>

#include "base/assert.h"

namespace signalbox::http {

Catalog::Catalog(std::vector<ServedModel> models) : models_(std::move(models)) {
  for (std::size_t i = 0; i < models_.size(); ++i) {
    const ModelIndex index(static_cast<std::uint32_t>(i));
    SB_ASSERT(index_.emplace(models_[i].name, index).second);
    all_names_.push_back(models_[i].name);
    for (const auto& alias : models_[i].aliases) {
      SB_ASSERT(index_.emplace(alias, index).second);
      all_names_.push_back(alias);
    }
  }
}

std::optional<ModelIndex> Catalog::find(std::string_view name) const {
  const auto found = index_.find(name);
  if (found == index_.end()) return std::nullopt;
  return found->second;
}

const ServedModel& Catalog::model(ModelIndex index) const {
  SB_ASSERT(to_index(index) < models_.size());
  return models_[to_index(index)];
}

}  // namespace signalbox::http
