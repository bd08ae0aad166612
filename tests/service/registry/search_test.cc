#include "service/registry/search.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "service/registry/brp_client.h"
#include "tests/service/registry/asked.h"
#include "tests/service/registry/brp_server.h"
#include "tests/store/events.h"
#include "tests/store/testing.h"

namespace klantbeeld::registry {
namespace {

using testing::ElementsAre;
using testing::SizeIs;

v1::PersonalDetails Details(const std::string& first_name, int house_number) {
  v1::PersonalDetails details;
  details.set_surname("van der Hoogenkamp");
  details.set_first_names(first_name);
  details.mutable_birth_date()->set_year(1984);
  details.mutable_birth_date()->set_month(4);
  details.mutable_birth_date()->set_day(12);
  details.mutable_address()->set_postcode("1234AB");
  details.mutable_address()->set_house_number(house_number);
  return details;
}

const store::Sought kNoor{"who Noor is", Details("noor", 5)};

store::RegistryAnswer Person(const std::string& bsn, v1::PersonalDetails details) {
  store::RegistryAnswer person;
  person.bsn = bsn;
  person.details = std::move(details);
  return person;
}

class SearchTest : public AskerTest {
 protected:
  store::RegistryAnswer Found() {
    const auto answer = LookFor(registry_, kNoor, absl::InfiniteFuture());
    EXPECT_TRUE(answer.ok()) << answer.status();
    EXPECT_EQ(answer->sought, kNoor.id);
    EXPECT_EQ(answer->found, !answer->bsn.empty());
    EXPECT_FALSE(answer->details.has_surname());
    return *answer;
  }
  void Register(const std::string& bsn, v1::PersonalDetails details) {
    registry_.Register("hoogenkamp", Person(bsn, std::move(details)));
  }
};

TEST_F(SearchTest, OneWhoFitsAmongNamesakesIsFound) {
  Register(kBsns[1], Details("Noor Elise", 5));
  Register(kBsns[2], Details("Bram", 5));
  Register(kBsns[3], Details("Noor", 7));
  EXPECT_EQ(Found().bsn, kBsns[1]);
  const auto searches = registry_.searches();
  ASSERT_THAT(searches, SizeIs(1));
  EXPECT_EQ(searches[0].first_names, "noor*");
  EXPECT_EQ(searches[0].birth_date, absl::CivilDay(1984, 4, 12));
}

TEST_F(SearchTest, NobodyOrSeveralIsAnAnswer) {
  EXPECT_FALSE(Found().found);
  EXPECT_EQ(registry_.calls(), 0u);
  Register(kBsns[1], Details("Noor", 5));
  Register(kBsns[2], Details("Noor", 5));
  EXPECT_FALSE(Found().found);
}

TEST_F(SearchTest, WhoIsSecretOrDiedIsNotFound) {
  auto secret = Details("Noor", 5);
  secret.set_secret(true);
  Register(kBsns[1], secret);
  EXPECT_FALSE(Found().found);
  registry_.Register("hoogenkamp", Person(kBsns[2], Details("Noor", 5)));
  EXPECT_FALSE(Found().found) << "with a secret one there are two";
}

TEST_F(SearchTest, TooManyAndRefusedAreAnswersAndAnOutageIsNone) {
  for (const Failure failure : {Failure::kTooManyResults, Failure::kRefused}) {
    registry_.FailSearches(failure);
    EXPECT_FALSE(Found().found);
  }
  registry_.FailSearches(Failure::kOutage);
  EXPECT_FALSE(LookFor(registry_, kNoor, absl::InfiniteFuture()).ok());
}

TEST_F(SearchTest, AnswerStandsBeforeTheCallerGoesOn) {
  Register(kBsns[1], Details("Noor", 5));
  StartIdle();
  timers_.RunUntil(*Ask(Questions{kNoor}));
  const auto answers = memory_.Answers(1);
  EXPECT_EQ(answers.at(kNoor.id).bsn, kBsns[1]);
  EXPECT_EQ(answers.at(kNoor.id).asked_at, timers_.now());
  EXPECT_EQ(asker_->figures().searched_found, 1u);
}

TEST_F(SearchTest, PartyIsSoughtOnceForAnEvent) {
  StartIdle();
  store::PreparedEvent event = Event({v1::VERIFIED_BY_DIGID});
  for (int i = 0; i < 2; ++i) {
    *event.body.mutable_event()->mutable_data()->add_parties()->mutable_details() = kNoor.details;
  }
  EXPECT_THAT(Unknown(event), ElementsAre(kBsns[0], kNoor.details.surname()));
}

TEST_F(SearchTest, OutageLetsTheCallerGoAndItIsSearchedLater) {
  Register(kBsns[1], Details("Noor", 5));
  StartIdle();
  registry_.Fail(Failure::kOutage);
  timers_.RunUntil(*Ask(Questions{kNoor}));
  memory_.Seek(kNoor);
  EXPECT_EQ(asker_->figures().waiting, 1u);
  registry_.Fail(std::nullopt);
  timers_.AwaitTimer(absl::Seconds(1));
  timers_.Advance(absl::Seconds(1));
  EXPECT_EQ(memory_.Answers(1).at(kNoor.id).bsn, kBsns[1]);
  EXPECT_EQ(asker_->figures().waiting, 0u);
}

TEST_F(SearchTest, StartSearchesWhatIsUnansweredOneAfterTheOther) {
  for (const char* id : {"a", "b", "c"}) memory_.Seek({id, kNoor.details});
  memory_.Hold(kBsns[4]);
  Start();
  EXPECT_THAT(memory_.Answers(4), SizeIs(4));
}

TEST_F(SearchTest, RegistryThatAllowsNoSearchIsAskedAboutNumbersAllTheSame) {
  StartIdle();
  registry_.FailSearches(Failure::kDenied);
  timers_.RunUntil(*Ask(Questions{kNoor}));
  memory_.Seek(kNoor);
  store::PreparedEvent event = Event({v1::VERIFIED_BY_DIGID});
  *event.body.mutable_event()->mutable_data()->add_parties()->mutable_details() = kNoor.details;
  EXPECT_THAT(Unknown(event), ElementsAre(kBsns[0]));
  AskAndWait({kBsns[1]});
  EXPECT_THAT(memory_.Answers(1), SizeIs(1));
  EXPECT_THAT(registry_.searches(), SizeIs(1));
  EXPECT_EQ(asker_->figures().waiting, 0u);
}

// --- By the BRP's own interface, and a real store.

v1::ContactEvent EventFrom(const std::string& id, v1::Party party) {
  return store::EventOf("exchange", id, 1, {std::move(party)}, v1::CHANNEL_PHONE);
}

// Whom the BRP of the tests holds: 999990019.
v1::Party Sanne(const std::string& first_names, const std::string& phone) {
  v1::Party party = store::PartyOf("customer", {store::Phone(phone)});
  v1::PersonalDetails& details = *party.mutable_details();
  details.set_first_names(first_names);
  details.set_surname("van der Berg");
  details.mutable_birth_date()->set_year(1985);
  details.mutable_birth_date()->set_month(12);
  details.mutable_birth_date()->set_day(1);
  details.mutable_address()->set_postcode("3077 AW");
  details.mutable_address()->set_house_number(31);
  return party;
}

class BrpSearchTest : public testing::Test {
 protected:
  void Start(const std::string& url) {
    Settings settings;
    settings.url = url;
    settings.timeout = absl::Seconds(5);
    registry_ = *MakeBrpClient(settings, "", [this] { return timers_.now(); });
    Asker::Options options;
    options.budget = absl::InfiniteDuration();
    options.timeout = absl::Seconds(5);
    const Book book = {
        [this](auto answer, auto done) {
          return store_->RecordRegistryAnswer(
              std::move(answer), [this, done = std::move(done)](auto outcome) mutable {
                std::move(done)(std::move(outcome));
                absl::MutexLock lock(&mutex_);
                ++recorded_;
              });
        },
        [this](absl::string_view bsn) { return store_->RegistryKnows(bsn); },
        [this](size_t max) { return store_->UnansweredBsns(max); },
        [this](const store::PreparedEvent& event) { return store_->SoughtsOf(event); },
        [this](size_t max) { return store_->UnansweredSoughts(max); }};
    asker_ = std::make_unique<Asker>(
        *registry_, book, options, [this] { return timers_.now(); },
        [this](absl::Time when, Asker::Task task) { timers_.At(when, std::move(task)); });
  }

  // As the handler records an event.
  void Record(const v1::ContactEvent& event) {
    const auto prepared = store_->Prepare(event);
    ASSERT_TRUE(prepared.ok()) << prepared.status();
    Questions questions;
    asker_->AddUnknown(*prepared, &questions);
    absl::Notification gone;
    asker_->Ask(std::move(questions), [&gone] { gone.Notify(); });
    timers_.RunUntil(gone);
    store_.RecordAll({event});
  }
  std::string Citizen(const std::string& id) {
    v1::ExplainRequest request;
    *request.mutable_party() = store::RefOf("exchange", id);
    const auto response = store_->Explain(request);
    EXPECT_TRUE(response.ok()) << response.status();
    return response.ok() ? response->citizen_id() : "";
  }
  // Waits until so many answers stand.
  void AwaitRecorded(int count) {
    absl::MutexLock lock(&mutex_);
    const auto enough = [&] { return recorded_ >= count; };
    EXPECT_TRUE(mutex_.AwaitWithTimeout(absl::Condition(&enough), absl::Seconds(30)));
  }
  bool Answered() {
    const auto soughts = store_->UnansweredSoughts(10);
    return soughts.ok() && soughts->empty();
  }

  const store::TempDir temp_;
  store::TestStore store_{temp_ / "data"};
  Timers timers_;
  absl::Mutex mutex_;
  int recorded_ = 0;
  std::unique_ptr<Registry> registry_;
  std::unique_ptr<Asker> asker_;
};

TEST_F(BrpSearchTest, CallIsOfWhomTheBrpNamesAndOfNobodyElse) {
  BrpServer server;
  Start(server.Url("brp"));
  Record(EventFrom("login", store::PartyOf("customer", {store::Bsn("999990019")})));
  Record(EventFrom("call", Sanne("Sanne", "0612345678")));
  Record(EventFrom("brother", Sanne("Bram", "0612345678")));
  Record(EventFrom("other", store::PartyOf("customer", {store::Bsn("999990020")})));
  EXPECT_EQ(Citizen("call"), Citizen("login"));
  EXPECT_NE(Citizen("brother"), Citizen("login"));
  EXPECT_NE(Citizen("other"), Citizen("login"));
  EXPECT_TRUE(Answered());
  EXPECT_EQ(asker_->figures().searched_found, 1u);
  EXPECT_EQ(asker_->figures().searched_not_found, 1u);
  asker_->Stop();
}

TEST_F(BrpSearchTest, OutageIsNotWaitedForAndWhatWasNotAnsweredFollows) {
  int port = 0;
  {
    BrpServer gone;
    port = gone.port();
  }
  Start(absl::StrCat("http://127.0.0.1:", port, "/brp"));
  Record(EventFrom("call", Sanne("S.", "0612345678")));
  EXPECT_FALSE(Answered());
  BrpServer server(port);
  timers_.AwaitTimer(absl::Seconds(1));
  timers_.Advance(absl::Seconds(1));
  AwaitRecorded(1);
  EXPECT_TRUE(Answered());
  Record(EventFrom("login", store::PartyOf("customer", {store::Bsn("999990019")})));
  EXPECT_EQ(Citizen("call"), Citizen("login"));
  asker_->Stop();
}

}  // namespace
}  // namespace klantbeeld::registry
