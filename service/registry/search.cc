#include "service/registry/search.h"

#include <algorithm>
#include <iterator>
#include <set>
#include <string>
#include <vector>

#include "store/identity/normalise.h"

namespace klantbeeld::registry {
namespace {

// The BRP finds who has accents by letters without, and is asked by folded ones.
NameAndBirth QueryOf(const store::Sought& sought, const std::string& surname) {
  const v1::PersonalDetails& details = sought.details;
  const std::string first =
      details.has_first_names() ? details.first_names() : details.initials().substr(0, 1);
  const v1::PartialDate& birth = details.birth_date();
  return {.surname = store::WithoutPrefix(surname),
          .prefix = "",
          .first_names = first + "*",
          .birth_date = absl::CivilDay(birth.year(), birth.month(), birth.day())};
}

// More would not come of asking again.
bool IsAnswer(const absl::Status& status) {
  const Failure failure = FailureOf(status);
  return failure == Failure::kTooManyResults || failure == Failure::kRefused;
}

}  // namespace

absl::StatusOr<store::RegistryAnswer> LookFor(Registry& registry, const store::Sought& sought,
                                              absl::Time deadline) {
  store::RegistryAnswer answer;
  answer.sought = sought.id;
  std::set<std::string> hits;
  for (const std::string& surname :
       std::set<std::string>{sought.details.surname(), sought.details.partner_surname()}) {
    if (surname.empty()) continue;
    const auto found = registry.Search(QueryOf(sought, surname), deadline);
    if (!found.ok() && IsAnswer(found.status())) return answer;
    if (!found.ok()) return found.status();
    hits.insert(found->begin(), found->end());
  }
  if (hits.empty()) return answer;
  static_assert(2 * kHitsMax <= kBsnsPerCallMax);
  const auto persons = registry.Ask({hits.begin(), hits.end()}, deadline);
  if (!persons.ok()) return persons.status();
  std::vector<store::RegistryAnswer> fitting;
  std::copy_if(persons->begin(), persons->end(), std::back_inserter(fitting),
               [&](const store::RegistryAnswer& person) { return store::Fits(sought, person); });
  if (fitting.size() != 1 || fitting[0].deceased || fitting[0].details.secret()) return answer;
  answer.found = true;
  answer.bsn = fitting[0].bsn;
  return answer;
}

}  // namespace klantbeeld::registry
