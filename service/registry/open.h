// The registry that the operator configured.
#ifndef KLANTBEELD_SERVICE_REGISTRY_OPEN_H_
#define KLANTBEELD_SERVICE_REGISTRY_OPEN_H_

#include <functional>
#include <memory>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "service/registry/registry.h"
#include "service/registry/settings.h"

namespace klantbeeld::registry {

// Null where there is none. INVALID_ARGUMENT: a file that cannot be used, named.
absl::StatusOr<std::unique_ptr<Registry>> Open(const Settings& settings,
                                               std::function<absl::Time()> clock);

}  // namespace klantbeeld::registry

#endif  // KLANTBEELD_SERVICE_REGISTRY_OPEN_H_
