#include "service/request_rules.h"

#include <gtest/gtest.h>

#include <functional>
#include <string>

#include "tests/service/events.h"

namespace klantbeeld::service {
namespace {

const std::string kId(32, 'a');
constexpr auto kNone = v1::ERROR_REASON_UNSPECIFIED;
constexpr auto kRequired = v1::ERROR_REASON_FIELD_REQUIRED;
constexpr auto kInvalid = v1::ERROR_REASON_FIELD_INVALID;

template <typename Request>
void Expect(const std::function<void(Request&)>& change, v1::ErrorReason reason,
            const std::string& path = "") {
  Request request;
  if constexpr (requires { request.mutable_decision(); }) {
    request.mutable_decision()->set_author("j.deboer");
    request.mutable_decision()->set_reason("seen at the counter");
  }
  change(request);
  const MaybeFault fault = CheckRequest(request, kNow);
  EXPECT_EQ(fault ? fault->reason : kNone, reason) << (fault ? fault->what : "accepted");
  EXPECT_EQ(fault ? fault->path : "", path);
}

TEST(RequestRules, EventPathsBeginWithEvent) {
  Expect<v1::RecordContactEventRequest>(
      [](auto& r) {
        *r.mutable_event() = Call();
        r.mutable_event()->mutable_contact()->set_id("x");
      },
      kRequired, "event.contact.source");
}

TEST(RequestRules, GetContactTakesOneOfRefAndId) {
  using R = v1::GetContactRequest;
  Expect<R>([](auto&) {}, kRequired, "ref");
  Expect<R>([](auto& r) { r.set_contact_id(kId); }, kNone);
  Expect<R>([](auto& r) { r.set_contact_id("XYZ"); }, kInvalid, "contact_id");
  Expect<R>(
      [](auto& r) {
        r.set_contact_id(kId);
        r.mutable_ref();
      },
      kInvalid, "contact_id");
  Expect<R>([](auto& r) { r.mutable_ref()->set_source("x"); }, kRequired, "ref.id");
}

TEST(RequestRules, FindCitizensNeedsAWholeKey) {
  using R = v1::FindCitizensRequest;
  Expect<R>([](auto&) {}, kRequired, "identifier");
  Expect<R>([](auto& r) { *r.mutable_identifier() = Number(v1::IDENTIFIER_TYPE_PHONE, ""); },
            kRequired, "identifier.value");
  Expect<R>([](auto& r) { *r.mutable_identifier() = Number(v1::IDENTIFIER_TYPE_PHONE, "06"); },
            kNone);
  Expect<R>([](auto& r) { r.mutable_name()->mutable_birth_date()->set_year(1980); }, kRequired,
            "name.birth_date.month");
  Expect<R>([](auto& r) { r.mutable_address()->set_postcode("x"); }, kInvalid, "address.postcode");
  Expect<R>([](auto& r) { r.set_case_number(""); }, kRequired, "case_number");
}

// The ways in which the BRP may be searched, and nothing wider.
TEST(RequestRules, StatedPersonNeedsEnoughToBeFoundBy) {
  using R = v1::FindCitizensRequest;
  const auto details = [](R& r) { return r.mutable_stated()->mutable_details(); };
  const auto born = [](v1::PersonalDetails* of, int day) {
    of->mutable_birth_date()->set_year(1984);
    of->mutable_birth_date()->set_month(3);
    if (day != 0) of->mutable_birth_date()->set_day(day);
  };
  Expect<R>([&](auto& r) { r.mutable_stated(); }, kRequired, "stated.details");
  Expect<R>([&](auto& r) { details(r)->set_surname("Jansen"); }, kRequired, "stated.details");
  const auto named = [&](R& r) {
    details(r)->set_surname("Jansen");
    details(r)->set_first_names("Anna");
  };
  Expect<R>(named, kRequired, "stated.details");
  Expect<R>(
      [&](auto& r) {
        named(r);
        born(details(r), 0);
      },
      kRequired, "stated.details");
  Expect<R>(
      [&](auto& r) {
        details(r)->set_surname("Jansen");
        born(details(r), 12);
      },
      kNone);
  Expect<R>(
      [&](auto& r) {
        named(r);
        details(r)->mutable_address()->set_city("Lindewaard");
      },
      kNone);
  Expect<R>([&](auto& r) { details(r)->mutable_address()->set_postcode("1234AB"); }, kRequired,
            "stated.details");
  Expect<R>(
      [&](auto& r) {
        details(r)->mutable_address()->set_postcode("1234AB");
        details(r)->mutable_address()->set_house_number(5);
      },
      kNone);
  Expect<R>(
      [&](auto& r) {
        *r.mutable_stated()->add_identifiers() = Number(v1::IDENTIFIER_TYPE_PHONE, "0612345678");
      },
      kNone);
}

TEST(RequestRules, StatedPersonIsOneWhoCanBe) {
  using R = v1::FindCitizensRequest;
  Expect<R>(
      [](auto& r) { r.mutable_stated()->mutable_details()->set_organisation_name("Bakkerij"); },
      kInvalid, "stated.details.organisation_name");
  Expect<R>([](auto& r) { r.mutable_stated()->add_identifiers(); }, kRequired,
            "stated.identifiers[0].type");
  const auto born = [](v1::PartialDate* date, int year, int day) {
    date->set_year(year);
    date->set_month(3);
    date->set_day(day);
  };
  Expect<R>(
      [&](auto& r) {
        born(r.mutable_stated()->mutable_details()->mutable_birth_date(), 2025, 32);
      },
      v1::ERROR_REASON_TIME_INVALID, "stated.details.birth_date.day");
  Expect<R>(
      [&](auto& r) {
        born(r.mutable_stated()->mutable_details()->mutable_birth_date(), 2026, 1);
      },
      v1::ERROR_REASON_TIME_IN_FUTURE, "stated.details.birth_date");
  Expect<R>([&](auto& r) { born(r.mutable_name()->mutable_birth_date(), 2026, 1); },
            v1::ERROR_REASON_TIME_IN_FUTURE, "name.birth_date");
}

TEST(RequestRules, HistoryIsOfACitizenOrAParty) {
  using R = v1::ListHistoryRequest;
  Expect<R>([](auto&) {}, kRequired, "citizen_id");
  Expect<R>([](auto& r) { r.set_citizen_id("1"); }, kInvalid, "citizen_id");
  Expect<R>([](auto& r) { r.set_citizen_id(kId); }, kNone);
  Expect<R>([](auto& r) { r.mutable_party()->set_contact_id(kId); }, kNone);
  Expect<R>(
      [](auto& r) {
        r.set_citizen_id(kId);
        r.mutable_party()->set_contact_id(kId);
      },
      kInvalid, "party");
}

TEST(RequestRules, LookingBackIsToATimeThatWas) {
  using R = v1::ListCitizensAtRequest;
  Expect<R>([](auto&) {}, kRequired, "citizen_id");
  Expect<R>([](auto& r) { r.set_citizen_id(kId); }, kRequired, "at_position");
  const auto at = [](int64_t seconds) {
    return [seconds](R& r) {
      r.set_citizen_id(kId);
      r.mutable_recorded_at()->set_seconds(seconds);
    };
  };
  Expect<R>(at(kNowSeconds), kNone);
  Expect<R>(at(kNowSeconds + 1), v1::ERROR_REASON_TIME_IN_FUTURE, "recorded_at");
}

TEST(RequestRules, RevealNeedsAReason) {
  using R = v1::GetCitizenRequest;
  const auto reveal = [](R& r) {
    r.set_citizen_id(kId);
    r.add_reveal(v1::IDENTIFIER_TYPE_BSN);
  };
  Expect<R>(reveal, kRequired, "reason");
  Expect<R>(
      [&](R& r) {
        reveal(r);
        r.set_reason("identity at the counter");
      },
      kNone);
}

TEST(RequestRules, PeriodMustNotBeEmpty) {
  Expect<v1::ListTimelineRequest>(
      [](auto& r) {
        r.set_citizen_id(kId);
        r.mutable_filter()->mutable_since()->set_seconds(10);
        r.mutable_filter()->mutable_until()->set_seconds(10);
      },
      kInvalid, "filter.until");
  Expect<v1::WatchTimelineRequest>([](auto& r) { r.set_citizen_id("1"); }, kInvalid, "citizen_id");
}

TEST(RequestRules, LinkNamesTwoSides) {
  using R = v1::LinkRequest;
  Expect<R>([](auto&) {}, kRequired, "parties_a");
  Expect<R>([](auto& r) { r.set_citizen_a(kId); }, kRequired, "parties_b");
  Expect<R>(
      [](auto& r) {
        r.set_citizen_a(kId);
        r.set_citizen_b(kId);
      },
      kNone);
  Expect<R>(
      [](auto& r) {
        r.set_citizen_a(kId);
        r.add_parties_a();
      },
      kInvalid, "citizen_a");
  Expect<R>([](auto& r) { r.add_parties_a()->set_source("x"); }, kRequired, "parties_a[0].id");
  Expect<R>(
      [](auto& r) {
        r.add_parties_a()->set_contact_id(kId);
        r.mutable_parties_a(0)->set_party_key("Capital");
      },
      kInvalid, "parties_a[0].party_key");
  Expect<R>(
      [](auto& r) { r.mutable_decision()->mutable_decided_at()->set_seconds(kNowSeconds + 301); },
      v1::ERROR_REASON_TIME_IN_FUTURE, "decision.decided_at");
}

// Whoever decides is named, whatever is decided; blanks name nobody.
TEST(RequestRules, DecisionHasAnAuthorAndAReason) {
  const auto check = [](auto request) {
    using R = decltype(request);
    for (const std::string blank : {"", " ", "\t\n"}) {
      Expect<R>([&](auto& r) { r.mutable_decision()->set_author(blank); }, kRequired,
                "decision.author");
      Expect<R>([&](auto& r) { r.mutable_decision()->set_reason(blank); }, kRequired,
                "decision.reason");
    }
  };
  check(v1::LinkRequest());
  check(v1::UnlinkRequest());
}

TEST(RequestRules, UnlinkNamesWholeParties) {
  Expect<v1::UnlinkRequest>([](auto& r) { r.add_parties(); }, kRequired, "parties[0].source");
}

TEST(RequestRules, FollowFromNowMustBeTrue) {
  Expect<v1::FollowStart>([](auto& r) { r.set_now(false); }, kInvalid, "now");
  Expect<v1::FollowStart>([](auto& r) { r.set_resume_token(""); }, kRequired, "resume_token");
  Expect<v1::FollowStart>([](auto&) {}, kNone);
}

TEST(RequestRules, FollowFromATimeToComeIsRefused) {
  using R = v1::FollowStart;
  Expect<R>([](auto& r) { r.mutable_recorded_at()->set_seconds(kNowSeconds); }, kNone);
  Expect<R>([](auto& r) { r.mutable_recorded_at()->set_seconds(kNowSeconds + 1); },
            v1::ERROR_REASON_TIME_IN_FUTURE, "recorded_at");
}

}  // namespace
}  // namespace klantbeeld::service
