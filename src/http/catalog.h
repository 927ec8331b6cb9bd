// The models that this server offers, by every name a client may use. Read only after construction.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/request.h"
#include "base/id.h"

namespace signalbox::http {

struct ServedModel {
  std::string name;
  std::vector<std::string> aliases{};
  api::StatusText status_text = api::StatusText::automatic;
  api::StatusChunks status_chunks = api::StatusChunks::data;
  std::string metadata_field = "candle_metadata";
  bool allows_priority = true;                                 // requests with `service_tier: priority`
  api::ServiceTier service_tier = api::ServiceTier::standard;  // of requests that name none
  bool tells_progress = true;  // its engine may be asked for news of the prompt's processing
};

class Catalog {
 public:
  // In configuration order; names and aliases are unique (config/ has checked it).
  explicit Catalog(std::vector<ServedModel> models);

  [[nodiscard]] std::optional<ModelIndex> find(std::string_view name) const;
  [[nodiscard]] const ServedModel& model(ModelIndex index) const;
  [[nodiscard]] const std::string& name(ModelIndex index) const { return model(index).name; }
  [[nodiscard]] const std::vector<ServedModel>& models() const { return models_; }
  // Every name and alias: our own status sentences may hold any of them.
  [[nodiscard]] const std::vector<std::string>& all_names() const { return all_names_; }

 private:
  std::vector<ServedModel> models_;
  std::map<std::string, ModelIndex, std::less<>> index_;
  std::vector<std::string> all_names_;
};

}  // namespace signalbox::http
