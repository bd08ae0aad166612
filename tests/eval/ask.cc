// Asks a server who the customer of each contact is and whom a citizen may be
// too, many at a time:
//   klantbeeld_eval_ask --server ADDRESS --source SOURCE [--suggestions] < ids
// Prints, with tabs between:
//   contact ID CITIZEN STATES VERIFIED NUMBER   CITIZEN empty: none, or no such contact.
//   suggestion CITIZEN OTHER BITS OBSTACLE WHOLE   Best first.
//   further CITIZEN OTHER BITS OBSTACLE WHOLE      Best first.
//   model VERSION                               Where the server has one.
// STATES: 1 where the party states a name, birth date or number of its own.
// WHOLE: bits, if all that a household shares counts.
// VERIFIED: 1 where its BSN, which is NUMBER, was verified.
#include <grpcpp/grpcpp.h>

#include <CLI/CLI.hpp>
#include <atomic>
#include <functional>
#include <iostream>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "clients/cpp/client.h"
#include "klantbeeld/v1/contact_service.grpc.pb.h"
#include "klantbeeld/v1/identity_service.grpc.pb.h"

namespace klantbeeld::evaluation {
namespace {

constexpr size_t kAskersMax = 16;
constexpr char kParty[] = "customer";

// Calls `ask` with every number below `count`, on several threads; stops early
// when one says no.
bool AskAll(size_t count, const std::function<bool(size_t)>& ask) {
  std::atomic<size_t> next = 0;
  std::atomic<bool> good = true;
  std::vector<std::thread> askers;
  for (size_t i = 0; i < kAskersMax; ++i) {
    askers.emplace_back([&] {
      for (size_t at = next++; at < count && good; at = next++) {
        if (!ask(at)) good = false;
      }
    });
  }
  for (std::thread& asker : askers) asker.join();
  return good;
}

bool IsVerified(v1::VerifiedBy how) {
  return how == v1::VERIFIED_BY_DIGID || how == v1::VERIFIED_BY_EHERKENNING ||
         how == v1::VERIFIED_BY_EIDAS || how == v1::VERIFIED_BY_ID_DOCUMENT;
}

// What the party's identifiers are and what belongs to a household or a device
// does not say who somebody is.
bool States(const v1::Party& party) {
  const v1::PersonalDetails& details = party.details();
  if (details.has_first_names() || details.has_initials() || details.has_surname() ||
      details.has_birth_date() || details.has_organisation_name()) {
    return true;
  }
  for (const v1::Identifier& identifier : party.identifiers()) {
    switch (identifier.type()) {
      case v1::IDENTIFIER_TYPE_EMAIL:
      case v1::IDENTIFIER_TYPE_PHONE:
      case v1::IDENTIFIER_TYPE_SESSION:
      case v1::IDENTIFIER_TYPE_COOKIE:
      case v1::IDENTIFIER_TYPE_TICKET:
      case v1::IDENTIFIER_TYPE_APPOINTMENT:
        break;
      default:
        return true;
    }
  }
  return false;
}

struct Answer {
  std::string citizen;
  bool states = false;
  bool verified = false;
  std::string number;
};

Answer AnswerOf(const v1::Contact& contact) {
  Answer answer;
  for (const v1::PartyCitizen& citizen : contact.citizens()) {
    if (citizen.party_key() == kParty) answer.citizen = citizen.citizen_id();
  }
  for (const v1::Party& party : contact.data().parties()) {
    if (party.key() != kParty) continue;
    answer.states = States(party);
    for (const v1::Identifier& identifier : party.identifiers()) {
      if (identifier.type() != v1::IDENTIFIER_TYPE_BSN) continue;
      answer.verified = IsVerified(identifier.verified());
      answer.number = identifier.value();
    }
  }
  return answer;
}

bool Failed(const grpc::Status& status, const char* what) {
  if (status.ok()) return false;
  std::cerr << absl::StrCat(what, ": ", status.error_message(), "\n");
  return true;
}

bool PrintContacts(const std::shared_ptr<grpc::Channel>& channel, const std::string& source,
                   const std::vector<std::string>& ids, std::set<std::string>& citizens) {
  const auto stub = v1::ContactService::NewStub(channel);
  std::vector<Answer> answers(ids.size());
  const bool good = AskAll(ids.size(), [&](size_t at) {
    grpc::ClientContext context;
    v1::GetContactRequest request;
    request.mutable_ref()->set_source(source);
    request.mutable_ref()->set_id(ids[at]);
    v1::GetContactResponse response;
    const grpc::Status status = stub->GetContact(&context, request, &response);
    if (status.error_code() == grpc::StatusCode::NOT_FOUND) return true;
    answers[at] = AnswerOf(response.contact());
    return !Failed(status, "GetContact");
  });
  for (size_t at = 0; good && at < ids.size(); ++at) {
    const Answer& answer = answers[at];
    if (!answer.citizen.empty()) citizens.insert(answer.citizen);
    std::cout << absl::StrCat("contact\t", ids[at], "\t", answer.citizen, "\t", answer.states, "\t",
                              answer.verified, "\t", answer.number, "\n");
  }
  return good;
}

void Print(const char* kind, const std::string& citizen, const v1::Suggestion& other) {
  double whole = 0;
  for (const v1::FieldEvidence& one : other.evidence()) {
    const bool cap = one.field() == v1::EVIDENCE_FIELD_HOUSEHOLD ||
                     one.field() == v1::EVIDENCE_FIELD_SUGGESTION_ONLY;
    if (!cap) whole += one.bits();
  }
  // What is in the way but for too little evidence, where anything is.
  const v1::Obstacle obstacle = other.second_obstacle() != v1::OBSTACLE_UNSPECIFIED
                                    ? other.second_obstacle()
                                    : other.obstacle();
  std::cout << absl::StrCat(kind, "\t", citizen, "\t", other.citizen_id(), "\t", other.bits(), "\t",
                            v1::Obstacle_Name(obstacle), "\t", whole, "\n");
}

bool PrintSuggestions(const std::shared_ptr<grpc::Channel>& channel,
                      const std::vector<std::string>& citizens) {
  const auto stub = v1::IdentityService::NewStub(channel);
  std::vector<v1::ListSuggestionsResponse> answers(citizens.size());
  std::atomic<bool> served = true;
  const bool good = AskAll(citizens.size(), [&](size_t at) {
    grpc::ClientContext context;
    v1::ListSuggestionsRequest request;
    request.set_citizen_id(citizens[at]);
    request.set_further(true);
    const grpc::Status status = stub->ListSuggestions(&context, request, &answers[at]);
    if (status.error_code() != grpc::StatusCode::UNIMPLEMENTED) {
      return !Failed(status, "ListSuggestions");
    }
    served = false;
    return false;
  });
  if (!served) return true;
  if (!good) return false;
  if (!answers.empty()) std::cout << absl::StrCat("model\t", answers[0].model(), "\n");
  for (size_t at = 0; at < citizens.size(); ++at) {
    for (const v1::Suggestion& other : answers[at].suggestions()) {
      Print("suggestion", citizens[at], other);
    }
    for (const v1::Suggestion& other : answers[at].further()) Print("further", citizens[at], other);
  }
  return true;
}

int Run(int argc, char** argv) {
  CLI::App app("Asks who the customers of contacts are.");
  client::Client::Options options;
  std::string source;
  bool suggestions = false;
  app.add_option("--server", options.server)->required();
  app.add_option("--source", source)->required();
  app.add_flag("--suggestions", suggestions);
  CLI11_PARSE(app, argc, argv);
  const auto client = client::Client::Create(options);
  if (!client.ok()) {
    std::cerr << "wrong --server\n";
    return 2;
  }
  std::vector<std::string> ids;
  for (std::string id; std::getline(std::cin, id);) ids.push_back(id);
  std::set<std::string> citizens;
  const auto channel = client.value()->NewChannel();
  if (!PrintContacts(channel, source, ids, citizens)) return 1;
  if (!suggestions) return 0;
  return PrintSuggestions(channel, {citizens.begin(), citizens.end()}) ? 0 : 1;
}

}  // namespace
}  // namespace klantbeeld::evaluation

int main(int argc, char** argv) { return klantbeeld::evaluation::Run(argc, argv); }
