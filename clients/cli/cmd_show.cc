#include <CLI/CLI.hpp>
#include <algorithm>

#include "clients/cli/arguments.h"
#include "clients/cli/context.h"
#include "clients/cli/filter.h"
#include "clients/cli/output.h"
#include "clients/cli/pager.h"
#include "clients/cli/reading.h"
#include "clients/cli/view.h"

namespace klantbeeld::cli {

namespace {

constexpr int kShown = 5;

// What the six numbers are of.
constexpr int kRead = 50;
// Of a timeline, in one call.
constexpr int kPageMax = 100;

}  // namespace

client::Result<v1::GetCitizenResponse> ReadCitizen(Context& context, const std::string& citizen_id,
                                                   int contacts, v1::Assurance minimum) {
  v1::GetCitizenRequest request;
  request.set_citizen_id(citizen_id);
  request.set_minimum_assurance(minimum);
  request.set_latest(contacts);
  if (context.settings.show_bsn) request.add_reveal(v1::IDENTIFIER_TYPE_BSN);
  request.set_purpose(context.settings.purpose);
  request.set_reason(context.settings.reason);
  return context.client->GetCitizen(request);
}

namespace {

// Puts every contact of the citizen in the place of the latest.
std::optional<client::Error> ReadAllContacts(Context& context, v1::Assurance minimum,
                                             v1::Citizen& citizen) {
  v1::ListTimelineRequest request;
  request.set_minimum_assurance(minimum);
  request.set_citizen_id(citizen.id());
  request.set_page_size(kPageMax);
  request.set_purpose(context.settings.purpose);
  request.set_reason(context.settings.reason);
  citizen.clear_latest();
  do {
    const auto reply = context.client->ListTimeline(request);
    if (!reply.ok()) return reply.error();
    citizen.mutable_latest()->MergeFrom(reply.value().entries());
    request.set_page_token(reply.value().next_page_token());
  } while (!request.page_token().empty());
  return std::nullopt;
}

}  // namespace

int ShowCitizen(Context& context, const std::string& citizen_id, int contacts, bool all,
                v1::Assurance minimum) {
  Items items(context, "table", v1::Citizen::descriptor,
              {"id", "status", "details.details.surname", "channelCounts.channel",
               "channelCounts.contacts"});
  if (items.wrong()) return kUsage;
  auto reply = ReadCitizen(context, citizen_id,
                           items.drawn() ? std::max(kRead, contacts) : contacts, minimum);
  if (!reply.ok()) return Fail(context, reply.error());
  v1::Citizen& citizen = *reply.value().mutable_citizen();
  if (all)
    if (const auto error = ReadAllContacts(context, minimum, citizen)) return Fail(context, *error);
  if (!items.drawn()) {
    v1::GetCitizenResponse whole = reply.value();
    items.Add(whole.citizen());
    whole.clear_citizen();
    items.End(&whole, "citizen");
    return kOk;
  }
  const Paged paged(context);
  Print(ShowText(context.look(), citizen,
                 all             ? citizen.latest_size()
                 : contacts == 0 ? kShown
                                 : contacts));
  return kOk;
}

void AddShow(CLI::App& app, Context& context, Run& run) {
  struct Flags {
    std::string citizen, minimum;
    int contacts = 0;
    bool all = false;
  };
  auto flags = std::make_shared<Flags>();
  CLI::App* command = app.add_subcommand("show", context.Say(Label::cmd_show));
  command->alias("toon");
  command->footer(context.Say(Label::show_examples));
  command->add_option("citizen", flags->citizen, context.Say(Label::opt_citizen))->required();
  Between(context,
          command->add_option("--contacts", flags->contacts, context.Say(Label::opt_contacts)), 1,
          kRead);
  command->add_flag("--all", flags->all, context.Say(Label::opt_all_contacts))
      ->excludes("--contacts");
  AddMinimumOption(*command, context, flags->minimum);
  command->callback([flags, &run] {
    run = [flags](Context& c) {
      v1::Assurance minimum{};
      if (const int code = ReadMinimum(c, flags->minimum, minimum)) return code;
      return ShowCitizen(c, flags->citizen, flags->contacts, flags->all, minimum);
    };
  });
}

}  // namespace klantbeeld::cli
