#include "service/watch_stream.h"

// Also tests: service/citizen_handler.cc service/identity_handler.cc
#include "absl/strings/str_cat.h"
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

  void StartFiltered(const std::string& id, v1::Channel channel_of) {
    v1::WatchTimelineRequest request;
    request.set_citizen_id(id);
    request.mutable_filter()->add_channels(channel_of);
    SetDeadline(watching);
    reader = citizens->WatchTimeline(&watching, request);
    v1::WatchTimelineResponse step;
    ASSERT_TRUE(reader->Read(&step));
    EXPECT_TRUE(step.first_page());
  }

  void Unlink(const std::string& contact) {
    v1::UnlinkRequest request;
    request.mutable_decision()->set_source("desk");
    request.mutable_decision()->set_decision_id("d-2");
    request.mutable_decision()->set_author("j.deboer");
    request.mutable_decision()->set_reason("another person after all");
    request.add_parties()->set_source("exchange");
    request.mutable_parties(0)->set_id(contact);
    v1::UnlinkResponse response;
    auto identities = v1::IdentityService::NewStub(channel);
    const grpc::Status status =
        Call(*identities, &v1::IdentityService::Stub::Unlink, request, &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
  }

  v1::ContactEvent Revision(const std::string& contact, int at) {
    v1::ContactEvent event;
    event.set_source("exchange");
    event.set_event_id(absl::StrCat("r-", at));
    event.mutable_contact()->set_source("exchange");
    event.mutable_contact()->set_id(contact);
    event.mutable_revised_at()->set_seconds(kNowSeconds + at);
    return event;
  }

  v1::LinkResponse Link(const std::string& a, const std::string& b) {
    v1::LinkRequest request;
    request.mutable_decision()->set_source("desk");
    request.mutable_decision()->set_decision_id("d-1");
    request.mutable_decision()->set_author("j.deboer");
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

// What the citizen's own view takes: nothing but what is established.
TEST_F(WatchStreamTest, MinimumHoldsForPageCountsAndWatch) {
  const std::string citizen = Find(Number(v1::IDENTIFIER_TYPE_BSN, "999990019"));
  Record(channel, klantbeeld::service::Call("c-3"));
  const std::string caller = Find(klantbeeld::service::Call("c-3").data().parties(0).identifiers(0));
  v1::WatchTimelineRequest watch;
  watch.set_citizen_id(citizen);
  watch.set_minimum_assurance(v1::ASSURANCE_ESTABLISHED);
  SetDeadline(watching);
  reader = citizens->WatchTimeline(&watching, watch);
  v1::WatchTimelineResponse step;
  ASSERT_TRUE(reader->Read(&step));
  EXPECT_EQ(step.entries_size(), 1);
  Link(citizen, caller);
  step = NextChange();
  EXPECT_EQ(step.entries_size(), 0);
  EXPECT_EQ(step.removed_contact_ids_size(), 1) << "never shown, and never to be";
  watching.TryCancel();

  v1::ListTimelineRequest list;
  list.set_citizen_id(citizen);
  v1::ListTimelineResponse page;
  ASSERT_TRUE(Call(*citizens, &v1::CitizenService::Stub::ListTimeline, list, &page).ok());
  EXPECT_EQ(page.entries_size(), 2);
  list.set_minimum_assurance(v1::ASSURANCE_ESTABLISHED);
  page.Clear();
  ASSERT_TRUE(Call(*citizens, &v1::CitizenService::Stub::ListTimeline, list, &page).ok());
  ASSERT_EQ(page.entries_size(), 1);
  EXPECT_EQ(page.entries(0).assurance(), v1::ASSURANCE_ESTABLISHED);
  v1::GetCitizenRequest get;
  get.set_citizen_id(citizen);
  get.set_minimum_assurance(v1::ASSURANCE_ESTABLISHED);
  v1::GetCitizenResponse got;
  ASSERT_TRUE(Call(*citizens, &v1::CitizenService::Stub::GetCitizen, get, &got).ok());
  EXPECT_EQ(got.citizen().identifiers_size(), 1);
  EXPECT_EQ(got.citizen().latest_size(), 1);
  get.set_minimum_assurance(static_cast<v1::Assurance>(9));
  EXPECT_EQ(Call(*citizens, &v1::CitizenService::Stub::GetCitizen, get, &got).error_code(),
            grpc::StatusCode::INVALID_ARGUMENT);
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

TEST_F(WatchStreamTest, RevisionShowsAndRetractionRemoves) {
  StartWatch(Find(Number(v1::IDENTIFIER_TYPE_BSN, "999990019")));
  v1::WatchTimelineResponse step;
  ASSERT_TRUE(reader->Read(&step));
  const std::string contact = step.entries(0).contact().id();
  v1::ContactEvent revision = Revision("c-1", 1);
  revision.mutable_data()->set_note("belt terug");
  const uint64_t revised = Record(channel, revision);
  step = NextChange();
  ASSERT_EQ(step.entries_size(), 1);
  EXPECT_EQ(step.entries(0).contact().id(), contact);
  EXPECT_EQ(step.entries(0).contact().data().note(), "belt terug");
  EXPECT_EQ(step.position(), revised);
  v1::ContactEvent retraction = Revision("c-1", 2);
  retraction.mutable_retraction()->set_contact(true);
  known.set_event_id("c-2");  // So that there is somebody left to watch.
  Record(channel, known);
  EXPECT_EQ(NextChange().entries_size(), 1);
  Record(channel, retraction);
  step = NextChange();
  EXPECT_TRUE(step.entries().empty());
  ASSERT_EQ(step.removed_contact_ids_size(), 1);
  EXPECT_EQ(step.removed_contact_ids(0), contact);
  watching.TryCancel();
}

TEST_F(WatchStreamTest, WhatLeavesTheFilterIsRemovedAndWhatEntersItIsShown) {
  StartFiltered(Find(Number(v1::IDENTIFIER_TYPE_BSN, "999990019")), v1::CHANNEL_PHONE);
  v1::ContactEvent away = Revision("c-1", 1);
  away.mutable_data()->set_channel(v1::CHANNEL_WEB);
  Record(channel, away);
  EXPECT_EQ(NextChange().removed_contact_ids_size(), 1);
  v1::ContactEvent back = Revision("c-1", 2);
  back.mutable_data()->set_channel(v1::CHANNEL_PHONE);
  Record(channel, back);
  EXPECT_EQ(NextChange().entries_size(), 1);
  watching.TryCancel();
}

TEST_F(WatchStreamTest, UnlinkTakesAwayWhatTheLinkBrought) {
  Record(channel, klantbeeld::service::Call("c-9"));
  const std::string bsn = Find(Number(v1::IDENTIFIER_TYPE_BSN, "999990019"));
  const std::string phone = Find(Number(v1::IDENTIFIER_TYPE_PHONE, "0612345678"));
  StartWatch(bsn);
  v1::WatchTimelineResponse step;
  ASSERT_TRUE(reader->Read(&step));
  Link(bsn, phone);
  step = NextChange();
  ASSERT_EQ(step.entries_size(), 1);
  ASSERT_EQ(step.changes_size(), 1);
  EXPECT_EQ(step.changes(0).kind(), v1::CitizenChange::KIND_MERGED);
  const std::string brought = step.entries(0).contact().id();
  Unlink("c-9");
  step = NextChange();
  EXPECT_TRUE(step.entries().empty());
  ASSERT_EQ(step.removed_contact_ids_size(), 1);
  EXPECT_EQ(step.removed_contact_ids(0), brought);
  ASSERT_EQ(step.changes_size(), 1);
  EXPECT_EQ(step.changes(0).kind(), v1::CitizenChange::KIND_SPLIT);
  watching.TryCancel();
}

TEST_F(WatchStreamTest, WatcherOfTheOneThatWasMergedGoesOnUnderTheNewId) {
  Record(channel, klantbeeld::service::Call("c-9"));
  const std::string bsn = Find(Number(v1::IDENTIFIER_TYPE_BSN, "999990019"));
  const std::string phone = Find(Number(v1::IDENTIFIER_TYPE_PHONE, "0612345678"));
  StartWatch(phone);
  v1::WatchTimelineResponse step;
  ASSERT_TRUE(reader->Read(&step));
  ASSERT_EQ(step.entries_size(), 1);
  Link(bsn, phone);
  step = NextChange();
  EXPECT_EQ(step.citizen_id(), bsn);
  EXPECT_GE(step.entries_size(), 1);
  known.set_event_id("c-2");
  Record(channel, known);
  step = NextChange();
  ASSERT_EQ(step.entries_size(), 1);
  EXPECT_EQ(step.entries(0).contact().ref().id(), "c-2");
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
  auto ended = std::async(std::launch::async, [&] {
    while (reader->Read(&step)) {
    }
    return reader->Finish();
  });
  server.Drain();
  EXPECT_EQ(See(ended.get()).reason, "RESTARTING");
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
