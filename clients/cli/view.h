// Citizens and contacts as people read them.
#pragma once

#include <google/protobuf/repeated_field.h>

#include <string>
#include <vector>

#include "absl/time/time.h"
#include "clients/cli/labels.h"
#include "klantbeeld/v1/citizen.pb.h"

namespace klantbeeld::cli {

using Entries = google::protobuf::RepeatedPtrField<v1::TimelineEntry>;

// How to draw. The same entries with the same look give the same text.
struct Look {
  Lang lang = Lang::kDutch;
  absl::TimeZone zone;
  absl::Time now;
  int columns = 80;  // 0: cut nothing.
  bool color = false;
  bool whole_bsn = false;
};

// The text in a colour or weight ("1" bold, "33" yellow), where colour is on.
std::string Style(const Look& look, const char* code, const std::string& text);
absl::Time When(const v1::TimelineEntry& entry);

// "M. van der Berg", the organisation's name, "Contacten van 06…", "Onbekend".
std::string NameOf(Lang lang, const v1::Citizen& citizen);
// "12-03-1980", with "??" for what is not known; "" where nothing is.
std::string BornOf(const v1::Citizen& citizen);
std::string AddressOf(const v1::Citizen& citizen);
std::string CityOf(const v1::Citizen& citizen);
// An identifier's value where the reply has it, else what may be shown; of a
// BSN the last three digits unless the whole was asked for.
std::string ShownValue(const v1::Identifier& identifier, bool whole_bsn = false);
// What it was about: the subject, else the product.
std::string SubjectOf(const v1::Contact& contact);
// How long it took before somebody answered; "" where not said.
std::string WaitOf(Lang lang, const v1::Contact& contact);

// Name, birth date, place and warnings; six numbers; what to look at. The
// numbers are of the contacts in `citizen.latest`, as far as those go back.
std::string HeadText(const Look& look, const v1::Citizen& citizen);
// That, and a table of the first `contacts` of `citizen.latest`.
std::string ShowText(const Look& look, const v1::Citizen& citizen, int contacts);
// Time, channel, subject, outcome, wait, note: a row per contact. With `first`
// above 0 the rows are numbered from it.
std::string ContactsTable(const Look& look, const Entries& entries, int first = 0);
// Everything that is known of one contact, a line each.
std::string ContactText(const Look& look, const v1::Contact& contact);

// What older contacts say about an entry: number of earlier contacts about the
// same within seven days, and the web visit it came from.
struct Badges {
  int repeat = 0;  // 0: not a repeat; 2: the second contact, and so on.
  absl::Duration since_web = absl::ZeroDuration();  // 0: did not come from the website.
};
// For each of `entries` (newest first), as far as they go back.
std::vector<Badges> BadgesOf(const Entries& entries);

// The merged timeline as a picture: days, and under each what happened.
std::string Picture(const Look& look, const Entries& entries);

}  // namespace klantbeeld::cli
