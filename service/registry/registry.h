// A register of persons (basisregistratie personen, BRP), as this service asks it.
#ifndef KLANTBEELD_SERVICE_REGISTRY_REGISTRY_H_
#define KLANTBEELD_SERVICE_REGISTRY_REGISTRY_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "store/identity/registry.h"

namespace klantbeeld::registry {

inline constexpr size_t kBsnsPerCallMax = 20;
inline constexpr size_t kHitsMax = 10;

// Why there is no answer. The status codes are those named.
enum class Failure {
  kTooManyResults,   // RESOURCE_EXHAUSTED: a search with more than kHitsMax hits;
                     // the BRP calls it tooManyResults. Ask with more.
  kTooManyRequests,  // RESOURCE_EXHAUSTED: asked too often. Ask later.
  kTimeOut,          // UNAVAILABLE: no answer in time.
  kOutage,           // UNAVAILABLE: out of reach, or it cannot answer now.
  kNotUnderstood,    // UNAVAILABLE: what came is no answer of a BRP.
  kDenied,           // PERMISSION_DENIED: key or certificate is not accepted,
                     // or does not allow this question.
  kRefused,          // INVALID_ARGUMENT: the question is not one that it takes.
  kStopped,          // CANCELLED: Stop() was called.
};
inline constexpr size_t kFailures = 8;

// As the BRP names it where it does, "tooManyResults".
absl::string_view NameOf(Failure failure);
// An error that FailureOf knows again. `message` holds nothing that was asked
// or answered. `wait`: the registry said to stay away for so long.
absl::Status Failed(Failure failure, absl::string_view message,
                    absl::Duration wait = absl::ZeroDuration());
// kOutage for an error that Failed() did not make.
Failure FailureOf(const absl::Status& status);
absl::Duration WaitOf(const absl::Status& status);

// The searches that the BRP permits and that are needed here. Letters compare
// without regard to case, and letters without accents find those with.
struct NameAndBirth {
  std::string surname;      // geslachtsnaam, whole, without prefix.
  std::string prefix;       // voorvoegsel; empty: any or none.
  std::string first_names;  // voornamen, whole, or with '*' at the end; empty: any.
  absl::CivilDay birth_date;
};
struct PostcodeAndNumber {
  std::string postcode;
  int32_t house_number = 0;
  std::string house_letter;  // Empty: any or none, as below.
  std::string addition;
};
using Query = std::variant<NameAndBirth, PostcodeAndNumber>;

// Threads: Ask and Search from one thread at a time, Stop from any.
// Calls block until there is an answer or `deadline` has come. Errors are
// those of Failure.
class Registry {
 public:
  virtual ~Registry() = default;

  // One answer for each of 1..kBsnsPerCallMax BSNs, in their order. The caller
  // says when it asked: `asked_at` is left open.
  virtual absl::StatusOr<std::vector<store::RegistryAnswer>> Ask(
      const std::vector<std::string>& bsns, absl::Time deadline) = 0;

  // BSNs of the living persons who fit, at most kHitsMax; none is no error.
  virtual absl::StatusOr<std::vector<std::string>> Search(const Query& query,
                                                          absl::Time deadline) = 0;

  // Ends a call that is going on, and every later one, with kStopped.
  virtual void Stop() = 0;
};

// INVALID_ARGUMENT (kRefused) unless there are 1..kBsnsPerCallMax, each nine
// digits that pass the eleven test.
absl::Status CheckBsns(const std::vector<std::string>& bsns);
// The same for a search that no BRP takes: a part is missing or malformed.
absl::Status CheckQuery(const Query& query);

}  // namespace klantbeeld::registry

#endif  // KLANTBEELD_SERVICE_REGISTRY_REGISTRY_H_
