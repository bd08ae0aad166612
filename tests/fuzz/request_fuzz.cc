// What a client can send: bytes as each request of the contract, checked as the
// server checks them, and an event that passes made ready to be appended. The
// first byte chooses the request.
#include <array>
#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "service/request_rules.h"
#include "service/validate.h"
#include "store/contact.h"
#include "store/prepare.h"
#include "tests/fuzz/bytes.h"

namespace {

namespace v1 = klantbeeld::v1;
namespace service = klantbeeld::service;
namespace store = klantbeeld::store;
using klantbeeld::Require;

const absl::Time kNow = absl::FromUnixSeconds(1'760'000'000);

// Everything that the store does with an event before it stands.
void Prepare(const v1::ContactEvent& event) {
  static const store::Keys keys(std::string(32, 'k'), std::string(32, 'i'));
  const auto once = store::PrepareEvent(keys, event), again = store::PrepareEvent(keys, event);
  Require(once.ok() == again.ok());
  if (!once.ok()) {
    Require(absl::IsInvalidArgument(once.status()));
    return;
  }
  Require(once->content_hash == again->content_hash);
  Require(once->sealed == again->sealed);
  const store::FoldedContact folded = store::Fold({{&once->body, false}}, false);
  Require(folded.parties.size() <= store::kContactPartiesMax);
}

template <typename Request>
bool Check(const std::string& bytes, service::UnknownFields unknown, Request& request) {
  if (!request.ParseFromString(bytes)) return false;
  if (service::Validate(request, unknown)) return false;
  return !service::CheckRequest(request, kNow);
}

template <typename Request>
void Read(const std::string& bytes) {
  Request request;
  Check(bytes, service::UnknownFields::kIgnore, request);
}

template <typename Request>
void Write(const std::string& bytes) {
  Request request;
  Check(bytes, service::UnknownFields::kRefuse, request);
}

void Record(const std::string& bytes) {
  v1::RecordContactEventRequest request;
  if (Check(bytes, service::UnknownFields::kRefuse, request)) Prepare(request.event());
}

constexpr std::array kRequests = {
    &Record,
    &Write<v1::LinkRequest>,
    &Write<v1::UnlinkRequest>,
    &Read<v1::GetContactRequest>,
    &Read<v1::FindCitizensRequest>,
    &Read<v1::GetCitizenRequest>,
    &Read<v1::ListTimelineRequest>,
    &Read<v1::WatchTimelineRequest>,
    &Read<v1::ListSuggestionsRequest>,
    &Read<v1::ExplainRequest>,
    &Read<v1::ListHistoryRequest>,
    &Read<v1::ListCitizensAtRequest>,
    &Read<v1::FollowStart>,
    &Read<v1::CreateBackupRequest>,
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  kRequests[data[0] % kRequests.size()](
      std::string(reinterpret_cast<const char*>(data) + 1, size - 1));
  return 0;
}
