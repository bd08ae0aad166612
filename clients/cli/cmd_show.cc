#include "absl/time/clock.h"
#include "clients/cli/context.h"
#include "clients/cli/json.h"
#include "clients/cli/view.h"

namespace klantbeeld::cli {

int ShowCitizen(Context& context, const std::string& citizen_id, int contacts) {
  v1::GetCitizenRequest request;
  request.set_citizen_id(citizen_id);
  request.set_latest(contacts);
  if (context.settings.show_bsn) request.add_reveal(v1::IDENTIFIER_TYPE_BSN);
  request.set_purpose(context.settings.purpose);
  request.set_reason(context.settings.reason);
  auto reply = context.client->GetCitizen(request);
  if (!reply.ok()) return Fail(context, reply.error());
  if (!context.settings.show_bsn) MaskBsn(reply.value());
  const std::string output = context.output("table");
  if (output != "table") {
    Print(Json(reply.value(), output == "json"));
    return kOk;
  }
  Print(ShowText({context.lang, context.zone, absl::Now(), context.columns, context.color},
                 reply.value().citizen()));
  return kOk;
}

void AddShow(CLI::App& app, Context& context, Run& run) {
  struct Flags {
    std::string citizen;
    int contacts = 0;
  };
  auto flags = std::make_shared<Flags>();
  CLI::App* command = app.add_subcommand("show", context.Say(Label::cmd_show));
  command->alias("toon");
  command->add_option("citizen", flags->citizen, context.Say(Label::opt_citizen))->required();
  command->add_option("--contacts", flags->contacts, context.Say(Label::opt_contacts))
      ->check(CLI::Range(1, 50));
  command->callback([flags, &run] {
    run = [flags](Context& c) { return ShowCitizen(c, flags->citizen, flags->contacts); };
  });
}

}  // namespace klantbeeld::cli
