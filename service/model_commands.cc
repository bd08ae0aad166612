#include "service/model_commands.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iterator>
#include <memory>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "absl/synchronization/notification.h"
#include "store/backup.h"
#include "store/identity/adopt.h"
#include "store/identity/forecast.h"
#include "store/identity/learn.h"
#include "store/open.h"
#include "store/status_macros.h"
#include "store/store.h"

namespace klantbeeld::service {
namespace {

absl::StatusOr<std::string> ReadModelFile(const std::string& path) {
  if (path.empty()) return std::string(store::ShippedModelFile());
  std::ifstream file(path, std::ios::binary);
  std::string text{std::istreambuf_iterator<char>(file), {}};
  if (file.good() || file.eof()) return text;
  return absl::InvalidArgumentError(absl::StrCat("--model: cannot read ", path));
}

// Never over a file that is there: it may be the model that somebody works on.
absl::Status WriteModelFile(const std::string& path, absl::string_view text) {
  std::FILE* file = std::fopen(path.c_str(), "wx");
  if (file == nullptr) {
    return absl::InvalidArgumentError(
        absl::StrCat("--write: cannot make ", path, ": ", std::strerror(errno)));
  }
  const bool whole = std::fwrite(text.data(), 1, text.size(), file) == text.size();
  if (std::fclose(file) == 0 && whole) return absl::OkStatus();
  return absl::InternalError(absl::StrCat("--write: cannot write all of ", path));
}

// The store, or the backup that was named.
absl::StatusOr<store::OpenedRows> OpenRows(const CommandLine& line, const Config& config,
                                           const store::Keys& keys) {
  auto rows = line.backup_id.empty() ? store::OpenRows(config.data, config.db, keys)
                                     : store::OpenBackup(config.backups, line.backup_id, keys);
  if (!rows.ok()) return rows.status();
  KB_RETURN_IF_ERROR(store::CheckComparer(rows->info));
  return rows;
}

unsigned long long Number(uint64_t value) { return value; }

std::string NameOf(v1::Assurance assurance) {
  const std::string name = v1::Assurance_Name(assurance);
  return absl::AsciiStrToLower(absl::StripPrefix(name, "ASSURANCE_"));
}

absl::Status Show(const CommandLine& line, const Config& config, const store::Keys& keys) {
  KB_ASSIGN_OR_RETURN(const auto rows, OpenRows(line, config, keys));
  KB_ASSIGN_OR_RETURN(const auto in_effect, store::ModelReader().At(*rows.db));
  std::printf("in effect: %s, ", in_effect.model->version.c_str());
  if (in_effect.adopted == 0) {
    std::printf("since the store was made\n");
  } else {
    std::printf("adopted at position %llu\n", Number(in_effect.adopted));
  }
  if (!in_effect.settled()) {
    std::printf("contacts of %llu facts before it are yet to be compared by it\n",
                Number(in_effect.left()));
  }
  std::printf("of this build: %s\n", store::ShippedModel().version.c_str());
  if (line.write.empty()) return absl::OkStatus();
  KB_ASSIGN_OR_RETURN(const std::string file, store::FileInEffect(*rows.db));
  return WriteModelFile(line.write, file);
}

void PrintRow(const char* what, uint64_t before, uint64_t after, const std::string& how) {
  std::printf("%-16s %12llu %12llu  %s\n", what, Number(before), Number(after), how.c_str());
}

void PrintForecast(const store::Forecast& forecast, const std::string& model) {
  std::printf("from model %s\nto model   %s\n\n", forecast.model_before.c_str(), model.c_str());
  std::printf("%-16s %12s %12s\n", "", "before", "after");
  PrintRow("citizens", forecast.citizens_before, forecast.citizens_after,
           absl::StrCat(forecast.merged, " made of several, ", forecast.split,
                        " become several"));
  PrintRow("suggestions", forecast.suggested_before,
           forecast.suggested_before + forecast.suggestions_gained - forecast.suggestions_lost,
           absl::StrCat(forecast.suggestions_gained, " new, ", forecast.suggestions_lost,
                        " no longer"));
  std::printf("\ncontacts that go to another citizen: %llu\n", Number(forecast.contacts_moved));
  for (const auto& [levels, contacts] : forecast.levels) {
    std::printf("contacts from %s to %s: %llu\n", NameOf(levels.first).c_str(),
                NameOf(levels.second).c_str(), Number(contacts));
  }
  for (const auto* examples : {&forecast.merges, &forecast.splits}) {
    for (const auto& example : *examples) {
      std::printf("for example: %s -> %s\n", absl::StrJoin(example.before, " + ").c_str(),
                  absl::StrJoin(example.after, " + ").c_str());
    }
  }
}

absl::Status Report(const CommandLine& line, const Config& config, const store::Keys& keys) {
  KB_ASSIGN_OR_RETURN(std::string file, ReadModelFile(line.model_file));
  KB_ASSIGN_OR_RETURN(const auto adoption, store::PrepareAdoption(std::move(file), ""));
  KB_ASSIGN_OR_RETURN(const auto rows, OpenRows(line, config, keys));
  KB_ASSIGN_OR_RETURN(const auto forecast,
                      store::ForecastModel(keys, *rows.db, adoption, ShowProgress("facts")));
  PrintForecast(forecast, adoption.version);
  return absl::OkStatus();
}

void PrintLearnt(const store::Learnt& learnt) {
  std::printf("%llu different statements of who somebody is, %llu pairs that share a value\n\n",
              Number(learnt.statements), Number(learnt.pairs));
  std::printf("%-26s %7s %7s %8s %9s  m by channel\n", "weight", "before", "after", "m", "u");
  for (const store::LearntWeight& weight : learnt.weights) {
    std::string channels;
    for (const auto& [channel, m] : weight.m_of) {
      const std::string name = v1::Channel_Name(channel);
      absl::StrAppendFormat(&channels, " %s %.3f",
                            absl::AsciiStrToLower(absl::StripPrefix(name, "CHANNEL_")), m);
    }
    std::printf("%-26s %7.2f %7.2f %8.4f %9.6f %s\n", weight.name.c_str(), weight.before / 100.0,
                weight.after / 100.0, weight.m, weight.u, channels.c_str());
  }
  std::printf("\ncommon surnames: %zu, common first names: %zu (0: those of the model before)\n",
              learnt.surnames, learnt.first_names);
}

absl::Status Learn(const CommandLine& line, const Config& config, const store::Keys& keys) {
  KB_ASSIGN_OR_RETURN(const auto rows, OpenRows(line, config, keys));
  KB_ASSIGN_OR_RETURN(const auto in_effect, store::ModelReader().At(*rows.db));
  KB_ASSIGN_OR_RETURN(const auto learnt, store::LearnModel(keys, *rows.db, *in_effect.model,
                                                           line.name, ShowProgress("statements")));
  KB_RETURN_IF_ERROR(WriteModelFile(line.write, learnt.file));
  PrintLearnt(learnt);
  std::printf("wrote %s. See what it would change with `model report`.\n", line.write.c_str());
  return absl::OkStatus();
}

absl::Status Adopt(const CommandLine& line, const Config& config, store::Keys keys) {
  KB_ASSIGN_OR_RETURN(std::string file, ReadModelFile(line.model_file));
  store::Store::Options options;
  options.data_dir = config.data;
  options.db = config.db;
  options.sequencer = config.sequencer;
  KB_ASSIGN_OR_RETURN(const auto store, store::Store::Open(options, std::move(keys),
                                                           [] { return absl::Now(); }));
  const uint64_t head = store->head();
  absl::Notification answered;
  absl::StatusOr<uint64_t> position = absl::UnknownError("");
  KB_RETURN_IF_ERROR(store->AdoptModel(std::move(file), line.reason, [&](auto outcome) {
    position = std::move(outcome);
    answered.Notify();
  }));
  answered.WaitForNotification();
  KB_RETURN_IF_ERROR(position.status());
  KB_ASSIGN_OR_RETURN(const auto in_effect, store->model());
  const std::string& version = in_effect.model->version;
  if (*position <= head) {
    std::printf("%s is in effect already\n", version.c_str());
  } else {
    std::printf("%s is in effect from position %llu on\n", version.c_str(), Number(*position));
  }
  if (in_effect.settled()) return absl::OkStatus();
  std::printf("the server compares the contacts of %llu facts before it while it serves\n",
              Number(in_effect.left()));
  return absl::OkStatus();
}

}  // namespace

absl::Status RunModelCommand(const CommandLine& line, const Config& config, store::Keys keys) {
  if (line.command == "model show") return Show(line, config, keys);
  if (line.command == "model report") return Report(line, config, keys);
  if (line.command == "model learn") return Learn(line, config, keys);
  return Adopt(line, config, std::move(keys));
}

}  // namespace klantbeeld::service
