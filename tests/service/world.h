// A server of its own and the calls that tests make of it.
#ifndef KLANTBEELD_TESTS_SERVICE_WORLD_H_
#define KLANTBEELD_TESTS_SERVICE_WORLD_H_

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/service/events.h"
#include "tests/service/running_server.h"

namespace klantbeeld::service {

// Each call goes over the real socket; what it gives is what a client sees.
class World {
 public:
  explicit World(std::vector<Override> settings = {}) : server(std::move(settings)) {}

  grpc::Status Try(const v1::ContactEvent& event) {
    v1::RecordContactEventRequest request;
    *request.mutable_event() = event;
    v1::RecordContactEventResponse response;
    return service::Call(*contacts, &v1::ContactService::Stub::RecordContactEvent, request,
                         &response);
  }
  grpc::Status TryChanged(const std::function<void(v1::ContactEvent&)>& change) {
    v1::ContactEvent event = service::Call();
    change(event);
    return Try(event);
  }
  // A contact whose one party is known by a phone number of its own.
  void RecordPhone(const std::string& id, const std::string& number) {
    v1::ContactEvent event = service::Call(id);
    event.mutable_data()->mutable_parties(0)->mutable_identifiers(0)->set_value(number);
    EXPECT_TRUE(Try(event).ok());
  }
  // The same, seen in logged-in sessions, which join the parties that share one.
  void RecordSessions(const std::string& id, const std::string& number,
                      const std::vector<std::string>& sessions) {
    v1::ContactEvent event = service::Call(id);
    v1::Party& party = *event.mutable_data()->mutable_parties(0);
    party.mutable_identifiers(0)->set_value(number);
    for (const std::string& session : sessions) {
      *party.add_identifiers() = Number(v1::IDENTIFIER_TYPE_SESSION, session);
      party.mutable_identifiers()->rbegin()->set_verified(v1::VERIFIED_BY_DIGID);
    }
    EXPECT_TRUE(Try(event).ok());
  }
  void RecordBsn(const std::string& id, const std::string& number) {
    v1::ContactEvent event = service::Call(id);
    v1::Identifier& bsn = *event.mutable_data()->mutable_parties(0)->mutable_identifiers(0);
    bsn = Number(v1::IDENTIFIER_TYPE_BSN, number);
    bsn.set_verified(v1::VERIFIED_BY_DIGID);
    EXPECT_TRUE(Try(event).ok());
  }
  static v1::PartyRef Party(const std::string& id) {
    v1::PartyRef ref;
    ref.set_source("exchange");
    ref.set_id(id);
    return ref;
  }
  v1::Decision Decision() {
    v1::Decision decision;
    decision.set_source("desk");
    decision.set_decision_id(absl::StrCat("d-", ++decisions_));
    decision.set_author("j.deboer");
    decision.set_reason("seen at the counter");
    return decision;
  }
  grpc::Status Link(const std::vector<std::string>& a, const std::vector<std::string>& b) {
    v1::LinkRequest request;
    *request.mutable_decision() = Decision();
    for (const auto& id : a) *request.add_parties_a() = Party(id);
    for (const auto& id : b) *request.add_parties_b() = Party(id);
    v1::LinkResponse response;
    return service::Call(*identities, &v1::IdentityService::Stub::Link, request, &response);
  }
  grpc::Status Unlink(const std::string& id) {
    v1::UnlinkRequest request;
    *request.mutable_decision() = Decision();
    *request.add_parties() = Party(id);
    v1::UnlinkResponse response;
    return service::Call(*identities, &v1::IdentityService::Stub::Unlink, request, &response);
  }
  grpc::Status Find(const v1::FindCitizensRequest& request, v1::FindCitizensResponse* response) {
    return service::Call(*citizens, &v1::CitizenService::Stub::FindCitizens, request, response);
  }
  std::string CitizenOf(const std::string& phone) {
    v1::FindCitizensRequest request;
    *request.mutable_identifier() = Number(v1::IDENTIFIER_TYPE_PHONE, phone);
    v1::FindCitizensResponse response;
    EXPECT_TRUE(Find(request, &response).ok());
    return response.citizens_size() > 0 ? response.citizens(0).id() : "";
  }
  grpc::Status List(const std::string& citizen, const std::string& token = "",
                    uint64_t min_position = 0) {
    v1::ListTimelineRequest request;
    request.set_citizen_id(citizen);
    request.set_page_token(token);
    request.set_min_position(min_position);
    v1::ListTimelineResponse response;
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::milliseconds(500));
    return citizens->ListTimeline(&context, request, &response);
  }
  // Sends these, gives the token of the first frame and how it ended.
  grpc::Status Follow(const std::vector<v1::FollowRequest>& requests, bool read_on,
                      std::string* token = nullptr) {
    auto stub = v1::FeedService::NewStub(server.Connect());
    grpc::ClientContext context;
    SetDeadline(context);
    auto stream = stub->Follow(&context);
    for (const auto& request : requests) stream->Write(request);
    v1::FollowResponse frame;
    if (stream->Read(&frame) && token != nullptr) *token = frame.resume_token();
    if (!read_on) context.TryCancel();
    while (stream->Read(&frame)) {
    }
    return stream->Finish();
  }

  RunningServer server;
  std::shared_ptr<grpc::Channel> channel = server.Connect();
  std::unique_ptr<v1::ContactService::Stub> contacts = v1::ContactService::NewStub(channel);
  std::unique_ptr<v1::CitizenService::Stub> citizens = v1::CitizenService::NewStub(channel);
  std::unique_ptr<v1::IdentityService::Stub> identities = v1::IdentityService::NewStub(channel);

 private:
  int decisions_ = 0;
};

}  // namespace klantbeeld::service

#endif  // KLANTBEELD_TESTS_SERVICE_WORLD_H_
