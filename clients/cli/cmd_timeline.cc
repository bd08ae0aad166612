#include "absl/time/clock.h"
#include "clients/cli/context.h"
#include "clients/cli/filter.h"
#include "clients/cli/json.h"
#include "clients/cli/text.h"
#include "clients/cli/view.h"
#include "clients/cpp/follower.h"

namespace klantbeeld::cli {
namespace {

struct Flags {
  FilterFlags filter;
  std::string page_token;
  bool all = false;
  bool picture = false;
};

bool Filtered(const FilterFlags& flags) {
  return !flags.since.empty() || !flags.until.empty() || !flags.product.empty() ||
         !flags.text.empty() || !flags.channels.empty() || !flags.states.empty();
}

int PrintTimeline(Context& context, const Flags& flags, v1::ListTimelineResponse& page) {
  if (!context.settings.show_bsn) MaskBsn(page);
  const std::string output = context.output("table");
  if (output == "json") Print(Json(page, true));
  if (output == "ndjson")
    for (const auto& entry : page.entries()) Print(Json(entry, false));
  if (output != "table") return kOk;
  const Look look{context.lang, context.zone, absl::Now(), context.columns, context.color};
  if (page.entries().empty())
    Print(context.Say(Filtered(flags.filter) ? Label::tl_emptyfilter : Label::tl_empty));
  else
    Print(flags.picture || context.out_is_terminal ? Picture(look, page.entries())
                                                   : ContactsTable(look, page.entries()));
  if (!page.next_page_token().empty() && !context.settings.quiet)
    Complain(context.Say(Label::tl_more, Clean(page.next_page_token())));
  return kOk;
}

// Reads pages until there is something to show: a page may be empty while
// there is a next one. With --all until the end; then --page-size is per call.
int Timeline(Context& context, const Flags& flags) {
  v1::ListTimelineRequest request;
  request.set_citizen_id(flags.filter.citizen);
  if (const int code = ReadFilter(context, flags.filter, *request.mutable_filter())) return code;
  request.set_page_size(flags.all && flags.filter.page_size == 0 ? 100 : flags.filter.page_size);
  request.set_page_token(flags.page_token);
  request.set_purpose(context.settings.purpose);
  request.set_reason(context.settings.reason);
  v1::ListTimelineResponse whole;
  do {
    auto reply = context.client->ListTimeline(request);
    if (!reply.ok()) return Fail(context, reply.error());
    v1::ListTimelineResponse& page = reply.value();
    whole.mutable_entries()->MergeFrom(page.entries());
    whole.set_next_page_token(page.next_page_token());
    whole.set_position(page.position());
    request.set_page_token(page.next_page_token());
  } while (!whole.next_page_token().empty() && (flags.all || whole.entries().empty()));
  return PrintTimeline(context, flags, whole);
}

void PrintStep(const Context& context, v1::WatchTimelineResponse& step) {
  if (!context.settings.show_bsn) MaskBsn(step);
  if (context.output(context.out_is_terminal ? "table" : "ndjson") != "table") {
    Print(Json(step, false));
  } else {
    const Look look{context.lang, context.zone, absl::Now(), context.columns, context.color};
    if (step.first_page() && step.entries().empty()) Print(context.Say(Label::tl_empty));
    Print(Picture(look, step.entries()));
    for (const auto& id : step.removed_contact_ids())
      Print(context.Say(Label::tl_removed, Clean(id)));
    if (!step.citizen_id().empty() && !step.first_page())
      Print(context.Say(Label::tl_now_citizen, Clean(step.citizen_id())));
  }
  std::fflush(stdout);
}

int Watch(Context& context, const FilterFlags& flags) {
  v1::WatchTimelineRequest request;
  request.set_citizen_id(flags.citizen);
  if (const int code = ReadFilter(context, flags, *request.mutable_filter())) return code;
  request.set_page_size(flags.page_size);
  request.set_purpose(context.settings.purpose);
  request.set_reason(context.settings.reason);
  client::StreamLimits limits;
  limits.reconnects_max = 10;
  client::Watcher watcher(*context.client, request, limits);
  const auto error = watcher.Run([&](const v1::WatchTimelineResponse& from) {
    v1::WatchTimelineResponse step = from;
    PrintStep(context, step);
    return std::ferror(stdout) == 0;
  });
  return error ? Fail(context, *error) : kOk;
}

}  // namespace

void AddTimeline(CLI::App& app, Context& context, Run& run) {
  auto flags = std::make_shared<Flags>();
  CLI::App* command = app.add_subcommand("timeline", context.Say(Label::cmd_timeline));
  command->alias("tijdlijn");
  AddFilterOptions(*command, context, flags->filter);
  command->add_option("--page-token", flags->page_token, context.Say(Label::opt_page_token));
  command->add_flag("--all", flags->all, context.Say(Label::opt_all));
  command->add_flag("--picture", flags->picture, context.Say(Label::opt_picture));
  command->callback([flags, &run] { run = [flags](Context& c) { return Timeline(c, *flags); }; });
}

void AddWatch(CLI::App& app, Context& context, Run& run) {
  auto flags = std::make_shared<FilterFlags>();
  CLI::App* command = app.add_subcommand("watch", context.Say(Label::cmd_watch));
  command->alias("kijk");
  AddFilterOptions(*command, context, *flags);
  command->callback([flags, &run] { run = [flags](Context& c) { return Watch(c, *flags); }; });
}

}  // namespace klantbeeld::cli
