// Every reason that the contract lists, triggered by a client of a real server.
// Also tests: service/status.cc store/error.cc
#include <signal.h>
#include <sys/resource.h>

#include <functional>
#include <map>

#include "absl/strings/str_cat.h"
#include "klantbeeld/v1/backup_service.grpc.pb.h"
#include "klantbeeld/v1/error_reason.pb.h"
#include "store/error.h"
#include "tests/service/events.h"
#include "tests/service/world.h"

namespace klantbeeld::service {
namespace {

v1::FollowRequest StartAt(uint64_t position) {
  v1::FollowRequest request;
  request.mutable_start()->set_position(position);
  return request;
}

v1::FollowRequest StartWith(const std::string& token) {
  v1::FollowRequest request;
  request.mutable_start()->set_resume_token(token);
  return request;
}

grpc::Status Raw(const std::string& bytes) {
  World world;
  return CallRaw(world.channel, "/klantbeeld.v1.ContactService/RecordContactEvent", bytes);
}

grpc::Status Changed(const std::function<void(v1::ContactEvent&)>& change) {
  return World().TryChanged(change);
}

grpc::Status ContactFull() {
  World world;
  for (int i = 0; i < 256; ++i) {
    v1::ContactEvent event = service::Call(absl::StrCat("e-", i));
    event.mutable_contact()->set_source("desk");
    event.mutable_contact()->set_id("one");
    EXPECT_TRUE(world.Try(event).ok());
  }
  return world.TryChanged([](auto& e) {
    e.mutable_contact()->set_source("desk");
    e.mutable_contact()->set_id("one");
  });
}

grpc::Status ContentDiffers() {
  World world;
  world.RecordPhone("c-1", "0612345678");
  return world.TryChanged([](auto& e) { e.mutable_data()->set_note("other"); });
}

grpc::Status TooManyResults() {
  World world;
  for (int i = 0; i < 11; ++i) {
    v1::ContactEvent event = service::Call(absl::StrCat("c-", i));
    event.mutable_data()->add_cases("Z-1");
    event.mutable_data()->mutable_parties(0)->mutable_identifiers(0)->set_value(
        absl::StrCat("06123456", 10 + i));
    EXPECT_TRUE(world.Try(event).ok());
  }
  v1::FindCitizensRequest request;
  request.set_case_number("Z-1");
  v1::FindCitizensResponse response;
  return world.Find(request, &response);
}

// x joins y and z; without x they are two, and the id may have been that of x:
// ids come from keys that differ each time, so this is tried until it is.
grpc::Status CitizenSplit() {
  World world;
  grpc::Status status;
  for (int i = 10; i < 70; ++i) {
    const std::string x = absl::StrCat("x-", i), y = absl::StrCat("y-", i),
                      z = absl::StrCat("z-", i);
    const std::string phone = absl::StrCat("06111111", i);
    world.RecordSessions(x, phone, {x + "y", x + "z"});
    world.RecordSessions(y, absl::StrCat("06222222", i), {x + "y"});
    world.RecordSessions(z, absl::StrCat("06333333", i), {x + "z"});
    const std::string whole = world.CitizenOf(phone);
    v1::ContactEvent retraction;
    retraction.set_source("exchange");
    retraction.set_event_id("r-" + x);
    retraction.mutable_contact()->set_source("exchange");
    retraction.mutable_contact()->set_id(x);
    retraction.mutable_revised_at()->set_seconds(kNowSeconds);
    retraction.mutable_retraction()->set_contact(true);
    EXPECT_TRUE(world.Try(retraction).ok());
    status = world.List(whole);
    if (!status.ok()) break;
  }
  return status;
}

grpc::Status LinkForbidden() {
  World world;
  world.RecordBsn("c-1", "999990019");
  world.RecordBsn("c-2", "999990020");
  return world.Link({"c-1"}, {"c-2"});
}

grpc::Status WithoutEffect() {
  World world;
  world.RecordPhone("c-1", "0612345678");
  return world.Unlink("c-1");
}

grpc::Status DigestRequired() {
  World world;
  world.RecordSessions("x", "0612345671", {"s-1"});
  world.RecordSessions("y", "0612345672", {"s-1", "s-2"});
  world.RecordSessions("z", "0612345673", {"s-2"});
  return world.Unlink("y");  // x and z, which only y held together, part too.
}

// Contacts from one number are one citizen, here of more parties than a
// decision may list.
grpc::Status DecisionTooLarge() {
  World world;
  grpc::ClientContext context;
  SetDeadline(context);
  auto stream = world.contacts->RecordContactEvents(&context);
  for (int batch = 0; batch < 4; ++batch) {
    v1::RecordContactEventsRequest request;
    for (int i = 0; i < 501; ++i) {
      *request.add_events() = service::Call(absl::StrCat("c-", batch * 501 + i));
    }
    stream->Write(request);
  }
  stream->WritesDone();
  v1::RecordContactEventsResponse response;
  while (stream->Read(&response)) {
  }
  EXPECT_TRUE(stream->Finish().ok());
  world.RecordPhone("other", "0201234567");
  v1::LinkRequest request;
  *request.mutable_decision() = world.Decision();
  request.set_citizen_a(world.CitizenOf("0612345678"));
  request.set_citizen_b(world.CitizenOf("0201234567"));
  v1::LinkResponse linked;
  return service::Call(*world.identities, &v1::IdentityService::Stub::Link, request, &linked);
}

grpc::Status PartyNotFound() {
  World world;
  world.RecordPhone("c-1", "0612345678");
  return world.Link({"c-1"}, {"c-2"});
}

grpc::Status LogForeign() {
  World one, other;
  std::string token;
  one.Follow({StartAt(0)}, false, &token);
  return other.Follow({StartWith(token)}, true);
}

// The directory is copied, appended to, put back and appended to differently.
grpc::Status LogDiverged() {
  World world;
  world.RecordPhone("c-1", "0612345678");
  world.server.Stop();
  const std::string data = world.server.dir() + "/data", copy = world.server.dir() + "/copy";
  std::filesystem::copy(data, copy, std::filesystem::copy_options::recursive);
  world.server.Start();
  Record(world.server.Connect(), service::Call("c-2"));
  std::string token;
  world.Follow({StartAt(0)}, false, &token);
  world.server.Stop();
  std::filesystem::remove_all(data);
  std::filesystem::rename(copy, data);
  world.server.Start();
  Record(world.server.Connect(), service::Call("c-3"));
  return world.Follow({StartWith(token)}, true);
}

grpc::Status Overloaded() {
  World world{std::vector<Override>{{"limits.followers_max", "0"}}};
  return world.Follow({StartAt(0)}, true);
}

grpc::Status DiskFull() {
  return World{std::vector<Override>{{"store.disk_reserve_mib", "16777216"}}}.TryChanged(
      [](auto&) {});
}

grpc::Status Restarting() {
  World world;
  auto stub = v1::FeedService::NewStub(world.server.Connect());
  grpc::ClientContext context;
  SetDeadline(context);
  auto stream = stub->Follow(&context);
  stream->Write(StartAt(0));
  v1::FollowResponse frame;
  stream->Read(&frame);
  world.server.Drain();
  while (stream->Read(&frame)) {
  }
  return stream->Finish();
}

// Files may not grow any more: the next write of the log fails.
grpc::Status WritesStopped() {
  World world;
  world.RecordPhone("c-1", "0612345678");
  signal(SIGXFSZ, SIG_IGN);
  rlimit before{};
  getrlimit(RLIMIT_FSIZE, &before);
  rlimit small = before;
  small.rlim_cur = 1;
  setrlimit(RLIMIT_FSIZE, &small);
  world.TryChanged([](auto& e) { e.set_event_id("c-2"); });
  const grpc::Status status = world.TryChanged([](auto& e) { e.set_event_id("c-3"); });
  setrlimit(RLIMIT_FSIZE, &before);
  return status;
}

grpc::Status TooSlow() {
  World world({{"limits.bookmark_idle_ms", "50"}, {"limits.follower_stall_ms", "100"}});
  world.RecordPhone("c-1", "0612345678");
  return world.Follow({StartAt(0)}, true);
}

using Triggers = std::map<v1::ErrorReason, std::function<grpc::Status()>>;

Triggers OfOneEvent() {
  return {
      {v1::ERROR_REASON_FIELD_REQUIRED, [] { return Changed([](auto& e) { e.clear_source(); }); }},
      {v1::ERROR_REASON_FIELD_INVALID,
       [] { return Changed([](auto& e) { e.mutable_data()->set_language("X"); }); }},
      {v1::ERROR_REASON_LIMIT_EXCEEDED,
       [] { return Changed([](auto& e) { e.set_source(std::string(101, 'a')); }); }},
      {v1::ERROR_REASON_ENUM_UNKNOWN,
       [] {
         return Changed(
             [](auto& e) { e.mutable_data()->set_channel(static_cast<v1::Channel>(99)); });
       }},
      {v1::ERROR_REASON_FIELD_UNKNOWN, [] { return Raw("\x0A\x03\xC8\x3E\x01"); }},
      {v1::ERROR_REASON_TEXT_NOT_UTF8, [] { return Raw("\x0A\x04\x0A\x02\xC3\x28"); }},
      {v1::ERROR_REASON_MESSAGE_MALFORMED, [] { return Raw("\x0A\x7F"); }},
      {v1::ERROR_REASON_BSN_INVALID,
       [] {
         return Changed([](auto& e) {
           *e.mutable_data()->mutable_parties(0)->mutable_identifiers(0) =
               Number(v1::IDENTIFIER_TYPE_BSN, "000000000");
         });
       }},
      {v1::ERROR_REASON_TIME_INVALID,
       [] {
         return Changed(
             [](auto& e) { e.mutable_data()->mutable_occurred_at()->set_seconds(INT64_MAX); });
       }},
      {v1::ERROR_REASON_TIME_IN_FUTURE,
       [] {
         return Changed(
             [](auto& e) { e.mutable_data()->mutable_ended_at()->set_seconds(200'000'000'000); });
       }},
      {v1::ERROR_REASON_END_BEFORE_START,
       [] {
         return Changed([](auto& e) { e.mutable_data()->mutable_ended_at()->set_seconds(1); });
       }},
      {v1::ERROR_REASON_TIME_MISSING,
       [] {
         return Changed([](auto& e) {
           e.mutable_data()->clear_ended_at();
           e.mutable_data()->clear_occurred_at();
         });
       }},
      {v1::ERROR_REASON_IDENTIFIER_NOT_SINGLE,
       [] {
         return Changed([](auto& e) {
           for (const char* bsn : {"999990019", "999990020"}) {
             *e.mutable_data()->mutable_parties(0)->add_identifiers() =
                 Number(v1::IDENTIFIER_TYPE_BSN, bsn);
           }
         });
       }},
      {v1::ERROR_REASON_PARENT_REQUIRED,
       [] {
         return Changed([](auto& e) {
           *e.mutable_data()->mutable_parties(0)->add_identifiers() =
               Number(v1::IDENTIFIER_TYPE_VESTIGING, "000012345678");
         });
       }},
  };
}

Triggers OfTheStore() {
  const std::string nobody(32, 'a');
  return {
      {v1::ERROR_REASON_PAGE_TOKEN_INVALID,
       [] {
         World world;
         world.RecordPhone("c-1", "0612345678");
         return world.List(world.CitizenOf("0612345678"), "changed");
       }},
      {v1::ERROR_REASON_CONTENT_DIFFERS, ContentDiffers},
      {v1::ERROR_REASON_CONTACT_FULL, ContactFull},
      {v1::ERROR_REASON_CONTACT_NOT_FOUND,
       [nobody] {
         World world;
         v1::GetContactRequest request;
         request.set_contact_id(nobody);
         v1::GetContactResponse response;
         return service::Call(*world.contacts, &v1::ContactService::Stub::GetContact, request,
                              &response);
       }},
      {v1::ERROR_REASON_CITIZEN_NOT_FOUND, [nobody] { return World().List(nobody); }},
      {v1::ERROR_REASON_PARTY_NOT_FOUND, PartyNotFound},
      {v1::ERROR_REASON_CITIZEN_SPLIT, CitizenSplit},
      {v1::ERROR_REASON_TOO_MANY_RESULTS, TooManyResults},
      {v1::ERROR_REASON_LINK_FORBIDDEN, LinkForbidden},
      {v1::ERROR_REASON_DECISION_WITHOUT_EFFECT, WithoutEffect},
      {v1::ERROR_REASON_DIGEST_REQUIRED, DigestRequired},
      {v1::ERROR_REASON_POSITION_AHEAD, [] { return World().Follow({StartAt(9)}, true); }},
      {v1::ERROR_REASON_LOG_FOREIGN, LogForeign},
      {v1::ERROR_REASON_LOG_DIVERGED, LogDiverged},
      {v1::ERROR_REASON_POSITION_NOT_REACHED, [nobody] { return World().List(nobody, "", 9); }},
      {v1::ERROR_REASON_NO_BACKUP_DIRECTORY,
       [] {
         World world;
         const auto backups = v1::BackupService::NewStub(world.channel);
         v1::CreateBackupResponse response;
         return service::Call(*backups, &v1::BackupService::Stub::CreateBackup,
                              v1::CreateBackupRequest(), &response);
       }},
      {v1::ERROR_REASON_OVERLOADED, Overloaded},
      {v1::ERROR_REASON_DISK_FULL, DiskFull},
      {v1::ERROR_REASON_RESTARTING, Restarting},
      {v1::ERROR_REASON_WRITES_STOPPED, WritesStopped},
      {v1::ERROR_REASON_FOLLOWER_TOO_SLOW, TooSlow},
      {v1::ERROR_REASON_DECISION_TOO_LARGE, DecisionTooLarge},
      {v1::ERROR_REASON_ORDER_OF_MESSAGES,
       [] {
         return World().Follow({StartAt(0), StartAt(0)}, true);
       }},
  };
}

const Triggers& All() {
  static const auto* all = [] {
    auto* triggers = new Triggers(OfOneEvent());
    triggers->merge(OfTheStore());
    return triggers;
  }();
  return *all;
}

std::vector<v1::ErrorReason> Reasons() {
  std::vector<v1::ErrorReason> reasons;
  for (int i = 0; i < v1::ErrorReason_descriptor()->value_count(); ++i) {
    const int number = v1::ErrorReason_descriptor()->value(i)->number();
    if (number != 0) reasons.push_back(static_cast<v1::ErrorReason>(number));
  }
  return reasons;
}

class Reason : public testing::TestWithParam<v1::ErrorReason> {};

TEST_P(Reason, IsWhatTheClientSees) {
  ASSERT_TRUE(All().contains(GetParam())) << "no test triggers this reason";
  const grpc::Status status = All().at(GetParam())();
  EXPECT_EQ("ERROR_REASON_" + See(status).reason, v1::ErrorReason_Name(GetParam()))
      << status.error_message();
  EXPECT_EQ(static_cast<int>(status.error_code()), static_cast<int>(store::CodeOf(GetParam())));
  const auto& options = v1::ErrorReason_descriptor()->FindValueByNumber(GetParam())->options();
  EXPECT_EQ(See(status).retry, options.GetExtension(v1::retryable));
}

INSTANTIATE_TEST_SUITE_P(Contract, Reason, testing::ValuesIn(Reasons()), [](const auto& info) {
  return v1::ErrorReason_Name(info.param).substr(13);
});

}  // namespace
}  // namespace klantbeeld::service
