#include <CLI/CLI.hpp>
#include <cstdlib>

#include "absl/strings/str_join.h"
#include "clients/cli/context.h"
#include "clients/cli/input.h"
#include "clients/cli/json.h"
#include "clients/cli/party.h"
#include "clients/cli/text.h"

namespace klantbeeld::cli {
namespace {

struct Flags {
  std::string a, b, author, decision_id, digest, apart_from;
  std::vector<std::string> parties;
  bool dry_run = false;
};

// False: it was said what is missing.
bool Decide(const Context& context, const Flags& flags, v1::Decision& decision) {
  const char* user = std::getenv("USER");
  decision.set_source("klantbeeld-cli");
  decision.set_decision_id(flags.decision_id.empty() ? NewId() : flags.decision_id);
  decision.set_author(!flags.author.empty() ? flags.author : user != nullptr ? user : "");
  decision.set_reason(context.settings.reason);
  if (!decision.reason().empty() && !decision.author().empty()) return true;
  Usage(context, context.Say(decision.reason().empty() ? Label::want_decision_reason
                                                       : Label::want_decision_author));
  return false;
}

template <class Response>
int PrintDecision(const Context& context, bool dry_run, const Response& done) {
  const std::string output = context.output("table");
  if (output != "table") {
    Print(Json(done, output == "json"));
    return kOk;
  }
  if (dry_run)
    Print(context.Say(done.changes().empty() ? Label::decision_nothing : Label::decision_dry));
  else
    Print(context.Say(done.duplicate() ? Label::decision_before : Label::decision_done,
                      done.position()));
  for (const auto& change : done.changes()) {
    Print(context.Say(Label::decision_change, Word(context.lang, change.kind()),
                      Clean(absl::StrJoin(change.old_ids(), " + ")),
                      Clean(absl::StrJoin(change.new_ids(), " + ")), change.contacts_moved()));
    for (const int issue : change.issues())
      Print(context.Say(Label::issue, Word(context.lang, static_cast<v1::CitizenIssue>(issue))));
  }
  return kOk;
}

int Link(Context& context, const Flags& flags) {
  v1::LinkRequest request;
  if (!Decide(context, flags, *request.mutable_decision())) return kUsage;
  request.set_dry_run(flags.dry_run);
  for (const bool first : {true, false}) {
    const std::string& text = first ? flags.a : flags.b;
    if (IsCitizenId(text)) {
      first ? request.set_citizen_a(text) : request.set_citizen_b(text);
      continue;
    }
    const auto party = ParseParty(text);
    if (!party) return BadValue(context, first ? "A" : "B", text, context.Say(Label::want_party));
    *(first ? request.add_parties_a() : request.add_parties_b()) = *party;
  }
  const auto reply = context.client->Link(request);
  return reply.ok() ? PrintDecision(context, flags.dry_run, reply.value())
                    : Fail(context, reply.error());
}

int Unlink(Context& context, const Flags& flags) {
  v1::UnlinkRequest request;
  if (!Decide(context, flags, *request.mutable_decision())) return kUsage;
  request.set_dry_run(flags.dry_run);
  request.set_digest(flags.digest);
  if (!flags.apart_from.empty()) {
    if (flags.parties.size() != 1 || !IsCitizenId(flags.parties[0]))
      return Usage(context, context.Say(Label::want_one_party));
    request.set_citizen(flags.parties[0]);
    request.set_apart_from(flags.apart_from);
  }
  for (const auto& text : flags.parties) {
    if (!flags.apart_from.empty()) break;
    const auto party = ParseParty(text);
    if (!party) return BadValue(context, "PARTY", text, context.Say(Label::want_party_only));
    *request.add_parties() = *party;
  }
  const auto reply = context.client->Unlink(request);
  if (!reply.ok()) return Fail(context, reply.error());
  const int code = PrintDecision(context, flags.dry_run, reply.value());
  if (reply.value().digest_required() && flags.dry_run && !context.settings.quiet)
    Complain(context.Say(Label::decision_digest, Clean(reply.value().digest())));
  return code;
}

void AddDecisionOptions(CLI::App& command, const Context& context, Flags& flags) {
  command.add_flag("--dry-run", flags.dry_run, context.Say(Label::opt_dry_run));
  command.add_option("--author", flags.author, context.Say(Label::opt_author));
  command.add_option("--decision-id", flags.decision_id, context.Say(Label::opt_decision_id));
}

}  // namespace

void AddLink(CLI::App& app, Context& context, Run& run) {
  auto flags = std::make_shared<Flags>();
  CLI::App* command = app.add_subcommand("link", context.Say(Label::cmd_link));
  command->alias("koppel");
  command->footer(context.Say(Label::link_examples));
  command->add_option("a", flags->a, context.Say(Label::opt_party))->required();
  command->add_option("b", flags->b, context.Say(Label::opt_party))->required();
  AddDecisionOptions(*command, context, *flags);
  command->callback([flags, &run] { run = [flags](Context& c) { return Link(c, *flags); }; });
}

void AddUnlink(CLI::App& app, Context& context, Run& run) {
  auto flags = std::make_shared<Flags>();
  CLI::App* command = app.add_subcommand("unlink", context.Say(Label::cmd_unlink));
  command->alias("ontkoppel");
  command->footer(context.Say(Label::unlink_examples));
  command->add_option("party", flags->parties, context.Say(Label::opt_party))->required();
  AddDecisionOptions(*command, context, *flags);
  command->add_option("--digest", flags->digest, context.Say(Label::opt_digest));
  command->add_option("--apart-from", flags->apart_from, context.Say(Label::opt_apart_from));
  command->callback([flags, &run] { run = [flags](Context& c) { return Unlink(c, *flags); }; });
}

}  // namespace klantbeeld::cli
