// From an event as received to one that can be appended: defaults filled in,
// identifiers in normal form, ids and hash taken.
#include "store/prepare.h"

#include "absl/strings/str_cat.h"
#include "store/contact.h"
#include "store/error.h"
#include "store/identity/normalise.h"
#include "store/record.h"
#include "store/sealer.h"
#include "store/status_macros.h"

namespace klantbeeld::store {
namespace {

absl::Status PrepareParty(v1::Party& party, const std::string& path, const NobodysLists& nobodys,
                          format::EventBody& body) {
  if (!party.has_key() || party.key().empty()) party.set_key(KeyOfRole(party.role()));
  for (int i = 0; i < party.identifiers_size(); ++i) {
    const absl::Status status = NormaliseIdentifier(*party.mutable_identifiers(i));
    if (!status.ok()) {
      return WithFieldPrefix(status, absl::StrCat(path, ".identifiers[", i, "]."));
    }
    if (!IsNobodys(nobodys, party.identifiers(i))) continue;
    const bool first = body.nobodys().empty() || body.nobodys().rbegin()->party_key() != party.key();
    format::NobodysValues& values = first ? *body.add_nobodys() : *body.mutable_nobodys()->rbegin();
    values.set_party_key(party.key());
    values.add_places(static_cast<uint32_t>(i));
  }
  if (party.has_details()) {
    auto& details = *party.mutable_details();
    for (auto* address : {details.has_address() ? details.mutable_address() : nullptr,
                          details.has_postal_address() ? details.mutable_postal_address()
                                                       : nullptr}) {
      if (address != nullptr && address->has_postcode()) {
        address->set_postcode(NormalPostcode(address->postcode()));
      }
    }
    format::FoldedNames names = FoldNames(details);
    if (names.ByteSizeLong() > 0) {
      names.set_party_key(party.key());
      *body.add_names() = std::move(names);
    }
  }
  return absl::OkStatus();
}

void FillDefaults(v1::ContactEvent& event) {
  if (!event.has_contact()) {
    event.mutable_contact()->set_source(event.source());
    event.mutable_contact()->set_id(event.event_id());
  }
  if (event.has_revised_at()) return;
  const v1::ContactData& data = event.data();
  *event.mutable_revised_at() = data.has_ended_at() ? data.ended_at() : data.occurred_at();
}

}  // namespace

absl::StatusOr<PreparedEvent> PrepareEvent(const Keys& keys, v1::ContactEvent event,
                                           const NobodysLists& nobodys) {
  PreparedEvent prepared;
  prepared.content_hash = keys.IdOf("content", event.SerializeAsString());
  FillDefaults(event);
  auto& parties = *event.mutable_data()->mutable_parties();
  for (int i = 0; i < parties.size(); ++i) {
    KB_RETURN_IF_ERROR(
        PrepareParty(parties[i], absl::StrCat("data.parties[", i, "]"), nobodys, prepared.body));
  }
  if (event.has_retraction()) event.clear_data();
  prepared.event_id = EventOrContactId(keys, event.source(), event.event_id());
  prepared.contact_id = EventOrContactId(keys, event.contact().source(), event.contact().id());
  prepared.body.set_normaliser(kNormaliserVersion);
  *prepared.body.mutable_event() = std::move(event);
  prepared.sealed = Seal({View(prepared.contact_id), "body", View(prepared.event_id)},
                         prepared.body.SerializeAsString());
  return prepared;
}

}  // namespace klantbeeld::store
