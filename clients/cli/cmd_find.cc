#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "clients/cli/context.h"
#include "clients/cli/detect.h"
#include "clients/cli/input.h"
#include "clients/cli/json.h"
#include "clients/cli/text.h"
#include "clients/cli/times.h"
#include "clients/cli/view.h"

namespace klantbeeld::cli {
namespace {

struct Flags {
  std::string term, kind, born;
};

void PrintHits(const Context& context, const v1::FindCitizensResponse& found) {
  Table table({context.Say(Label::col_citizen), context.Say(Label::col_name),
               context.Say(Label::col_born), context.Say(Label::col_address),
               context.Say(Label::col_last)});
  for (const auto& citizen : found.citizens()) {
    std::string last;
    if (citizen.latest_size() > 0) {
      const v1::Contact& contact = citizen.latest(0).contact();
      last =
          absl::StrCat(TimeText(FromProto(contact.happened_at()), context.zone), " ",
                       Word(context.lang, contact.data().channel()), " ", contact.data().subject());
    }
    table.Add(
        {citizen.id(), NameOf(context.lang, citizen), BornOf(citizen), AddressOf(citizen), last});
  }
  Print(table.Render(context.columns));
  if (!context.settings.quiet) Complain(context.Say(Label::search_many, found.citizens_size()));
}

// What was searched for, as it may be shown: a BSN is not.
std::string Shown(const Key& key, const std::string& term) {
  return key.kind == Label::kind_bsn ? "BSN ******" + term.substr(6) : Clean(term);
}

int Find(Context& context, const Flags& flags) {
  std::string term = flags.term;
  const bool asked = term.empty() || term == "-";
  if (asked) {
    const auto line = AskLine(context, context.Say(Label::search_prompt));
    if (context.stop.requested()) return kInterrupted;
    if (!line) return Usage(context, context.Say(Label::search_hint));
    term = std::string(absl::StripAsciiWhitespace(*line));
  }
  const auto detected = Detect(term, flags.kind, flags.born);
  if (const Label* wrong = std::get_if<Label>(&detected))
    return Usage(context, context.Say(*wrong));
  Key key = std::get<Key>(detected);
  if (!asked && key.kind == Label::kind_bsn && context.settings.bsn_warning)
    Complain(context.Say(Label::bsn_in_history));
  if (!context.settings.quiet) Complain(context.Say(Label::search_detected, context.Say(key.kind)));
  key.request.set_purpose(context.settings.purpose);
  key.request.set_reason(context.settings.reason);
  auto reply = context.client->FindCitizens(key.request);
  if (!reply.ok()) return Fail(context, reply.error());
  v1::FindCitizensResponse& found = reply.value();
  if (found.citizens().empty()) {
    if (!context.settings.quiet) Complain(context.Say(Label::search_none, Shown(key, term)));
    return kNotFound;
  }
  const std::string output = context.output("table");
  if (output == "table" && found.citizens_size() == 1)
    return ShowCitizen(context, found.citizens(0).id(), 0);
  if (!context.settings.show_bsn) MaskBsn(found);
  if (output == "table") PrintHits(context, found);
  if (output == "json") Print(Json(found, true));
  if (output == "ndjson")
    for (const auto& citizen : found.citizens()) Print(Json(citizen, false));
  return kOk;
}

}  // namespace

void AddFind(CLI::App& app, Context& context, Run& run) {
  auto flags = std::make_shared<Flags>();
  CLI::App* command = app.add_subcommand("find", context.Say(Label::cmd_find));
  command->alias("zoek");
  command->add_option("term", flags->term, context.Say(Label::opt_term));
  command->add_option("--kind", flags->kind, context.Say(Label::opt_kind))
      ->check(CLI::IsMember({"bsn", "phone", "name", "postcode", "email", "kvk", "case"}));
  command->add_option("--born", flags->born, context.Say(Label::opt_born));
  command->callback([flags, &run] { run = [flags](Context& c) { return Find(c, *flags); }; });
}

}  // namespace klantbeeld::cli
