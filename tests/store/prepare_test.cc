#include "store/prepare.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "google/rpc/error_details.pb.h"
#include "store/error.h"
#include "store/identity/normalise.h"
#include "store/record.h"
#include "store/rows.h"
#include "tests/store/events.h"
#include "tests/store/testing.h"

namespace klantbeeld::store {
namespace {

PreparedEvent Prepared(v1::ContactEvent event) {
  auto prepared = PrepareEvent(TestKeys(), std::move(event));
  EXPECT_TRUE(prepared.ok()) << prepared.status();
  return prepared.ok() ? *std::move(prepared) : PreparedEvent();
}

TEST(Prepare, ContactIsItsOwnByDefault) {
  const PreparedEvent own = Prepared(Visit("a", 1, {}));
  EXPECT_EQ(own.contact_id, own.event_id);
  EXPECT_EQ(own.body.event().contact().source(), "website");
  EXPECT_EQ(own.body.event().contact().id(), "a");
  const PreparedEvent note = Prepared(About("desk", "n", "website", "a", 2));
  EXPECT_EQ(note.contact_id, own.contact_id);
  EXPECT_NE(note.event_id, own.event_id);
}

TEST(Prepare, RevisedAtIsTheEndElseTheOccurrence) {
  v1::ContactEvent event = Visit("a", 1, {});
  EXPECT_EQ(Prepared(event).body.event().revised_at().seconds(), At(1).seconds());
  *event.mutable_data()->mutable_ended_at() = At(2);
  EXPECT_EQ(Prepared(event).body.event().revised_at().seconds(), At(2).seconds());
  *event.mutable_revised_at() = At(3);
  EXPECT_EQ(Prepared(event).body.event().revised_at().seconds(), At(3).seconds());
}

TEST(Prepare, PartyKeyIsTheRoleByDefault) {
  v1::ContactEvent event = EventOf("website", "a", 1, {v1::Party(), v1::Party()});
  event.mutable_data()->mutable_parties(1)->set_role(v1::PARTY_ROLE_CONTACT_PERSON);
  const auto prepared = Prepared(event);
  EXPECT_EQ(prepared.body.event().data().parties(0).key(), "customer");
  EXPECT_EQ(prepared.body.event().data().parties(1).key(), "contact_person");
}

TEST(Prepare, HashIsOfTheEventAsReceived) {
  const v1::ContactEvent bare = Visit("a", 1, {Phone("0612345678")});
  v1::ContactEvent said = bare;
  *said.mutable_revised_at() = At(1);
  EXPECT_EQ(Prepared(bare).content_hash, Prepared(bare).content_hash);
  // The same after defaults, but not the same as received.
  EXPECT_NE(Prepared(bare).content_hash, Prepared(said).content_hash);
  EXPECT_EQ(Prepared(bare).sealed, Prepared(said).sealed);
}

TEST(Prepare, ValuesAndNamesAreInNormalForm) {
  v1::ContactEvent event = Visit("a", 1, {Phone("06 12345678")});
  auto& details = *event.mutable_data()->mutable_parties(0)->mutable_details();
  details.set_surname("van der Ploeg");
  details.mutable_address()->set_postcode("1234 ab");
  details.mutable_postal_address()->set_postcode("4321 ba");
  const auto prepared = Prepared(event);
  const auto& party = prepared.body.event().data().parties(0);
  EXPECT_EQ(party.identifiers(0).value(), "+31612345678");
  EXPECT_EQ(party.details().surname(), "van der Ploeg");
  EXPECT_EQ(party.details().address().postcode(), "1234AB");
  EXPECT_EQ(party.details().postal_address().postcode(), "4321BA");
  ASSERT_EQ(prepared.body.names_size(), 1);
  EXPECT_EQ(prepared.body.names(0).surname(), "ploeg");
  EXPECT_EQ(prepared.body.names(0).party_key(), "customer");
  EXPECT_EQ(prepared.body.normaliser(), kNormaliserVersion);
}

TEST(Prepare, BadValueIsRefusedWithItsPath) {
  v1::ContactEvent event = EventOf(
      "website", "a", 1,
      {PartyOf("customer", {}), PartyOf("subject", {Phone("0612345678"), Bsn("123456789")})});
  const auto prepared = PrepareEvent(TestKeys(), event);
  EXPECT_EQ(ReasonOf(prepared.status()), v1::ERROR_REASON_BSN_INVALID);
  google::rpc::BadRequest bad;
  const google::rpc::Status rpc = ToRpcStatus(prepared.status());
  for (const auto& any : rpc.details()) any.UnpackTo(&bad);
  ASSERT_EQ(bad.field_violations_size(), 1);
  EXPECT_EQ(bad.field_violations(0).field(), "data.parties[1].identifiers[1].value");
}

TEST(Prepare, RetractionKeepsNoData) {
  const auto prepared = Prepared(RetractEvent("website", "r", "a"));
  EXPECT_FALSE(prepared.body.event().has_data());
}

TEST(Prepare, SealedBodyIsTheBody) {
  const auto prepared = Prepared(Visit("a", 1, {Bsn(kBsnA)}));
  JournalRecord record;
  record.header.set_subject_id(std::string(View(prepared.contact_id)));
  record.header.set_event_id(std::string(View(prepared.event_id)));
  record.body = prepared.sealed;
  const auto opened = OpenEvent(record);
  ASSERT_TRUE(opened.ok());
  EXPECT_EQ(opened->SerializeAsString(), prepared.body.SerializeAsString());
}

}  // namespace
}  // namespace klantbeeld::store
