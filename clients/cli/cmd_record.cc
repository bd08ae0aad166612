#include <CLI/CLI.hpp>

#include "absl/time/clock.h"
#include "clients/cli/bulk.h"
#include "clients/cli/context.h"
#include "clients/cli/detect.h"
#include "clients/cli/filter.h"
#include "clients/cli/input.h"
#include "clients/cli/json.h"
#include "clients/cli/text.h"
#include "clients/cli/times.h"

namespace klantbeeld::cli {
namespace {

struct Flags {
  std::string file, source, event_id, contact_source, contact_id, channel, subject, question,
      answer, outcome, note, occurred, ended, department, product, phone, email, verified, state;
  bool bsn_stdin = false;
};

// Sets a time from an option; false: it was not a time, and that was said.
template <class Set>
bool SetTime(const Context& context, const std::string& option, const std::string& value,
             const Set& set) {
  if (value.empty()) return true;
  const auto time = ParseTime(value, absl::Now(), context.zone);
  if (!time) {
    BadValue(context, option, value, context.Say(Label::want_time));
    return false;
  }
  set(ToProto(*time));
  return true;
}

// Sets an enum from an option; false: no such value, and that was said.
template <class Set>
bool SetEnum(const Context& context, const std::string& option, const std::string& value,
             const google::protobuf::EnumDescriptor* type, const std::string& prefix,
             const Set& set) {
  if (value.empty()) return true;
  const auto number = ValueNamed(type, prefix, value);
  if (!number) {
    BadValue(context, option, value, context.Say(Label::want_one_of, EnumNames(type, prefix)));
    return false;
  }
  set(*number);
  return true;
}

bool SetWords(const Context& context, const Flags& flags, v1::ContactData& data) {
  // Only what was given is set; the rest another source may know.
  if (!flags.subject.empty()) data.set_subject(flags.subject);
  if (!flags.question.empty()) data.set_question(flags.question);
  if (!flags.answer.empty()) data.set_answer(flags.answer);
  if (!flags.outcome.empty()) data.set_outcome(flags.outcome);
  if (!flags.department.empty()) data.set_department(flags.department);
  if (!flags.note.empty()) data.set_note(flags.note == "-" ? ReadAll(context) : flags.note);
  if (!flags.product.empty()) data.mutable_product()->set_name(flags.product);
  return SetEnum(context, "--channel", flags.channel, v1::Channel_descriptor(), "CHANNEL_",
                 [&](int n) { data.set_channel(static_cast<v1::Channel>(n)); }) &&
         SetEnum(context, "--state", flags.state, v1::ContactState_descriptor(), "CONTACT_STATE_",
                 [&](int n) { data.set_state(static_cast<v1::ContactState>(n)); });
}

bool SetParty(const Context& context, const Flags& flags, v1::ContactData& data) {
  v1::Party party;
  const auto add = [&](v1::IdentifierType type, const std::string& value) {
    if (value.empty()) return;
    party.add_identifiers()->set_type(type);
    party.mutable_identifiers()->rbegin()->set_value(value);
  };
  if (flags.bsn_stdin) {
    const std::string bsn = AskLine(context, "BSN: ").value_or("");
    if (!PassesElevenTest(bsn)) {
      Usage(context, context.Say(Label::bsn_expected));
      return false;
    }
    add(v1::IDENTIFIER_TYPE_BSN, bsn);
  }
  add(v1::IDENTIFIER_TYPE_PHONE, flags.phone);
  add(v1::IDENTIFIER_TYPE_EMAIL, flags.email);
  const bool fits = SetEnum(context, "--verified", flags.verified, v1::VerifiedBy_descriptor(),
                            "VERIFIED_BY_", [&](int n) {
                              for (auto& identifier : *party.mutable_identifiers())
                                identifier.set_verified(static_cast<v1::VerifiedBy>(n));
                            });
  if (party.identifiers_size() > 0) *data.add_parties() = party;
  return fits;
}

bool SetTimes(const Context& context, const Flags& flags, v1::ContactEvent& event) {
  if (!SetTime(context, "--occurred", flags.occurred,
               [&](const auto& t) { *event.mutable_data()->mutable_occurred_at() = t; }) ||
      !SetTime(context, "--ended", flags.ended,
               [&](const auto& t) { *event.mutable_data()->mutable_ended_at() = t; }))
    return false;
  if (!flags.occurred.empty() || !flags.ended.empty()) return true;
  // A contact that is told of now happened now; a remark on another contact
  // was made now, and says nothing of when that contact was.
  *(event.has_contact() ? event.mutable_revised_at()
                        : event.mutable_data()->mutable_occurred_at()) = ToProto(absl::Now());
  return true;
}

int RecordOne(Context& context, const Flags& flags) {
  if (flags.source.empty()) return Usage(context, context.Say(Label::want_source));
  if (flags.bsn_stdin && flags.note == "-") return Usage(context, context.Say(Label::stdin_once));
  v1::ContactEvent event;
  event.set_source(flags.source);
  event.set_event_id(flags.event_id.empty() ? NewId() : flags.event_id);
  if (!flags.contact_id.empty()) {
    event.mutable_contact()->set_id(flags.contact_id);
    event.mutable_contact()->set_source(flags.contact_source.empty() ? flags.source
                                                                     : flags.contact_source);
  }
  if (!SetTimes(context, flags, event) || !SetWords(context, flags, *event.mutable_data()) ||
      !SetParty(context, flags, *event.mutable_data()))
    return kUsage;
  const auto reply = context.client->Record(event);
  if (!reply.ok()) return Fail(context, reply.error());
  if (context.output("table") != "table")
    Print(Json(reply.value(), context.output("") == "json"));
  else
    Print(context.Say(reply.value().duplicate() ? Label::recorded_before : Label::recorded_one,
                      Clean(reply.value().contact_id()), reply.value().position()));
  return kOk;
}

}  // namespace

void AddRecord(CLI::App& app, Context& context, Run& run) {
  auto flags = std::make_shared<Flags>();
  CLI::App* command = app.add_subcommand("record", context.Say(Label::cmd_record));
  command->alias("registreer");
  command->footer(context.Say(Label::record_examples));
  const auto add = [&](const char* name, std::string& value, Label label) {
    return command->add_option(name, value, context.Say(label));
  };
  add("file", flags->file, Label::opt_file);
  add("--source", flags->source, Label::opt_source);
  add("--event-id", flags->event_id, Label::opt_event_id);
  add("--contact-source", flags->contact_source, Label::opt_contact_source);
  add("--contact-id", flags->contact_id, Label::opt_contact_id);
  ListNames(add("--channel", flags->channel, Label::opt_channel), v1::Channel_descriptor,
            "CHANNEL_");
  ListNames(add("--state", flags->state, Label::opt_state), v1::ContactState_descriptor,
            "CONTACT_STATE_");
  add("--subject", flags->subject, Label::opt_subject);
  add("--question", flags->question, Label::opt_question);
  add("--answer", flags->answer, Label::opt_answer);
  add("--outcome", flags->outcome, Label::opt_outcome);
  add("--note", flags->note, Label::opt_note);
  add("--occurred", flags->occurred, Label::opt_occurred);
  add("--ended", flags->ended, Label::opt_ended);
  add("--department", flags->department, Label::opt_department);
  add("--product", flags->product, Label::opt_product);
  add("--phone", flags->phone, Label::opt_phone);
  add("--email", flags->email, Label::opt_email);
  ListNames(add("--verified", flags->verified, Label::opt_verified), v1::VerifiedBy_descriptor,
            "VERIFIED_BY_");
  command->add_flag("--bsn-stdin", flags->bsn_stdin, context.Say(Label::opt_bsn_stdin));
  command->callback([flags, &run] {
    run = [flags](Context& c) {
      return flags->file.empty() ? RecordOne(c, *flags) : RecordLines(c, flags->file);
    };
  });
}

}  // namespace klantbeeld::cli
