#include "service/registry/open.h"

#include <sys/stat.h>

#include <fstream>
#include <sstream>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "service/registry/brp_client.h"
#include "service/registry/file_registry.h"

namespace klantbeeld::registry {
namespace {

absl::Status Wrong(absl::string_view key, absl::string_view path, absl::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat("registry.", key, " = \"", path, "\": ", what));
}

absl::StatusOr<std::string> ReadKey(const std::string& path) {
  struct stat info {};
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  if (!file || ::stat(path.c_str(), &info) != 0) return Wrong("key_file", path, "cannot be read");
  if ((info.st_mode & 077) != 0) {
    return Wrong("key_file", path,
                 absl::StrCat("can be read by others than its owner. Run: chmod 600 ", path));
  }
  std::string key(absl::StripAsciiWhitespace(text.str()));
  for (const char c : key) {
    if (!absl::ascii_isgraph(static_cast<unsigned char>(c))) key.clear();
  }
  if (key.empty()) return Wrong("key_file", path, "must hold the API key, one word");
  return key;
}

absl::Status CheckReadable(absl::string_view key, const std::string& path) {
  if (path.empty() || std::ifstream(path).good()) return absl::OkStatus();
  return Wrong(key, path, "cannot be read");
}

}  // namespace

absl::StatusOr<std::unique_ptr<Registry>> Open(const Settings& settings,
                                               std::function<absl::Time()> clock) {
  if (!settings.file.empty()) return OpenFileRegistry(settings.file);
  if (settings.url.empty()) return nullptr;
  absl::Status status = CheckReadable("certificate", settings.certificate);
  if (status.ok()) status = CheckReadable("certificate_key", settings.certificate_key);
  if (status.ok()) status = CheckReadable("authorities", settings.authorities);
  if (!status.ok()) return status;
  std::string api_key;
  if (!settings.key_file.empty()) {
    auto key = ReadKey(settings.key_file);
    if (!key.ok()) return key.status();
    api_key = *std::move(key);
  }
  return MakeBrpClient(settings, std::move(api_key), std::move(clock));
}

}  // namespace klantbeeld::registry
