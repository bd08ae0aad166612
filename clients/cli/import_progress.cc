#include "clients/cli/import_progress.h"

#include <openssl/evp.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"

namespace klantbeeld::cli {
namespace {

// A file that was only added to since then is still the same file.
constexpr size_t kBeginningBytes = 4096;

std::string Digest(const std::string& text) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  if (EVP_Digest(text.data(), text.size(), digest, &size, EVP_sha256(), nullptr) != 1) return "";
  return absl::BytesToHexString({reinterpret_cast<const char*>(digest), size});
}

}  // namespace

uint64_t ImportCounts::all_refused() const {
  uint64_t all = 0;
  for (const auto& [name, count] : refused) all += count;
  return all;
}

ImportNote::ImportNote(std::string path, const std::string& file, const std::string& how)
    : path_(std::filesystem::is_regular_file(file) ? std::move(path) : "") {
  if (path_.empty()) return;
  std::string beginning(kBeginningBytes, '\0');
  std::ifstream in(file, std::ios::binary);
  in.read(beginning.data(), static_cast<std::streamsize>(beginning.size()));
  beginning.resize(static_cast<size_t>(in.gcount()));
  key_ = Digest(absl::StrCat(Digest(beginning), how));
}

std::optional<ImportCounts> ImportNote::Read() const {
  if (path_.empty()) return {};
  std::ifstream in(path_, std::ios::binary);
  const auto json = nlohmann::json::parse(in, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object()) return {};
  const auto text = [&](const char* name) {
    const auto at = json.find(name);
    return at != json.end() && at->is_string() ? at->get<std::string>() : "";
  };
  if (text("key") != key_) return {};
  ImportCounts counts;
  const auto number = [&](const char* name) {
    const auto at = json.find(name);
    return at != json.end() && at->is_number_unsigned() ? at->get<uint64_t>() : 0;
  };
  const auto table = [&](const char* name) {
    std::map<std::string, uint64_t> values;
    const auto at = json.find(name);
    if (at == json.end() || !at->is_object()) return values;
    for (const auto& [key, value] : at->items()) {
      if (value.is_number_unsigned()) values[key] = value.get<uint64_t>();
    }
    return values;
  };
  counts.items = number("items");
  counts.read = number("read");
  counts.added = number("new");
  counts.already = number("already");
  counts.changed = number("changed");
  counts.passed = number("passed");
  counts.rejected = {number("rejectedBytes"), number("rejectedChecksum"), number("rejectedLine")};
  counts.refused = table("refused");
  counts.channels = table("channels");
  absl::Time time;
  if (absl::ParseTime(absl::RFC3339_full, text("first"), &time, nullptr)) {
    counts.first = time;
  }
  if (absl::ParseTime(absl::RFC3339_full, text("last"), &time, nullptr)) {
    counts.last = time;
  }
  return counts;
}

bool ImportNote::Write(const ImportCounts& counts) const {
  if (path_.empty()) return false;
  nlohmann::ordered_json json = {{"key", key_},
                                 {"items", counts.items},
                                 {"read", counts.read},
                                 {"new", counts.added},
                                 {"already", counts.already},
                                 {"changed", counts.changed},
                                 {"passed", counts.passed},
                                 {"refused", counts.refused},
                                 {"channels", counts.channels},
                                 {"rejectedBytes", counts.rejected.bytes},
                                 {"rejectedChecksum", counts.rejected.checksum},
                                 {"rejectedLine", counts.rejected.line}};
  if (counts.first <= counts.last) {
    json["first"] = absl::FormatTime(absl::RFC3339_full, counts.first, absl::UTCTimeZone());
    json["last"] = absl::FormatTime(absl::RFC3339_full, counts.last, absl::UTCTimeZone());
  }
  // Whole or not at all: a note that is cut off would be no note.
  const std::string next = path_ + ".part";
  std::ofstream out(next, std::ios::binary | std::ios::trunc);
  out << json.dump() << "\n";
  out.close();
  return out.good() && std::rename(next.c_str(), path_.c_str()) == 0;
}

void ImportNote::Remove() const {
  if (!path_.empty()) unlink(path_.c_str());
}

}  // namespace klantbeeld::cli
