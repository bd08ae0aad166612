// What is proposed to the journal, and what becomes of it.
#ifndef KLANTBEELD_STORE_FACT_H_
#define KLANTBEELD_STORE_FACT_H_

#include <cstdint>
#include <string>
#include <variant>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "klantbeeld/v1/contact_service.pb.h"
#include "klantbeeld/v1/identity_service.pb.h"
#include "store/format.pb.h"
#include "store/identity/adopt.h"
#include "store/keys.h"

namespace klantbeeld::store {

// A contact event, normalised, with the ids that its place depends on. Made on
// the caller's thread so that the one sequencer has little left to do.
struct PreparedEvent {
  Id event_id{};      // Keyed hash of source and event id.
  Id contact_id{};    // Keyed hash of source and id of its contact.
  Id content_hash{};  // Of the event as received, before defaults.
  format::EventBody body;
  std::string sealed;  // The body's bytes, as the journal keeps them.
};

// What the registry answered about one BSN.
struct RegistryFact {
  Id subject{};  // Id of the BSN's citizen.
  format::RegistryBody body;
};

// One thing that a caller wants recorded. `done` carries the outcome.
struct Proposal {
  struct Event {
    PreparedEvent event;
    absl::AnyInvocable<void(absl::StatusOr<v1::RecordContactEventResponse>) &&> done;
    absl::StatusOr<v1::RecordContactEventResponse> outcome = absl::UnknownError("");
  };
  struct Link {
    v1::LinkRequest request;
    Id content_hash{};  // Of the request as received, without dry_run.
    absl::AnyInvocable<void(absl::StatusOr<v1::LinkResponse>) &&> done;
    absl::StatusOr<v1::LinkResponse> outcome = absl::UnknownError("");
  };
  struct Unlink {
    v1::UnlinkRequest request;
    Id content_hash{};  // Without dry_run and digest.
    absl::AnyInvocable<void(absl::StatusOr<v1::UnlinkResponse>) &&> done;
    absl::StatusOr<v1::UnlinkResponse> outcome = absl::UnknownError("");
  };
  struct Registry {
    RegistryFact fact;
    absl::AnyInvocable<void(absl::StatusOr<uint64_t>) &&> done;
    absl::StatusOr<uint64_t> outcome = absl::UnknownError("");  // Position.
  };
  struct Adopt {
    AdoptionFact fact;
    absl::AnyInvocable<void(absl::StatusOr<uint64_t>) &&> done;
    absl::StatusOr<uint64_t> outcome = absl::UnknownError("");  // Position.
  };
  struct Rederive {  // The next slice.
    absl::AnyInvocable<void(absl::StatusOr<uint64_t>) &&> done;
    absl::StatusOr<uint64_t> outcome = absl::UnknownError("");  // Facts that are left.
  };
  std::variant<Event, Link, Unlink, Registry, Adopt, Rederive> what;
  size_t bytes = 0;  // Its size in the queue.
};

}  // namespace klantbeeld::store

#endif  // KLANTBEELD_STORE_FACT_H_
