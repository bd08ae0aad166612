#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>
#include <variant>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "clients/adapters/csv/first_mapping.h"
#include "clients/adapters/formats.h"
#include "clients/cli/context.h"
#include "clients/cli/import_files.h"
#include "clients/cli/import_run.h"
#include "clients/cli/import_watch.h"
#include "clients/cli/text.h"

namespace klantbeeld::cli {
namespace {

constexpr int kShownFirst = 10;

struct Flags {
  std::string format, mapping, rejected, encoding, source, watch;
  std::string zone = "Europe/Amsterdam";
  std::vector<std::string> files;
  bool dry_run = false, resume = false;
};

using adapters::Adapter;
using adapters::MappingFault;

int BadMapping(const Context& context, const std::string& path, const MappingFault& fault) {
  const auto say = [&](Label label) {
    return Usage(context, context.Say(label, Clean(path), fault.line, Clean(fault.what),
                                      Clean(fault.allowed)));
  };
  switch (fault.kind) {
    case MappingFault::Kind::kUnreadable:
      return Usage(context, context.Say(Label::cannot_read, Clean(path), fault.what));
    case MappingFault::Kind::kNotToml:
      return say(Label::mapping_not_toml);
    case MappingFault::Kind::kUnknownField:
      return say(Label::mapping_unknown_field);
    case MappingFault::Kind::kUnknownOption:
      return say(Label::mapping_unknown_option);
    case MappingFault::Kind::kWrongType:
      return say(Label::mapping_wrong_type);
    case MappingFault::Kind::kMissingColumn:
      return say(Label::mapping_missing_column);
    case MappingFault::Kind::kColumnDropped:
      return say(Label::mapping_dropped);
    case MappingFault::Kind::kBadZone:
      return say(Label::mapping_bad_zone);
    case MappingFault::Kind::kBadFormat:
      return say(Label::mapping_bad_format);
    case MappingFault::Kind::kBadWord:
      return say(Label::mapping_bad_word);
    case MappingFault::Kind::kBadTemplate:
      return say(Label::mapping_bad_template);
    case MappingFault::Kind::kAmbiguousWord:
      return say(Label::mapping_ambiguous);
    case MappingFault::Kind::kMissing:
      return say(Label::mapping_missing);
  }
  return kUsage;
}

int CannotRead(const Context& context, const std::string& path, const absl::Status& status) {
  return Usage(context,
               context.Say(Label::cannot_read, Clean(path), std::string(status.message())));
}

// All that decides what is made of a record, and where it goes if it is refused.
std::string HowItIsRead(const Flags& flags) {
  std::ifstream mapping(flags.mapping, std::ios::binary);
  std::ostringstream text;
  text << mapping.rdbuf();
  const std::string rejected =
      flags.rejected.empty() ? "" : std::filesystem::absolute(flags.rejected).string();
  return absl::StrJoin(
      {flags.format, flags.encoding, flags.source, flags.zone, rejected, text.str()}, "\n");
}

bool IsSameFile(const std::string& one, const std::string& other) {
  std::error_code error;
  return std::filesystem::equivalent(one, other, error);
}

// What is wrong with where refused records go, before anything is read; or kOk.
int CheckRejected(const Context& context, const Flags& flags, const std::string& file,
                  const std::string& rejected) {
  if (IsSameFile(rejected, file)) {
    return Usage(context, context.Say(Label::import_rejected_is_file, Clean(file)));
  }
  if (!flags.rejected.empty() && !flags.resume && HoldsSomething(rejected)) {
    return Usage(context, context.Say(Label::import_rejected_exists, Clean(rejected)));
  }
  return kOk;
}

ImportEnd ImportFile(Context& context, const Flags& flags, const adapters::Options& options,
                     const std::string& file, bool resume) {
  const std::string rejected =
      flags.rejected.empty() ? RejectedName(file).string() : flags.rejected;
  if (!flags.dry_run) {
    if (const int code = CheckRejected(context, flags, file, rejected)) return {code};
  }
  auto opened = adapters::FindFormat(flags.format)->open(file, options);
  if (const auto* fault = std::get_if<MappingFault>(&opened)) {
    return {BadMapping(context, flags.mapping, *fault), true};
  }
  if (const auto* status = std::get_if<absl::Status>(&opened)) {
    return {CannotRead(context, file, *status), true};
  }
  Adapter& adapter = *std::get<std::unique_ptr<Adapter>>(opened);
  if (flags.dry_run) {
    const std::string unused = absl::StrJoin(adapter.unused(), ", ");
    if (!unused.empty()) Complain(context.Say(Label::import_unused, Clean(unused)));
    return {ShowFirst(context, adapter, kShownFirst)};
  }
  const ImportPlan plan{
      rejected, ImportNote(file == "-" ? "" : NoteName(file).string(), file, HowItIsRead(flags)),
      resume};
  return ImportAll(context, adapter, plan);
}

int WriteMapping(Context& context, const std::string& file) {
  const auto mapping = adapters::FirstMapping(file);
  if (!mapping.ok()) return CannotRead(context, file, mapping.status());
  Print(*mapping);
  return kOk;
}

// What is wrong with how it was called, or kOk.
int CheckFlags(const Context& context, const Flags& flags, adapters::Options& options) {
  const adapters::Format* format = adapters::FindFormat(flags.format);
  if (format == nullptr) {
    return Usage(context,
                 context.Say(Label::want_format, Clean(flags.format), adapters::FormatNames()));
  }
  if (format->needs_mapping && flags.mapping.empty()) {
    return Usage(context, context.Say(Label::want_mapping));
  }
  if (!absl::LoadTimeZone(flags.zone, &options.zone)) {
    return BadValue(context, "--zone", flags.zone, "Europe/Amsterdam, UTC");
  }
  if (flags.files.empty() == flags.watch.empty()) {
    return Usage(context, context.Say(Label::import_file_or_watch));
  }
  if ((flags.files.size() > 1 || !flags.watch.empty()) && !flags.rejected.empty()) {
    return Usage(context, context.Say(Label::want_one_file));
  }
  for (const std::string& file : flags.files) {
    const std::string rejected = RejectedName(file);
    const bool read_too = std::any_of(flags.files.begin(), flags.files.end(), [&](const auto& one) {
      return one != file && IsSameFile(rejected, one);
    });
    if (read_too && !flags.dry_run) {
      return Usage(context,
                   context.Say(Label::import_rejected_is_input, Clean(file), Clean(rejected)));
    }
    if (file != "-") continue;
    if (flags.resume) return Usage(context, context.Say(Label::import_stdin_resume));
    if (flags.rejected.empty() && !flags.dry_run) {
      return Usage(context, context.Say(Label::import_stdin_rejected));
    }
  }
  options.now = absl::Now();
  options.mapping = flags.mapping;
  options.encoding = flags.encoding;
  options.source = flags.source;
  return kOk;
}

int Import(Context& context, const Flags& flags) {
  if (flags.format == "map" && !flags.files.empty()) {
    return WriteMapping(context, flags.files.front());
  }
  // Neither an event nor a summary is a row.
  if (context.settings.output == "csv") {
    return BadValue(context, "--output", "csv",
                    context.Say(Label::want_one_of, "table, json, ndjson"));
  }
  adapters::Options options;
  if (const int code = CheckFlags(context, flags, options); code != kOk) return code;
  if (!flags.watch.empty()) {
    return WatchDirectory(context, flags.watch, [&](const std::string& file, bool again) {
      if (!context.settings.quiet) Complain(context.Say(Label::import_takes, Clean(file)));
      return ImportFile(context, flags, options, file, flags.resume || again);
    });
  }
  int code = kOk;
  for (const std::string& file : flags.files) {
    const ImportEnd one = ImportFile(context, flags, options, file, flags.resume);
    const bool broken_off = one.source_broken && one.code != kUsage;
    if (one.code != kOk && one.code != kPartlyDone && !broken_off) return one.code;
    if (one.code != kOk && code != kUnexpected) code = one.code;
  }
  return code;
}

}  // namespace

void AddImport(CLI::App& app, Context& context, Run& run) {
  auto flags = std::make_shared<Flags>();
  CLI::App* command = app.add_subcommand("import", context.Say(Label::cmd_import));
  command->alias("inlezen");
  command->footer(context.Say(Label::import_examples));
  const auto add = [&](const char* name, std::string& value, Label label) {
    return command->add_option(name, value, context.Say(label));
  };
  command
      ->add_option("format", flags->format, context.Say(Label::opt_format, adapters::FormatNames()))
      ->required();
  command->add_option("files", flags->files, context.Say(Label::opt_import_files));
  add("--mapping", flags->mapping, Label::opt_mapping);
  add("--zone,--tijdzone", flags->zone, Label::opt_zone);
  add("--encoding", flags->encoding, Label::opt_encoding);
  add("--source", flags->source, Label::opt_import_source);
  add("--rejected", flags->rejected, Label::opt_rejected);
  add("--watch", flags->watch, Label::opt_watch_directory);
  command->add_flag("--resume", flags->resume, context.Say(Label::opt_resume));
  command->add_flag("--dry-run", flags->dry_run, context.Say(Label::opt_first_ten));
  command->callback([flags, &run] { run = [flags](Context& c) { return Import(c, *flags); }; });
}

}  // namespace klantbeeld::cli
