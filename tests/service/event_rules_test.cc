#include "service/event_rules.h"

#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "service/validate.h"
#include "tests/service/events.h"

namespace klantbeeld::service {
namespace {

struct Row {
  std::string name;
  std::function<void(v1::ContactEvent&)> change;
  v1::ErrorReason want = v1::ERROR_REASON_UNSPECIFIED;  // UNSPECIFIED: accepted.
  std::string path = {};
};

v1::Party& First(v1::ContactEvent& e) { return *e.mutable_data()->mutable_parties(0); }

void At(google::protobuf::Timestamp* time, int64_t after_now) {
  time->set_seconds(kNowSeconds + after_now);
}

constexpr auto kRequired = v1::ERROR_REASON_FIELD_REQUIRED;
constexpr auto kInvalid = v1::ERROR_REASON_FIELD_INVALID;
constexpr auto kAhead = v1::ERROR_REASON_TIME_IN_FUTURE;
constexpr int64_t kYear = 366 * 86400;

std::vector<Row> Rows() {
  return {
      {"SmallEventIsAccepted", [](auto&) {}},
      {"SourceMissing", [](auto& e) { e.clear_source(); }, kRequired, "source"},
      {"EventIdMissing", [](auto& e) { e.clear_event_id(); }, kRequired, "event_id"},
      {"SourceBlank", [](auto& e) { e.set_source(" \t"); }, kRequired, "source"},
      {"EventIdBlank", [](auto& e) { e.set_event_id(" "); }, kRequired, "event_id"},
      {"ContactWithoutId", [](auto& e) { e.mutable_contact()->set_source("x"); }, kRequired,
       "contact.id"},
      {"ContactWithoutSource", [](auto& e) { e.mutable_contact()->set_id("x"); }, kRequired,
       "contact.source"},
      {"NothingSaid",
       [](auto& e) {
         e.clear_data();
         At(e.mutable_revised_at(), 0);
       },
       kRequired, "data"},
      {"ClearedAloneIsAccepted",
       [](auto& e) {
         e.clear_data();
         At(e.mutable_revised_at(), 0);
         e.mutable_cleared()->add_paths("note");
       }},
      {"NoTimeAtAll",
       [](auto& e) {
         e.mutable_data()->clear_occurred_at();
         e.mutable_data()->clear_ended_at();
       },
       v1::ERROR_REASON_TIME_MISSING, "revised_at"},
      {"RevisedAhead", [](auto& e) { At(e.mutable_revised_at(), 301); }, kAhead, "revised_at"},
      {"RevisedFiveMinutesAheadIsAccepted", [](auto& e) { At(e.mutable_revised_at(), 300); }},
      {"OccurredAhead",
       [](auto& e) {
         e.mutable_data()->clear_ended_at();
         At(e.mutable_data()->mutable_occurred_at(), 3600);
       },
       kAhead, "data.occurred_at"},
      {"PlannedMayLieAhead",
       [](auto& e) {
         e.mutable_data()->clear_ended_at();
         e.mutable_data()->set_state(v1::CONTACT_STATE_PLANNED);
         At(e.mutable_data()->mutable_occurred_at(), 3600);
         At(e.mutable_revised_at(), -10);
       }},
      {"PlannedAheadNeedsItsOwnRevision",
       [](auto& e) {
         e.mutable_data()->clear_ended_at();
         e.mutable_data()->set_state(v1::CONTACT_STATE_PLANNED);
         At(e.mutable_data()->mutable_occurred_at(), 3600);
       },
       kAhead, "revised_at"},
      {"PlannedSixYearsAhead",
       [](auto& e) { At(e.mutable_data()->mutable_planned_at(), 6 * kYear); }, kAhead,
       "data.planned_at"},
      {"EndedAhead", [](auto& e) { At(e.mutable_data()->mutable_ended_at(), 3600); }, kAhead,
       "data.ended_at"},
      {"EndBeforeStart", [](auto& e) { At(e.mutable_data()->mutable_ended_at(), -7200); },
       v1::ERROR_REASON_END_BEFORE_START, "data.ended_at"},
      {"TimeOutOfRange",
       [](auto& e) { e.mutable_data()->mutable_occurred_at()->set_seconds(253402300800); },
       v1::ERROR_REASON_TIME_INVALID, "data.occurred_at"},
      {"UnknownChannel",
       [](auto& e) { e.mutable_data()->set_channel(static_cast<v1::Channel>(99)); },
       v1::ERROR_REASON_ENUM_UNKNOWN, "data.channel"},
      {"UnspecifiedChannel",
       [](auto& e) { e.mutable_data()->set_channel(v1::CHANNEL_UNSPECIFIED); }, kInvalid,
       "data.channel"},
      {"UnspecifiedVerificationIsAccepted",
       [](auto& e) { First(e).mutable_identifiers(0)->set_verified(v1::VERIFIED_BY_UNSPECIFIED); }},
      {"LanguageNotACode", [](auto& e) { e.mutable_data()->set_language("N"); }, kInvalid,
       "data.language"},
      {"EarlierContactWithoutId",
       [](auto& e) { e.mutable_data()->add_earlier_contacts()->set_source("x"); }, kRequired,
       "data.earlier_contacts[0].id"},
      {"NineParties",
       [](auto& e) {
         for (int i = 0; i < 8; ++i) e.mutable_data()->add_parties()->set_key(absl::StrCat("p", i));
       },
       v1::ERROR_REASON_LIMIT_EXCEEDED, "data.parties"},
      {"OversizedNote", [](auto& e) { e.mutable_data()->set_note(std::string(10001, 'a')); },
       v1::ERROR_REASON_LIMIT_EXCEEDED, "data.note"},
      {"ClearedPathUnknown", [](auto& e) { e.mutable_cleared()->add_paths("note.x"); }, kInvalid,
       "cleared.paths[0]"},
      {"ClearedParties", [](auto& e) { e.mutable_cleared()->add_paths("parties"); }, kInvalid,
       "cleared.paths[0]"},
      {"ClearedInsideATime", [](auto& e) { e.mutable_cleared()->add_paths("planned_at.seconds"); },
       kInvalid, "cleared.paths[0]"},
      {"ClearedNestedIsAccepted",
       [](auto& e) { e.mutable_cleared()->add_paths("call.transfers"); }},
      {"ClearedAndSet", [](auto& e) { e.mutable_cleared()->add_paths("channel"); }, kInvalid,
       "cleared.paths[0]"},
      {"ClearedAndSetNested",
       [](auto& e) {
         e.mutable_data()->mutable_call()->set_transfers(1);
         e.mutable_cleared()->add_paths("call.transfers");
       },
       kInvalid, "cleared.paths[0]"},
      {"UnknownField",
       [](auto& e) { e.GetReflection()->MutableUnknownFields(&e)->AddVarint(777, 1); },
       v1::ERROR_REASON_FIELD_UNKNOWN, "777"},
      {"UnknownFieldInside",
       [](auto& e) {
         v1::Party& p = First(e);
         p.GetReflection()->MutableUnknownFields(&p)->AddVarint(778, 1);
       },
       v1::ERROR_REASON_FIELD_UNKNOWN, "data.parties[0].778"},
  };
}

void ToRetraction(v1::ContactEvent& e) {
  e.clear_data();
  At(e.mutable_revised_at(), 0);
  e.mutable_retraction();
}

std::vector<Row> Retractions() {
  const auto row = [](std::string name, std::function<void(v1::ContactEvent&)> change,
                      v1::ErrorReason want = v1::ERROR_REASON_UNSPECIFIED, std::string path = "") {
    return Row{std::move(name),
               [change](v1::ContactEvent& e) {
                 ToRetraction(e);
                 change(e);
               },
               want, std::move(path)};
  };
  return {
      row(
          "OfNothing", [](auto&) {}, kRequired, "retraction.event_id"),
      row("OfAnEvent", [](auto& e) { e.mutable_retraction()->set_event_id("c-0"); }),
      row(
          "OfAnEmptyEvent", [](auto& e) { e.mutable_retraction()->set_event_id(""); }, kRequired,
          "retraction.event_id"),
      row("OfTheContact",
          [](auto& e) {
            e.mutable_retraction()->set_contact(true);
            e.mutable_contact()->set_source(e.source());
            e.mutable_contact()->set_id("c-0");
          }),
      row(
          "OfAContactNotNamed", [](auto& e) { e.mutable_retraction()->set_contact(true); },
          kRequired, "contact"),
      row(
          "OfTheContactFalse", [](auto& e) { e.mutable_retraction()->set_contact(false); },
          kInvalid, "retraction.contact"),
      row(
          "OfAnothersContact",
          [](auto& e) {
            e.mutable_retraction()->set_contact(true);
            e.mutable_contact()->set_source("desk");
            e.mutable_contact()->set_id("d-1");
          },
          kInvalid, "retraction.contact"),
      row(
          "WithData",
          [](auto& e) {
            e.mutable_retraction()->set_contact(true);
            e.mutable_data()->set_note("x");
          },
          kInvalid, "data"),
      row(
          "WithCleared",
          [](auto& e) {
            e.mutable_retraction()->set_contact(true);
            e.mutable_cleared()->add_paths("note");
          },
          kInvalid, "cleared"),
      row(
          "WithoutTime",
          [](auto& e) {
            e.mutable_retraction()->set_event_id("c-0");
            e.clear_revised_at();
          },
          v1::ERROR_REASON_TIME_MISSING, "revised_at"),
  };
}

class EventRules : public testing::TestWithParam<Row> {};

TEST_P(EventRules, AnswersWithReasonAndPath) {
  v1::ContactEvent event = Call();
  GetParam().change(event);
  MaybeFault fault = Validate(event, UnknownFields::kRefuse);
  if (!fault) fault = CheckEvent(event, kNow);
  EXPECT_EQ(fault ? fault->reason : v1::ERROR_REASON_UNSPECIFIED, GetParam().want)
      << (fault ? fault->path + ": " + fault->what : "accepted");
  EXPECT_EQ(fault ? fault->path : "", GetParam().path);
}

std::string NameOf(const testing::TestParamInfo<Row>& info) { return info.param.name; }
INSTANTIATE_TEST_SUITE_P(Rows, EventRules, testing::ValuesIn(Rows()), NameOf);
INSTANTIATE_TEST_SUITE_P(Retraction, EventRules, testing::ValuesIn(Retractions()), NameOf);

}  // namespace
}  // namespace klantbeeld::service
