#include <CLI/CLI.hpp>

#include "clients/cli/context.h"
#include "clients/cli/filter.h"
#include "clients/cli/output.h"
#include "clients/cli/pager.h"
#include "clients/cli/reading.h"
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
         !flags.text.empty() || !flags.minimum.empty() || !flags.channels.empty() ||
         !flags.states.empty();
}

const Fields kColumns = {"contact.id",          "contact.happenedAt",   "contact.data.channel",
                         "contact.data.state",  "contact.data.subject", "contact.data.outcome",
                         "contact.data.waited", "contact.data.note",    "contact.ref.source",
                         "contact.ref.id"};

int PrintTimeline(Context& context, const Flags& flags, v1::ListTimelineResponse& page) {
  Items items(context, "table", v1::TimelineEntry::descriptor, kColumns);
  if (items.wrong()) return kUsage;
  if (!items.drawn()) {
    for (const auto& entry : page.entries()) items.Add(entry);
    page.clear_entries();
    items.End(&page, "entries");
    return kOk;
  }
  const Paged paged(context);
  if (page.entries().empty())
    Print(context.Say(Filtered(flags.filter) ? Label::tl_emptyfilter : Label::tl_empty));
  else
    Print(flags.picture || context.out_is_terminal ? Picture(context.look(), page.entries())
                                                   : ContactsTable(context.look(), page.entries()));
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
  v1::Assurance minimum{};
  if (const int code = ReadMinimum(context, flags.filter.minimum, minimum)) return code;
  request.set_minimum_assurance(minimum);
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

void DrawStep(const Context& context, const v1::WatchTimelineResponse& step) {
  if (step.first_page() && step.entries().empty()) Print(context.Say(Label::tl_empty));
  Print(Picture(context.look(), step.entries()));
  for (const auto& id : step.removed_contact_ids())
    Print(context.Say(Label::tl_removed, Clean(id)));
  if (!step.citizen_id().empty() && !step.first_page())
    Print(context.Say(Label::tl_now_citizen, Clean(step.citizen_id())));
}

// A row of CSV is a contact; what left the timeline has no row.
bool AsEntries(const Context& context) { return context.settings.output == "csv"; }

Items StepItems(const Context& context) {
  const char* otherwise = context.out_is_terminal ? "table" : "ndjson";
  if (AsEntries(context))
    return Items(context, otherwise, v1::TimelineEntry::descriptor, kColumns,
                 Items::Shape::kStream);
  return Items(context, otherwise, v1::WatchTimelineResponse::descriptor, {},
               Items::Shape::kStream);
}

int Watch(Context& context, const FilterFlags& flags) {
  v1::WatchTimelineRequest request;
  request.set_citizen_id(flags.citizen);
  if (const int code = ReadFilter(context, flags, *request.mutable_filter())) return code;
  v1::Assurance minimum{};
  if (const int code = ReadMinimum(context, flags.minimum, minimum)) return code;
  request.set_minimum_assurance(minimum);
  request.set_page_size(flags.page_size);
  if (StepItems(context).wrong()) return kUsage;
  const auto error = PrintSteps(context, *context.client, request);
  return error ? Fail(context, *error) : kOk;
}

}  // namespace

std::optional<client::Error> PrintSteps(const Context& context, client::Client& client,
                                        const v1::WatchTimelineRequest& asked) {
  v1::WatchTimelineRequest request = asked;
  request.set_purpose(context.settings.purpose);
  request.set_reason(context.settings.reason);
  client::StreamLimits limits;
  limits.reconnects_max = 10;
  Items items = StepItems(context);
  client::Watcher watcher(client, request, limits);
  return watcher.Run([&](const v1::WatchTimelineResponse& step) {
    if (items.drawn())
      DrawStep(context, step);
    else if (AsEntries(context))
      for (const auto& entry : step.entries()) items.Add(entry);
    else
      items.Add(step);
    return FlushPrinted() == 0;
  });
}

void AddTimeline(CLI::App& app, Context& context, Run& run) {
  auto flags = std::make_shared<Flags>();
  CLI::App* command = app.add_subcommand("timeline", context.Say(Label::cmd_timeline));
  command->alias("tijdlijn");
  command->footer(context.Say(Label::timeline_examples));
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
  command->footer(context.Say(Label::watch_examples));
  AddFilterOptions(*command, context, *flags);
  command->callback([flags, &run] { run = [flags](Context& c) { return Watch(c, *flags); }; });
}

}  // namespace klantbeeld::cli
