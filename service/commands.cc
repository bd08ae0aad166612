#include "service/commands.h"

#include <openssl/rand.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <array>
#include <cstdio>
#include <filesystem>
#include <iostream>
#include <memory>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "service/model_commands.h"
#include "service/scrub_command.h"
#include "service/version.h"
#include "store/backup.h"
#include "store/check.h"
#include "store/keys.h"
#include "store/restore.h"
#include "store/store.h"

namespace klantbeeld::service {
namespace {

// Flags that set a key of the configuration.
struct Flag {
  const char* flag;
  const char* key;
  const char* help;
};
constexpr Flag kFlags[] = {
    {"--data", "data", "Directory of the store"},
    {"--keys", "keys", "Key file, outside the directory of the store"},
    {"--socket", "socket", "Unix socket to listen on"},
    {"--socket-group", "socket_group", "Group whose members may connect"},
    {"--tcp", "tcp", "For development: 127.0.0.1:PORT to listen on as well"},
    {"--backups", "backups", "Directory that backups are made in, outside that of the store"},
    {"--metrics", "metrics", "127.0.0.1:PORT that Prometheus reads"},
    {"--registry-file", "registry.file", "CSV file of persons that the registry is read from"},
    {"--log", "log", "debug, info, warning or error"},
};

absl::Status Init(const Config& config) {
  std::error_code ignored;
  if (!std::filesystem::exists(config.keys, ignored)) {
    if (auto made = store::Keys::Make(config.keys); !made.ok()) return made;
    std::printf("made the key file %s: keep a copy, apart from the data\n", config.keys.c_str());
  }
  const auto keys = store::Keys::Load(config.keys);
  if (!keys.ok()) return keys.status();
  std::array<char, 16> log_id{};
  if (RAND_bytes(reinterpret_cast<unsigned char*>(log_id.data()),
                 static_cast<int>(log_id.size())) != 1) {
    return absl::InternalError("no random bytes");
  }
  const absl::string_view id(log_id.data(), log_id.size());
  if (auto made = store::Store::Create(config.data, *keys, id); !made.ok()) return made;
  std::printf("made an empty store in %s, log %s\n", config.data.c_str(), store::ToHex(id).c_str());
  return absl::OkStatus();
}

// Where files are damaged nothing was compared, and there is no table to show.
void Print(const store::CheckResult& result) {
  if (!result.families.empty()) {
    std::printf("%llu facts\n", static_cast<unsigned long long>(result.facts));
    std::printf("%-12s %12s %9s %9s %9s\n", "projection", "rows", "missing", "extra", "different");
  }
  for (const auto& family : result.families) {
    std::printf("%-12s %12llu %9llu %9llu %9llu\n", family.family.c_str(),
                static_cast<unsigned long long>(family.rows),
                static_cast<unsigned long long>(family.missing),
                static_cast<unsigned long long>(family.extra),
                static_cast<unsigned long long>(family.different));
  }
  for (const std::string& difference : result.first_differences) {
    std::printf("%s\n", difference.c_str());
  }
}

absl::Status Check(const Config& config, const store::Keys& keys) {
  const auto result = store::Check(config.data, keys, ShowProgress("facts"));
  if (!result.ok()) return result.status();
  Print(*result);
  if (result->ok()) return absl::OkStatus();
  return absl::DataLossError("the store does not say what its journal says; run rebuild");
}

absl::Status Scrub(const Config& config, int mib_per_second) {
  if (config.socket.empty() && config.tcp.empty()) {
    return absl::InvalidArgumentError("socket: is required, that of the server that runs");
  }
  const std::string address = config.socket.empty() ? config.tcp : "unix:" + config.socket;
  const auto result = AskScrub(address, mib_per_second);
  if (!result.ok()) return result.status();
  Print(*result);
  if (result->ok()) return absl::OkStatus();
  return absl::DataLossError(
      "the store is damaged, as said above, and was served meanwhile. Make no backup over a good "
      "one; stop the server and run `klantbeeld-server check`: it says whether `rebuild` mends it; "
      "if not, restore a backup by id");
}

absl::Status Rebuild(const Config& config, const store::Keys& keys) {
  const auto facts = store::Rebuild(config.data, keys, ShowProgress("facts"));
  if (!facts.ok()) return facts.status();
  std::printf("made anew from %llu facts\n", static_cast<unsigned long long>(*facts));
  return absl::OkStatus();
}

absl::Status Dump(const Config& config, const store::Keys& keys, bool canonical) {
  if (!canonical) return absl::InvalidArgumentError("dump: only with --canonical");
  return store::DumpCanonical(config.data, keys, [](absl::string_view line) {
    std::fwrite(line.data(), 1, line.size(), stdout);
    std::fputc('\n', stdout);
  });
}

std::string TimeOf(int64_t micros) {
  return absl::FormatTime(absl::RFC3339_sec, absl::FromUnixMicros(micros), absl::LocalTimeZone());
}

absl::Status Backups(const Config& config) {
  const auto list = store::ListBackups(config.backups);
  if (!list.ok()) return list.status();
  for (const auto& backup : *list) {
    std::printf("%s  position %llu of %s\n", backup.id().c_str(),
                static_cast<unsigned long long>(backup.position()),
                TimeOf(backup.recorded_at_us()).c_str());
  }
  std::error_code error;
  std::filesystem::directory_iterator entries(config.backups, error);
  for (; !error && entries != std::filesystem::directory_iterator(); entries.increment(error)) {
    const std::string name = entries->path().filename().string();
    if (!entries->is_directory(error) || absl::EndsWith(name, store::kPart)) continue;
    if (const auto found = store::FindBackup(config.backups, name); !found.ok()) {
      std::printf("%s  is none: %s\n", name.c_str(), std::string(found.status().message()).c_str());
    }
  }
  return absl::OkStatus();
}

absl::Status CheckBackup(const Config& config, const std::string& id) {
  const auto backup = store::CheckBackup(config.backups, id);
  if (!backup.ok()) return backup.status();
  std::printf("%s is whole: position %llu of %s\n", id.c_str(),
              static_cast<unsigned long long>(backup->position()),
              TimeOf(backup->recorded_at_us()).c_str());
  return absl::OkStatus();
}

absl::StatusOr<store::RestoreUntil> Until(const CommandLine& line) {
  store::RestoreUntil until;
  until.position = line.to_position;
  if (line.to_time.empty()) return until;
  std::string why;
  absl::Time time;
  if (!absl::ParseTime(absl::RFC3339_full, line.to_time, &time, &why)) {
    return absl::InvalidArgumentError(
        "--to-time: must be a time like 2026-01-31T13:00:00+01:00; " + why);
  }
  until.time = time;
  return until;
}

// Says which keys are asked for, before anything is read.
absl::Status WithoutKeys(const Config& config, const std::string& id, const absl::Status& why) {
  const auto backup = store::FindBackup(config.backups, id);
  if (!backup.ok()) return backup.status();
  return absl::FailedPreconditionError(absl::StrCat(
      "nothing was restored: backup ", id, " opens with the keys named ", backup->keys(), " only; ",
      why.message()));
}

absl::Status Restore(const Config& config, const store::Keys& keys, const CommandLine& line) {
  const auto until = Until(line);
  if (!until.ok()) return until.status();
  const auto restored = store::RestoreBackup(config.backups, line.backup_id, config.data, keys,
                                             *until, absl::Now(), ShowProgress("facts"));
  if (!restored.ok()) return restored.status();
  const auto number = [](uint64_t value) { return static_cast<unsigned long long>(value); };
  std::printf("restored %s to %s: position %llu", line.backup_id.c_str(), config.data.c_str(),
              number(restored->position));
  if (restored->position > 0) std::printf(" of %s", TimeOf(restored->recorded_at_us).c_str());
  if (const uint64_t left = restored->backup.position() - restored->position; left > 0) {
    std::printf("; %llu later facts of the backup are left out", number(left));
  }
  std::printf("\n");
  return absl::OkStatus();
}

// `model` has commands of its own.
void AddModel(CLI::App& app, CommandLine& line) {
  auto* model = app.add_subcommand("model", "By what weights citizens are told apart");
  model->require_subcommand(1);
  auto* show = model->add_subcommand("show", "Say which model is in effect");
  show->add_option("--write", line.write, "File to write that model to; must not be there");
  auto* report = model->add_subcommand("report", "Say what another model would change");
  auto* adopt = model->add_subcommand("adopt", "Tell citizens apart by another model from now on");
  auto* learn = model->add_subcommand("learn", "Learn weights and names from the store");
  learn->add_option("--name", line.name, "Name of the new model: a-z, 0-9 and '-'")->required();
  learn->add_option("--write", line.write, "File to write it to; must not be there")->required();
  for (auto* command : {show, report, learn}) {
    command->add_option("--id", line.backup_id,
                        "Look into this backup in --backups, and leave the store to the server");
  }
  for (auto* command : {report, adopt}) {
    command->add_option("--model", line.model_file, "Model file; default: that of this build");
  }
  adopt->add_option("--reason", line.reason, "Why, for those who come after")->required();
}

}  // namespace

store::Progress ShowProgress(const char* of) {
  if (::isatty(STDERR_FILENO) == 0) return nullptr;
  return [of](uint64_t done, uint64_t all) {
    std::fprintf(stderr, "\r%llu of %llu %s", static_cast<unsigned long long>(done),
                 static_cast<unsigned long long>(all), of);
    if (done == all) std::fputc('\n', stderr);
  };
}

absl::StatusOr<CommandLine> ReadCommandLine(int argc, const char* const* argv) {
  CommandLine line;
  CLI::App app("The server of Klantbeeld. Without a command it serves.", "klantbeeld-server");
  app.set_version_flag("--version", std::string("klantbeeld-server ") + kVersion);
  app.fallthrough();
  app.require_subcommand(0, 1);
  app.add_option("--config", line.config_file, "TOML file; flags stand over it");
  std::array<std::string, std::size(kFlags)> values;
  for (size_t i = 0; i < std::size(kFlags); ++i) {
    app.add_option(kFlags[i].flag, values[i], kFlags[i].help);
  }
  std::vector<std::string> sets;
  app.add_option("--set", sets, "Any key of the configuration: --set limits.followers_max=50")
      ->allow_extra_args(false);
  app.add_subcommand("init", "Make an empty store, and keys where there are none");
  app.add_subcommand("check-config", "Say whether the configuration is right, and show it");
  app.add_subcommand("check", "Compare every projection with the journal");
  auto* scrub = app.add_subcommand(
      "scrub", "Have the server that runs read every file and compare as check does, while it serves");
  scrub
      ->add_option("--rate", line.mib_per_second,
                   "Most MiB per second that it reads and writes; without: 16")
      ->check(CLI::Range(1, 10000));
  app.add_subcommand("rebuild", "Make the projections anew from the journal");
  app.add_subcommand("backups", "List the backups in --backups");
  auto* restore = app.add_subcommand("restore", "Put a backup into --data, absent or empty");
  auto* position = restore->add_option("--to-position", line.to_position,
                                       "Only the facts up to this one, applied anew");
  restore
      ->add_option("--to-time", line.to_time,
                   "Only what was recorded up to then, like 2026-01-31T13:00:00+01:00")
      ->excludes(position);
  auto* check_backup = app.add_subcommand(
      "check-backup", "Read all of a backup and compare it with what it says it is; without keys");
  for (auto* command : {restore, check_backup}) {
    command->add_option("--id", line.backup_id, "Which one, as `backups` lists it")->required();
  }
  auto* dump = app.add_subcommand("dump", "Print the store");
  dump->add_flag("--canonical", line.canonical, "Without positions, to compare two stores");
  AddModel(app, line);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() != 0) return absl::InvalidArgumentError(error.what());
    line.finished = true;
    app.exit(error, std::cout, std::cerr);
    return line;
  }
  for (size_t i = 0; i < std::size(kFlags); ++i) {
    if (app.count(kFlags[i].flag) > 0) line.settings.emplace_back(kFlags[i].key, values[i]);
  }
  for (const std::string& set : sets) {
    const std::pair<std::string, std::string> parts = absl::StrSplit(set, absl::MaxSplits('=', 1));
    line.settings.push_back(parts);
  }
  for (const CLI::App* command = &app; !command->get_subcommands().empty();) {
    command = command->get_subcommands().front();
    absl::StrAppend(&line.command, line.command.empty() ? "" : " ", command->get_name());
  }
  return line;
}

absl::Status RunCommand(const CommandLine& line, const Config& config) {
  if (line.command == "check-config") {
    if (auto status = config.Validate(); !status.ok()) return status;
    std::printf("%s", ShowConfig(config).c_str());
    return absl::OkStatus();
  }
  const bool of_backups = line.command == "backups" || !line.backup_id.empty();
  if (of_backups && config.backups.empty()) {
    return absl::InvalidArgumentError("backups: is required, the directory of the backups");
  }
  if (line.command == "backups") return Backups(config);
  if (line.command == "check-backup") return CheckBackup(config, line.backup_id);
  if (line.command == "scrub") return Scrub(config, line.mib_per_second);
  if (auto status = config.ValidatePlaces(); !status.ok()) return status;
  if (line.command == "init") return Init(config);
  auto keys = store::Keys::Load(config.keys);
  if (!keys.ok() && line.command == "restore") {
    return WithoutKeys(config, line.backup_id, keys.status());
  }
  if (!keys.ok()) return keys.status();
  if (absl::StartsWith(line.command, "model ")) {
    return RunModelCommand(line, config, *std::move(keys));
  }
  if (line.command == "check") return Check(config, *keys);
  if (line.command == "restore") return Restore(config, *keys, line);
  if (line.command == "rebuild") return Rebuild(config, *keys);
  return Dump(config, *keys, line.canonical);
}

}  // namespace klantbeeld::service
