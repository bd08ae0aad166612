#include "service/watch_stream.h"

// Also tests: service/citizen_handler.cc service/identity_handler.cc
#include "tests/service/events.h"
#include "tests/service/running_server.h"

namespace klantbeeld::service {
namespace {

class WatchStreamTest : public testing::Test {
 protected:
  WatchStreamTest() {
    v1::ContactEvent event = klantbeeld::service::Call("c-1");
    *event.mutable_data()->mutable_parties(0)->mutable_identifiers(0) =
        Number(v1::IDENTIFIER_TYPE_BSN, "999990019");
    event.mutable_data()->mutable_parties(0)->mutable_identifiers(0)->set_verified(
        v1::VERIFIED_BY_DIGID);
    known = event;
    Record(channel, event);
  }

  std::string Find(const v1::Identifier& identifier) {
    v1::FindCitizensRequest request;
    *request.mutable_identifier() = identifier;
    v1::FindCitizensResponse response;
    grpc::ClientContext context;
    SetDeadline(context);
    const grpc::Status status = citizens->FindCitizens(&context, request, &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return response.citizens_size() == 1 ? response.citizens(0).id() : "";
  }

  void StartWatch(const std::string& id) {
    v1::WatchTimelineRequest request;
    request.set_citizen_id(id);
    SetDeadline(watching);
    reader = citizens->WatchTimeline(&watching, request);
  }

  // The next step that says more than how far it came.
  v1::WatchTimelineResponse NextChange() {
    v1::WatchTimelineResponse step;
    while (reader->Read(&step) && step.entries().empty() && step.removed_contact_ids().empty()) {
    }
    return step;
  }

  v1::LinkResponse Link(const std::string& a, const std::string& b) {
    v1::LinkRequest request;
    request.mutable_decision()->set_source("desk");
    request.mutable_decision()->set_decision_id("d-1");
    request.mutable_decision()->set_reason("same person at the counter");
    request.set_citizen_a(a);
    request.set_citizen_b(b);
    v1::LinkResponse response;
    grpc::ClientContext context;
    SetDeadline(context);
    auto identities = v1::IdentityService::NewStub(channel);
    const grpc::Status status = identities->Link(&context, request, &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return response;
  }

  RunningServer server{std::vector<Override>{{"limits.bookmark_idle_ms", "50"}}};
  std::shared_ptr<grpc::Channel> channel = server.Connect();
  std::unique_ptr<v1::CitizenService::Stub> citizens = v1::CitizenService::NewStub(channel);
  v1::ContactEvent known;
  grpc::ClientContext watching;
  std::unique_ptr<grpc::ClientReader<v1::WatchTimelineResponse>> reader;
};

TEST_F(WatchStreamTest, FirstPageThenWhatIsRecorded) {
  StartWatch(Find(Number(v1::IDENTIFIER_TYPE_BSN, "999990019")));
  v1::WatchTimelineResponse step;
  ASSERT_TRUE(reader->Read(&step));
  EXPECT_TRUE(step.first_page());
  EXPECT_EQ(step.entries_size(), 1);
  known.set_event_id("c-2");
  Record(channel, known);
  const auto change = NextChange();
  ASSERT_EQ(change.entries_size(), 1);
  EXPECT_EQ(change.entries(0).contact().ref().id(), "c-2");
  watching.TryCancel();
}

TEST_F(WatchStreamTest, QuietTimelineGivesSignsOfLife) {
  StartWatch(Find(Number(v1::IDENTIFIER_TYPE_BSN, "999990019")));
  v1::WatchTimelineResponse step;
  ASSERT_TRUE(reader->Read(&step));
  ASSERT_TRUE(reader->Read(&step));
  EXPECT_FALSE(step.first_page());
  EXPECT_TRUE(step.entries().empty());
  watching.TryCancel();
}

TEST_F(WatchStreamTest, LinkMadeLaterBringsItsContacts) {
  Record(channel, klantbeeld::service::Call("c-9"));
  const std::string bsn = Find(Number(v1::IDENTIFIER_TYPE_BSN, "999990019"));
  const std::string phone = Find(Number(v1::IDENTIFIER_TYPE_PHONE, "0612345678"));
  ASSERT_NE(bsn, phone);
  StartWatch(bsn);
  v1::WatchTimelineResponse step;
  ASSERT_TRUE(reader->Read(&step));
  EXPECT_GT(Link(bsn, phone).position(), 0u);
  const auto change = NextChange();
  ASSERT_EQ(change.entries_size(), 1);
  EXPECT_EQ(change.entries(0).contact().ref().id(), "c-9");
  watching.TryCancel();
}

TEST_F(WatchStreamTest, UnknownCitizenIsNotFound) {
  StartWatch(std::string(32, 'a'));
  v1::WatchTimelineResponse step;
  EXPECT_FALSE(reader->Read(&step));
  EXPECT_EQ(See(reader->Finish()).reason, "CITIZEN_NOT_FOUND");
}

TEST_F(WatchStreamTest, DrainEndsItWithRestarting) {
  StartWatch(Find(Number(v1::IDENTIFIER_TYPE_BSN, "999990019")));
  v1::WatchTimelineResponse step;
  ASSERT_TRUE(reader->Read(&step));
  server.Drain();
  while (reader->Read(&step)) {
  }
  EXPECT_EQ(See(reader->Finish()).reason, "RESTARTING");
}

TEST_F(WatchStreamTest, TimelineIsReadByPageAndCitizenWhole) {
  const std::string id = Find(Number(v1::IDENTIFIER_TYPE_BSN, "999990019"));
  known.set_event_id("c-2");
  Record(channel, known);
  v1::ListTimelineRequest list;
  list.set_citizen_id(id);
  list.set_page_size(1);
  v1::ListTimelineResponse page;
  ASSERT_TRUE(Call(*citizens, &v1::CitizenService::Stub::ListTimeline, list, &page).ok());
  EXPECT_EQ(page.entries_size(), 1);
  list.set_page_token(page.next_page_token());
  ASSERT_TRUE(Call(*citizens, &v1::CitizenService::Stub::ListTimeline, list, &page).ok());
  EXPECT_EQ(page.entries_size(), 1);
  list.set_page_token("changed");
  EXPECT_EQ(See(Call(*citizens, &v1::CitizenService::Stub::ListTimeline, list, &page)).reason,
            "PAGE_TOKEN_INVALID");
  v1::GetCitizenRequest get;
  get.set_citizen_id(id);
  v1::GetCitizenResponse citizen;
  ASSERT_TRUE(Call(*citizens, &v1::CitizenService::Stub::GetCitizen, get, &citizen).ok());
  EXPECT_EQ(citizen.citizen().status(), v1::CITIZEN_STATUS_IDENTIFIED);
}

}  // namespace
}  // namespace klantbeeld::service
