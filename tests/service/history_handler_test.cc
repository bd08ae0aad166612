// Who was who, asked of a running server.
#include <gmock/gmock.h>

#include "klantbeeld/v1/history_service.grpc.pb.h"
#include "tests/service/events.h"
#include "tests/service/running_server.h"

namespace klantbeeld::service {
namespace {

using testing::ElementsAre;

class HistoryHandlerTest : public testing::Test {
 protected:
  HistoryHandlerTest() {
    v1::ContactEvent login = klantbeeld::service::Call("login");
    *login.mutable_data()->mutable_parties(0)->mutable_identifiers(0) =
        Number(v1::IDENTIFIER_TYPE_BSN, "999990019");
    login.mutable_data()->mutable_parties(0)->mutable_identifiers(0)->set_verified(
        v1::VERIFIED_BY_DIGID);
    Record(channel, login);
    Record(channel, klantbeeld::service::Call("call"));
  }

  static v1::PartyRef RefOf(const std::string& contact) {
    v1::PartyRef ref;
    ref.set_source("exchange");
    ref.set_id(contact);
    return ref;
  }

  void Link() {
    v1::LinkRequest request;
    request.mutable_decision()->set_source("desk");
    request.mutable_decision()->set_decision_id("d-1");
    request.mutable_decision()->set_author("j.deboer");
    request.mutable_decision()->set_reason("same voice");
    *request.add_parties_a() = RefOf("login");
    *request.add_parties_b() = RefOf("call");
    v1::LinkResponse response;
    auto identities = v1::IdentityService::NewStub(channel);
    ASSERT_TRUE(Call(*identities, &v1::IdentityService::Stub::Link, request, &response).ok());
  }

  v1::ListCitizensAtResponse At(uint64_t position) {
    v1::ListCitizensAtRequest request;
    *request.mutable_party() = RefOf("call");
    request.set_at_position(position);
    v1::ListCitizensAtResponse response;
    const grpc::Status status =
        Call(*history, &v1::HistoryService::Stub::ListCitizensAt, request, &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return response;
  }

  RunningServer server;
  std::shared_ptr<grpc::Channel> channel = server.Connect();
  std::unique_ptr<v1::HistoryService::Stub> history = v1::HistoryService::NewStub(channel);
};

TEST_F(HistoryHandlerTest, TellsWhoDecidedWhatWhyAndWhen) {
  Link();
  v1::ListHistoryRequest request;
  *request.mutable_party() = RefOf("call");
  request.set_min_position(3);
  v1::ListHistoryResponse response;
  ASSERT_TRUE(Call(*history, &v1::HistoryService::Stub::ListHistory, request, &response).ok());
  ASSERT_EQ(response.facts_size(), 1);
  EXPECT_EQ(response.position(), 3u);
  const v1::FeedEvent& fact = response.facts(0);
  EXPECT_EQ(fact.decision().author(), "j.deboer");
  EXPECT_EQ(fact.decision().reason(), "same voice");
  EXPECT_GT(fact.recorded_at().seconds(), 0);
  ASSERT_EQ(fact.changes_size(), 1);
  EXPECT_EQ(fact.changes(0).kind(), v1::CitizenChange::KIND_MERGED);
}

TEST_F(HistoryHandlerTest, TellsWhoWasWho) {
  const std::string alone = At(2).contacts(0).citizens(0).citizen_id();
  Link();
  const auto together = At(3);
  ASSERT_EQ(together.contacts_size(), 2);
  EXPECT_EQ(together.contacts(0).citizens(0).citizen_id(),
            together.contacts(1).citizens(0).citizen_id());
  std::vector<std::string> then;
  const auto before = At(2);
  for (const auto& contact : before.contacts()) {
    for (const auto& one : contact.citizens()) then.push_back(one.citizen_id());
  }
  EXPECT_THAT(then, testing::UnorderedElementsAre(alone, testing::Ne(alone)));
  EXPECT_EQ(before.position(), 3u);
}

TEST_F(HistoryHandlerTest, RefusesWhatIsYetToCome) {
  v1::ListCitizensAtRequest request;
  *request.mutable_party() = RefOf("call");
  v1::ListCitizensAtResponse response;
  const auto refused = [&] {
    return See(Call(*history, &v1::HistoryService::Stub::ListCitizensAt, request, &response));
  };
  EXPECT_EQ(refused().field, "at_position");
  request.set_at_position(9);
  const Seen ahead = refused();
  EXPECT_THAT((std::vector<std::string>{ahead.reason, ahead.field, ahead.value}),
              ElementsAre("POSITION_AHEAD", "at_position", "2"));
  request.mutable_recorded_at()->set_seconds(int64_t{1} << 33);
  EXPECT_EQ(refused().reason, "TIME_IN_FUTURE");
  v1::ListHistoryRequest whose;
  v1::ListHistoryResponse none;
  const grpc::Status unnamed =
      Call(*history, &v1::HistoryService::Stub::ListHistory, whose, &none);
  EXPECT_THAT((std::vector<std::string>{See(unnamed).reason, See(unnamed).field}),
              ElementsAre("FIELD_REQUIRED", "citizen_id"));
}

}  // namespace
}  // namespace klantbeeld::service
