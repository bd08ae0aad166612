// klantbeeld_import_bench: a CSV file brought in by `klantbeeld import` beside a
// bare client that streams the same events, ready-made.
//
//   klantbeeld_import_bench --server PROGRAM --client PROGRAM --mapping FILE
//                           [--rows N] [--rounds N] [--json FILE]
//
// With --json its row is added to those that klantbeeld_bench wrote there.
#include <poll.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <random>
#include <string>
#include <variant>
#include <vector>

#include "absl/strings/str_format.h"
#include "absl/synchronization/mutex.h"
#include "clients/adapters/formats.h"
#include "tests/bench/load.h"
#include "tests/bench/process.h"

namespace klantbeeld::bench {
namespace {

constexpr int kLookEveryMs = 50;
constexpr size_t kBatchesInFlight = 4;  // As the importer has.

struct Plan {
  std::string server, client, mapping, json;
  int rows = 1'000'000, rounds = 3;
};

// Telephone calls in our own CSV, each of another person's number.
void WriteRows(const std::string& path, int rows) {
  std::mt19937 random(1);
  std::ofstream out(path);
  out << "bron;id;kanaal;start;eind;klant_soort;klant;onderwerp;resultaat;status;wacht_s;gesprek_"
         "s\n";
  for (int i = 0; i < rows; ++i) {
    out << absl::StrFormat(
        "kcc;c%d;telefoon;2025-03-%02dT09:%02d:05;2025-03-%02dT10:%02d:00;tel;06%08d;Paspoort "
        "aanvragen;Zelf afgehandeld;beantwoord;%d;%d\n",
        i, 1 + i % 28, i % 60, 1 + i % 28, i % 60, random() % 100'000'000, i % 300, i % 900);
  }
}

std::vector<v1::ContactEvent> ReadyMade(const Plan& plan, const std::string& file) {
  adapters::Options options;
  options.mapping = plan.mapping;
  auto opened = adapters::FindFormat("csv")->open(file, options);
  auto* adapter = std::get_if<std::unique_ptr<adapters::Adapter>>(&opened);
  if (adapter == nullptr) Die("the mapping does not fit the file");
  std::vector<v1::ContactEvent> events;
  for (;;) {
    auto item = (*adapter)->Next();
    if (!item.ok()) Die("the file cannot be read");
    if (item->kind == adapters::Item::Kind::kEnd) return events;
    if (item->kind == adapters::Item::Kind::kEvent) events.push_back(std::move(item->event));
  }
}

// A server on an empty store of its own.
class Server {
 public:
  Server(const Plan& plan, const std::string& dir) : socket_(dir + ".sock") {
    const std::vector<std::string> places = {"--data", dir + "-store", "--keys", dir + "-keys"};
    std::vector<std::string> init = {plan.server, "init"}, serve = {plan.server};
    init.insert(init.end(), places.begin(), places.end());
    serve.insert(serve.end(), places.begin(), places.end());
    serve.insert(serve.end(), {"--socket", socket_});
    RunToEnd(init, dir + ".init.log");
    process_ = std::make_unique<Process>(serve, dir);
  }
  const std::string& socket() const { return socket_; }

 private:
  const std::string socket_;
  std::unique_ptr<Process> process_;
};

// The most memory that a process held so far, as the kernel says.
long PeakMib(pid_t pid) {
  std::ifstream status(absl::StrFormat("/proc/%d/status", pid));
  for (std::string word; status >> word;) {
    long kib = 0;
    if (word == "VmHWM:" && status >> kib) return kib / 1024;
  }
  return 0;
}

// Rows a second; `peak_mib` is the most memory that the importer held.
double Import(const Plan& plan, const std::string& file, const Server& server, long& peak_mib) {
  const double began = Seconds();
  const pid_t pid = fork();
  if (pid == 0) {
    setenv("KLANTBEELD_SERVER", ("unix:" + server.socket()).c_str(), 1);
    execl(plan.client.c_str(), plan.client.c_str(), "import", "csv", file.c_str(), "--mapping",
          plan.mapping.c_str(), "-q", static_cast<char*>(nullptr));
    _exit(127);
  }
  // The kernel's own figure at the end holds what we had when we forked, so it
  // is looked up while it runs; it only grows.
  pollfd ended{static_cast<int>(syscall(SYS_pidfd_open, pid, 0)), POLLIN, 0};
  if (ended.fd < 0) Die("no pidfd_open");
  while (poll(&ended, 1, kLookEveryMs) == 0) peak_mib = std::max(peak_mib, PeakMib(pid));
  close(ended.fd);
  int status = 0;
  if (waitpid(pid, &status, 0) != pid || status != 0) Die("the import failed");
  return plan.rows / (Seconds() - began);
}

double Median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

void AddRow(const std::string& path, double ours, double bound) {
  std::ifstream in(path);
  auto all = nlohmann::ordered_json::parse(in, nullptr, false);
  if (all.is_discarded() || !all.contains("rows")) Die(path + " is not what klantbeeld_bench wrote");
  const double ratio = std::round(1000 * ours / bound) / 1000;
  all["rows"].push_back({{"work", "import of CSV, rows"},
                         {"ours", std::round(ours)},
                         {"limit", std::round(bound)},
                         {"peer", nullptr},
                         {"of_limit", ratio},
                         {"over_peer", nullptr},
                         {"mark", "of_limit >= 0.6"},
                         {"met", ratio >= 0.6}});
  std::ofstream out(path);
  out << all.dump(2) << "\n";
  out.close();
  if (!out) Die("cannot write " + path);
}

int Run(const Plan& plan) {
  const TempDir dir;
  const std::string file = dir.path() + "/rows.csv";
  WriteRows(file, plan.rows);
  const auto events = ReadyMade(plan, file);
  if (events.size() != static_cast<size_t>(plan.rows)) Die("rows were refused");
  std::vector<double> bare, imported;
  long peak_mib = 0;
  for (int round = 0; round < plan.rounds; ++round) {
    const std::string name = absl::StrFormat("%s/%d", dir.path(), round);
    {
      const Server server(plan, name + "-bare");
      bare.push_back(StreamLoad(server.socket(), events, 1, kBatchesInFlight));
    }
    const Server server(plan, name + "-import");
    imported.push_back(Import(plan, file, server, peak_mib));
  }
  const double ours = Median(imported), bound = Median(bare);
  if (!plan.json.empty()) AddRow(plan.json, ours, bound);
  std::printf(
      "| import of CSV, rows | %.0f | a bare client, ready-made events | %.0f | %.0f %% |\n", ours,
      bound, 100 * ours / bound);
  std::printf("most memory of the importer: %ld MiB\n", peak_mib);
  return 0;
}

int Main(int argc, char** argv) {
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
  Plan plan;
  const std::map<std::string, std::string*> texts = {
      {"--server", &plan.server}, {"--client", &plan.client}, {"--mapping", &plan.mapping}, {"--json", &plan.json}};
  const std::map<std::string, int*> numbers = {{"--rows", &plan.rows}, {"--rounds", &plan.rounds}};
  for (int i = 1; i + 1 < argc; i += 2) {
    if (texts.contains(argv[i])) *texts.at(argv[i]) = argv[i + 1];
    if (numbers.contains(argv[i])) *numbers.at(argv[i]) = std::atoi(argv[i + 1]);
  }
  if (plan.server.empty() || plan.client.empty() || plan.mapping.empty() || plan.rows <= 0 ||
      plan.rounds <= 0) {
    Die("usage: klantbeeld_import_bench --server PROGRAM --client PROGRAM --mapping FILE "
        "[--rows N] [--rounds N] [--json FILE]");
  }
  return Run(plan);
}

}  // namespace
}  // namespace klantbeeld::bench

int main(int argc, char** argv) { return klantbeeld::bench::Main(argc, argv); }
