#include <CLI/CLI.hpp>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/time/clock.h"
#include "clients/cli/context.h"
#include "clients/cli/filter.h"
#include "clients/cli/json.h"
#include "clients/cli/lines.h"
#include "clients/cli/output.h"
#include "clients/cli/text.h"
#include "clients/cli/times.h"
#include "clients/cpp/follower.h"

namespace klantbeeld::cli {
namespace {

constexpr const char* kKinds = "contact|link|unlink|registry|adopt-model|rederive";

struct Flags {
  std::string from, token_file;
  std::vector<std::string> channels, products, departments, kinds;
  bool until_empty = false;
};

// "now", a position, a time, else a token: tokens are opaque, so whatever is
// none of the others is one.
void ReadFrom(const Context& context, const std::string& from, v1::FollowStart& start) {
  uint64_t position = 0;
  if (from.empty()) return;
  if (from == "now" || from == "nu")
    start.set_now(true);
  else if (absl::SimpleAtoi(from, &position))
    start.set_position(position);
  else if (const auto time = ParseTime(from, absl::Now(), context.zone))
    *start.mutable_recorded_at() = ToProto(*time);
  else
    start.set_resume_token(from);
}

int ReadStart(const Context& context, const Flags& flags, v1::FollowStart& start) {
  v1::FeedFilter& filter = *start.mutable_filter();
  if (const int code = ReadEnums(context, "--channel", flags.channels, v1::Channel_descriptor(),
                                 "CHANNEL_", *filter.mutable_channels()))
    return code;
  for (const auto& kind : flags.kinds) {
    const auto number = EnumNumber(v1::FactKind_descriptor(), "FACT_KIND_",
                                   kind == "contact" ? "contact-event" : kind);
    if (!number)
      return BadValue(context, "--kind", kind,
                      context.Say(Label::want_one_of, absl::StrReplaceAll(kKinds, {{"|", ", "}})));
    filter.add_kinds(static_cast<v1::FactKind>(*number));
  }
  for (const auto& product : flags.products) filter.add_products(product);
  for (const auto& department : flags.departments) filter.add_departments(department);
  ReadFrom(context, flags.from, start);
  start.set_purpose(context.settings.purpose);
  start.set_reason(context.settings.reason);
  if (flags.token_file.empty() || !std::filesystem::exists(flags.token_file)) return kOk;
  std::ifstream file(flags.token_file);
  std::string token;
  if (!std::getline(file, token))
    return Usage(context, context.Say(Label::cannot_read, flags.token_file, std::strerror(errno)));
  start.set_resume_token(std::string(absl::StripAsciiWhitespace(token)));
  return kOk;
}

const Fields kColumns = {"position",           "kind",          "recordedAt",
                         "event.source",       "event.eventId", "event.data.channel",
                         "event.data.subject", "contactId",     "citizenIds"};

void DrawEvent(const Context& context, const v1::FeedEvent& event) {
  const v1::ContactData& data = event.has_contact() ? event.contact().data() : event.event().data();
  Print(absl::StrCat(event.position(), "  ", TimeText(FromProto(event.recorded_at()), context.zone),
                     "  ", Pad(Word(context.lang, event.kind()), 11),
                     Pad(Word(context.lang, data.channel()), 14),
                     Clean(!event.model().empty()  ? event.model()
                           : data.has_subject() ? data.subject()
                                                : data.product().name()),
                     "\n"));
}

int Follow(Context& context, const Flags& flags) {
  v1::FollowStart start;
  if (const int code = ReadStart(context, flags, start)) return code;
  Items items(context, "ndjson", v1::FeedEvent::descriptor, kColumns, Items::Shape::kStream);
  if (items.wrong()) return kUsage;
  client::StreamLimits limits;
  limits.reconnects_max = 10;
  client::Follower follower(*context.client, start, limits);
  int print_failed = 0, token_failed = 0;
  bool processed = false;
  const auto error = follower.Run([&](const v1::FollowResponse& frame) {
    for (const auto& event : frame.events())
      items.drawn() ? DrawEvent(context, event) : items.Add(event);
    // Only what has left this process is processed.
    print_failed = FlushPrinted();
    if (print_failed == 0 && !flags.token_file.empty() &&
        !ReplaceWithLine(flags.token_file, frame.resume_token()))
      token_failed = errno;
    if (print_failed != 0 || token_failed != 0) return false;
    processed = true;
    return !(flags.until_empty && frame.position() >= frame.head());
  });
  if (print_failed != 0) return EndPrinting(context, kOk);
  if (token_failed != 0) {
    Complain(context.Say(Label::what_error, context.Say(Label::cannot_write, flags.token_file,
                                                        std::strerror(token_failed))));
    return kUnexpected;
  }
  if (!context.settings.quiet && processed)
    Complain(context.Say(Label::resume_at, Clean(follower.resume_token())));
  return error ? Fail(context, *error) : kOk;
}

}  // namespace

void AddFollow(CLI::App& app, Context& context, Run& run) {
  auto flags = std::make_shared<Flags>();
  CLI::App* command = app.add_subcommand("follow", context.Say(Label::cmd_follow));
  command->alias("volg");
  command->footer(context.Say(Label::follow_examples));
  command->add_option("--from", flags->from, context.Say(Label::opt_from));
  ListNames(command->add_option("--channel", flags->channels, context.Say(Label::opt_channel))
                ->delimiter(','),
            v1::Channel_descriptor, "CHANNEL_");
  command->add_option("--product", flags->products, context.Say(Label::opt_product));
  command->add_option("--department", flags->departments, context.Say(Label::opt_department));
  command->add_option("--kind", flags->kinds, context.Say(Label::opt_fact_kind))
      ->delimiter(',')
      ->type_name(kKinds);
  command->add_flag("--until-empty", flags->until_empty, context.Say(Label::opt_until_empty));
  command->add_option("--token-file", flags->token_file, context.Say(Label::opt_token_file));
  command->callback([flags, &run] { run = [flags](Context& c) { return Follow(c, *flags); }; });
}

}  // namespace klantbeeld::cli
