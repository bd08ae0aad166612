// What web statistics have in common.
#pragma once

#include <string>

#include "absl/strings/string_view.h"
#include "klantbeeld/v1/contact.pb.h"

namespace klantbeeld::adapters {

// The path of a page's address: without host, query and fragment, which carry
// names and numbers of people.
std::string PathOf(absl::string_view url);

// Adds an identifier to the visitor, the only party of a visit.
void AddVisitor(v1::IdentifierType type, const std::string& value, v1::VerifiedBy verified,
                v1::ContactData& data);

// Cuts long titles, paths and lists to what the contract takes: of more pages
// than that, those in the middle of the visit go.
void CutToLimits(v1::WebVisit& visit);

}  // namespace klantbeeld::adapters
