// Which model tells citizens apart, and how a store goes over to another one.
//
// Another model is adopted by a fact, and is in effect from that fact on. Who
// was recorded before is told apart by it in slices, each a fact too: a slice
// goes through some facts of the journal, compares what their contacts state
// anew, and derives the citizens that it touches. Meanwhile every citizen is
// told apart wholly by the model before or wholly by the new one: whatever a
// fact touches, it first compares anew all that hangs together with it. After
// the last slice the citizens are those of a store that began with the model.
#ifndef KLANTBEELD_STORE_IDENTITY_ADOPT_H_
#define KLANTBEELD_STORE_IDENTITY_ADOPT_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "klantbeeld/v1/citizen.pb.h"
#include "store/db.h"
#include "store/format.pb.h"
#include "store/identity/model.h"
#include "store/keys.h"

namespace klantbeeld::store {

// Facts that one slice goes through.
inline constexpr uint64_t kSliceFacts = 100;

// Bytes of the reason that a model is adopted for.
inline constexpr size_t kAdoptionReasonBytesMax = 1000;

// The model at one point of the journal. By default that of this build.
struct ModelInEffect {
  std::shared_ptr<const Model> model{std::shared_ptr<const void>(), &ShippedModel()};
  uint64_t adopted = 0;  // Position of the fact that adopted it; 0: the store began with it.
  uint64_t through = 0;  // What contacts of facts up to here state was compared by it.
  // Facts before the adoption whose contacts are yet to be.
  uint64_t left() const { return adopted > through + 1 ? adopted - 1 - through : 0; }
  bool settled() const { return left() == 0; }
};

// Reads which model is in effect, and keeps the last one: to parse it takes
// longer than what is done with it. Threads: any.
class ModelReader {
 public:
  // DATA_LOSS: this program does not take the file that stands in the rows.
  absl::StatusOr<ModelInEffect> At(const Reader& reader);

 private:
  absl::Mutex mutex_;
  std::shared_ptr<const Model> last_ ABSL_GUARDED_BY(mutex_);
};

// Makes `model` what a store begins with.
void BeginWith(Batch& batch, const format::ModelRow& model);
// The row for the model of this build.
format::ModelRow ShippedModelRow();
// The text of the model that is in effect.
absl::StatusOr<std::string> FileInEffect(const Reader& reader);
// What the store whose rows these are began with: its own where this program
// takes it, else that of this build.
absl::StatusOr<format::ModelRow> FirstModel(const Reader& reader);

// The adoption of a model. `model` is null where this program does not take
// its file: then it has no effect.
struct AdoptionFact {
  std::shared_ptr<const Model> model;
  std::string version;
  format::AdoptionBody body;
};
// INVALID_ARGUMENT: not a model, or no reason that can be kept.
absl::StatusOr<AdoptionFact> PrepareAdoption(std::string file, std::string reason);
// INVALID_ARGUMENT: it has another `candidatesMax` than the model in effect, by
// which values were found to say nothing long ago. An empty store takes any:
// `position` is that of the adoption.
absl::Status CheckAdoption(const ModelInEffect& in_effect, uint64_t position,
                           const AdoptionFact& fact);

// Applies the fact: `in_effect` is what stands after it.
void ApplyAdoption(Batch& batch, uint64_t position, const AdoptionFact& fact,
                   ModelInEffect& in_effect);

// The next slice; only while not all is settled.
format::RederivationBody NextSlice(const ModelInEffect& in_effect);
// Applies a slice, and says what it did to citizens. One of another adoption
// than the last has no effect.
absl::StatusOr<format::Consequences> ApplyRederivation(const Keys& keys, Batch& batch,
                                                       uint64_t position,
                                                       const format::RederivationBody& slice,
                                                       ModelInEffect& in_effect);

// Bodies as the journal keeps them; `version` is the fact's subject.
std::string SealAdoption(const AdoptionFact& fact);
std::string SealRederivation(absl::string_view version, const format::RederivationBody& slice);
absl::StatusOr<AdoptionFact> OpenAdoption(const format::FactHeader& header,
                                          absl::string_view sealed);
absl::StatusOr<format::RederivationBody> OpenRederivation(const format::FactHeader& header,
                                                          absl::string_view sealed);

}  // namespace klantbeeld::store

#endif  // KLANTBEELD_STORE_IDENTITY_ADOPT_H_
