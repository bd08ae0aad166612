// A store in memory that takes fact after fact, for tests of who is who.
#ifndef KLANTBEELD_TESTS_STORE_IDENTITY_FACTS_H_
#define KLANTBEELD_TESTS_STORE_IDENTITY_FACTS_H_

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "store/contact.h"
#include "store/identity/explain.h"
#include "store/identity/identity.h"
#include "store/identity/registry.h"
#include "store/prepare.h"
#include "store/rows.h"
#include "tests/store/events.h"
#include "tests/store/history.h"
#include "tests/store/testing.h"

namespace klantbeeld::store {

// Contacts are named by the id of an event, parties by their key.
class FactsTest : public testing::Test {
 protected:
  // `source`: of the events of which the ids are.
  explicit FactsTest(std::string source) : source_(std::move(source)) {}

  void Take(const LooseFact& fact) {
    facts_.push_back(fact);
    const absl::Status status = Append(keys_, batch_, head_, fact);
    ASSERT_TRUE(status.ok()) << status;
  }
  void Take(const v1::ContactEvent& event, const NobodysLists& lists = {}) {
    const auto prepared = PrepareEvent(keys_, event, lists);
    ASSERT_TRUE(prepared.ok()) << prepared.status();
    Take(FactOf(*prepared));
  }
  void Take(const RegistryAnswer& answer) { Take(FactOf(PrepareRegistry(keys_, answer))); }
  void Take(const DecisionFact& decision) { Take(FactOf(decision)); }

  format::ContactRow ContactAt(const std::string& contact) {
    return **ReadRow<format::ContactRow>(batch_, Family::kContact,
                                         View(EventOrContactId(keys_, source_, contact)));
  }
  // Empty: the party has none.
  std::string ClaimOf(const std::string& contact, const std::string& party = "customer") {
    return ClaimOfParty(ContactAt(contact), party);
  }
  format::ClaimRow RowOf(const std::string& contact, const std::string& party = "customer") {
    return **ReadRow<format::ClaimRow>(batch_, Family::kClaim,
                                       ClaimKey(ClaimOf(contact, party), kClaimRecord));
  }
  // In hexadecimal, as in requests.
  std::string Citizen(const std::string& contact, const std::string& party = "customer") {
    return ToHex(RowOf(contact, party).citizen_id());
  }

  // Whom the party's citizen may be too. `further`: by a search as well.
  v1::ListSuggestionsResponse Suggestions(const std::string& contact, bool further = false) {
    v1::ListSuggestionsRequest request;
    *request.mutable_party() = RefOf(source_, contact);
    request.set_further(further);
    const auto response = ListSuggestions(keys_, ShippedModel(), batch_, request);
    EXPECT_TRUE(response.ok()) << response.status();
    return response.ok() ? *response : v1::ListSuggestionsResponse();
  }
  v1::ExplainResponse Explained(const std::string& contact) {
    v1::ExplainRequest request;
    *request.mutable_party() = RefOf(source_, contact);
    const auto response = Explain(keys_, ShippedModel(), batch_, request);
    EXPECT_TRUE(response.ok()) << response.status();
    return response.ok() ? *response : v1::ExplainResponse();
  }

  // Of everything taken so far.
  void ExpectAnyOrderGivesTheSame() {
    const std::string want = DumpOf(batch_);
    std::mt19937 random(7);
    std::vector<LooseFact> facts = facts_;
    for (int order = 0; order < 8; ++order) {
      std::shuffle(facts.begin(), facts.end(), random);
      const auto again = ApplyAll(keys_, none_, facts);
      ASSERT_TRUE(again.ok()) << again.status();
      ASSERT_EQ(DumpOf(**again), want) << "order " << order;
    }
  }

  const Keys keys_ = TestKeys();
  const NoRows none_;
  Batch batch_{&none_};
  format::Head head_;
  std::vector<LooseFact> facts_;

 private:
  const std::string source_;
};

}  // namespace klantbeeld::store

#endif  // KLANTBEELD_TESTS_STORE_IDENTITY_FACTS_H_
