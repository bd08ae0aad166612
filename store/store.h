// The store: contact events and decisions in, contacts, citizens, timelines
// and the feed out. Knows no gRPC; requests and replies are the contract's
// messages, already checked for shape by the caller.
#ifndef KLANTBEELD_STORE_STORE_H_
#define KLANTBEELD_STORE_STORE_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "klantbeeld/v1/citizen_service.pb.h"
#include "klantbeeld/v1/contact_service.pb.h"
#include "klantbeeld/v1/feed_service.pb.h"
#include "klantbeeld/v1/history_service.pb.h"
#include "klantbeeld/v1/identity_service.pb.h"
#include "store/db.h"
#include "store/fact.h"
#include "store/feed.h"
#include "store/identity/nobodys.h"
#include "store/identity/found.h"
#include "store/identity/registry.h"
#include "store/keys.h"
#include "store/scrub.h"
#include "store/sequencer.h"
#include "store/splice.h"

namespace klantbeeld::store {

// Threads: every call may come from any thread at any time.
// Durability: a `done` with OK runs after the synced write that holds the fact
//   and all that follows from it. Readers see a fact only from then on.
// Ownership: the store owns its files; `clock` must outlive it. Destroying the
//   store commits what it took and runs every outstanding `done`.
class Store {
 public:
  struct Options {
    std::string data_dir;
    Db::Options db;
    Sequencer::Limits sequencer;
    NobodysLists nobodys;  // Of events recorded from now on.
    // Processor time that applying a contact event took, deciding whose it is
    // included; on the applying thread, must not block.
    std::function<void(absl::Duration)> applied;
  };
  using Clock = std::function<absl::Time()>;
  template <typename T>
  using Done = absl::AnyInvocable<void(absl::StatusOr<T>) &&>;

  // Makes an empty store in `data_dir`, which must be absent or empty, bound
  // to these keys. `log_id` is 16 random bytes.
  static absl::Status Create(absl::string_view data_dir, const Keys& keys,
                             absl::string_view log_id);

  // FAILED_PRECONDITION: not a store, other keys, or a newer format.
  // DATA_LOSS: acknowledged facts are missing; the message names them.
  static absl::StatusOr<std::unique_ptr<Store>> Open(const Options& options,
                                                     Keys keys, Clock clock);
  ~Store();
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;

  // --- Writing. If the call returns OK, `done` runs once, on the sequencer's
  // thread; it must not block. If not, `done` never runs and nothing was taken:
  // RESOURCE_EXHAUSTED (queue or disk full), UNAVAILABLE (writes stopped).

  // Normalises an event of the right shape and takes its content hash. Pure;
  // run it on the caller's thread. INVALID_ARGUMENT names the field.
  absl::StatusOr<PreparedEvent> Prepare(v1::ContactEvent event) const;
  absl::Status Record(PreparedEvent event,
                      Done<v1::RecordContactEventResponse> done);
  absl::Status Link(v1::LinkRequest request, Done<v1::LinkResponse> done);
  absl::Status Unlink(v1::UnlinkRequest request, Done<v1::UnlinkResponse> done);
  // Another model tells citizens apart from here on. `done` receives the
  // position of the fact; of one before, when that model is in effect.
  // INVALID_ARGUMENT: not a model, or not one for this store.
  absl::Status AdoptModel(std::string file, std::string reason, Done<uint64_t> done);
  // The next slice of those recorded before it (store/identity/adopt.h). `done`
  // receives how many facts are left; 0: all is settled.
  absl::Status Rederive(Done<uint64_t> done);
  // What the registry answered. `done` receives the position.
  absl::Status RecordRegistryAnswer(const RegistryAnswer& answer, Done<uint64_t> done);
  // The registry answered about this BSN.
  absl::StatusOr<bool> RegistryKnows(absl::string_view bsn) const;
  // BSNs that contacts verified and no answer stands for, at most `max`.
  absl::StatusOr<std::vector<std::string>> UnansweredBsns(size_t max) const;
  // Who gives no BSN and is to be sought in the registry: of an event that is yet
  // to be recorded, and of contacts, at most `max`. No answer stands for them.
  absl::StatusOr<std::vector<Sought>> SoughtsOf(const PreparedEvent& event) const;
  absl::StatusOr<std::vector<Sought>> UnansweredSoughts(size_t max) const;

  // --- Reading. `min_position`, `purpose` and `reason` are the caller's
  // business; the rest of the request is honoured.
  absl::StatusOr<v1::GetContactResponse> GetContact(
      const v1::GetContactRequest& request) const;
  absl::StatusOr<v1::FindCitizensResponse> FindCitizens(
      const v1::FindCitizensRequest& request) const;
  absl::StatusOr<v1::GetCitizenResponse> GetCitizen(
      const v1::GetCitizenRequest& request) const;
  absl::StatusOr<Encoded<v1::ListTimelineResponse>> ListTimeline(
      const v1::ListTimelineRequest& request) const;

  absl::StatusOr<v1::ListSuggestionsResponse> ListSuggestions(
      const v1::ListSuggestionsRequest& request) const;
  absl::StatusOr<v1::ExplainResponse> Explain(const v1::ExplainRequest& request) const;
  absl::StatusOr<v1::ListHistoryResponse> ListHistory(
      const v1::ListHistoryRequest& request) const;
  absl::StatusOr<v1::ListCitizensAtResponse> ListCitizensAt(
      const v1::ListCitizensAtRequest& request) const;

  // The model in effect, and how far it has come.
  absl::StatusOr<ModelInEffect> model() const;

  // The first step of a watch: the first page, with `position` and the id
  // that the citizen has now.
  absl::StatusOr<v1::WatchTimelineResponse> WatchFirst(
      const v1::WatchTimelineRequest& request) const;
  // What changed after `from`, for the citizen that a watch has reached, in at
  // most some hundred facts; `position` says how far it came. Nothing for this
  // citizen: a step with a position only.
  absl::StatusOr<v1::WatchTimelineResponse> WatchNext(
      const v1::WatchTimelineRequest& request, absl::string_view citizen_id,
      uint64_t from) const;

  // --- The feed.
  // Where a follower begins: it has everything up to the returned position.
  absl::StatusOr<uint64_t> ResumePosition(const v1::FollowStart& start) const;
  // The token that resumes after `position`, which is not ahead of the head.
  absl::StatusOr<std::string> ResumeToken(uint64_t position) const;
  // The next frame after `from`: at most 256 facts or 256 KiB that match, with
  // position, token and head. Looks at a bounded number of facts, so a frame
  // may be empty while `position` moved. At the head: empty, position = from.
  absl::StatusOr<Frame> ReadFeed(const v1::FeedFilter& filter, uint64_t from) const;

  // Makes a backup in the directory `backups` (store/backup.h), of everything
  // that was acknowledged before the call. Writes go on meanwhile. Takes as
  // long as writing the memtables to disk does. OVERLOADED: one is being made.
  absl::StatusOr<format::BackupInfo> Backup(const std::string& backups) const;

  // Compares everything with the journal (store/scrub.h) while reads and writes
  // go on; blocks until it is through, and ends with CANCELLED when `pace` is
  // stopped or the store destroyed. OVERLOADED: one runs.
  absl::StatusOr<ScrubResult> Scrub(Pace& pace, const ScrubProgress& progress);

  // Last position that is synced and readable.
  uint64_t head() const;
  std::string log_id() const;  // 32 hexadecimal digits.

  // Calls `wake` with the new head, on the sequencer's thread, each time it
  // moves. Set once, before the first write; must not block.
  void OnAdvance(std::function<void(uint64_t)> wake);

  // Figures for metrics.
  struct Figures {
    uint64_t head = 0;
    uint64_t queue_facts = 0;
    uint64_t queue_bytes = 0;
    uint64_t commits = 0;          // Synced batches so far.
    uint64_t committed_facts = 0;  // Facts in them.
    double commit_seconds = 0;     // Time spent committing, in total.
    bool writes_stopped = false;
    bool write_stalled = false;    // RocksDB holds writes back.
    int64_t disk_free_bytes = 0;
    int64_t disk_reserve_bytes = 0;  // Nothing is written while less is free.
    bool scrubbing = false;
    // When the last scrub of each outcome ended, since the store was opened.
    absl::Time scrub_whole = absl::UnixEpoch();  // No such scrub yet.
    absl::Time scrub_damaged = absl::UnixEpoch();
    absl::Time scrub_broken_off = absl::UnixEpoch();
    uint64_t model_facts_left = 0;   // Before the model's adoption, yet to be compared by it.
  };
  Figures figures() const;

 private:
  struct Impl;
  explicit Store(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace klantbeeld::store

#endif  // KLANTBEELD_STORE_STORE_H_
