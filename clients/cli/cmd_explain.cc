#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "clients/cli/context.h"
#include "clients/cli/output.h"
#include "clients/cli/party.h"
#include "clients/cli/text.h"
#include "clients/cli/times.h"

namespace klantbeeld::cli {
namespace {

using Evidence = google::protobuf::RepeatedPtrField<v1::FieldEvidence>;

std::string Bits(double bits) { return absl::StrFormat("%+.1f", bits); }
std::string Size(double bits) { return absl::StrFormat("%.1f", std::abs(bits)); }

// A line per field, the words under each other.
void PrintEvidence(const Context& context, const Evidence& evidence) {
  int fields = 0, agreements = 0;
  for (const auto& one : evidence) {
    fields = std::max(fields, Width(Word(context.lang, one.field())));
    agreements = std::max(agreements, Width(Word(context.lang, one.agreement())));
  }
  for (const auto& one : evidence) {
    Print(context.Say(Label::evidence_line, Pad(Word(context.lang, one.field()), fields),
                      Pad(Word(context.lang, one.agreement()), agreements), Bits(one.bits())));
  }
}

// What else is in the way, and what comparing says.
void PrintWhy(const Context& context, const v1::Suggestion& suggestion) {
  if (suggestion.second_obstacle() != v1::OBSTACLE_UNSPECIFIED)
    Print(context.Say(Label::suggestion_second, Word(context.lang, suggestion.second_obstacle())));
  PrintEvidence(context, suggestion.evidence());
}

void PrintSuggestion(const Context& context, int number, const v1::Suggestion& suggestion) {
  Print(context.Say(Label::suggestion_line, number, Clean(suggestion.citizen_id()),
                    Bits(suggestion.bits()), Word(context.lang, suggestion.obstacle())));
  PrintWhy(context, suggestion);
  if (suggestion.has_margin())
    Print(context.Say(suggestion.margin() < 0 ? Label::suggestion_behind : Label::suggestion_ahead,
                      Size(suggestion.margin())));
}

int Suggestions(Context& context, const std::string& whose, bool further) {
  v1::ListSuggestionsRequest request;
  request.set_further(further);
  if (const int code = ReadWhose(context, whose, request)) return code;
  Items items(context, "table", v1::Suggestion::descriptor, {"citizenId", "bits", "obstacle"});
  if (items.wrong()) return kUsage;
  const auto reply = context.client->ListSuggestions(request);
  if (!reply.ok()) return Fail(context, reply.error());
  v1::ListSuggestionsResponse response = reply.value();
  if (!items.drawn()) {
    for (const auto& suggestion : response.suggestions()) items.Add(suggestion);
    response.clear_suggestions();
    items.End(&response, "suggestions");
    return kOk;
  }
  int number = 0;
  for (const auto& suggestion : response.suggestions()) {
    PrintSuggestion(context, ++number, suggestion);
  }
  if (number == 0) Print(context.Say(Label::suggestions_none));
  if (!response.further().empty()) Print(context.Say(Label::suggestions_further));
  for (const auto& suggestion : response.further()) {
    PrintSuggestion(context, ++number, suggestion);
  }
  Print(context.Say(Label::suggestions_model, Clean(response.model())));
  if (number > 0) Print(context.Say(Label::suggestion_what_to_do, Clean(response.citizen_id())));
  return kOk;
}

// What is the same, and with which contact.
void PrintSame(const Context& context, const v1::ExplainResponse& why) {
  std::vector<std::string> same;
  for (const int type : why.same())
    same.push_back(Word(context.lang, static_cast<v1::IdentifierType>(type)));
  const std::string words = absl::StrJoin(same, ", ");
  const std::string contact = Clean(why.compared_with().contact_id());
  if (words.empty()) {
    if (!contact.empty()) Print(context.Say(Label::explain_with, contact));
  } else if (!contact.empty()) {
    Print(context.Say(Label::explain_same, words, contact));
  } else {
    Print(context.Say(
        why.evidence().empty() ? Label::explain_same_nobody : Label::explain_same_register, words));
  }
}

// What comparing said, and what it had to say where it decides.
void PrintWeighed(const Context& context, const v1::ExplainResponse& why) {
  const std::string model = Clean(why.model());
  if (why.evidence().empty()) return Print(context.Say(Label::explain_no_bits, model));
  Print(why.has_compared_with()
            ? context.Say(Label::explain_bits, Bits(why.bits()),
                          Clean(why.compared_with().contact_id()), model)
            : context.Say(Label::explain_bits_register, Bits(why.bits()), model));
  PrintEvidence(context, why.evidence());
  if (why.rule() == v1::JOIN_RULE_EVIDENCE) {
    Print(context.Say(Label::explain_needed, Size(why.bits_needed()), Size(why.margin_needed())));
  } else if (why.rule() != v1::JOIN_RULE_TYPED_NUMBER) {
    Print(context.Say(Label::explain_beside));
  }
}

void PrintRunnerUp(const Context& context, const v1::ExplainResponse& why) {
  if (!why.has_runner_up()) return Print(context.Say(Label::explain_nobody_else));
  const v1::Suggestion& next = why.runner_up();
  Print(context.Say(Label::explain_runner_up, Clean(next.citizen_id()), Bits(next.bits()),
                    Word(context.lang, next.obstacle())));
  PrintWhy(context, next);
  if (why.has_margin())
    Print(context.Say(why.margin() < 0 ? Label::explain_margin_ahead : Label::explain_margin,
                      Size(why.margin())));
}

int Explain(Context& context, const std::string& text) {
  const auto party = ParseParty(text);
  if (!party) return BadValue(context, "PARTY", text, context.Say(Label::want_party_only));
  v1::ExplainRequest request;
  *request.mutable_party() = *party;
  request.set_purpose(context.settings.purpose);
  request.set_reason(context.settings.reason);
  Items items(context, "table", v1::ExplainResponse::descriptor,
              {"citizenId", "assurance", "rule", "bits"});
  if (items.wrong()) return kUsage;
  const auto reply = context.client->Explain(request);
  if (!reply.ok()) return Fail(context, reply.error());
  const v1::ExplainResponse& why = reply.value();
  if (!items.drawn()) {
    items.Add(why);
    items.End();
    return kOk;
  }
  Print(context.Say(Label::explain_citizen, Clean(why.citizen_id()),
                    absl::StrCat(Word(context.lang, why.assurance()), " ",
                                 Word(context.lang, why.rule()))));
  if (why.has_decision()) {
    Print(context.Say(Label::explain_decision,
                      TimeText(FromProto(why.decision().decided_at()), context.zone),
                      Clean(why.decision().author()), Clean(why.decision().reason())));
  }
  PrintSame(context, why);
  PrintWeighed(context, why);
  PrintRunnerUp(context, why);
  return kOk;
}

}  // namespace

void AddExplain(CLI::App& app, Context& context, Run& run) {
  auto whose = std::make_shared<std::string>();
  CLI::App* suggestions = app.add_subcommand("suggestions", context.Say(Label::cmd_suggestions));
  suggestions->alias("voorstellen");
  suggestions->footer(context.Say(Label::suggestions_examples));
  suggestions->add_option("citizen", *whose, context.Say(Label::opt_party))->required();
  auto further = std::make_shared<bool>(false);
  suggestions->add_flag("--further,--verder", *further, context.Say(Label::opt_further));
  suggestions->callback([whose, further, &run] {
    run = [whose, further](Context& c) { return Suggestions(c, *whose, *further); };
  });
  auto party = std::make_shared<std::string>();
  CLI::App* explain = app.add_subcommand("explain", context.Say(Label::cmd_explain));
  explain->alias("waarom");
  explain->footer(context.Say(Label::explain_examples));
  explain->add_option("party", *party, context.Say(Label::want_party_only))->required();
  explain->callback([party, &run] {
    run = [party](Context& c) { return Explain(c, *party); };
  });
}

}  // namespace klantbeeld::cli
