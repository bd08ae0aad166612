#include "store/identity/changes.h"

#include <algorithm>

#include "store/identity/identity.h"
#include "store/keys.h"
#include "store/record.h"
#include "store/status_macros.h"

namespace klantbeeld::store {
namespace {

// What hangs together: ids before, ids after.
struct Group {
  std::set<std::string> from;
  std::set<std::string> to;
};

v1::CitizenChange::Kind KindOf(const Group& group) {
  if (group.from.size() == 1 && group.to.size() == 1) return v1::CitizenChange::KIND_RENAMED;
  if (group.to.size() == 1) return v1::CitizenChange::KIND_MERGED;
  if (group.from.size() == 1) return v1::CitizenChange::KIND_SPLIT;
  return v1::CitizenChange::KIND_MOVED;
}

}  // namespace

absl::StatusOr<format::Relevelled> ListRelevelled(const Reader& reader,
                                                  const std::string& citizen,
                                                  const Relevelled& what) {
  std::set<std::string> contacts = what.contacts;
  for (const std::string& claim : what.claims) {
    KB_RETURN_IF_ERROR(
        reader.Scan(Family::kTimeline, claim, claim, [&](absl::string_view key, absl::string_view) {
          contacts.insert(PlaceOf(key).contact);
          return contacts.size() <= kListedContactsMax;
        }));
  }
  format::Relevelled relevelled;
  relevelled.set_citizen_id(citizen);
  for (const std::string& contact : contacts) {
    if (static_cast<size_t>(relevelled.contact_ids_size()) == kListedContactsMax) {
      relevelled.set_more(true);
      break;
    }
    relevelled.add_contact_ids(contact);
  }
  return relevelled;
}

void CitizenFlow::Claim(const std::string& from, const std::string& to, const std::string& claim,
                        uint64_t contacts) {
  Flow& flow = flows_[{from, to}];
  flow.claims.push_back(claim);
  flow.claim_contacts += contacts;
}

void CitizenFlow::Contact(const std::string& from, const std::string& to,
                          const std::string& contact) {
  flows_[{from, to}].contacts.insert(contact);
}

std::set<std::string> CitizenFlow::SuccessorsOf(const std::string& citizen) const {
  std::set<std::string> successors;
  for (const auto& [ends, flow] : flows_) {
    if (ends.first == citizen) successors.insert(ends.second);
  }
  return successors;
}

absl::Status CitizenFlow::List(const Flow& flow, const Reader& reader,
                               v1::CitizenChange& change) const {
  change.set_contacts_moved(change.contacts_moved() + flow.claim_contacts + flow.contacts.size());
  const auto room = [&] {
    return static_cast<size_t>(change.contact_ids_size()) < kListedContactsMax;
  };
  for (const std::string& contact : flow.contacts) {
    if (room()) change.add_contact_ids(ToHex(contact));
  }
  for (const std::string& claim : flow.claims) {
    KB_RETURN_IF_ERROR(reader.Scan(Family::kTimeline, claim, claim,
                                   [&](absl::string_view key, absl::string_view) {
                                     if (room()) {
                                       change.add_contact_ids(ToHex(PlaceOf(key).contact));
                                     }
                                     return room();
                                   }));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<v1::CitizenChange>> CitizenFlow::Changes(const Reader& reader) const {
  std::vector<Group> groups;
  for (const auto& [ends, flow] : flows_) {
    Group merged{{ends.first}, {ends.second}};
    std::vector<Group> others;
    for (Group& group : groups) {
      if (group.from.contains(ends.first) || group.to.contains(ends.second)) {
        merged.from.merge(group.from);
        merged.to.merge(group.to);
      } else {
        others.push_back(std::move(group));
      }
    }
    others.push_back(std::move(merged));
    groups = std::move(others);
  }
  std::vector<v1::CitizenChange> changes;
  for (const Group& group : groups) {
    if (group.from == group.to && group.from.size() == 1) continue;
    v1::CitizenChange change;
    change.set_kind(KindOf(group));
    for (const std::string& id : group.from) change.add_old_ids(ToHex(id));
    for (const std::string& id : group.to) change.add_new_ids(ToHex(id));
    for (const auto& [ends, flow] : flows_) {
      if (!group.from.contains(ends.first) || ends.first == ends.second) continue;
      KB_RETURN_IF_ERROR(List(flow, reader, change));
    }
    changes.push_back(std::move(change));
  }
  return changes;
}

void AddIssues(const RaisedIssues& raised, std::vector<v1::CitizenChange>& changes) {
  for (const auto& [citizen, issues] : raised) {
    const std::string id = ToHex(citizen);
    auto at = std::find_if(changes.begin(), changes.end(), [&](const v1::CitizenChange& change) {
      return std::find(change.new_ids().begin(), change.new_ids().end(), id) !=
             change.new_ids().end();
    });
    if (at == changes.end()) {
      v1::CitizenChange change;
      change.set_kind(v1::CitizenChange::KIND_ISSUE_RAISED);
      change.add_old_ids(id);
      change.add_new_ids(id);
      at = changes.insert(changes.end(), std::move(change));
    }
    for (const v1::CitizenIssue issue : issues) {
      const auto& known = at->issues();
      if (std::find(known.begin(), known.end(), issue) == known.end()) at->add_issues(issue);
    }
  }
}

absl::Status IdentityChange::AddRelevelled(format::Consequences& consequences) {
  for (const Moved& moved : moved_) {
    KB_ASSIGN_OR_RETURN(const Held* held, Load(moved.claim));
    if (held->row.citizen_id() != moved.citizen_before ||
        held->row.assurance() == moved.assurance_before) {
      continue;
    }
    relevelled_[moved.citizen_before].contacts.insert(moved.contact_id);
  }
  for (const auto& [citizen, what] : relevelled_) {
    KB_ASSIGN_OR_RETURN(*consequences.add_relevelled(), ListRelevelled(batch_, citizen, what));
  }
  return absl::OkStatus();
}

}  // namespace klantbeeld::store
