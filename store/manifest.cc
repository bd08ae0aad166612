#include "store/manifest.h"

#include <fcntl.h>
#include <openssl/evp.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "store/directory.h"
#include "store/format.pb.h"
#include "store/record.h"
#include "store/status_macros.h"

namespace klantbeeld::store {
namespace {

namespace fs = std::filesystem;

constexpr char kNoted[] = "manifest.noted";

absl::Status Failed(const fs::path& path) {
  return absl::InternalError(absl::StrCat(path.string(), ": ", std::strerror(errno)));
}

absl::StatusOr<std::string> Read(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return Failed(path);
  std::ostringstream bytes;
  bytes << file.rdbuf();
  return file.bad() ? absl::StatusOr<std::string>(Failed(path)) : bytes.str();
}

// Name and number of the current one; 0: CURRENT names none.
std::pair<std::string, uint64_t> Current(const fs::path& dir) {
  const auto read = Read(dir / "CURRENT");
  if (!read.ok()) return {};
  const absl::string_view name = absl::StripSuffix(*read, "\n");
  absl::string_view digits = name;
  uint64_t number = 0;
  if (!absl::ConsumePrefix(&digits, "MANIFEST-") || !absl::SimpleAtoi(digits, &number)) return {};
  return {std::string(name), number};
}

std::string Sha256(absl::string_view bytes) {
  std::string hash(EVP_MAX_MD_SIZE, '\0');
  size_t size = 0;
  EVP_Q_digest(nullptr, "SHA256", nullptr, bytes.data(), bytes.size(),
               reinterpret_cast<unsigned char*>(hash.data()), &size);
  hash.resize(size);
  return hash;
}

// Opens, does something with it, and takes it to the disk.
template <typename Do>
absl::Status Synced(const fs::path& path, int flags, Do what) {
  const int fd = ::open(path.c_str(), flags | O_CLOEXEC, 0600);
  if (fd < 0) return Failed(path);
  const absl::Status done = what(fd) && ::fsync(fd) == 0 ? absl::OkStatus() : Failed(path);
  ::close(fd);
  return done;
}

absl::Status Refused(const fs::path& manifest, const std::string& why) {
  return absl::DataLossError(absl::StrCat(
      manifest.string(), " is not the list of tables that it was: ", why,
      ". Opened like this the store would lose the tables that it does not name. Restore a backup "
      "by id, then run `klantbeeld-server check`."));
}

}  // namespace

absl::Status NoteManifest(const std::string& dir) {
  const auto [name, number] = Current(dir);
  if (number == 0) return absl::InternalError(absl::StrCat(dir, "/CURRENT names no MANIFEST"));
  const fs::path manifest = fs::path(dir) / name;
  KB_ASSIGN_OR_RETURN(const std::string bytes, Read(manifest));
  // What was read may not be on the disk yet, and a crash may take that away.
  KB_RETURN_IF_ERROR(Synced(manifest, O_RDONLY, [](int) { return true; }));
  format::ManifestNote note;
  note.set_number(number);
  note.set_bytes(bytes.size());
  note.set_sha256(Sha256(bytes));
  const std::string value = Encode(note);
  const fs::path noted = fs::path(dir) / kNoted, part = fs::path(dir) / absl::StrCat(kNoted, ".part");
  KB_RETURN_IF_ERROR(Synced(part, O_WRONLY | O_CREAT | O_TRUNC, [&](int fd) {
    return ::write(fd, value.data(), value.size()) == static_cast<ssize_t>(value.size());
  }));
  if (std::rename(part.c_str(), noted.c_str()) != 0) return Failed(noted);
  return SyncNames(dir);
}

absl::Status CheckManifest(const std::string& dir) {
  const fs::path noted = fs::path(dir) / kNoted;
  std::error_code ignored;
  if (!fs::exists(noted, ignored)) return absl::OkStatus();
  const auto [name, number] = Current(dir);
  if (number == 0) return absl::OkStatus();
  KB_ASSIGN_OR_RETURN(const std::string value, Read(noted));
  format::ManifestNote note;
  if (!Decode(value, kNoted, note).ok() || note.sha256().empty()) {
    return absl::DataLossError(absl::StrCat(
        noted.string(), " is damaged: it does not say what the list of tables was. Restore a "
        "backup by id, then run `klantbeeld-server check`."));
  }
  const fs::path manifest = fs::path(dir) / name;
  if (number > note.number()) return absl::OkStatus();  // Made after the note.
  if (number < note.number()) {
    return Refused(manifest, absl::StrCat("MANIFEST number ", note.number(), " came after it"));
  }
  const auto bytes = Read(manifest);
  if (!bytes.ok()) return absl::OkStatus();  // RocksDB says which file is missing.
  if (bytes->size() < note.bytes()) {
    return Refused(manifest, absl::StrCat("it has ", bytes->size(), " bytes of ", note.bytes()));
  }
  if (Sha256(absl::string_view(*bytes).substr(0, note.bytes())) != note.sha256()) {
    return Refused(manifest, absl::StrCat("its first ", note.bytes(), " bytes are other ones"));
  }
  return absl::OkStatus();
}

}  // namespace klantbeeld::store
