#include <CLI/CLI.hpp>

#include "absl/algorithm/container.h"
#include "absl/strings/ascii.h"
#include "clients/cli/export_run.h"
#include "clients/cli/filter.h"
#include "clients/cli/times.h"

namespace klantbeeld::cli {
namespace {

struct Flags {
  std::string what, format = "ndjson", period, product;
  std::vector<std::string> channels;
  ExportRequest request;
};

// The place of `text` among `names`.
template <class Enum>
std::optional<Enum> Among(const std::string& text, std::initializer_list<const char*> names) {
  const auto found = absl::c_find(names, text);
  if (found == names.end()) return std::nullopt;
  return static_cast<Enum>(found - names.begin());
}

int ReadFlags(const Context& context, const Flags& flags, ExportRequest& request) {
  const auto what = Among<ExportWhat>(flags.what, {"contacts", "citizens", "events"});
  if (!what)
    return BadValue(context, "export", flags.what,
                    context.Say(Label::want_one_of, "contacts, citizens, events"));
  const auto format = Among<ExportFormat>(flags.format, {"csv", "ndjson", "cloudevents"});
  if (!format)
    return BadValue(context, "--format", flags.format,
                    context.Say(Label::want_one_of, "csv, ndjson, cloudevents"));
  request.what = *what;
  request.format = *format;
  request.filter.set_product(flags.product);
  if (const int code = ReadEnums(context, "--channel", flags.channels, v1::Channel_descriptor(),
                                 "CHANNEL_", *request.filter.mutable_channels()))
    return code;
  if (!flags.period.empty()) {
    const auto period = ParsePeriod(flags.period, context.zone);
    if (!period)
      return BadValue(context, "--period", flags.period, context.Say(Label::want_period));
    *request.filter.mutable_since() = ToProto(period->begin);
    *request.filter.mutable_until() = ToProto(period->end);
  }
  if (!request.oin.empty() &&
      (request.oin.size() != 20 || !absl::c_all_of(request.oin, absl::ascii_isdigit)))
    return BadValue(context, "--oin", request.oin, context.Say(Label::want_oin));
  if (!request.citizen.empty() && !request.token_file.empty())
    return Usage(context, context.Say(Label::export_citizen_token));
  return kOk;
}

}  // namespace

void AddExport(CLI::App& app, Context& context, Run& run) {
  auto flags = std::make_shared<Flags>();
  CLI::App* command = app.add_subcommand("export", context.Say(Label::cmd_export));
  command->alias("uitvoer");
  command->footer(context.Say(Label::export_examples));
  const auto add = [&](const char* name, std::string& value, Label label) {
    return command->add_option(name, value, context.Say(label));
  };
  ExportRequest& request = flags->request;
  add("what", flags->what, Label::opt_export_what)->required();
  add("--format", flags->format, Label::opt_export_format);
  add("--period", flags->period, Label::opt_period);
  command->add_option("--channel", flags->channels, context.Say(Label::opt_channel))
      ->delimiter(',');
  add("--product", flags->product, Label::opt_product);
  add("--citizen", request.citizen, Label::opt_export_citizen);
  add("--to", request.file, Label::opt_export_to);
  add("--token-file", request.token_file, Label::opt_export_token);
  add("--oin", request.oin, Label::opt_oin);
  command->callback([flags, &run] {
    run = [flags](Context& c) {
      if (const int code = ReadFlags(c, *flags, flags->request)) return code;
      return RunExport(c, flags->request);
    };
  });
}

}  // namespace klantbeeld::cli
