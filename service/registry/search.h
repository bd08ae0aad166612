// Searches the registry for somebody who gives no BSN.
#ifndef KLANTBEELD_SERVICE_REGISTRY_SEARCH_H_
#define KLANTBEELD_SERVICE_REGISTRY_SEARCH_H_

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "service/registry/registry.h"
#include "store/identity/found.h"

namespace klantbeeld::registry {

// The answer to a search. Nobody is found unless exactly one person fits who is
// alive and not secret; nor where more than kHitsMax share surname and birth
// date, or the registry does not take the question. The persons are read to see
// who fits, and nothing else of them is kept.
absl::StatusOr<store::RegistryAnswer> LookFor(Registry& registry, const store::Sought& sought,
                                              absl::Time deadline);

}  // namespace klantbeeld::registry

#endif  // KLANTBEELD_SERVICE_REGISTRY_SEARCH_H_
