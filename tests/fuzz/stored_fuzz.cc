// What is read from a store, a token or a model file: bytes as each of them, by
// the code that opens them. The first byte chooses.
#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "store/db.h"
#include "store/feed.h"
#include "store/identity/model.h"
#include "store/record.h"
#include "store/splice.h"
#include "store/timeline.h"
#include "tests/fuzz/bytes.h"

namespace {

namespace store = klantbeeld::store;
namespace format = klantbeeld::store::format;
using klantbeeld::Require;

// A store in which nothing stands.
class Nothing : public store::Reader {
 public:
  absl::StatusOr<std::optional<std::string>> Get(store::Family, absl::string_view) const override {
    return std::nullopt;
  }
  absl::Status Scan(store::Family, absl::string_view, absl::string_view, Row) const override {
    return absl::OkStatus();
  }
};

// What opens is what was written, or of an older version; written again it
// opens as the same.
template <typename Row>
void Open(const std::string& bytes) {
  Row row;
  if (!store::Decode(bytes, "row", row).ok()) return;
  Row again;
  Require(store::Decode(store::Encode(row), "row", again).ok());
  Require(again.SerializeAsString() == row.SerializeAsString());
}

void Journal(const std::string& bytes) {
  const auto record = store::DecodeJournal(bytes);
  if (!record.ok()) return;
  const auto again = store::DecodeJournal(store::EncodeJournal(*record));
  Require(again.ok() && again->body == record->body);
}

// Fields lie one behind the other, and nothing of them beyond the bytes.
void Splice(const std::string& bytes) {
  absl::string_view rest = bytes;
  store::Field field;
  size_t left = rest.size();
  while (store::TakeField(rest, field)) {
    Require(rest.size() < left && field.whole.size() == left - rest.size());
    Require(field.content.size() < field.whole.size());
    left = rest.size();
  }
}

void Token(const std::string& bytes) {
  klantbeeld::v1::FollowStart start;
  start.set_resume_token(bytes);
  // In an empty store only position 0 can be resumed from.
  const auto position = store::ResumePosition(Nothing(), std::string(16, 'l'), start);
  Require(!position.ok() || *position == 0);
}

// A page begins where this server said, or not at all.
void PageToken(const std::string& bytes) {
  static const store::Keys keys(std::string(32, 'k'), std::string(32, 'i'));
  store::StandingCitizen citizen;
  citizen.claims[std::string(16, 'c')] = klantbeeld::v1::ASSURANCE_CONFIRMED;
  klantbeeld::v1::ListTimelineRequest request;
  request.set_page_token(bytes);
  const auto page = store::ReadTimeline(keys, Nothing(), citizen, request);
  Require(page.ok() ? bytes.empty() : absl::IsInvalidArgument(page.status()));
}

void Model(const std::string& bytes) {
  const auto model = store::ParseModel(bytes);
  Require(model.ok() || absl::IsInvalidArgument(model.status()));
}

void Keys(const std::string& bytes) {
  store::PlaceOf(bytes);
  store::MarkJoins(bytes);
  store::ToId(bytes);
}

constexpr std::array kReaders = {
    &Journal,
    &Splice,
    &Token,
    &Model,
    &Keys,
    &Open<format::ContactRow>,
    &Open<format::TimelineRow>,
    &Open<format::ClaimRow>,
    &Open<format::ClaimContent>,
    &Open<format::CitizenRow>,
    &Open<format::DecisionRow>,
    &Open<format::EventBody>,
    &Open<format::ComparedRow>,
    &Open<format::Posting>,
    &PageToken,
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  kReaders[data[0] % kReaders.size()](
      std::string(reinterpret_cast<const char*>(data) + 1, size - 1));
  return 0;
}
