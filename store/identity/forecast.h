// What adopting a model would change, found out without changing anything.
#ifndef KLANTBEELD_STORE_IDENTITY_FORECAST_H_
#define KLANTBEELD_STORE_IDENTITY_FORECAST_H_

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "klantbeeld/v1/citizen.pb.h"
#include "store/db.h"
#include "store/identity/adopt.h"
#include "store/keys.h"

namespace klantbeeld::store {

// Citizens are counted while they hold a claim; contacts once for each party.
struct Forecast {
  std::string model_before;
  uint64_t citizens_before = 0;
  uint64_t citizens_after = 0;
  uint64_t merged = 0;          // Citizens after that were several.
  uint64_t split = 0;           // Citizens before that become several.
  uint64_t contacts_moved = 0;  // To a citizen under another id, who is not merely renamed.
  std::map<std::pair<v1::Assurance, v1::Assurance>, uint64_t> levels;  // Contacts, by change.
  // Pairs of contents of two citizens that say enough to be suggested.
  uint64_t suggested_before = 0;
  uint64_t suggestions_gained = 0;
  uint64_t suggestions_lost = 0;
  // Ids in hexadecimal, a few of each; for whoever may look them up.
  struct Example {
    std::vector<std::string> before;
    std::vector<std::string> after;
  };
  std::vector<Example> merges;
  std::vector<Example> splits;
};

// Adopts the model and goes through every slice, in memory over `rows`, whose
// position is `head`. Takes memory for what changes. `progress`, if any, is
// told facts done and facts in all. FAILED_PRECONDITION: the store has not yet
// settled on the model it has. INVALID_ARGUMENT: not a model for it.
absl::StatusOr<Forecast> ForecastModel(
    const Keys& keys, const Reader& rows, const AdoptionFact& adoption,
    const std::function<void(uint64_t done, uint64_t facts)>& progress);

}  // namespace klantbeeld::store

#endif  // KLANTBEELD_STORE_IDENTITY_FORECAST_H_
