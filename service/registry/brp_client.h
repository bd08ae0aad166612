// The BRP over HTTP.
#ifndef KLANTBEELD_SERVICE_REGISTRY_BRP_CLIENT_H_
#define KLANTBEELD_SERVICE_REGISTRY_BRP_CLIENT_H_

#include <functional>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "service/registry/registry.h"
#include "service/registry/settings.h"

namespace klantbeeld::registry {

// Asks POST URL/personen as `settings` say, with `api_key` as X-API-KEY unless
// it is empty. Keeps one connection open; calls nobody until it is asked.
// `clock` is what deadlines are read against.
absl::StatusOr<std::unique_ptr<Registry>> MakeBrpClient(Settings settings, std::string api_key,
                                                        std::function<absl::Time()> clock);

}  // namespace klantbeeld::registry

#endif  // KLANTBEELD_SERVICE_REGISTRY_BRP_CLIENT_H_
