#include <memory>
#include <variant>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "clients/adapters/csv/csv_adapter.h"
#include "clients/adapters/csv/first_mapping.h"
#include "clients/cli/context.h"
#include "clients/cli/import_run.h"
#include "clients/cli/text.h"

namespace klantbeeld::cli {
namespace {

constexpr int kShownFirst = 10;

struct Flags {
  std::string format, mapping, rejected;
  std::vector<std::string> files;
  bool dry_run = false;
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
      return Usage(context, context.Say(Label::mapping_unreadable, Clean(path), fault.what));
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
    case MappingFault::Kind::kBadWord:
      return say(Label::mapping_bad_word);
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

int ImportFile(Context& context, const Flags& flags, const std::string& file) {
  auto opened = adapters::OpenCsv(file, flags.mapping);
  if (const auto* fault = std::get_if<MappingFault>(&opened)) {
    return BadMapping(context, flags.mapping, *fault);
  }
  if (const auto* status = std::get_if<absl::Status>(&opened)) {
    return CannotRead(context, file, *status);
  }
  Adapter& adapter = *std::get<std::unique_ptr<Adapter>>(opened);
  if (flags.dry_run) {
    const std::string unused = absl::StrJoin(adapter.unused(), ", ");
    if (!unused.empty()) Complain(context.Say(Label::import_unused, Clean(unused)));
    return ShowFirst(context, adapter, kShownFirst);
  }
  return ImportAll(context, adapter, flags.rejected.empty() ? file + ".rejected" : flags.rejected);
}

int WriteMapping(Context& context, const std::string& file) {
  const auto mapping = adapters::FirstMapping(file);
  if (!mapping.ok()) return CannotRead(context, file, mapping.status());
  Print(*mapping);
  return kOk;
}

int Import(Context& context, const Flags& flags) {
  if (flags.format == "map") return WriteMapping(context, flags.files.front());
  if (flags.format != "csv") {
    return Usage(context, context.Say(Label::want_format, Clean(flags.format)));
  }
  if (flags.mapping.empty()) return Usage(context, context.Say(Label::want_mapping));
  if (flags.files.size() > 1 && !flags.rejected.empty()) {
    return Usage(context, context.Say(Label::want_one_file));
  }
  int code = kOk;
  for (const std::string& file : flags.files) {
    if (file == "-" && flags.rejected.empty() && !flags.dry_run) {
      return Usage(context, context.Say(Label::import_stdin_rejected));
    }
    const int one = ImportFile(context, flags, file);
    if (one != kOk && one != kPartlyDone) return one;
    if (one != kOk) code = one;
  }
  return code;
}

}  // namespace

void AddImport(CLI::App& app, Context& context, Run& run) {
  auto flags = std::make_shared<Flags>();
  CLI::App* command = app.add_subcommand("import", context.Say(Label::cmd_import));
  command->alias("inlezen");
  command->footer(context.Say(Label::import_examples));
  command->add_option("format", flags->format, context.Say(Label::opt_format))->required();
  command->add_option("files", flags->files, context.Say(Label::opt_import_files))->required();
  command->add_option("--mapping", flags->mapping, context.Say(Label::opt_mapping));
  command->add_option("--rejected", flags->rejected, context.Say(Label::opt_rejected));
  command->add_flag("--dry-run", flags->dry_run, context.Say(Label::opt_first_ten));
  command->callback([flags, &run] { run = [flags](Context& c) { return Import(c, *flags); }; });
}

}  // namespace klantbeeld::cli
