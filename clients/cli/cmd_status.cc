#include <CLI/CLI.hpp>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "clients/cli/context.h"
#include "clients/cli/output.h"
#include "clients/cli/text.h"

namespace klantbeeld::cli {
namespace {

int Status(Context& context) {
  const auto serving = context.client->Serving();
  if (!serving.ok()) return Fail(context, serving.error());
  const auto reply = context.client->GetServerInfo();
  if (!reply.ok()) return Fail(context, reply.error());
  const v1::GetServerInfoResponse& info = reply.value();
  Items items(context, "table", v1::GetServerInfoResponse::descriptor,
              {"version", "logId", "head", "enabled", "accessControl", "followers", "watchers",
               "model", "shippedModel", "modelFactsLeft"});
  if (items.wrong()) return kUsage;
  if (!items.drawn()) {
    items.Add(info);
    items.End();
    return serving.value() ? kOk : kUnreachable;
  }
  Print(context.Say(serving.value() ? Label::status_serving : Label::status_not,
                    Clean(context.settings.server)));
  const auto row = [&](Label label, const std::string& value) {
    Print(absl::StrCat("  ", Pad(context.Say(label), 22), Clean(value), "\n"));
  };
  row(Label::status_version, info.version());
  row(Label::status_log, info.log_id());
  row(Label::status_head, absl::StrCat(info.head()));
  row(Label::status_enabled, absl::StrJoin(info.enabled(), ", "));
  row(Label::status_access, info.access_control() == "none" ? context.Say(Label::status_no_access)
                                                            : info.access_control());
  row(Label::status_followers, absl::StrCat(info.followers()));
  row(Label::status_watchers, absl::StrCat(info.watchers()));
  row(Label::status_model, info.shipped_model().empty()
                               ? info.model()
                               : context.Say(Label::status_other_model, info.model(),
                                             info.shipped_model()));
  if (info.model_facts_left() > 0) {
    row(Label::status_model_left,
        context.Say(Label::status_model_facts, absl::StrCat(info.model_facts_left())));
  }
  return serving.value() ? kOk : kUnreachable;
}

int Ping(Context& context) {
  const absl::Time began = absl::Now();
  const auto serving = context.client->Serving();
  if (!serving.ok()) return Fail(context, serving.error());
  Print(context.Say(serving.value() ? Label::ping_answered : Label::status_not,
                    Clean(context.settings.server),
                    absl::StrFormat("%.1f", absl::ToDoubleMilliseconds(absl::Now() - began))));
  return serving.value() ? kOk : kUnreachable;
}

}  // namespace

void AddStatus(CLI::App& app, Context& context, Run& run) {
  CLI::App* command = app.add_subcommand("status", context.Say(Label::cmd_status));
  command->footer(context.Say(Label::status_examples));
  command->callback([&run] { run = [](Context& c) { return Status(c); }; });
  CLI::App* ping = app.add_subcommand("ping", context.Say(Label::cmd_ping));
  ping->footer(context.Say(Label::ping_examples));
  ping->callback([&run] { run = [](Context& c) { return Ping(c); }; });
}

}  // namespace klantbeeld::cli
