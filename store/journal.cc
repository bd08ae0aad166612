#include "store/journal.h"

#include <fcntl.h>
#include <openssl/sha.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "store/directory.h"
#include "store/rows.h"

namespace klantbeeld::store {
namespace {

// Two slots, written in turn: a write that is cut off spoils one of them only.
// Slot: position, recorded_at, 16 bytes of chain, 16 bytes of hash over these.
constexpr size_t kSlotBytes = 48;
constexpr off_t kSlotSpacing = 4096;
constexpr size_t kHashBytes = 16;

std::string Hash(absl::string_view bytes) {
  unsigned char full[SHA256_DIGEST_LENGTH];
  SHA256(reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(), full);
  return std::string(reinterpret_cast<char*>(full), kHashBytes);
}

std::string SlotOf(const format::Head& head) {
  std::string slot =
      absl::StrCat(BigEndian(head.position()),
                   BigEndian(static_cast<uint64_t>(head.recorded_at_us())), head.chain());
  return slot + Hash(slot);
}

bool ReadSlot(int fd, off_t at, format::Head& head) {
  char bytes[kSlotBytes];
  if (::pread(fd, bytes, sizeof bytes, at) != static_cast<ssize_t>(sizeof bytes)) return false;
  const absl::string_view slot(bytes, sizeof bytes);
  if (Hash(slot.substr(0, 32)) != slot.substr(32)) return false;
  head.set_position(FromBigEndian(slot));
  head.set_recorded_at_us(static_cast<int64_t>(FromBigEndian(slot.substr(8))));
  head.set_chain(std::string(slot.substr(16, kHashBytes)));
  return true;
}

}  // namespace

Acknowledged::Acknowledged(int fd) : fd_(fd), syncer_([this] { SyncEverySecond(); }) {}

Acknowledged::~Acknowledged() {
  {
    absl::MutexLock lock(&mutex_);
    closing_ = true;
  }
  syncer_.join();
  ::fdatasync(fd_);
  ::close(fd_);
}

absl::Status Acknowledged::Make(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd < 0 && errno == EEXIST) return absl::AlreadyExistsError(absl::StrCat(path, " exists"));
  if (fd < 0) return absl::InternalError(absl::StrCat(path, ": ", std::strerror(errno)));
  format::Head nothing;
  nothing.set_chain(std::string(kHashBytes, '\0'));
  const std::string slot = SlotOf(nothing);
  const bool written =
      ::pwrite(fd, slot.data(), slot.size(), 0) == static_cast<ssize_t>(slot.size()) &&
      ::fsync(fd) == 0;
  const int error = errno;
  ::close(fd);
  if (written) return absl::OkStatus();
  return absl::InternalError(absl::StrCat(path, ": ", std::strerror(error)));
}

absl::StatusOr<std::unique_ptr<Acknowledged>> Acknowledged::Open(const std::string& path) {
  int fd = ::open(path.c_str(), O_RDWR | O_CLOEXEC);
  // That of a backup may lie where nobody writes.
  if (fd < 0 && (errno == EROFS || errno == EACCES)) {
    fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  }
  if (fd < 0 && errno == ENOENT) {
    return absl::FailedPreconditionError(
        absl::StrCat(path,
                     " is missing: without it nobody can tell whether the store still holds "
                     "all that was acknowledged. Restore the whole data directory."));
  }
  if (fd < 0) return absl::InternalError(absl::StrCat(path, ": ", std::strerror(errno)));
  std::unique_ptr<Acknowledged> opened(new Acknowledged(fd));
  bool readable = false;
  for (const off_t at : {off_t{0}, kSlotSpacing}) {
    format::Head head;
    if (!ReadSlot(fd, at, head)) continue;
    if (!readable || head.position() > opened->noted_.position()) {
      opened->noted_ = head;
      // The next write goes to the other slot.
      opened->writes_ = at == 0 ? 1 : 0;
    }
    readable = true;
  }
  if (!readable) {
    return absl::DataLossError(
        absl::StrCat(path,
                     " is damaged: it does not say what was acknowledged last. Restore the "
                     "whole data directory."));
  }
  return opened;
}

absl::Status Acknowledged::Note(const format::Head& head) {
  const std::string slot = SlotOf(head);
  const off_t at = (writes_++ % 2 == 0) ? 0 : kSlotSpacing;
  if (::pwrite(fd_, slot.data(), slot.size(), at) != static_cast<ssize_t>(slot.size())) {
    const int error = errno;
    const std::string message =
        absl::StrCat("noting what is acknowledged: ", std::strerror(error));
    return IsNoRoom(error) ? absl::ResourceExhaustedError(message) : absl::InternalError(message);
  }
  absl::MutexLock lock(&mutex_);
  unsynced_ = true;
  return synced_;
}

void Acknowledged::SyncEverySecond() {
  for (;;) {
    {
      absl::MutexLock lock(&mutex_);
      const auto closing = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return closing_; };
      if (mutex_.AwaitWithTimeout(absl::Condition(&closing), absl::Seconds(1))) return;
      if (!unsynced_) continue;
      unsynced_ = false;
    }
    if (::fdatasync(fd_) == 0) continue;
    absl::MutexLock lock(&mutex_);
    synced_ = absl::InternalError(
        absl::StrCat("syncing the note of what is acknowledged: ", std::strerror(errno)));
  }
}

std::string NextChain(absl::string_view chain, uint64_t position, const format::FactHeader& header,
                      absl::string_view sealed_body) {
  return Hash(absl::StrCat(chain, BigEndian(position), BigEndian(header.kind()),
                           BigEndian(static_cast<uint64_t>(header.recorded_at_us())),
                           BigEndian(header.subject_id().size()), header.subject_id(),
                           BigEndian(header.event_id().size()), header.event_id(),
                           header.content_hash(), sealed_body));
}

absl::StatusOr<format::Head> ReadHead(const Reader& reader) {
  KB_ASSIGN_OR_RETURN(auto head, ReadRow<format::Head>(reader, Family::kMeta, "head"));
  if (!head) return format::Head();
  return *std::move(head);
}

absl::StatusOr<uint64_t> LastRecordedBefore(const Reader& reader, int64_t at_us, uint64_t head) {
  uint64_t low = 0, high = head;
  while (low < high) {
    const uint64_t middle = low + (high - low + 1) / 2;
    KB_ASSIGN_OR_RETURN(const JournalRecord record, ReadFact(reader, middle));
    if (record.header.recorded_at_us() < at_us) {
      low = middle;
    } else {
      high = middle - 1;
    }
  }
  return low;
}

absl::Status CheckAcknowledged(const Reader& reader, const format::Head& head,
                               const format::Head& acknowledged) {
  if (acknowledged.position() == 0) return absl::OkStatus();
  if (acknowledged.position() > head.position()) {
    return absl::DataLossError(absl::StrCat(
        "journal ends at position ", head.position(), ", acknowledged was ",
        acknowledged.position(), ": ", acknowledged.position() - head.position(),
        " acknowledged facts are missing. Not serving. Restore a backup by id, then run "
        "`klantbeeld-server check`."));
  }
  KB_ASSIGN_OR_RETURN(const JournalRecord record, ReadFact(reader, acknowledged.position()));
  if (record.header.chain() == acknowledged.chain()) return absl::OkStatus();
  return absl::DataLossError(absl::StrCat(
      "the journal is not the one that was acknowledged: its running hash at position ",
      acknowledged.position(), " is ", ToHex(record.header.chain()), ", acknowledged was ",
      ToHex(acknowledged.chain()),
      ". Not serving. Put the database and the file `acknowledged` of "
      "one and the same backup together."));
}

}  // namespace klantbeeld::store
