#include <CLI/CLI.hpp>

#include "absl/strings/str_cat.h"
#include "clients/cli/context.h"
#include "clients/cli/output.h"
#include "clients/cli/text.h"
#include "clients/cli/times.h"

namespace klantbeeld::cli {
namespace {

Items BackupItems(const Context& context) {
  return Items(context, "table", v1::Backup::descriptor, {"id", "madeAt", "position", "bytes"});
}

int Create(Context& context) {
  Items items = BackupItems(context);
  if (items.wrong()) return kUsage;
  const auto reply = context.client->CreateBackup();
  if (!reply.ok()) return Fail(context, reply.error());
  if (items.drawn()) {
    Print(context.Say(Label::backup_made, Clean(reply.value().backup().id()),
                      reply.value().backup().position(), Clean(reply.value().directory())));
    return kOk;
  }
  v1::CreateBackupResponse whole = reply.value();
  items.Add(whole.backup());
  whole.clear_backup();
  items.End(&whole, "backup");
  return kOk;
}

int List(Context& context) {
  Items items = BackupItems(context);
  if (items.wrong()) return kUsage;
  const auto reply = context.client->ListBackups();
  if (!reply.ok()) return Fail(context, reply.error());
  if (!items.drawn()) {
    v1::ListBackupsResponse whole = reply.value();
    for (const auto& backup : whole.backups()) items.Add(backup);
    whole.clear_backups();
    items.End(&whole, "backups");
  } else {
    Table table({context.Say(Label::col_backup), context.Say(Label::col_made),
                 context.Say(Label::status_head), "MiB"});
    for (const auto& backup : reply.value().backups())
      table.Add({backup.id(), TimeText(FromProto(backup.made_at()), context.zone),
                 absl::StrCat(backup.position()), absl::StrCat((backup.bytes() >> 20) + 1)});
    Print(table.Render(context.columns));
  }
  return kOk;
}

}  // namespace

void AddBackup(CLI::App& app, Context& context, Run& run) {
  auto list = std::make_shared<bool>(false);
  CLI::App* command = app.add_subcommand("backup", context.Say(Label::cmd_backup));
  command->alias("reservekopie");
  command->footer(context.Say(Label::backup_examples));
  command->add_flag("--list", *list, context.Say(Label::opt_backup_list));
  command->callback([list, &app, &context, &run] {
    // The server writes its memory to disk first, which takes what it takes.
    if (app.count("--timeout") == 0) context.settings.timeout = "10m";
    run = [list](Context& c) { return *list ? List(c) : Create(c); };
  });
}

}  // namespace klantbeeld::cli
