#include "store/store.h"

#include <atomic>
#include <filesystem>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "store/backup.h"
#include "store/citizen.h"
#include "store/commit.h"
#include "store/contact.h"
#include "store/db_pace.h"
#include "store/directory.h"
#include "store/error.h"
#include "store/feed.h"
#include "store/identity/explain.h"
#include "store/identity/adopt.h"
#include "store/identity/registry.h"
#include "store/journal.h"
#include "store/open.h"
#include "store/past.h"
#include "store/prepare.h"
#include "store/rows.h"
#include "store/timeline.h"

namespace klantbeeld::store {
namespace {

// Far below the reserve that stays free on the disk.
constexpr size_t kDiskLookBytes = 16 << 20;

// What a backup that is being made needs meanwhile.
std::string StagingDir(const std::string& data_dir) { return data_dir + "/backup"; }

}  // namespace

struct Store::Impl {
  Options options;
  Keys keys;
  Clock clock;
  std::string log_id;  // 16 bytes.
  std::unique_ptr<Db> db;
  std::unique_ptr<Acknowledged> acknowledged;
  std::unique_ptr<Committer> committer;
  ModelReader models;
  std::atomic<uint64_t> head{0};
  std::atomic<size_t> bytes_since_look{kDiskLookBytes};  // At the disk; at first it is due.
  std::function<void(uint64_t)> wake;
  std::atomic<bool> backing_up{false};
  absl::Mutex scrub_mutex;
  Pace* scrubbing ABSL_GUARDED_BY(scrub_mutex) = nullptr;
  bool closing ABSL_GUARDED_BY(scrub_mutex) = false;
  Figures scrubs ABSL_GUARDED_BY(scrub_mutex);  // Only what is told of scrubs.
  // Last: its threads use all of the above, and stop first.
  std::unique_ptr<Sequencer> sequencer;

  Impl(Options o, Keys k, Clock c)
      : options(std::move(o)), keys(std::move(k)), clock(std::move(c)) {}

  absl::StatusOr<Sequencer::Write> Apply(std::vector<Proposal>& proposals) {
    KB_ASSIGN_OR_RETURN(auto group, committer->Apply(proposals));
    return [this, group = std::move(group)] { return Write(group); };
  }

  absl::Status Write(const Committer::Group& group) {
    if (absl::Status written = committer->Write(group); !written.ok()) {
      bytes_since_look = kDiskLookBytes;  // Was it the disk, it is looked at from now on.
      return written;
    }
    const uint64_t now = group.head.position();
    // Readers see the group from here on: it is synced.
    if (head.exchange(now) != now && wake) wake(now);
    return absl::OkStatus();
  }

  // After a write that found the disk full.
  absl::Status Mend() {
    KB_RETURN_IF_ERROR(db->CheckDisk());
    KB_RETURN_IF_ERROR(db->Resume());
    KB_ASSIGN_OR_RETURN(format::Head stands, ReadHead(*db));
    KB_ASSIGN_OR_RETURN(ModelInEffect in_effect, models.At(*db));
    const Committer::Group nothing{nullptr, stands};
    committer->BeginAgain(std::move(stands), std::move(in_effect));
    KB_RETURN_IF_ERROR(acknowledged->Note(nothing.head));
    return Write(nothing);
  }

  // Looking costs a system call, so it is done for every some bytes taken, and
  // while the disk is full for every fact.
  absl::Status CheckDisk(size_t bytes) {
    if (bytes_since_look.fetch_add(bytes) + bytes < kDiskLookBytes) return absl::OkStatus();
    KB_RETURN_IF_ERROR(db->CheckDisk());
    bytes_since_look = 0;
    return absl::OkStatus();
  }

  template <typename What>
  absl::Status Submit(What what, size_t bytes) {
    KB_RETURN_IF_ERROR(CheckDisk(bytes));
    Proposal proposal{std::move(what), bytes};
    return sequencer->Submit(std::move(proposal));
  }
};

Store::Store(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Store::~Store() {
  absl::MutexLock lock(&impl_->scrub_mutex);
  impl_->closing = true;
  if (impl_->scrubbing != nullptr) impl_->scrubbing->Stop();
  const auto over = [this]() ABSL_SHARED_LOCKS_REQUIRED(impl_->scrub_mutex) {
    return impl_->scrubbing == nullptr;
  };
  impl_->scrub_mutex.Await(absl::Condition(&over));
}

absl::Status Store::Create(absl::string_view data_dir, const Keys& keys,
                           absl::string_view log_id) {
  std::error_code error;
  const std::filesystem::path dir{std::string(data_dir)};
  std::filesystem::create_directories(dir, error);
  if (error) return absl::FailedPreconditionError(absl::StrCat(data_dir, ": ", error.message()));
  if (!std::filesystem::is_empty(dir, error) || error) {
    return absl::FailedPreconditionError(absl::StrCat(data_dir, " is not empty"));
  }
  std::filesystem::permissions(dir, std::filesystem::perms::owner_all, error);
  KB_ASSIGN_OR_RETURN(const auto db, Db::Open(RowsDir(data_dir), {}, true));
  format::StoreInfo info;
  info.set_log_id(std::string(log_id));
  info.set_keys(keys.Name());
  info.set_comparer(kComparer);
  Batch batch(db.get());
  batch.Put(Family::kMeta, "store", Encode(info));
  BeginWith(batch, ShippedModelRow());
  KB_RETURN_IF_ERROR(db->Write(batch));
  KB_RETURN_IF_ERROR(Acknowledged::Make(AcknowledgedPath(data_dir)));
  KB_RETURN_IF_ERROR(SyncNames(dir));
  return SyncNames(DirectoryOf(dir));
}

absl::StatusOr<std::unique_ptr<Store>> Store::Open(const Options& options, Keys keys,
                                                   Clock clock) {
  auto impl = std::make_unique<Impl>(options, std::move(keys), std::move(clock));
  KB_ASSIGN_OR_RETURN(OpenedRows rows, OpenRows(options.data_dir, options.db, impl->keys));
  KB_RETURN_IF_ERROR(CheckComparer(rows.info));
  ClearScrub(options.data_dir);
  ScratchDir{StagingDir(options.data_dir)};
  impl->db = std::move(rows.db);
  impl->log_id = rows.info.log_id();
  KB_ASSIGN_OR_RETURN(impl->acknowledged,
                      Acknowledged::Open(AcknowledgedPath(options.data_dir)));
  KB_ASSIGN_OR_RETURN(format::Head head, ReadHead(*impl->db));
  KB_RETURN_IF_ERROR(CheckAcknowledged(*impl->db, head, impl->acknowledged->noted()));
  impl->head = head.position();
  KB_ASSIGN_OR_RETURN(ModelInEffect in_effect, impl->models.At(*impl->db));
  impl->committer = std::make_unique<Committer>(impl->keys, *impl->db, *impl->acknowledged,
                                                impl->clock, std::move(head),
                                                std::move(in_effect), impl->options.applied);
  Impl* raw = impl.get();
  impl->sequencer = std::make_unique<Sequencer>(
      options.sequencer, [raw](std::vector<Proposal>& group) { return raw->Apply(group); },
      [raw] { return raw->Mend(); });
  return std::unique_ptr<Store>(new Store(std::move(impl)));
}

absl::StatusOr<PreparedEvent> Store::Prepare(v1::ContactEvent event) const {
  return PrepareEvent(impl_->keys, std::move(event), impl_->options.nobodys);
}

absl::Status Store::Record(PreparedEvent event, Done<v1::RecordContactEventResponse> done) {
  // The message in memory is some times its bytes; the queue's bound counts it.
  const size_t bytes = event.sealed.size() * 4 + sizeof(Proposal);
  return impl_->Submit(Proposal::Event{std::move(event), std::move(done)}, bytes);
}

absl::Status Store::Link(v1::LinkRequest request, Done<v1::LinkResponse> done) {
  Proposal::Link link;
  v1::LinkRequest plain = request;
  plain.clear_dry_run();
  link.content_hash = impl_->keys.IdOf("content", plain.SerializeAsString());
  link.request = std::move(request);
  auto& decision = *link.request.mutable_decision();
  if (!decision.has_decided_at()) {
    *decision.mutable_decided_at() = FromMicros(absl::ToUnixMicros(impl_->clock()));
  }
  link.done = std::move(done);
  const size_t bytes = plain.ByteSizeLong() * 4 + sizeof(Proposal);
  return impl_->Submit(std::move(link), bytes);
}

absl::Status Store::Unlink(v1::UnlinkRequest request, Done<v1::UnlinkResponse> done) {
  Proposal::Unlink unlink;
  v1::UnlinkRequest plain = request;
  plain.clear_dry_run();
  plain.clear_digest();
  unlink.content_hash = impl_->keys.IdOf("content", plain.SerializeAsString());
  unlink.request = std::move(request);
  auto& decision = *unlink.request.mutable_decision();
  if (!decision.has_decided_at()) {
    *decision.mutable_decided_at() = FromMicros(absl::ToUnixMicros(impl_->clock()));
  }
  unlink.done = std::move(done);
  const size_t bytes = plain.ByteSizeLong() * 4 + sizeof(Proposal);
  return impl_->Submit(std::move(unlink), bytes);
}

absl::Status Store::RecordRegistryAnswer(const RegistryAnswer& answer, Done<uint64_t> done) {
  RegistryFact fact = PrepareRegistry(impl_->keys, answer);
  const size_t bytes = fact.body.ByteSizeLong() * 4 + sizeof(Proposal);
  return impl_->Submit(Proposal::Registry{std::move(fact), std::move(done)}, bytes);
}

absl::Status Store::AdoptModel(std::string file, std::string reason, Done<uint64_t> done) {
  KB_ASSIGN_OR_RETURN(AdoptionFact fact, PrepareAdoption(std::move(file), std::move(reason)));
  const size_t bytes = fact.body.ByteSizeLong() * 4 + sizeof(Proposal);
  return impl_->Submit(Proposal::Adopt{std::move(fact), std::move(done)}, bytes);
}

absl::Status Store::Rederive(Done<uint64_t> done) {
  return impl_->Submit(Proposal::Rederive{std::move(done)}, sizeof(Proposal));
}

absl::StatusOr<ModelInEffect> Store::model() const {
  return impl_->models.At(*impl_->db->View());
}

absl::StatusOr<bool> Store::RegistryKnows(absl::string_view bsn) const {
  return store::RegistryKnows(impl_->keys, *impl_->db, bsn);
}

absl::StatusOr<std::vector<std::string>> Store::UnansweredBsns(size_t max) const {
  return store::UnansweredBsns(*impl_->db->View(), max);
}

absl::StatusOr<std::vector<Sought>> Store::SoughtsOf(const PreparedEvent& event) const {
  return store::SoughtsOf(impl_->keys, *impl_->db, event);
}

absl::StatusOr<std::vector<Sought>> Store::UnansweredSoughts(size_t max) const {
  return store::UnansweredSoughts(impl_->keys, *impl_->db->View(), max);
}

absl::StatusOr<v1::GetContactResponse> Store::GetContact(
    const v1::GetContactRequest& request) const {
  const auto view = impl_->db->View();
  KB_ASSIGN_OR_RETURN(const format::Head head, ReadHead(*view));
  if (request.at_position() > head.position()) {
    return Error(v1::ERROR_REASON_POSITION_AHEAD,
                 absl::StrCat("position ", request.at_position(), " is ahead of the head, ",
                              head.position()),
                 {.field = "at_position", .name = "head", .value = absl::StrCat(head.position())});
  }
  v1::GetContactResponse response;
  KB_ASSIGN_OR_RETURN(*response.mutable_contact(), ReadContact(impl_->keys, *view, request));
  return response;
}

absl::StatusOr<v1::FindCitizensResponse> Store::FindCitizens(
    const v1::FindCitizensRequest& request) const {
  const auto view = impl_->db->View();
  return store::FindCitizens(impl_->keys, *view, request);
}

absl::StatusOr<v1::GetCitizenResponse> Store::GetCitizen(
    const v1::GetCitizenRequest& request) const {
  const auto view = impl_->db->View();
  KB_ASSIGN_OR_RETURN(const format::Head head, ReadHead(*view));
  v1::GetCitizenResponse response;
  response.set_position(head.position());
  const auto citizen = FindStanding(*view, request.citizen_id(), request.minimum_assurance());
  if (ReasonOf(citizen.status()) == v1::ERROR_REASON_CITIZEN_SPLIT) {
    KB_ASSIGN_OR_RETURN(const auto row,
                        ReadRow<format::CitizenRow>(*view, Family::kCitizen,
                                                    IdFromHex(request.citizen_id())));
    response.mutable_citizen()->set_id(request.citizen_id());
    response.mutable_citizen()->set_status(v1::CITIZEN_STATUS_SUPERSEDED);
    for (const std::string& one : row->successors()) {
      response.mutable_citizen()->add_successors(ToHex(one));
    }
    return response;
  }
  if (!citizen.ok()) return citizen.status();
  KB_ASSIGN_OR_RETURN(*response.mutable_citizen(),
                      ReadCitizen(impl_->keys, *view, *citizen, request));
  return response;
}

absl::StatusOr<Encoded<v1::ListTimelineResponse>> Store::ListTimeline(
    const v1::ListTimelineRequest& request) const {
  const auto view = impl_->db->View();
  KB_ASSIGN_OR_RETURN(const format::Head head, ReadHead(*view));
  KB_ASSIGN_OR_RETURN(
      const StandingCitizen citizen,
      FindStanding(*view, request.citizen_id(), request.minimum_assurance()));
  KB_ASSIGN_OR_RETURN(TimelinePage page, ReadTimeline(impl_->keys, *view, citizen, request));
  v1::ListTimelineResponse rest;
  rest.set_next_page_token(std::move(page.next_page_token));
  rest.set_position(head.position());
  rest.AppendToString(&page.entries.bytes);
  return std::move(page.entries);
}

absl::StatusOr<v1::ListSuggestionsResponse> Store::ListSuggestions(
    const v1::ListSuggestionsRequest& request) const {
  const auto view = impl_->db->View();
  KB_ASSIGN_OR_RETURN(const format::Head head, ReadHead(*view));
  KB_ASSIGN_OR_RETURN(const ModelInEffect in_effect, impl_->models.At(*view));
  KB_ASSIGN_OR_RETURN(auto response,
                      store::ListSuggestions(impl_->keys, *in_effect.model, *view, request));
  response.set_position(head.position());
  return response;
}

absl::StatusOr<v1::ExplainResponse> Store::Explain(const v1::ExplainRequest& request) const {
  const auto view = impl_->db->View();
  KB_ASSIGN_OR_RETURN(const format::Head head, ReadHead(*view));
  KB_ASSIGN_OR_RETURN(const ModelInEffect in_effect, impl_->models.At(*view));
  KB_ASSIGN_OR_RETURN(auto response,
                      store::Explain(impl_->keys, *in_effect.model, *view, request));
  response.set_position(head.position());
  return response;
}

absl::StatusOr<v1::ListHistoryResponse> Store::ListHistory(
    const v1::ListHistoryRequest& request) const {
  const auto view = impl_->db->View();
  KB_ASSIGN_OR_RETURN(const format::Head head, ReadHead(*view));
  KB_ASSIGN_OR_RETURN(auto response, store::ListHistory(impl_->keys, *view, request));
  response.set_position(head.position());
  return response;
}

absl::StatusOr<v1::ListCitizensAtResponse> Store::ListCitizensAt(
    const v1::ListCitizensAtRequest& request) const {
  const auto view = impl_->db->View();
  KB_ASSIGN_OR_RETURN(const format::Head head, ReadHead(*view));
  KB_ASSIGN_OR_RETURN(auto response,
                      store::ListCitizensAt(impl_->keys, *view, impl_->log_id, request));
  response.set_position(head.position());
  return response;
}

absl::StatusOr<v1::WatchTimelineResponse> Store::WatchFirst(
    const v1::WatchTimelineRequest& request) const {
  const auto view = impl_->db->View();
  KB_ASSIGN_OR_RETURN(const format::Head head, ReadHead(*view));
  KB_ASSIGN_OR_RETURN(
      const StandingCitizen citizen,
      FindStanding(*view, request.citizen_id(), request.minimum_assurance()));
  v1::ListTimelineRequest list;
  list.set_citizen_id(request.citizen_id());
  *list.mutable_filter() = request.filter();
  list.set_page_size(request.page_size());
  KB_ASSIGN_OR_RETURN(const TimelinePage page, ReadTimeline(impl_->keys, *view, citizen, list));
  v1::WatchTimelineResponse step;
  step.set_position(head.position());
  step.set_first_page(true);
  step.set_citizen_id(ToHex(citizen.id));
  *step.mutable_entries() = std::move(*page.entries.Parse().mutable_entries());
  return step;
}

absl::StatusOr<v1::WatchTimelineResponse> Store::WatchNext(
    const v1::WatchTimelineRequest& request, absl::string_view citizen_id, uint64_t from) const {
  return ReadChanges(impl_->keys, *impl_->db->View(), request, citizen_id, from);
}

absl::StatusOr<uint64_t> Store::ResumePosition(const v1::FollowStart& start) const {
  return store::ResumePosition(*impl_->db->View(), impl_->log_id, start);
}

absl::StatusOr<std::string> Store::ResumeToken(uint64_t position) const {
  std::string chain;
  if (position > 0) {
    KB_ASSIGN_OR_RETURN(const JournalRecord record, ReadFact(*impl_->db->View(), position));
    chain = record.header.chain();
  }
  return store::ResumeToken(impl_->log_id, position, chain);
}

absl::StatusOr<Frame> Store::ReadFeed(const v1::FeedFilter& filter, uint64_t from) const {
  return ReadFrame(*impl_->db->View(), impl_->log_id, filter, from);
}

absl::StatusOr<format::BackupInfo> Store::Backup(const std::string& backups) const {
  if (impl_->backing_up.exchange(true)) {
    return Error(v1::ERROR_REASON_OVERLOADED, "a backup is being made",
                 {.retry = absl::Seconds(5)});
  }
  auto made = MakeBackup(*impl_->db, StagingDir(impl_->options.data_dir), backups, impl_->clock());
  impl_->backing_up = false;
  return made;
}

absl::StatusOr<ScrubResult> Store::Scrub(Pace& pace, const ScrubProgress& progress) {
  {
    absl::MutexLock lock(&impl_->scrub_mutex);
    if (impl_->closing) return absl::CancelledError("the store is being closed");
    if (impl_->scrubbing != nullptr) {
      return Error(v1::ERROR_REASON_OVERLOADED, "a scrub runs; wait for it or end it",
                   {.retry = absl::Minutes(1)});
    }
    impl_->scrubbing = &pace;
  }
  const auto result =
      ScrubRows({*impl_->db, impl_->options.data_dir, impl_->options.db.disk_reserve_bytes},
                impl_->keys, pace, progress);
  absl::MutexLock lock(&impl_->scrub_mutex);
  impl_->scrubbing = nullptr;
  Figures& scrubs = impl_->scrubs;
  (!result.ok()   ? scrubs.scrub_broken_off
   : result->ok() ? scrubs.scrub_whole
                  : scrubs.scrub_damaged) = impl_->clock();
  return result;
}

uint64_t Store::head() const { return impl_->head; }
std::string Store::log_id() const { return ToHex(impl_->log_id); }
void Store::OnAdvance(std::function<void(uint64_t)> wake) { impl_->wake = std::move(wake); }

Store::Figures Store::figures() const {
  const Sequencer::Figures sequencer = impl_->sequencer->figures();
  Figures figures;
  {
    absl::MutexLock lock(&impl_->scrub_mutex);
    figures = impl_->scrubs;
    figures.scrubbing = impl_->scrubbing != nullptr;
  }
  figures.head = head();
  figures.queue_facts = sequencer.queue_facts;
  figures.queue_bytes = sequencer.queue_bytes;
  figures.commits = sequencer.commits;
  figures.committed_facts = sequencer.committed_facts;
  figures.commit_seconds = sequencer.commit_seconds;
  figures.writes_stopped = sequencer.stopped;
  figures.write_stalled = impl_->db->WriteStalled();
  figures.disk_free_bytes = impl_->db->DiskFreeBytes();
  figures.disk_reserve_bytes = impl_->options.db.disk_reserve_bytes;
  if (const auto in_effect = model(); in_effect.ok()) figures.model_facts_left = in_effect->left();
  return figures;
}

}  // namespace klantbeeld::store
