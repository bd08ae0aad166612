#include "store/keys.h"

#include <fcntl.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "store/directory.h"

namespace klantbeeld::store {
namespace {

constexpr absl::string_view kFirstLine = "klantbeeld keys 1";
constexpr size_t kKeyBytes = 32;

struct FreeMac {
  void operator()(EVP_MAC_CTX* context) const { EVP_MAC_CTX_free(context); }
};
using MacContext = std::unique_ptr<EVP_MAC_CTX, FreeMac>;

MacContext NewMac() {
  static EVP_MAC* const mac = EVP_MAC_fetch(nullptr, "HMAC", nullptr);
  return MacContext(EVP_MAC_CTX_new(mac));
}

// Setting a key up costs more than hashing a short value, so each thread keeps
// a context per key and starts each hash from the key set last (a null key).
Id Mac(absl::string_view key, absl::string_view domain, absl::string_view content) {
  struct Prepared {
    std::string key;
    MacContext context;
  };
  thread_local std::array<Prepared, 4> prepared;
  thread_local size_t next = 0;
  Prepared* found = nullptr;
  for (Prepared& candidate : prepared) {
    if (candidate.context != nullptr && candidate.key == key) found = &candidate;
  }
  if (found == nullptr) {
    found = &prepared[next++ % prepared.size()];
    found->key = std::string(key);
    found->context = NewMac();
    char digest[] = "SHA256";
    const OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0), OSSL_PARAM_END};
    EVP_MAC_init(found->context.get(), reinterpret_cast<const unsigned char*>(key.data()),
                 key.size(), params);
  }
  EVP_MAC_CTX* const context = found->context.get();
  EVP_MAC_init(context, nullptr, 0, nullptr);
  const auto add = [&](absl::string_view bytes) {
    EVP_MAC_update(context, reinterpret_cast<const unsigned char*>(bytes.data()),
                   bytes.size());
  };
  // The domain is short; its length in front keeps (ab, c) and (a, bc) apart.
  const char length = static_cast<char>(domain.size());
  add(absl::string_view(&length, 1));
  add(domain);
  add(content);
  unsigned char full[32];
  size_t size = 0;
  EVP_MAC_final(context, full, &size, sizeof full);
  Id id;
  std::memcpy(id.data(), full, id.size());
  return id;
}

}  // namespace

std::string ToHex(absl::string_view bytes) { return absl::BytesToHexString(bytes); }

std::string IdFromHex(absl::string_view hex) {
  if (hex.size() != 32) return "";
  const bool digits = std::all_of(hex.begin(), hex.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
  });
  return digits ? absl::HexStringToBytes(hex) : "";
}

Keys::Keys(absl::string_view id_key, absl::string_view index_key)
    : id_key_(id_key), index_key_(index_key) {}

absl::StatusOr<Keys> Keys::Load(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) {
    return absl::FailedPreconditionError(
        absl::StrCat("key file ", path, ": ", std::strerror(errno),
                     ". Put the copy back that was kept apart; only for a new store, "
                     "`klantbeeld-server init` makes one."));
  }
  struct stat info {};
  ::fstat(fd, &info);
  std::string text(1024, '\0');
  const ssize_t got = ::read(fd, text.data(), text.size());
  ::close(fd);
  if ((info.st_mode & 077) != 0) {
    return absl::FailedPreconditionError(absl::StrCat(
        "key file ", path, " can be read by others than its owner. Run: chmod 600 ", path));
  }
  text.resize(got < 0 ? 0 : static_cast<size_t>(got));
  const std::vector<std::string> lines = absl::StrSplit(text, '\n');
  const auto key = [&](size_t line, absl::string_view name) -> std::string {
    if (lines.size() <= line || !absl::StartsWith(lines[line], name)) return "";
    const absl::string_view hex = absl::string_view(lines[line]).substr(name.size());
    // What is no digit would be taken for some digit: another key, or this one.
    const bool digits = std::all_of(hex.begin(), hex.end(), [](char c) {
      return absl::ascii_isxdigit(static_cast<unsigned char>(c));
    });
    return digits && hex.size() == 2 * kKeyBytes ? absl::HexStringToBytes(hex) : "";
  };
  const std::string id_key = key(1, "id ");
  const std::string index_key = key(2, "index ");
  if (lines.empty() || lines[0] != kFirstLine || id_key.empty() || index_key.empty()) {
    return absl::FailedPreconditionError(absl::StrCat(
        "key file ", path, " is not a Klantbeeld key file: its first line must be \"", kFirstLine,
        "\", then \"id\" and \"index\" with 64 hexadecimal digits each."));
  }
  return Keys(id_key, index_key);
}

absl::Status Keys::Make(const std::string& path) {
  unsigned char random[2 * kKeyBytes];
  if (RAND_bytes(random, sizeof random) != 1) return absl::InternalError("no random bytes");
  const absl::string_view bytes(reinterpret_cast<char*>(random), sizeof random);
  std::string text = absl::StrCat(kFirstLine, "\nid ", ToHex(bytes.substr(0, kKeyBytes)),
                                  "\nindex ", ToHex(bytes.substr(kKeyBytes)), "\n");
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd < 0) {
    const std::string why = absl::StrCat("key file ", path, ": ", std::strerror(errno));
    return errno == EEXIST ? absl::AlreadyExistsError(why) : absl::FailedPreconditionError(why);
  }
  const bool written = ::write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size()) &&
                       ::fsync(fd) == 0;
  ::close(fd);
  OPENSSL_cleanse(random, sizeof random);
  OPENSSL_cleanse(text.data(), text.size());
  if (!written) return absl::InternalError(absl::StrCat("key file ", path, ": write failed"));
  return SyncNames(DirectoryOf(path));
}

Id Keys::IdOf(absl::string_view domain, absl::string_view content) const {
  return Mac(id_key_, domain, content);
}

Id Keys::IndexOf(absl::string_view domain, absl::string_view value) const {
  return Mac(index_key_, domain, value);
}

std::string Keys::Name() const {
  const Id id = Mac(id_key_, "name of the id key", "");
  const Id index = Mac(index_key_, "name of the index key", "");
  return absl::StrCat(ToHex(absl::string_view(id.data(), 8)), "-",
                      ToHex(absl::string_view(index.data(), 8)));
}

}  // namespace klantbeeld::store
