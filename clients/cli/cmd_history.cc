#include <CLI/CLI.hpp>
#include <map>
#include <set>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "clients/cli/arguments.h"
#include "clients/cli/context.h"
#include "clients/cli/output.h"
#include "clients/cli/pager.h"
#include "clients/cli/party.h"
#include "clients/cli/text.h"
#include "clients/cli/times.h"

namespace klantbeeld::cli {
namespace {

struct Flags {
  std::string whose, at;
  int page_size = 0;
  uint64_t before = 0;
};

// Of a page of contacts; the command reads all of them.
constexpr int kPageMax = 100;

std::string NamesOf(const google::protobuf::RepeatedPtrField<std::string>& ids) {
  return Clean(absl::StrJoin(ids, " + "));
}

void DrawFact(const Context& context, const v1::FeedEvent& fact) {
  Print(context.Say(Label::history_fact, fact.position(),
                    TimeText(FromProto(fact.recorded_at()), context.zone),
                    Word(context.lang, fact.kind())));
  if (fact.has_decision()) {
    const std::string author = Clean(fact.decision().author());
    Print(context.Say(Label::history_decision, author.empty() ? "–" : author,
                      Clean(fact.decision().reason())));
  }
  if (fact.kind() == v1::FACT_KIND_UNLINK && fact.changes().empty())
    Print(context.Say(Label::history_kept_apart));
  if (fact.has_event()) {
    const v1::ContactRef& contact = fact.event().contact();
    Print(context.Say(Label::history_contact, Clean(contact.source()), Clean(contact.id())));
  }
  if (!fact.left_citizen_ids().empty())
    Print(context.Say(Label::history_moved, NamesOf(fact.left_citizen_ids()),
                      NamesOf(fact.citizen_ids())));
  for (const auto& change : fact.changes()) {
    Print(context.Say(Label::decision_change, Word(context.lang, change.kind()),
                      NamesOf(change.old_ids()), NamesOf(change.new_ids()),
                      change.contacts_moved()));
    for (const int issue : change.issues())
      Print(context.Say(Label::issue, Word(context.lang, static_cast<v1::CitizenIssue>(issue))));
  }
}

void DrawFacts(const Context& context, const v1::ListHistoryResponse& history) {
  for (const auto& fact : history.facts()) DrawFact(context, fact);
  if (history.next_before() != 0 && !context.settings.quiet)
    Complain(context.Say(Label::history_more, history.next_before()));
}

int History(Context& context, const Flags& flags) {
  v1::ListHistoryRequest request;
  if (const int code = ReadWhose(context, flags.whose, request)) return code;
  request.set_page_size(flags.page_size);
  request.set_before_position(flags.before);
  Items items(context, "table", v1::FeedEvent::descriptor,
              {"position", "recordedAt", "kind", "decision.author", "decision.reason",
               "changes.kind", "changes.oldIds", "changes.newIds", "changes.contactsMoved"});
  if (items.wrong()) return kUsage;
  const auto reply = context.client->ListHistory(request);
  if (!reply.ok()) return Fail(context, reply.error());
  v1::ListHistoryResponse history = reply.value();
  if (!items.drawn()) {
    for (const auto& fact : history.facts()) items.Add(fact);
    history.clear_facts();
    items.End(&history, "facts");
    return kOk;
  }
  const Paged paged(context);
  Print(context.Say(history.facts().empty() ? Label::history_none : Label::history_of,
                    Clean(history.citizen_id())));
  DrawFacts(context, history);
  return kOk;
}

// A position, or a time as elsewhere.
int ReadAt(const Context& context, const std::string& text, v1::ListCitizensAtRequest& request) {
  uint64_t position = 0;
  if (absl::SimpleAtoi(text, &position)) {
    request.set_at_position(position);
    return kOk;
  }
  const auto time = ParseTime(text, absl::Now(), context.zone);
  if (!time) return BadValue(context, "--at", text, context.Say(Label::want_position_or_time));
  *request.mutable_recorded_at() = ToProto(*time);
  return kOk;
}

using Contacts = google::protobuf::RepeatedPtrField<v1::ContactAt>;
using Parties = google::protobuf::RepeatedPtrField<v1::PartyCitizen>;

// A line per citizen, with how many contacts and the first of them.
void DrawCitizens(const Context& context, const Contacts& contacts,
                  const Parties& (v1::ContactAt::*citizens)() const, Label line, Label nobody) {
  std::map<std::string, std::vector<std::string>> named;  // By citizen; "" is nobody.
  for (const auto& contact : contacts) {
    const std::string name = absl::StrCat(contact.ref().source(), "/", contact.ref().id());
    std::set<std::string> once;
    for (const auto& one : (contact.*citizens)()) once.insert(one.citizen_id());
    if (once.empty()) once.insert("");
    for (const std::string& citizen : once) named[citizen].push_back(name);
  }
  constexpr size_t kNamed = 5;
  for (auto& [citizen, names] : named) {
    const size_t count = names.size();
    if (count > kNamed) names.resize(kNamed);
    const std::string listed =
        absl::StrCat(Clean(absl::StrJoin(names, ", ")), count > kNamed ? ", …" : "");
    Print(citizen.empty() ? context.Say(nobody, count, listed)
                          : context.Say(line, Clean(citizen), count, listed));
  }
}

// Who was who then, and what had happened by then.
int DrawThen(Context& context, const Flags& flags, const v1::ListCitizensAtResponse& whole) {
  v1::ListHistoryRequest request;
  if (const int code = ReadWhose(context, flags.whose, request)) return code;
  request.set_before_position(whole.at_position() + 1);
  const auto history = context.client->ListHistory(request);
  if (!history.ok()) return Fail(context, history.error());
  const Paged paged(context);
  const std::string citizen = Clean(whole.citizen_id());
  Print(context.Say(whole.contacts().empty() ? Label::history_at_gone : Label::history_at, citizen,
                    whole.at_position()));
  DrawCitizens(context, whole.contacts(), &v1::ContactAt::citizens, Label::history_at_citizen,
               Label::history_at_none);
  if (!whole.departed().empty()) Print(context.Say(Label::history_departed));
  DrawCitizens(context, whole.departed(), &v1::ContactAt::citizens_now, Label::history_now_citizen,
               Label::history_now_none);
  if (whole.departed_more()) Print(context.Say(Label::history_departed_more));
  if (!history.value().facts().empty()) Print(context.Say(Label::history_until));
  DrawFacts(context, history.value());
  return kOk;
}

int CitizensAt(Context& context, const Flags& flags) {
  v1::ListCitizensAtRequest request;
  if (const int code = ReadWhose(context, flags.whose, request)) return code;
  if (const int code = ReadAt(context, flags.at, request)) return code;
  request.set_page_size(kPageMax);
  Items items(context, "table", v1::ContactAt::descriptor,
              {"contactId", "ref.source", "ref.id", "citizens.partyKey", "citizens.citizenId",
               "citizensNow.citizenId"});
  if (items.wrong()) return kUsage;
  v1::ListCitizensAtResponse whole;
  do {
    auto reply = context.client->ListCitizensAt(request);
    if (!reply.ok()) return Fail(context, reply.error());
    auto contacts = std::move(*whole.mutable_contacts());
    contacts.MergeFrom(reply.value().contacts());
    whole = reply.value();
    *whole.mutable_contacts() = std::move(contacts);
    request.set_page_token(whole.next_page_token());
    if (context.stop.requested()) return kInterrupted;
  } while (!request.page_token().empty());
  if (!items.drawn()) {
    for (const auto& contact : whole.contacts()) items.Add(contact);
    // As JSON they have a list of their own.
    if (context.output("table") != "json")
      for (const auto& contact : whole.departed()) items.Add(contact);
    whole.clear_contacts();
    items.End(&whole, "contacts");
    return kOk;
  }
  return DrawThen(context, flags, whole);
}

}  // namespace

void AddHistory(CLI::App& app, Context& context, Run& run) {
  auto flags = std::make_shared<Flags>();
  CLI::App* command = app.add_subcommand("history", context.Say(Label::cmd_history));
  command->alias("geschiedenis");
  command->footer(context.Say(Label::history_examples));
  command->add_option("citizen", flags->whose, context.Say(Label::opt_party))->required();
  CLI::Option* at = command->add_option("--at", flags->at, context.Say(Label::opt_at));
  Between(context,
          command->add_option("--page-size", flags->page_size,
                              context.Say(Label::opt_history_page_size)),
          1, kPageMax)
      ->excludes(at);
  command->add_option("--before", flags->before, context.Say(Label::opt_history_before))
      ->type_name("INT")
      ->excludes(at);
  command->callback([flags, &run] {
    run = [flags](Context& c) {
      return flags->at.empty() ? History(c, *flags) : CitizensAt(c, *flags);
    };
  });
}

}  // namespace klantbeeld::cli
