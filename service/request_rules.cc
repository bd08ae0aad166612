#include "service/request_rules.h"

#include "absl/algorithm/container.h"
#include "absl/strings/ascii.h"
#include "service/event_rules.h"
#include "service/party_rules.h"
#include "service/times.h"

namespace klantbeeld::service {
namespace {

Fault Invalid(std::string path, std::string what) {
  return {v1::ERROR_REASON_FIELD_INVALID, std::move(path), std::move(what)};
}

Fault Required(std::string path, std::string what = "is required") {
  return {v1::ERROR_REASON_FIELD_REQUIRED, std::move(path), std::move(what)};
}

MaybeFault At(absl::string_view path, MaybeFault fault) {
  if (fault) fault->path = JoinPath(path, fault->path);
  return fault;
}

MaybeFault CheckId(absl::string_view path, absl::string_view id) {
  if (id.size() == 32 && absl::c_all_of(id, [](unsigned char c) {
        return absl::ascii_isdigit(c) || (c >= 'a' && c <= 'f');
      })) {
    return {};
  }
  return Invalid(std::string(path), "must be 32 hexadecimal digits, 0-9 and a-f");
}

MaybeFault CheckFilter(const v1::TimelineFilter& filter) {
  if (filter.has_since() && filter.has_until() &&
      ToTime(filter.since()) >= ToTime(filter.until())) {
    return Invalid("filter.until", "must be after filter.since");
  }
  return {};
}

MaybeFault CheckParty(const v1::PartyRef& ref) {
  if (ref.has_party_key() && !IsPartyKey(ref.party_key())) {
    return Invalid("party_key", "must be 1 to 40 of a-z, 0-9, '-' and '_'");
  }
  if (ref.has_contact_id()) {
    if (ref.has_source() || ref.has_id()) {
      return Invalid("contact_id", "stands instead of source and id, not beside them");
    }
    return CheckId("contact_id", ref.contact_id());
  }
  if (ref.source().empty()) return Required("source", "is required beside id, or contact_id");
  if (ref.id().empty()) return Required("id", "is required beside source");
  return {};
}

template <typename Refs>
MaybeFault CheckPartyRefs(absl::string_view field, const Refs& refs) {
  for (int i = 0; i < refs.size(); ++i) {
    if (auto fault = At(absl::StrCat(field, "[", i, "]"), CheckParty(refs.Get(i)))) return fault;
  }
  return {};
}

// Whoever decides answers for it, so a decision without a name is none.
MaybeFault CheckDecision(const v1::Decision& decision, absl::Time now) {
  if (Blank(decision.author())) {
    return Required("decision.author", "is required: the name or account of who decides");
  }
  if (Blank(decision.reason())) return Required("decision.reason", "is required: why");
  if (!decision.has_decided_at() || ToTime(decision.decided_at()) <= now + kClockAheadMax) {
    return {};
  }
  return Fault{v1::ERROR_REASON_TIME_IN_FUTURE, "decision.decided_at",
               "is more than five minutes ahead"};
}

// What the BRP asks of a search (Haal Centraal BRP bevragen): one of its ways,
// but for those that need the id of an address.
MaybeFault CheckStated(const v1::StatedPerson& stated, absl::Time now) {
  const v1::PersonalDetails& details = stated.details();
  for (int i = 0; i < stated.identifiers_size(); ++i) {
    const std::string path = absl::StrCat("identifiers[", i, "]");
    if (auto fault = At(path, CheckIdentifier(stated.identifiers(i)))) return fault;
  }
  if (auto fault = At("details", CheckDetails(details, now))) return fault;
  if (details.has_organisation_name()) {
    return Invalid("details.organisation_name", "an organisation is found by its number");
  }
  const v1::Address& address = details.address();
  const bool surname = !details.surname().empty() || !details.partner_surname().empty();
  const bool first = !details.first_names().empty() || !details.initials().empty();
  const bool number = address.house_number() != 0, town = !address.city().empty();
  if ((surname && details.birth_date().has_day()) || (surname && first && town) ||
      (!address.postcode().empty() && number) || (!address.street().empty() && number && town) ||
      !stated.identifiers().empty()) {
    return {};
  }
  return Required("details",
                  "needs surname and full birth date; surname, first names and town; postcode and "
                  "house number; street, house number and town; or an identifier beside it");
}

// Whom a question is about: a citizen, or the one that a party is in.
template <typename Request>
MaybeFault CheckCitizenOrParty(const Request& request) {
  if (request.citizen_id().empty()) {
    if (!request.has_party()) return Required("citizen_id", "is required, or party");
    return At("party", CheckParty(request.party()));
  }
  if (request.has_party()) return Invalid("party", "stands instead of citizen_id");
  return CheckId("citizen_id", request.citizen_id());
}

// A side of a link: some parties or one whole citizen.
template <typename Refs>
MaybeFault CheckSide(const Refs& parties, const std::string& citizen, absl::string_view side) {
  const std::string parties_field = absl::StrCat("parties_", side);
  const std::string citizen_field = absl::StrCat("citizen_", side);
  if (citizen.empty()) {
    if (parties.empty()) return Required(parties_field, "is required, or " + citizen_field);
    return CheckPartyRefs(parties_field, parties);
  }
  if (!parties.empty()) return Invalid(citizen_field, "stands instead of " + parties_field);
  return CheckId(citizen_field, citizen);
}

}  // namespace

MaybeFault CheckRequest(const v1::RecordContactEventRequest& request, absl::Time now) {
  return At("event", CheckEvent(request.event(), now));
}

MaybeFault CheckRequest(const v1::GetContactRequest& request, absl::Time) {
  if (!request.contact_id().empty()) {
    if (request.has_ref()) return Invalid("contact_id", "stands instead of ref, not beside it");
    return CheckId("contact_id", request.contact_id());
  }
  if (!request.has_ref()) return Required("ref", "is required, or contact_id");
  if (request.ref().source().empty()) return Required("ref.source");
  if (request.ref().id().empty()) return Required("ref.id");
  return {};
}

MaybeFault CheckRequest(const v1::FindCitizensRequest& request, absl::Time now) {
  switch (request.key_case()) {
    case v1::FindCitizensRequest::kIdentifier:
      return At("identifier", CheckIdentifier(request.identifier()));
    case v1::FindCitizensRequest::kName: {
      const v1::PartialDate& birth = request.name().birth_date();
      if (!birth.has_year()) return Required("name.birth_date.year");
      if (!birth.has_month()) return Required("name.birth_date.month");
      if (!birth.has_day()) return Required("name.birth_date.day");
      return At("name.birth_date", CheckBirth(birth, now));
    }
    case v1::FindCitizensRequest::kStated:
      return At("stated", CheckStated(request.stated(), now));
    case v1::FindCitizensRequest::kAddress:
      return At("address.postcode", CheckPostcode(request.address().postcode()));
    case v1::FindCitizensRequest::kCaseNumber:
      if (request.case_number().empty()) return Required("case_number");
      return {};
    default:
      return Required("identifier", "is required, or name, address, case_number or stated");
  }
}

MaybeFault CheckRequest(const v1::GetCitizenRequest& request, absl::Time) {
  if (auto fault = CheckId("citizen_id", request.citizen_id())) return fault;
  if (!request.reveal().empty() && request.reason().empty()) {
    return Required("reason", "is required to reveal identifiers");
  }
  return {};
}

MaybeFault CheckRequest(const v1::ListTimelineRequest& request, absl::Time) {
  if (auto fault = CheckId("citizen_id", request.citizen_id())) return fault;
  return CheckFilter(request.filter());
}

MaybeFault CheckRequest(const v1::WatchTimelineRequest& request, absl::Time) {
  if (auto fault = CheckId("citizen_id", request.citizen_id())) return fault;
  return CheckFilter(request.filter());
}

MaybeFault CheckRequest(const v1::LinkRequest& request, absl::Time now) {
  if (auto fault = CheckDecision(request.decision(), now)) return fault;
  if (auto fault = CheckSide(request.parties_a(), request.citizen_a(), "a")) return fault;
  return CheckSide(request.parties_b(), request.citizen_b(), "b");
}

MaybeFault CheckRequest(const v1::UnlinkRequest& request, absl::Time now) {
  if (auto fault = CheckDecision(request.decision(), now)) return fault;
  if (request.citizen().empty() && request.apart_from().empty()) {
    if (request.parties().empty()) return Required("parties", "is required, or citizen");
    return CheckPartyRefs("parties", request.parties());
  }
  if (!request.parties().empty()) return Invalid("citizen", "stands instead of parties");
  if (auto fault = CheckId("citizen", request.citizen())) return fault;
  return CheckId("apart_from", request.apart_from());
}

MaybeFault CheckRequest(const v1::ListSuggestionsRequest& request, absl::Time) {
  return CheckCitizenOrParty(request);
}

MaybeFault CheckRequest(const v1::ListHistoryRequest& request, absl::Time) {
  return CheckCitizenOrParty(request);
}

MaybeFault CheckRequest(const v1::ListCitizensAtRequest& request, absl::Time now) {
  if (auto fault = CheckCitizenOrParty(request)) return fault;
  if (request.has_recorded_at() && ToTime(request.recorded_at()) > now) {
    return Fault{v1::ERROR_REASON_TIME_IN_FUTURE, "recorded_at",
                 "lies ahead; what will be recorded before it is not known yet"};
  }
  if (request.at_case() == v1::ListCitizensAtRequest::AT_NOT_SET) {
    return Required("at_position", "is required, or recorded_at");
  }
  return {};
}

MaybeFault CheckRequest(const v1::ExplainRequest& request, absl::Time) {
  return At("party", CheckParty(request.party()));
}

MaybeFault CheckRequest(const v1::FollowStart& request, absl::Time now) {
  if (request.from_case() == v1::FollowStart::kNow && !request.now()) {
    return Invalid("now", "must be true");
  }
  if (request.from_case() == v1::FollowStart::kResumeToken && request.resume_token().empty()) {
    return Required("resume_token");
  }
  // What is recorded before a time to come would be delivered all the same.
  if (request.from_case() == v1::FollowStart::kRecordedAt && ToTime(request.recorded_at()) > now) {
    return Fault{v1::ERROR_REASON_TIME_IN_FUTURE, "recorded_at",
                 "lies ahead; `now` follows what is recorded from now on"};
  }
  return {};
}

MaybeFault CheckRequest(const v1::GetServerInfoRequest&, absl::Time) { return {}; }
MaybeFault CheckRequest(const v1::CreateBackupRequest&, absl::Time) { return {}; }
MaybeFault CheckRequest(const v1::ListBackupsRequest&, absl::Time) { return {}; }

}  // namespace klantbeeld::service
