#include "tests/simulation/world.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "tests/simulation/background.h"
#include "tests/simulation/disk.h"
#include "tests/simulation/follower.h"
#include "tests/simulation/look.h"
#include "tests/simulation/machine.h"
#include "tests/simulation/oracle.h"
#include "tests/simulation/replay.h"
#include "tests/simulation/requests.h"
#include "tests/simulation/workplace.h"

namespace klantbeeld::simulation {
namespace {

constexpr int kSentTwicePercent = 12, kAnswerLostPercent = 10, kFaultPercent = 30;
// About as many as a step makes, so that every call has its turn.
constexpr uint64_t kCallsOfSend = 12, kCallsOfOpen = 120, kCallsOfBackground = 60;

class World {
 public:
  explicit World(const Plan& plan)
      : plan_(plan),
        random_(plan.seed * 0x9e3779b97f4a7c15),
        dir_(Workplace::Get().Fresh()),
        machine_({.dir = dir_,
                  .memtable_bytes = Roll(2) == 0 ? size_t{256} << 10 : size_t{4} << 20,
                  .group_facts_max = static_cast<size_t>(Roll(2) == 0 ? 2 : 500),
                  .sync = !plan.without_sync}) {
    disk_.Mount(dir_);
    disk_.set_lies(plan.disk_lies);
    disk_.set_names_with_files(Roll(2) == 0);
    disk_.set_trace(plan.trace);
    v1::FeedFilter decisions;
    decisions.add_kinds(v1::FACT_KIND_LINK);
    decisions.add_kinds(v1::FACT_KIND_UNLINK);
    followers_.emplace_back(v1::FeedFilter());
    followers_.emplace_back(v1::FeedFilter());
    followers_.emplace_back(decisions);
  }
  ~World() {
    machine_.Close();
    disk_.set_trace(nullptr);
    disk_.Unmount();
  }

  Outcome Run() {
    Open(false);
    for (int step = 0; step < plan_.steps && Goes(); ++step) {
      machine_.now += absl::Milliseconds(Roll(900));
      ++tally_["steps"];
      Step();
      // A memtable that is full waits for this.
      if (Goes() && Roll(3) == 0) Background();
    }
    if (Goes()) End();
    return Told();
  }

  Outcome RunFailedSync(uint64_t nth) {
    fault_percent_ = 0;
    Open(false);
    // RocksDB merges four tables.
    for (int i = 0; i < 5 && Goes(); ++i) {
      Send();
      Restart(Fault::kNone);
    }
    disk_.Arm(Fault::kFailedSync, nth, 1);
    RunBackground();
    if (disk_.fired()) ++tally_["happened"];
    Close();
    disk_.PowerCut(Loss::kAll, random_);
    disk_.Revive();
    if (Goes()) Open(false);
    return Told();
  }

 private:
  Outcome Told() {
    Outcome outcome;
    outcome.faults = oracle_.faults();
    outcome.digest = answers_ * 31 + disk_.digest();
    tally_["calls that change files"] = disk_.calls();
    for (const Follower& one : followers_) tally_["facts that followers were given"] += one.given();
    outcome.tally = std::move(tally_);
    return outcome;
  }

  int Roll(int sides) { return static_cast<int>(random_() % static_cast<uint64_t>(sides)); }
  bool Chance(int percent) { return Roll(100) < percent; }
  bool Goes() const { return !over_ && oracle_.faults().empty(); }
  void Say(const std::string& what) {
    if (plan_.trace != nullptr) std::fprintf(plan_.trace, "-- %s\n", what.c_str());
  }
  void Note(uint64_t what) { answers_ = (answers_ ^ what) * 0x100000001b3; }

  void Step() {
    const int kind = Roll(100);
    if (kind < 58) {
      Arm(kCallsOfSend);
      Send();
      Happened();
      if (!disk_.dead()) CatchUp();
      if (Goes()) AfterFault();
      return;
    }
    if (kind < 68) return Look();
    if (kind < 76) return MoveFollower();
    if (kind < 80) return disk_.SyncInTheBackground(dir_ + "/acknowledged");
    if (kind < 85) return Restart(Fault::kNone);
    if (kind < 89) return Restart(Fault::kKill);
    if (kind < 95) return Restart(Fault::kPowerCut);
    if (kind < 97) return UnreadableTable();
    if (kind < 98) return DiskRunsLow();
    FlipBit();
  }

  // --- Faults of the disk.

  void Arm(uint64_t calls) {
    armed_ = Fault::kNone;
    if (!Chance(fault_percent_)) return;
    armed_ = static_cast<Fault>(1 + Roll(6));
    const uint64_t at = 1 + random_() % calls;
    // Of syncs, writes and names there are fewer.
    const bool some = armed_ != Fault::kPowerCut && armed_ != Fault::kKill;
    disk_.Arm(armed_, some ? 1 + at / 3 : at, random_());
    Say(absl::StrCat("armed: ", NameOf(armed_), " at ", at));
  }
  // Whether what was armed happened. A disk that is full stays so until the
  // process ends; else it is well from here on.
  bool Happened() {
    const bool fired = disk_.fired() && armed_ != Fault::kNone;
    if (fired) {
      full_ = armed_ == Fault::kFull;
      ++tally_[absl::StrCat("fault: ", NameOf(armed_))];
      Say(absl::StrCat("happened: ", NameOf(armed_)));
    }
    if (!disk_.dead() && !full_) disk_.Disarm();
    return fired;
  }
  // What ends with the process: with the machine also what was not synced.
  void Ended(Fault fault) {
    Close();
    if (fault == Fault::kPowerCut) {
      const Loss loss = static_cast<Loss>(Roll(3));
      scattered_ = loss == Loss::kScattered;
      disk_.PowerCut(loss, random_);
      const char* const kLosses[] = {"nothing unsynced", "beginnings", "some sectors"};
      ++tally_[absl::StrCat("power cuts that kept ", kLosses[static_cast<size_t>(loss)])];
    }
    disk_.Revive();
    armed_ = Fault::kNone;
    full_ = false;
  }

  // --- Opening and ending.

  void Close() {
    for (Follower& one : followers_) {
      if (one.connected()) one.Disconnect(machine_.serving());
    }
    machine_.Close();
  }

  void Open(bool may_fail) {
    for (int attempt = 0;; ++attempt) {
      armed_ = Fault::kNone;
      if (may_fail && attempt < 3) Arm(kCallsOfOpen);
      ++tally_["opens"];
      const absl::Status opened = machine_.Open();
      const bool happened = Happened();
      Note(static_cast<uint64_t>(opened.code()));
      Say(absl::StrCat("open: ", opened.ToString()));
      if (opened.ok() && !disk_.dead() && !full_) break;
      if (disk_.dead() || full_) {
        Ended(armed_);
        continue;
      }
      if (!happened && scattered_ && absl::IsDataLoss(opened)) {
        // Of a sync that never came back, later sectors are there and earlier
        // ones not. Nothing that was acknowledged is amiss, but the store
        // cannot tell, and says so.
        ++tally_["refused after a scattered tail"];
        over_ = true;
        return;
      }
      if (!happened) return oracle_.Fault(absl::StrCat("does not open: ", opened.message()));
    }
    scattered_ = false;
    writes_stopped_ = false;
    CheckJournal();
    for (Follower& one : followers_) {
      if (Goes() && !Chance(30)) one.Connect(machine_.serving(), oracle_);
    }
    CatchUp();
  }

  void Restart(Fault how) {
    Say(absl::StrCat("restart: ", NameOf(how)));
    if (how == Fault::kNone) {
      ++tally_["restarts in order"];
        Arm(10);
    } else {
      disk_.Arm(how, 1, random_());
      armed_ = how;
      ++tally_[how == Fault::kKill ? "fault: killed between calls" : "fault: power cut between calls"];
    }
    Close();
    if (how == Fault::kNone) Happened();
      Ended(how == Fault::kNone ? (disk_.dead() ? armed_ : Fault::kNone) : how);
    Open(true);
  }

  // After a fault that the store met while it was open.
  void AfterFault() {
    if (disk_.dead()) {
      const Fault how = armed_;
      Ended(how);
      Open(true);
    } else if (writes_stopped_ || full_) {
      // Reads go on, writes are refused.
      Look();
      if (Goes() && Chance(50)) Send();
      if (Goes()) Restart(static_cast<Fault>(Roll(3)));
    }
  }

  // --- What clients do.

  void Send() {
    std::vector<Request> sent;
    std::vector<size_t> by;
    for (size_t i = 0; i < clients_.size(); ++i) {
      Client& client = clients_[i];
      if (client.stalls > 0) {
        --client.stalls;
        continue;
      }
      if (!Chance(50)) continue;
      if (Chance(5)) client.stalls = Roll(8);
      if (!client.wants) {
        client.wants = known_.empty() || !Chance(15) ? requests_.Next(random_)
                                                     : known_[random_() % known_.size()];
      }
      for (int times = Chance(kSentTwicePercent) ? 2 : 1; times > 0; --times) {
        sent.push_back(*client.wants);
        by.push_back(i);
      }
    }
    SendThese(sent, by);
  }

  void SendThese(const std::vector<Request>& sent, const std::vector<size_t>& by) {
    std::vector<const Request*> pointers;
    for (const Request& one : sent) {
      oracle_.Sent(one);
      pointers.push_back(&one);
    }
    const std::vector<Answer> answers = machine_.Send(pointers);
    const bool stopped_before = writes_stopped_;
    for (size_t i = 0; i < sent.size(); ++i) {
      const Answer& answer = answers[i];
      Note(static_cast<uint64_t>(answer.status.code()) * 1000 + answer.position);
      Say(absl::StrCat(sent[i].key, ": ", answer.status.ok() ? absl::StrCat(answer.position, answer.duplicate ? " again" : "")
                                                             : answer.status.ToString()));
      Take(clients_[by[i]], sent[i], answer, stopped_before);
    }
  }

  void Take(Client& client, const Request& request, const Answer& answer, bool stopped_before) {
    if (answer.status.ok()) {
      ++tally_[answer.duplicate ? "acknowledged again" : "acknowledged"];
      if (writes_stopped_) oracle_.Fault(absl::StrCat(request.key, " acknowledged after a write that failed"));
      oracle_.Acknowledged(request.key, answer.position, answer.duplicate);
      known_.push_back(request);
      if (client.wants && Chance(kAnswerLostPercent)) {
        ++tally_["answers that a client lost"];
        return;  // It asks again.
      }
      client.wants.reset();
      return;
    }
    if (absl::IsInvalidArgument(answer.status) || absl::IsFailedPrecondition(answer.status) ||
        absl::IsNotFound(answer.status) || absl::IsAlreadyExists(answer.status)) {
      ++tally_["refused by a rule"];
      oracle_.Refused(request.key);
      client.wants.reset();
      return;
    }
    ++tally_["not known, asked again"];
    if (answer.taken) oracle_.Unknown(request.key);
    // What could not be read for one request alone stops nothing.
    if (answer.taken && absl::IsUnavailable(answer.status)) writes_stopped_ = true;
    if (stopped_before && answer.taken) oracle_.Fault("taken after a write that failed");
    if (!client.wants) client.wants = request;
  }

  // Reads something that stands, as an agent would.
  void Look() {
    if (known_.empty()) return;
    ++tally_["looks"];
    const Request& request = known_[random_() % known_.size()];
    const absl::Status seen = LookAt(request);
    if (!seen.ok()) oracle_.Fault(absl::StrCat("reading ", request.key, ": ", seen.message()));
  }

  absl::Status LookAt(const Request& request) {
    return simulation::LookAt(machine_.store(), request, oracle_);
  }

  void MoveFollower() {
    Follower& one = followers_[random_() % followers_.size()];
    if (!one.connected()) {
      one.Connect(machine_.serving(), oracle_);
      one.CatchUp(machine_.serving(), oracle_);
      return;
    }
    ++tally_["followers that went away"];
    if (Chance(60)) one.Bookmark();
    one.Disconnect(machine_.serving());
  }

  void CatchUp() {
    for (Follower& one : followers_) {
      if (!Goes() || !machine_.open()) return;
      one.CatchUp(machine_.serving(), oracle_);
      if (Chance(30)) one.Bookmark();
    }
  }

  void CheckJournal() {
    const auto journal = ReadJournal(machine_.store());
    if (!journal.ok()) {
      return oracle_.Fault(absl::StrCat("the journal cannot be read: ", journal.status().message()));
    }
    oracle_.Journal(*journal);
    if (machine_.store().head() != oracle_.standing()) oracle_.Fault("the head is not the last fact");
  }

  void Background() {
    Arm(kCallsOfBackground);
    tally_["flushes and compactions"] += RunBackground();
    const bool happened = Happened();
    if (disk_.dead() || full_) return AfterFault();
    if (happened && Chance(50)) Restart(static_cast<Fault>(Roll(3)));
  }

  // --- Rarer things.

  void UnreadableTable() {
    const std::string table = disk_.AnyTable(random_);
    if (table.empty()) return;
    Restart(Fault::kNone);  // With nothing in a cache.
    if (!Goes()) return;
    for (Follower& one : followers_) one.Disconnect(machine_.serving());
    disk_.Arm(Fault::kNone, 0, 0);
    disk_.BreakReads(table);
    int errors = 0;
    for (int i = 0; i < 5 && !known_.empty(); ++i) {
      errors += LookAt(known_[random_() % known_.size()]).ok() ? 0 : 1;
    }
    armed_ = Fault::kNone;
    if (Chance(50)) Send();
    disk_.BreakReads("");
    if (errors > 0 || writes_stopped_) ++tally_["fault: table that cannot be read"];
    if (Goes()) Restart(Fault::kNone);
  }

  void DiskRunsLow() {
    disk_.SetFreeBytes(32 << 20);  // Enough to open, less than the reserve.
    Restart(Fault::kNone);
    if (!Goes()) return;
    const Request request = requests_.Next(random_);
    oracle_.Sent(request);
    for (int i = 0; i < 2; ++i) {
      const Answer answer = machine_.Send({&request})[0];
      if (!absl::IsResourceExhausted(answer.status)) oracle_.Fault("taken on a disk that is nearly full");
    }
    ++tally_["fault: disk nearly full"];
    Look();
    disk_.SetFreeBytes(-1);
    if (Goes()) SendThese({request}, {0});
  }

  // One bit of one file, while the store is closed. It is named when the store
  // opens, when it is read or by a check; or every answer is right.
  void FlipBit() {
    Close();
    const auto whole = disk_.Contents();
    const std::string name = disk_.FlipBit(random_);
    Say(absl::StrCat("flipped: ", name));
    ++tally_["fault: bit flipped"];
    ++tally_[absl::StrCat("bit flipped: ", AfterFlip(name))];
    machine_.Close();
    disk_.SetContents(whole);
    disk_.Revive();
    if (Goes()) Open(true);
  }

  std::string AfterFlip(const std::string& name) {
    disk_.Arm(Fault::kNone, 0, 0);
    const absl::Status opened = machine_.Open();
    Note(static_cast<uint64_t>(opened.code()));
    if (!opened.ok()) return "named at open";
    Oracle tried = oracle_;
    bool named = false;
    const auto journal = ReadJournal(machine_.store());
    named = !journal.ok();
    if (journal.ok()) tried.Journal(*journal);
    for (const Request& request : known_) {
      std::swap(tried, oracle_);
      named = !LookAt(request).ok() || named;
      std::swap(tried, oracle_);
    }
    machine_.Close();
    const absl::Status checked = CheckRows(dir_, Workplace::Get().Scratch());
    if (!tried.faults().empty() && checked.ok()) {
      oracle_.Fault(absl::StrCat("a bit flipped in ", name, ", served and not named by a check: ",
                                 tried.faults()[0]));
    }
    if (named) return "named when read";
    return checked.ok() ? "nothing lost" : "named by a check";
  }

  // --- The end: everybody gets an answer, and everything is compared.
  void End() {
    Say("end");
    Restart(Fault::kNone);
    for (int i = 0; i < 3 && Goes(); ++i) {
      std::vector<Request> sent;
      std::vector<size_t> by;
      for (size_t c = 0; c < clients_.size(); ++c) {
        if (!clients_[c].wants) continue;
        sent.push_back(*clients_[c].wants);
        by.push_back(c);
      }
      SendThese(sent, by);
    }
    if (writes_stopped_) oracle_.Fault("a write failed on a disk that is well");
    if (!Goes()) return;
    for (Follower& one : followers_) {
      if (!one.connected()) one.Connect(machine_.serving(), oracle_);
      one.CatchUp(machine_.serving(), oracle_);
    }
    const auto journal = ReadJournal(machine_.store());
    if (!journal.ok()) return oracle_.Fault(std::string(journal.status().message()));
    oracle_.Journal(*journal);
    for (const Follower& one : followers_) one.CheckComplete(*journal, oracle_);
    for (const Request& one : known_) {
      if (const absl::Status seen = LookAt(one); !seen.ok()) oracle_.Fault(std::string(seen.message()));
    }
    Close();
    tally_["facts at the end"] += journal->size();
    if (const absl::Status same = CheckRows(dir_, Workplace::Get().Scratch()); !same.ok()) {
      oracle_.Fault(absl::StrCat("check: ", same.message()));
    }
    if (const absl::Status same = CompareWithFresh(dir_, oracle_.Facts()); !same.ok()) {
      oracle_.Fault(absl::StrCat("beside a fresh store: ", same.message()));
    }
  }

  const Plan plan_;
  Random random_;
  Disk& disk_ = Disk::Get();
  const std::string dir_;
  Machine machine_;
  Oracle oracle_;
  Requests requests_;
  std::vector<Client> clients_ = std::vector<Client>(6);
  std::vector<Follower> followers_;
  std::vector<Request> known_;  // Acknowledged.
  int fault_percent_ = kFaultPercent;
  Fault armed_ = Fault::kNone;
  bool writes_stopped_ = false, full_ = false, scattered_ = false, over_ = false;
  uint64_t answers_ = 0xcbf29ce484222325;
  Tally tally_;
};

}  // namespace

Outcome Simulate(const Plan& plan) {
  World world(plan);
  return world.Run();
}

Outcome FailSyncOfMerge(uint64_t nth) {
  World world({.seed = 1});
  return world.RunFailedSync(nth);
}

}  // namespace klantbeeld::simulation
