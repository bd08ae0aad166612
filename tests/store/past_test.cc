// Also tests: store/identity/past.cc
#include "store/past.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <set>
#include <string>
#include <utility>

#include "store/error.h"
#include "store/identity/past.h"
#include "store/rows.h"
#include "tests/store/events.h"
#include "tests/store/history.h"
#include "tests/store/testing.h"

namespace klantbeeld::store {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

// Contact and key of a party.
using PartyName = std::pair<std::string, std::string>;
struct Place {
  std::string citizen;
  v1::Assurance assurance = v1::ASSURANCE_UNSPECIFIED;
};
using Places = std::map<PartyName, Place>;

// Where everybody stands, read from the rows themselves.
Places PlacesNow(const Reader& reader) {
  Places places;
  EXPECT_TRUE(reader.Scan(Family::kContact, "", "", [&](auto key, auto value) {
    const auto row = DecodeAs<format::ContactRow>(value, "contact");
    for (const auto& standing : row->standings()) {
      const auto claim = ReadRow<format::ClaimRow>(reader, Family::kClaim,
                                                   ClaimKey(standing.claim_id(), kClaimRecord));
      places[{std::string(key), standing.party_key()}] = {(*claim)->citizen_id(),
                                                          (*claim)->assurance()};
    }
    return true;
  }).ok());
  return places;
}

// Asks, page by page, where the parties of every citizen were at a position.
Places PlacesAt(const Keys& keys, const Reader& reader, const Places& now, uint64_t position) {
  std::set<std::string> citizens;
  for (const auto& [party, place] : now) citizens.insert(place.citizen);
  Places places;
  for (const std::string& citizen : citizens) {
    v1::ListCitizensAtRequest request;
    request.set_citizen_id(ToHex(citizen));
    request.set_at_position(position);
    request.set_page_size(2);
    do {
      const auto page = ListCitizensAt(keys, reader, "", request);
      EXPECT_TRUE(page.ok()) << page.status();
      if (!page.ok()) return places;
      for (const auto& contact : page->contacts()) {
        for (const auto& one : contact.citizens()) {
          places[{IdFromHex(contact.contact_id()), one.party_key()}].citizen =
              IdFromHex(one.citizen_id());
        }
      }
      request.set_page_token(page->next_page_token());
    } while (!request.page_token().empty());
  }
  return places;
}

// A history, with where everybody stood after each of its facts.
struct Lived {
  Lived(const Keys& keys, uint32_t seed) : batch(&none) {
    const History history = MakeHistory(keys, seed, 18);
    format::Head head;
    for (const LooseFact& fact : history.facts) {
      EXPECT_TRUE(Append(keys, batch, head, fact).ok()) << "seed " << seed;
      were.push_back(PlacesNow(batch));
    }
  }
  uint64_t head() const { return were.size() - 1; }

  const NoRows none;
  Batch batch;
  std::vector<Places> were = {{}};  // By position.
};

TEST(Past, EveryPartyIsSaidToBeWhereItWas) {
  const Keys keys = TestKeys();
  int moved = 0;
  for (uint32_t seed = 1; seed <= 200; ++seed) {
    const Lived lived(keys, seed);
    const Places& now = lived.were.back();
    for (uint64_t position = 1; position <= lived.head(); ++position) {
      const Places& were = lived.were[position];
      const Places told = PlacesAt(keys, lived.batch, now, position);
      for (const auto& [party, place] : now) {
        const auto was = were.find(party);
        const auto at = told.find(party);
        ASSERT_EQ(at != told.end(), was != were.end())
            << "seed " << seed << ", position " << position;
        if (at == told.end()) continue;
        ASSERT_EQ(ToHex(at->second.citizen), ToHex(was->second.citizen))
            << "seed " << seed << ", position " << position;
        moved += was->second.citizen != place.citizen ? 1 : 0;
      }
    }
  }
  EXPECT_GT(moved, 1000) << "too few went elsewhere for this to be a test";
}

// Who was one citizen then is told whole, whatever became of its contacts and of
// its id.
TEST(Past, EveryCitizenIsToldAsItWas) {
  const Keys keys = TestKeys();
  int departed = 0, gone = 0;
  for (uint32_t seed = 1; seed <= 100; ++seed) {
    const Lived lived(keys, seed);
    const Places& now = lived.were.back();
    for (uint64_t position = 1; position <= lived.head(); ++position) {
      const Places& were = lived.were[position];
      std::map<std::string, std::set<PartyName>> citizens;
      for (const auto& [party, place] : were) citizens[place.citizen].insert(party);
      for (const auto& [citizen, parties] : citizens) {
        v1::ListCitizensAtRequest request;
        request.set_citizen_id(ToHex(citizen));
        request.set_at_position(position);
        request.set_page_size(100);
        const auto told = ListCitizensAt(keys, lived.batch, "", request);
        ASSERT_TRUE(told.ok()) << told.status();
        EXPECT_FALSE(told->departed_more());
        std::set<PartyName> was;
        for (const auto* list : {&told->contacts(), &told->departed()}) {
          for (const auto& contact : *list) {
            for (const auto& one : contact.citizens()) {
              const PartyName party = {IdFromHex(contact.contact_id()), one.party_key()};
              if (one.citizen_id() == ToHex(citizen)) was.insert(party);
            }
            for (const auto& one : contact.citizens_now()) {
              const auto at = now.find({IdFromHex(contact.contact_id()), one.party_key()});
              ASSERT_NE(at, now.end());
              ASSERT_EQ(one.citizen_id(), ToHex(at->second.citizen));
            }
          }
        }
        ASSERT_EQ(was, parties) << "seed " << seed << ", position " << position;
        departed += told->departed_size();
        gone += told->contacts().empty() ? 1 : 0;
      }
    }
  }
  EXPECT_GT(departed, 300) << "too few departed for this to be a test";
  EXPECT_GT(gone, 30);
}

// Whoever went from one citizen to another is in the past of both, and whoever
// stays and belongs there more or less surely is listed with the fact.
TEST(Past, NoChangeIsLeftOut) {
  const Keys keys = TestKeys();
  int moved = 0, relevelled = 0;
  for (uint32_t seed = 1; seed <= 300; ++seed) {
    const Lived lived(keys, seed);
    for (uint64_t position = 1; position <= lived.head(); ++position) {
      const Places& before = lived.were[position - 1];
      const Places& after = lived.were[position];
      const Batch& batch = lived.batch;
      const auto record = ReadFact(batch, position);
      ASSERT_TRUE(record.ok());
      std::set<std::pair<std::string, std::string>> listed;  // Citizen and contact.
      for (const auto& one : record->consequences.relevelled()) {
        for (const auto& contact : one.contact_ids()) listed.insert({one.citizen_id(), contact});
      }
      for (const auto& [party, place] : after) {
        const auto was = before.find(party);
        if (was == before.end()) continue;
        if (was->second.citizen != place.citizen) {
          for (const std::string& citizen : {was->second.citizen, place.citizen}) {
            const auto about = FactsAbout(batch, {citizen}, position + 1, 1);
            ASSERT_TRUE(about.ok());
            ASSERT_THAT(*about, ElementsAre(position)) << "seed " << seed;
          }
          ++moved;
        } else if (was->second.assurance != place.assurance &&
                   party.first != record->header.contact_id()) {
          ASSERT_TRUE(listed.contains({place.citizen, party.first}))
              << "seed " << seed << ", position " << position;
          ++relevelled;
        }
      }
    }
  }
  EXPECT_GT(moved, 300);
  EXPECT_GT(relevelled, 30);
}

class PastTest : public testing::Test {
 protected:
  PastTest() {
    store_.RecordAll({Visit("known", 1, {Bsn(kBsnA)}), Visit("call", 2, {Phone("+31612345678")})});
    known_ = store_.CitizenOf("website", "known");
    call_ = store_.CitizenOf("website", "call");
  }
  void LinkThem() {
    ASSERT_TRUE(
        store_.Link(LinkOf("l", 10, RefOf("website", "known"), RefOf("website", "call"))).ok());
  }
  v1::ListHistoryResponse History(const std::string& json) {
    const auto history = store_->ListHistory(FromJson<v1::ListHistoryRequest>(json));
    EXPECT_TRUE(history.ok()) << history.status();
    return history.ok() ? *history : v1::ListHistoryResponse();
  }
  v1::ListHistoryResponse HistoryOf(const std::string& citizen, const std::string& more = "") {
    return History(absl::StrCat(R"({"citizenId":")", citizen, "\"", more, "}"));
  }
  static std::vector<uint64_t> Positions(const v1::ListHistoryResponse& history) {
    std::vector<uint64_t> positions;
    for (const auto& fact : history.facts()) positions.push_back(fact.position());
    return positions;
  }
  // Contacts with where they were, as "id: citizen".
  std::vector<std::string> At(const v1::ListCitizensAtRequest& request) {
    const auto at = store_->ListCitizensAt(request);
    EXPECT_TRUE(at.ok()) << at.status();
    std::vector<std::string> found;
    if (!at.ok()) return found;
    for (const auto& contact : at->contacts()) {
      std::string line = contact.ref().id() + ":";
      for (const auto& one : contact.citizens()) absl::StrAppend(&line, " ", one.citizen_id());
      found.push_back(line);
    }
    return found;
  }

  TempDir temp_;
  TestStore store_{temp_ / "data"};
  std::string known_, call_;
};

TEST_F(PastTest, TellsWhoDecidedWhatAndWhatItDid) {
  EXPECT_THAT(Positions(HistoryOf(known_)), IsEmpty()) << "what is recorded changes nobody";
  LinkThem();
  ASSERT_TRUE(store_.Unlink(UnlinkOf("u", 11, {RefOf("website", "call")})).ok());
  const auto history = HistoryOf(known_);
  EXPECT_EQ(history.citizen_id(), known_);
  EXPECT_EQ(history.next_before(), 0u);
  ASSERT_THAT(Positions(history), ElementsAre(4, 3));
  const v1::FeedEvent& link = history.facts(1);
  EXPECT_EQ(link.kind(), v1::FACT_KIND_LINK);
  EXPECT_EQ(link.decision().reason(), "gezien");
  EXPECT_TRUE(link.has_recorded_at());
  ASSERT_EQ(link.changes_size(), 1);
  EXPECT_EQ(link.changes(0).kind(), v1::CitizenChange::KIND_MERGED);
  EXPECT_THAT(link.changes(0).old_ids(), UnorderedElementsAre(known_, call_));
  EXPECT_EQ(link.changes(0).contacts_moved(), 1u);
  const v1::FeedEvent& unlink = history.facts(0);
  EXPECT_EQ(unlink.kind(), v1::FACT_KIND_UNLINK);
  EXPECT_EQ(unlink.changes(0).kind(), v1::CitizenChange::KIND_SPLIT);
  ASSERT_EQ(unlink.parties_a_size(), 1);
  EXPECT_THAT(Positions(HistoryOf(call_)), ElementsAre(4, 3));
  EXPECT_THAT(Positions(History(R"({"party":{"source":"website","id":"call"}})")),
              ElementsAre(4, 3));
}

TEST_F(PastTest, ComesInPages) {
  LinkThem();
  ASSERT_TRUE(store_.Unlink(UnlinkOf("u", 11, {RefOf("website", "call")})).ok());
  const auto first = HistoryOf(known_, R"(,"pageSize":1)");
  EXPECT_THAT(Positions(first), ElementsAre(4));
  EXPECT_EQ(first.next_before(), 4u);
  const auto second = HistoryOf(known_, R"(,"pageSize":1,"beforePosition":"4")");
  EXPECT_THAT(Positions(second), ElementsAre(3));
  EXPECT_EQ(second.next_before(), 0u);
}

// The past of an id that led here is part of the past of the citizen.
TEST_F(PastTest, GoesWithAnIdThatLeadsHere) {
  store_.RecordAll({Visit("other", 3, {Phone("+31687654321")})});
  ASSERT_TRUE(
      store_.Link(LinkOf("l1", 5, RefOf("website", "call"), RefOf("website", "other"))).ok());
  LinkThem();
  EXPECT_THAT(Positions(HistoryOf(known_)), ElementsAre(5, 4));
  EXPECT_EQ(HistoryOf(call_).citizen_id(), known_);
}

// A suggestion that was refused changed nothing, and says who it is not.
TEST_F(PastTest, HasWhatWasKeptApart) {
  v1::UnlinkRequest request;
  *request.mutable_decision() = DecisionOf("u", 11);
  request.set_citizen(known_);
  request.set_apart_from(call_);
  ASSERT_TRUE(store_.Unlink(request).ok());
  ASSERT_THAT(Positions(HistoryOf(known_)), ElementsAre(3));
  EXPECT_EQ(HistoryOf(known_).facts(0).changes_size(), 0);
  EXPECT_THAT(Positions(HistoryOf(call_)), ElementsAre(3));
}

// Of a contact event no more than which it was.
TEST_F(PastTest, ContactThatTurnedOutToBeSomebodyElsesIsThere) {
  v1::ContactEvent note = About("desk", "note", "website", "call", 20);
  *note.mutable_data()->add_parties() = PartyOf("customer", {Bsn(kBsnA)});
  note.mutable_data()->set_note("geheim");
  ASSERT_TRUE(store_.Record(note).ok());
  ASSERT_THAT(Positions(HistoryOf(known_)), ElementsAre(3));
  const v1::FeedEvent fact = HistoryOf(known_).facts(0);
  EXPECT_EQ(fact.event().source(), "desk");
  EXPECT_EQ(fact.event().contact().id(), "call");
  EXPECT_FALSE(fact.event().has_data());
  EXPECT_THAT(fact.citizen_ids(), ElementsAre(known_));
  EXPECT_THAT(fact.left_citizen_ids(), ElementsAre(call_));
}

TEST_F(PastTest, SaysWhoWasWhoAtAPositionOrTime) {
  store_.now += absl::Hours(1);
  const absl::Time apart = store_.now;
  store_.now += absl::Hours(1);
  LinkThem();
  v1::ListCitizensAtRequest request;
  request.set_citizen_id(known_);
  request.set_at_position(1);
  EXPECT_THAT(At(request), ElementsAre("call:", "known: " + known_)) << "the call was yet to come";
  request.set_at_position(2);
  EXPECT_THAT(At(request), ElementsAre("call: " + call_, "known: " + known_));
  request.set_at_position(3);
  EXPECT_THAT(At(request), ElementsAre("call: " + known_, "known: " + known_));
  request.mutable_recorded_at()->set_seconds(absl::ToUnixSeconds(apart));
  EXPECT_THAT(At(request), ElementsAre("call: " + call_, "known: " + known_));
  EXPECT_EQ(store_->ListCitizensAt(request)->at_position(), 2u);
  request.clear_citizen_id();
  *request.mutable_party() = RefOf("website", "call");
  EXPECT_THAT(At(request), ElementsAre("call: " + call_, "known: " + known_));
}

// A mixed citizen, looked back at after it was taken apart.
TEST_F(PastTest, TellsWhatWasTheCitizensAndIsNoLonger) {
  LinkThem();
  ASSERT_TRUE(store_.Unlink(UnlinkOf("u", 11, {RefOf("website", "call")})).ok());
  v1::ListCitizensAtRequest request;
  request.set_citizen_id(known_);
  request.set_at_position(3);
  const auto mixed = store_->ListCitizensAt(request);
  ASSERT_TRUE(mixed.ok()) << mixed.status();
  EXPECT_THAT(At(request), ElementsAre("known: " + known_));
  ASSERT_EQ(mixed->departed_size(), 1);
  EXPECT_EQ(mixed->departed(0).ref().id(), "call");
  EXPECT_EQ(mixed->departed(0).citizens(0).citizen_id(), known_);
  EXPECT_EQ(mixed->departed(0).citizens_now(0).citizen_id(), call_);
  EXPECT_FALSE(mixed->departed_more());
  request.set_at_position(4);
  EXPECT_EQ(store_->ListCitizensAt(request)->departed_size(), 0);
}

TEST_F(PastTest, RefusesWhatIsNotThere) {
  v1::ListHistoryRequest history;
  history.set_citizen_id(std::string(32, 'a'));
  EXPECT_EQ(ReasonOf(store_->ListHistory(history).status()), v1::ERROR_REASON_CITIZEN_NOT_FOUND);
  v1::ListCitizensAtRequest at;
  at.set_citizen_id(known_);
  at.set_at_position(9);
  EXPECT_EQ(ReasonOf(store_->ListCitizensAt(at).status()), v1::ERROR_REASON_POSITION_AHEAD);
  at.set_at_position(2);
  at.set_page_token("x");
  EXPECT_EQ(ReasonOf(store_->ListCitizensAt(at).status()), v1::ERROR_REASON_PAGE_TOKEN_INVALID);
  at.clear_citizen_id();
  *at.mutable_party() = RefOf("website", "nobody");
  EXPECT_EQ(ReasonOf(store_->ListCitizensAt(at).status()), v1::ERROR_REASON_PARTY_NOT_FOUND);
}

TEST_F(PastTest, IsTheSameAfterARebuild) {
  LinkThem();
  store_.ExpectConsistent();
  EXPECT_THAT(Positions(HistoryOf(known_)), ElementsAre(3));
}

}  // namespace
}  // namespace klantbeeld::store
