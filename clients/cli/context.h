// What every command has at hand.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "clients/cli/labels.h"
#include "clients/cli/settings.h"
#include "clients/cli/standard_files.h"
#include "clients/cli/view.h"
#include "clients/cpp/client.h"

// The parser takes the compiler seconds: who adds options includes <CLI/CLI.hpp>.
namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace klantbeeld::cli {

// How a command ended; scripts depend on these.
enum Exit {
  kOk = 0,
  kUnexpected = 1,
  kUsage = 2,
  kNotFound = 3,
  kLoginNeeded = 4,
  kNotAllowed = 5,
  kUnreachable = 6,
  kPartlyDone = 7,
  kConflict = 8,
  kInterrupted = 130,
  // Whoever read the results stopped before their end; as of a program that
  // SIGPIPE ended.
  kReaderLeft = 141,
};

// The settings as used, the terminal, and the server. Made by main before a
// command runs; one thread.
struct Context {
  Settings settings;
  Lang lang = Lang::kDutch;
  bool in_is_terminal = false;
  bool out_is_terminal = false;
  bool err_is_terminal = false;
  bool color = false;
  int columns = 0;  // 0: cut nothing.
  absl::TimeZone zone;
  client::Stop stop;
  bool needs_server = true;  // The command that was given speaks to it.
  std::unique_ptr<client::Client> client;

  // What each of the standard files is connected to.
  void LookAtTerminal();
  // How wide it is now.
  void MeasureTerminal();
  // Checks the settings and makes the client; on failure says why and gives
  // the exit code.
  int Prepare();
  // Makes the client anew; on failure as Prepare.
  int Connect();
  // The form that was asked for, else `otherwise`.
  std::string output(const std::string& otherwise) const {
    return settings.output.empty() ? otherwise : settings.output;
  }
  // How pictures for people are drawn now.
  Look look() const { return {lang, zone, absl::Now(), columns, color, settings.show_bsn}; }
  std::string Say(Label label) const { return Text(lang, label); }
  template <class... Args>
  std::string Say(Label label, const Args&... args) const {
    return cli::Say(lang, label, args...);
  }
};

// Prints what is wrong with how it was called; gives kUsage.
int Usage(const Context& context, const std::string& what);
int BadValue(const Context& context, const std::string& option, const std::string& value,
             const std::string& want);

// Prints what went wrong, why and what to do; gives the exit code for it.
int Fail(const Context& context, const client::Error& error);
// The sentence alone, for a line in a list; and with the fields that were refused.
std::string Sentence(const Context& context, const client::Error& error);
std::string WithFields(const Context& context, const client::Error& error);

// To be called after the last result: gives `code`, or where results could not
// be written says so and gives the code for it. Who stopped reading is told
// nothing.
int EndPrinting(const Context& context, int code);

// What main runs once the settings are known.
using Run = std::function<int(Context&)>;

// Each adds its command to `app`; when it was given, sets `run`.
void AddRecord(CLI::App& app, Context& context, Run& run);
void AddFind(CLI::App& app, Context& context, Run& run);
void AddShow(CLI::App& app, Context& context, Run& run);
void AddTimeline(CLI::App& app, Context& context, Run& run);
void AddWatch(CLI::App& app, Context& context, Run& run);
void AddFollow(CLI::App& app, Context& context, Run& run);
void AddLink(CLI::App& app, Context& context, Run& run);
void AddUnlink(CLI::App& app, Context& context, Run& run);
// suggestions and explain.
void AddExplain(CLI::App& app, Context& context, Run& run);
void AddHistory(CLI::App& app, Context& context, Run& run);
void AddStatus(CLI::App& app, Context& context, Run& run);
void AddImport(CLI::App& app, Context& context, Run& run);
void AddBackup(CLI::App& app, Context& context, Run& run);
void AddExport(CLI::App& app, Context& context, Run& run);
// help, version and completion.
void AddHelp(CLI::App& app, Context& context, Run& run);

// `show` of one citizen; `find` ends with it.
// `contacts` latest contacts, 0: five; or all of them. Only what belongs to the
// citizen at least as surely as `minimum`.
int ShowCitizen(Context& context, const std::string& citizen_id, int contacts, bool all = false,
                v1::Assurance minimum = v1::ASSURANCE_UNSPECIFIED);

// The interactive mode.
int Converse(Context& context);

}  // namespace klantbeeld::cli
