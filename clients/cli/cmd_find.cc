#include <CLI/CLI.hpp>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_join.h"
#include "clients/cli/arguments.h"
#include "clients/cli/context.h"
#include "clients/cli/finder.h"
#include "clients/cli/input.h"
#include "clients/cli/output.h"
#include "clients/cli/times.h"

namespace klantbeeld::cli {
namespace {

struct Flags {
  std::vector<std::string> words;  // Of the term, which need no quotes.
  std::string kind, born;
};

bool MayAsk(const Context& context) {
  return context.in_is_terminal && context.err_is_terminal && !context.settings.no_input;
}

// The key that stands for `term`; where a name came without its date, that is
// asked for. Nothing: it was said what is wrong.
std::optional<Key> ReadKey(const Context& context, const std::string& term, const Flags& flags) {
  Searching searching{flags.kind, flags.born, context.settings.case_pattern};
  auto detected = Detect(term, searching);
  const Label* wrong = std::get_if<Label>(&detected);
  if (wrong != nullptr && *wrong == Label::name_needs_date && MayAsk(context)) {
    searching.born = AskLine(context, context.Say(Label::born_prompt)).value_or("");
    if (!searching.born.empty()) detected = Detect(term, searching);
    wrong = std::get_if<Label>(&detected);
  }
  if (wrong == nullptr) return std::get<Key>(detected);
  Usage(context, context.Say(*wrong));
  return std::nullopt;
}

// More than ten: asks for another key and keeps who may have both.
int Refine(Context& context, const Flags& flags, const Key& first);

// On a terminal one is chosen by number, or they are told apart by birth date;
// Enter alone leaves it at the table.
int ChooseOne(Context& context, Citizens citizens) {
  while (citizens.size() > 1) {
    Print(HitsTable(context, citizens, true));
    const auto line = AskLine(context, context.Say(Label::choose_prompt, citizens.size(),
                                                   context.Say(NextKey(citizens))));
    if (context.stop.requested()) return kInterrupted;
    const std::string answer(absl::StripAsciiWhitespace(line.value_or("")));
    if (answer.empty()) return kOk;
    int number = 0;
    Citizens kept;
    if (const auto born = ParseBirthDate(answer)) {
      for (const auto& citizen : citizens)
        if (MayHold(citizen, Key{Label::kind_name, {}, born})) *kept.Add() = citizen;
    } else if (absl::SimpleAtoi(answer, &number) && number >= 1 && number <= citizens.size()) {
      *kept.Add() = citizens[number - 1];
    } else {
      Complain(context.Say(Label::session_no_such_number));
      continue;
    }
    if (kept.empty()) {
      Complain(context.Say(Label::session_nobody_left));
      return kNotFound;
    }
    citizens.Swap(&kept);
  }
  return ShowCitizen(context, citizens[0].id(), 0);
}

int Show(Context& context, v1::FindCitizensResponse& found) {
  if (!context.settings.quiet) Complain(AboutHits(context, found));
  if (context.output("table") == "table" && context.settings.fields.empty() &&
      found.citizens_size() == 1)
    return ShowCitizen(context, found.citizens(0).id(), 0);
  Items items(context, "table", v1::Citizen::descriptor,
              {"id", "status", "details.details.surname", "details.details.birthDate.year",
               "identifiers.identifier.type", "identifiers.identifier.masked",
               "latest.contact.happenedAt", "latest.contact.data.channel",
               "latest.contact.data.subject", "match.exact", "match.bits"});
  if (items.wrong()) return kUsage;
  if (!items.drawn()) {
    const bool nobody = found.citizens().empty();
    for (const auto& citizen : found.citizens()) items.Add(citizen);
    found.clear_citizens();
    items.End(&found, "citizens");
    return nobody ? kNotFound : kOk;
  }
  if (found.citizens().empty()) return kNotFound;
  if (context.out_is_terminal && MayAsk(context)) return ChooseOne(context, found.citizens());
  Print(HitsTable(context, found.citizens(), false));
  if (context.settings.quiet) return kOk;
  const Label next = NextKey(found.citizens());
  Complain(
      context.Say(Label::search_many, found.citizens_size(),
                  context.Say(next == Label::next_born ? Label::next_born_option : next)));
  return kOk;
}

int Search(Context& context, const Flags& flags, const std::string& term, const Key* before) {
  auto key = ReadKey(context, term, flags);
  if (context.stop.requested()) return kInterrupted;
  if (!key) return kUsage;
  auto reply = LookUp(context, *key);
  if (!context.settings.quiet)
    Complain(context.Say(Label::search_detected, context.Say(key->kind)));
  if (!reply.ok() && TooMany(reply.error()) && before == nullptr && MayAsk(context))
    return Refine(context, flags, *key);
  if (!reply.ok()) {
    const int code = Fail(context, reply.error());
    if (TooMany(reply.error()))
      Complain(context.Say(Label::refine_with, context.Say(NextKey(key->kind))));
    return code;
  }
  if (before != nullptr) {
    v1::FindCitizensResponse both;
    both.set_more(reply.value().more());
    both.set_too_common(reply.value().too_common());
    for (const auto& citizen : reply.value().citizens())
      if (MayHold(citizen, *before)) *both.add_citizens() = citizen;
    reply.value().Swap(&both);
  }
  if (reply.value().citizens().empty() && !context.settings.quiet)
    Complain(context.Say(Label::search_none, context.Say(key->kind)));
  return Show(context, reply.value());
}

int Refine(Context& context, const Flags& flags, const Key& first) {
  const auto line = AskLine(
      context, context.Say(Label::too_many_prompt, context.Say(NextKey(first.kind))));
  if (context.stop.requested()) return kInterrupted;
  if (!line || absl::StripAsciiWhitespace(*line).empty()) return kUsage;
  Flags further = flags;
  further.kind.clear();
  return Search(context, further, *line, &first);
}

int Find(Context& context, const Flags& flags) {
  std::string term = absl::StrJoin(flags.words, " ");
  const bool asked = term.empty() || term == "-";
  if (asked) {
    const auto line = AskLine(context, context.Say(Label::search_prompt));
    if (context.stop.requested()) return kInterrupted;
    if (!line) return Usage(context, context.Say(Label::search_hint));
    term = std::string(absl::StripAsciiWhitespace(*line));
  }
  if (!asked && context.settings.bsn_warning) {
    const auto detected = Detect(term, {flags.kind, flags.born, ""});
    const Key* key = std::get_if<Key>(&detected);
    if (key != nullptr && key->kind == Label::kind_bsn)
      Complain(context.Say(Label::bsn_in_history));
  }
  return Search(context, flags, term, nullptr);
}

}  // namespace

void AddFind(CLI::App& app, Context& context, Run& run) {
  auto flags = std::make_shared<Flags>();
  CLI::App* command = app.add_subcommand("find", context.Say(Label::cmd_find));
  command->alias("zoek");
  command->footer(context.Say(Label::find_examples));
  command->add_option("term", flags->words, context.Say(Label::opt_term));
  Choose(context, command->add_option("--kind", flags->kind, context.Say(Label::opt_kind)),
         {std::begin(kKinds), std::end(kKinds)});
  command->add_option("--born", flags->born, context.Say(Label::opt_born));
  command->callback([flags, &run] { run = [flags](Context& c) { return Find(c, *flags); }; });
}

}  // namespace klantbeeld::cli
