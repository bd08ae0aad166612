// Questions and answers of the BRP's interface for asking (Haal Centraal BRP
// bevragen, version 2), as JSON. Pure.
#ifndef KLANTBEELD_SERVICE_REGISTRY_BRP_MESSAGES_H_
#define KLANTBEELD_SERVICE_REGISTRY_BRP_MESSAGES_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "service/registry/registry.h"

namespace klantbeeld::registry {

// Bodies of POST /personen. They ask for the fields that are kept, no others.
std::string AskBody(const std::vector<std::string>& bsns);
std::string SearchBody(const Query& query);

// Bodies of 200. Of BSNs that the answer leaves out nobody was found; records
// that were made in error or erased (opschorting F and W) count as absent.
absl::StatusOr<std::vector<store::RegistryAnswer>> ReadAnswers(
    absl::string_view body, const std::vector<std::string>& bsns);
absl::StatusOr<std::vector<std::string>> ReadHits(absl::string_view body);

// What any other status means. `body` is problem+json (RFC 7807), or anything
// else that a gateway sends; of it only the error's code goes into the message.
absl::Status ReadError(long http_status, absl::string_view body, absl::Duration retry_after);

}  // namespace klantbeeld::registry

#endif  // KLANTBEELD_SERVICE_REGISTRY_BRP_MESSAGES_H_
