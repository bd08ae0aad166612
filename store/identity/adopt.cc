#include "store/identity/adopt.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "klantbeeld/v1/feed_service.pb.h"
#include "store/identity/identity.h"
#include "store/identity/registry.h"
#include "store/open.h"
#include "store/record.h"
#include "store/rows.h"

namespace klantbeeld::store {
namespace {

constexpr absl::string_view kFirst = "model/first";
constexpr absl::string_view kAdopted = "model";
constexpr absl::string_view kRederive = "rederive";

std::shared_ptr<const Model> Shared(Model model) {
  return std::make_shared<const Model>(std::move(model));
}

// The claims at which the contact of a fact stands, or the claim that the
// registry's answer makes. A decision changes nothing that anyone states.
absl::StatusOr<std::vector<std::string>> ClaimsOfFact(const Keys& keys, const Reader& reader,
                                                      uint64_t position) {
  std::vector<std::string> claims;
  KB_ASSIGN_OR_RETURN(const auto value, reader.Get(Family::kJournal, BigEndian(position)));
  if (!value) return absl::DataLossError(absl::StrCat("journal: position ", position, " is missing"));
  KB_ASSIGN_OR_RETURN(const JournalPieces pieces, SplitJournal(*value));
  format::FactHeader header;
  if (!ParseBytes(pieces.header, header)) return absl::DataLossError("journal: record not readable");
  if (header.kind() == v1::FACT_KIND_REGISTRY) {
    KB_ASSIGN_OR_RETURN(const auto body, OpenRegistry(header, pieces.body));
    if (!body.sought().empty()) return claims;  // Those of contacts.
    KB_ASSIGN_OR_RETURN(std::string claim, RegistryClaim(keys, reader, body.bsn()));
    if (!claim.empty()) claims.push_back(std::move(claim));
    return claims;
  }
  if (header.kind() != v1::FACT_KIND_CONTACT_EVENT) return claims;
  KB_ASSIGN_OR_RETURN(const auto row, ReadRow<format::ContactRow>(reader, Family::kContact,
                                                                  header.contact_id()));
  if (!row) return claims;
  for (const auto& standing : row->standings()) claims.push_back(standing.claim_id());
  return claims;
}

absl::StatusOr<std::optional<format::ModelRow>> RowInEffect(const Reader& reader) {
  KB_ASSIGN_OR_RETURN(auto row, ReadRow<format::ModelRow>(reader, Family::kMeta, kAdopted));
  if (row) return row;
  return ReadRow<format::ModelRow>(reader, Family::kMeta, kFirst);
}

void WriteProgress(Batch& batch, const ModelInEffect& in_effect) {
  if (in_effect.settled()) return batch.Delete(Family::kMeta, kRederive);
  format::RederiveRow row;
  row.set_through(in_effect.through);
  batch.Put(Family::kMeta, kRederive, Encode(row));
}

template <typename M>
absl::StatusOr<M> OpenBody(const format::FactHeader& header, absl::string_view sealed) {
  const absl::string_view version = header.subject_id();
  std::string scratch;
  KB_ASSIGN_OR_RETURN(const absl::string_view plain,
                      Unseal({version, "model", version}, sealed, scratch));
  M body;
  if (!ParseBytes(plain, body)) return absl::DataLossError("journal: model not readable");
  return body;
}

}  // namespace

absl::StatusOr<ModelInEffect> ModelReader::At(const Reader& reader) {
  ModelInEffect in_effect;
  KB_ASSIGN_OR_RETURN(const auto row, RowInEffect(reader));
  if (!row) return in_effect;
  in_effect.adopted = in_effect.through = row->adopted();
  KB_ASSIGN_OR_RETURN(const auto rederive,
                      ReadRow<format::RederiveRow>(reader, Family::kMeta, kRederive));
  if (rederive) in_effect.through = rederive->through();
  if (row->version() == ShippedModel().version) return in_effect;
  absl::MutexLock lock(&mutex_);
  if (last_ == nullptr || last_->version != row->version()) {
    absl::StatusOr<Model> model = ParseModel(row->file());
    if (!model.ok()) {
      return RefuseModel(row->version(), model.status().message());
    }
    last_ = Shared(*std::move(model));
  }
  in_effect.model = last_;
  return in_effect;
}

void BeginWith(Batch& batch, const format::ModelRow& model) {
  batch.Put(Family::kMeta, kFirst, Encode(model));
}

format::ModelRow ShippedModelRow() {
  format::ModelRow row;
  row.set_version(ShippedModel().version);
  row.set_file(std::string(ShippedModelFile()));
  return row;
}

absl::StatusOr<std::string> FileInEffect(const Reader& reader) {
  KB_ASSIGN_OR_RETURN(auto row, RowInEffect(reader));
  return row ? std::move(*row->mutable_file()) : std::string(ShippedModelFile());
}

absl::StatusOr<format::ModelRow> FirstModel(const Reader& reader) {
  KB_ASSIGN_OR_RETURN(auto row, ReadRow<format::ModelRow>(reader, Family::kMeta, kFirst));
  if (!row || !ParseModel(row->file()).ok()) return ShippedModelRow();
  return *std::move(row);
}

absl::StatusOr<AdoptionFact> PrepareAdoption(std::string file, std::string reason) {
  KB_ASSIGN_OR_RETURN(Model model, ParseModel(file));
  AdoptionFact fact;
  fact.version = model.version;
  fact.model = Shared(std::move(model));
  fact.body.set_file(std::move(file));
  fact.body.set_reason(std::move(reason));
  const bool fits = fact.body.reason().size() <= kAdoptionReasonBytesMax;
  // The journal takes nothing that could not be read from it again.
  if (format::AdoptionBody again; !fits || !ParseBytes(fact.body.SerializeAsString(), again)) {
    return absl::InvalidArgumentError(absl::StrCat(
        "reason: must be UTF-8 text of at most ", kAdoptionReasonBytesMax, " bytes"));
  }
  return fact;
}

absl::Status CheckAdoption(const ModelInEffect& in_effect, uint64_t position,
                           const AdoptionFact& fact) {
  const size_t stands = in_effect.model->candidates_max;
  if (fact.model->candidates_max == stands || position == 1) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(
      "model: candidatesMax must be ", stands, ", as in the model that is in effect: which values "
      "too many people share has been kept since the first contact"));
}

void ApplyAdoption(Batch& batch, uint64_t position, const AdoptionFact& fact,
                   ModelInEffect& in_effect) {
  if (fact.model == nullptr || !CheckAdoption(in_effect, position, fact).ok()) return;
  format::ModelRow row;
  row.set_version(fact.version);
  row.set_file(fact.body.file());
  row.set_adopted(position);
  batch.Put(Family::kMeta, kAdopted, Encode(row));
  in_effect = {fact.model, position, 0};
  WriteProgress(batch, in_effect);
}

format::RederivationBody NextSlice(const ModelInEffect& in_effect) {
  format::RederivationBody slice;
  slice.set_adopted(in_effect.adopted);
  slice.set_through(in_effect.through + std::min(kSliceFacts, in_effect.left()));
  return slice;
}

absl::StatusOr<format::Consequences> ApplyRederivation(const Keys& keys, Batch& batch,
                                                       uint64_t position,
                                                       const format::RederivationBody& slice,
                                                       ModelInEffect& in_effect) {
  if (in_effect.settled() || slice.adopted() != in_effect.adopted) return format::Consequences();
  const uint64_t through = std::min(slice.through(), in_effect.adopted - 1);
  IdentityChange identity(keys, in_effect, batch);
  for (uint64_t fact = in_effect.through + 1; fact <= through; ++fact) {
    KB_ASSIGN_OR_RETURN(const auto claims, ClaimsOfFact(keys, batch, fact));
    for (const std::string& claim : claims) KB_RETURN_IF_ERROR(identity.CompareAnew(claim));
  }
  KB_ASSIGN_OR_RETURN(auto consequences, identity.Finish(position));
  in_effect.through = std::max(through, in_effect.through);
  WriteProgress(batch, in_effect);
  return consequences;
}

std::string SealAdoption(const AdoptionFact& fact) {
  return Seal({fact.version, "model", fact.version}, fact.body.SerializeAsString());
}

std::string SealRederivation(absl::string_view version, const format::RederivationBody& slice) {
  return Seal({version, "model", version}, slice.SerializeAsString());
}

absl::StatusOr<AdoptionFact> OpenAdoption(const format::FactHeader& header,
                                          absl::string_view sealed) {
  AdoptionFact fact;
  fact.version = header.subject_id();
  KB_ASSIGN_OR_RETURN(fact.body, OpenBody<format::AdoptionBody>(header, sealed));
  absl::StatusOr<Model> model = ParseModel(fact.body.file());
  if (model.ok()) fact.model = Shared(*std::move(model));
  return fact;
}

absl::StatusOr<format::RederivationBody> OpenRederivation(const format::FactHeader& header,
                                                          absl::string_view sealed) {
  return OpenBody<format::RederivationBody>(header, sealed);
}

// --- What a fact does while not all is settled.

absl::Status IdentityChange::CompareAnew(absl::string_view claim_id) {
  // Nearly always the claim that parties share, whose id is its content's.
  if (again_.contains(std::string(claim_id))) return absl::OkStatus();
  KB_ASSIGN_OR_RETURN(const Held* held, Load(claim_id));
  if (!held->exists) return absl::OkStatus();
  KB_ASSIGN_OR_RETURN(const auto content, OpenContent(claim_id, held->row));
  again_.insert(content.content_id());
  return absl::OkStatus();
}

// Seeds whoever may belong to another because of it.
absl::StatusOr<Anew> IdentityChange::CompareContent(const std::string& content) {
  std::set<std::string> changed;
  KB_ASSIGN_OR_RETURN(const Anew anew, candidates_.CompareAnew(content, changed));
  if (anew == Anew::kNow) changed.insert(content);
  for (const std::string& one : changed) {
    KB_ASSIGN_OR_RETURN(const auto claims, ClaimsWith(batch_, one));
    seeds_.insert(claims.begin(), claims.end());
  }
  return anew;
}

// The component of a claim, when all that is in it was compared by the model.
absl::StatusOr<Component> IdentityChange::ReadAnew(const std::string& seed) {
  for (;;) {
    KB_ASSIGN_OR_RETURN(Component component,
                        ReadComponent(keys_, model_, batch_, {seed}, made_));
    bool compared = true;
    for (const ClaimNode& claim : component.input.claims) {
      KB_ASSIGN_OR_RETURN(const Anew anew, CompareContent(claim.content));
      compared = compared && anew != Anew::kNow;
    }
    if (compared) return component;
  }
}

absl::StatusOr<std::vector<v1::CitizenChange>> IdentityChange::FinishAnew() {
  for (const std::string& content : again_) {
    KB_ASSIGN_OR_RETURN(const Anew anew, CompareContent(content));
    // What is compared with no other may be with its own.
    if (anew != Anew::kNever) continue;
    KB_ASSIGN_OR_RETURN(const auto with, ClaimsWith(batch_, content));
    if (with.size() > 1) seeds_.insert(with.begin(), with.end());
  }
  std::map<std::string, std::string> before;
  std::set<std::string> citizens;
  std::vector<Component> components;
  // Each component by itself, since caps hold for each. What no longer hangs
  // together was one citizen until now, so all of it is derived with this fact.
  while (!seeds_.empty()) {
    const std::string seed = seeds_.extract(seeds_.begin()).value();
    if (before.contains(seed)) continue;
    KB_ASSIGN_OR_RETURN(Component component, ReadAnew(seed));
    for (const std::string& claim : component.ids) {
      KB_ASSIGN_OR_RETURN(const Held* held, Load(claim));
      const std::string& citizen = before[claim] = held->row.citizen_id();
      if (citizen.empty() || !citizens.insert(citizen).second) continue;
      KB_ASSIGN_OR_RETURN(const auto row,
                          ReadRow<format::CitizenRow>(batch_, Family::kCitizen, citizen));
      if (row) seeds_.insert(row->claims().begin(), row->claims().end());
    }
    components.push_back(std::move(component));
  }
  for (const Component& component : components) {
    KB_RETURN_IF_ERROR(WriteParts(component.ids, Partition(component.input).citizens,
                                  IsNearDeceased(component.input)));
  }
  KB_RETURN_IF_ERROR(Flush());
  return Changes(before);
}

}  // namespace klantbeeld::store
