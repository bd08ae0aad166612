#include "store/identity/forecast.h"

#include <set>

#include "absl/strings/str_cat.h"
#include "store/identity/candidates.h"
#include "store/journal.h"
#include "store/record.h"
#include "store/rows.h"

namespace klantbeeld::store {
namespace {

constexpr size_t kExamples = 5;

// Two states of one store: as it is, and as it would be.
class Comparison {
 public:
  Comparison(const Reader& before, const Reader& after) : before_(before), after_(after) {}

  absl::StatusOr<Forecast> Run() {
    KB_RETURN_IF_ERROR(LookAtClaims());
    KB_RETURN_IF_ERROR(LookAtCitizens());
    KB_ASSIGN_OR_RETURN(forecast_.citizens_before, Citizens(before_));
    KB_ASSIGN_OR_RETURN(forecast_.citizens_after, Citizens(after_));
    uint64_t suggested_after = 0;
    KB_RETURN_IF_ERROR(LookAtSuggestions(before_, after_, forecast_.suggested_before,
                                         forecast_.suggestions_lost));
    KB_RETURN_IF_ERROR(LookAtSuggestions(after_, before_, suggested_after,
                                         forecast_.suggestions_gained));
    return std::move(forecast_);
  }

 private:
  static absl::StatusOr<format::ClaimRow> Claim(const Reader& reader, absl::string_view claim) {
    KB_ASSIGN_OR_RETURN(auto row, ReadRow<format::ClaimRow>(reader, Family::kClaim,
                                                            ClaimKey(claim, kClaimRecord)));
    if (!row) return absl::DataLossError("claim: one that a citizen lists is not there");
    return *std::move(row);
  }

  // Calls `take` with each key of the family that has this tag.
  static absl::Status EachClaim(
      const Reader& reader, char tag,
      absl::FunctionRef<absl::Status(absl::string_view key, absl::string_view value)> take) {
    absl::Status inner;
    KB_RETURN_IF_ERROR(reader.Scan(Family::kClaim, "", "",
                                   [&](absl::string_view key, absl::string_view value) {
                                     if (key[16] == tag) inner = take(key, value);
                                     return inner.ok();
                                   }));
    return inner;
  }

  absl::Status LookAtClaims() {
    return EachClaim(after_, kClaimRecord, [&](auto key, auto value) -> absl::Status {
      format::ClaimRow now;
      KB_RETURN_IF_ERROR(Decode(value, "claim", now));
      const absl::string_view id = key.substr(0, 16);
      KB_ASSIGN_OR_RETURN(const format::ClaimRow then, Claim(before_, id));
      if (then.citizen_id() != now.citizen_id()) {
        left_.insert(then.citizen_id());
        reached_.insert(now.citizen_id());
        if (!now.least_party().empty()) moved_[{then.citizen_id(), now.citizen_id()}] += now.holders();
      }
      if (then.assurance() != now.assurance() && !now.least_party().empty()) {
        forecast_.levels[{then.assurance(), now.assurance()}] += now.holders();
      }
      return absl::OkStatus();
    });
  }

  // The citizens of `there` that hold the claims that `citizen` has here.
  static absl::StatusOr<std::set<std::string>> Where(const Reader& here, const Reader& there,
                                                     const std::string& citizen) {
    std::set<std::string> citizens;
    KB_ASSIGN_OR_RETURN(const auto row,
                        ReadRow<format::CitizenRow>(here, Family::kCitizen, citizen));
    if (!row) return citizens;
    for (const std::string& claim : row->claims()) {
      KB_ASSIGN_OR_RETURN(const format::ClaimRow found, Claim(there, claim));
      citizens.insert(found.citizen_id());
    }
    return citizens;
  }

  static std::vector<std::string> Hex(const std::set<std::string>& ids) {
    std::vector<std::string> texts;
    for (const std::string& id : ids) texts.push_back(ToHex(id));
    return texts;
  }

  absl::Status LookAtCitizens() {
    std::map<std::string, std::set<std::string>> to, from;
    for (const std::string& citizen : left_) {
      KB_ASSIGN_OR_RETURN(to[citizen], Where(before_, after_, citizen));
      if (to[citizen].size() < 2) continue;
      ++forecast_.split;
      if (forecast_.splits.size() < kExamples) {
        forecast_.splits.push_back({{ToHex(citizen)}, Hex(to[citizen])});
      }
    }
    for (const std::string& citizen : reached_) {
      KB_ASSIGN_OR_RETURN(from[citizen], Where(after_, before_, citizen));
      if (from[citizen].size() < 2) continue;
      ++forecast_.merged;
      if (forecast_.merges.size() < kExamples) {
        forecast_.merges.push_back({Hex(from[citizen]), {ToHex(citizen)}});
      }
    }
    for (const auto& [ends, contacts] : moved_) {
      const bool renamed = to[ends.first].size() == 1 && from[ends.second].size() == 1;
      if (!renamed) forecast_.contacts_moved += contacts;
    }
    return absl::OkStatus();
  }

  static absl::StatusOr<uint64_t> Citizens(const Reader& reader) {
    uint64_t count = 0;
    absl::Status inner;
    KB_RETURN_IF_ERROR(reader.Scan(Family::kCitizen, "", "",
                                   [&](absl::string_view, absl::string_view value) {
                                     format::CitizenRow row;
                                     inner = Decode(value, "citizen", row);
                                     if (row.claims_size() > 0) ++count;
                                     return inner.ok();
                                   }));
    KB_RETURN_IF_ERROR(inner);
    return count;
  }

  static absl::StatusOr<std::set<std::string>> CitizensWith(const Reader& reader,
                                                            absl::string_view content) {
    std::set<std::string> citizens;
    KB_ASSIGN_OR_RETURN(const auto claims, ClaimsWith(reader, content));
    for (const std::string& claim : claims) {
      KB_ASSIGN_OR_RETURN(const format::ClaimRow row, Claim(reader, claim));
      citizens.insert(row.citizen_id());
    }
    return citizens;
  }

  // Two contents with an edge, not all of whose claims are one citizen's.
  static absl::StatusOr<bool> AreSuggested(const Reader& reader, absl::string_view low,
                                           absl::string_view high) {
    KB_ASSIGN_OR_RETURN(const auto edges, EdgesOf(reader, low));
    if (std::none_of(edges.begin(), edges.end(),
                     [&](const Edge& edge) { return edge.other == high; })) {
      return false;
    }
    return AreOfSeveral(reader, low, high);
  }

  static absl::StatusOr<bool> AreOfSeveral(const Reader& reader, absl::string_view low,
                                           absl::string_view high) {
    KB_ASSIGN_OR_RETURN(auto citizens, CitizensWith(reader, low));
    KB_ASSIGN_OR_RETURN(const auto others, CitizensWith(reader, high));
    citizens.insert(others.begin(), others.end());
    return citizens.size() > 1;
  }

  // Counts what is suggested `here`, and what of that is not `there`.
  static absl::Status LookAtSuggestions(const Reader& here, const Reader& there, uint64_t& stand,
                                        uint64_t& only_here) {
    return EachClaim(here, kClaimCompared, [&](auto key, auto value) -> absl::Status {
      format::ComparedRow row;
      KB_RETURN_IF_ERROR(Decode(value, "claim", row));
      const absl::string_view low = key.substr(0, 16);
      for (const Edge& edge : EdgesIn(row)) {
        if (edge.other < low) continue;  // Each stands there twice.
        KB_ASSIGN_OR_RETURN(const bool suggested, AreOfSeveral(here, low, edge.other));
        if (!suggested) continue;
        ++stand;
        KB_ASSIGN_OR_RETURN(const bool also, AreSuggested(there, low, edge.other));
        if (!also) ++only_here;
      }
      return absl::OkStatus();
    });
  }

  const Reader& before_;
  const Reader& after_;
  Forecast forecast_;
  std::set<std::string> left_;     // Citizens before, of claims that go elsewhere.
  std::set<std::string> reached_;  // Citizens after, of claims that came from elsewhere.
  std::map<std::pair<std::string, std::string>, uint64_t> moved_;  // Contacts.
};

}  // namespace

absl::StatusOr<Forecast> ForecastModel(
    const Keys& keys, const Reader& rows, const AdoptionFact& adoption,
    const std::function<void(uint64_t done, uint64_t facts)>& progress) {
  KB_ASSIGN_OR_RETURN(const format::Head head, ReadHead(rows));
  KB_ASSIGN_OR_RETURN(ModelInEffect in_effect, ModelReader().At(rows));
  if (!in_effect.settled()) {
    return absl::FailedPreconditionError(absl::StrCat(
        "the store is going over to model ", in_effect.model->version, "; ", in_effect.left(),
        " facts are left. Wait until `klantbeeld status` says that none are."));
  }
  const std::string version = in_effect.model->version;
  Batch after(&rows);
  uint64_t position = head.position() + 1;
  KB_RETURN_IF_ERROR(CheckAdoption(in_effect, position, adoption));
  ApplyAdoption(after, position, adoption, in_effect);
  while (!in_effect.settled()) {
    const format::RederivationBody slice = NextSlice(in_effect);
    KB_RETURN_IF_ERROR(ApplyRederivation(keys, after, ++position, slice, in_effect).status());
    if (progress) progress(in_effect.through, head.position());
  }
  KB_ASSIGN_OR_RETURN(Forecast forecast, Comparison(rows, after).Run());
  forecast.model_before = version;
  return forecast;
}

}  // namespace klantbeeld::store
