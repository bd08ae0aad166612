#include "clients/cli/export_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

namespace klantbeeld::cli {

std::string ToLine(const ExportPlace& place) {
  const nlohmann::ordered_json json = {
      {"query", place.query},      {"token", place.token}, {"endToken", place.end_token},
      {"begin", place.begin},      {"end", place.end},     {"bytes", place.bytes},
      {"finished", place.finished}};
  return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::optional<ExportPlace> PlaceFromLine(const std::string& line) {
  const auto json = nlohmann::json::parse(line, nullptr, false);
  ExportPlace place;
  const auto text = [&](const char* name, std::string& value) {
    const auto found = json.find(name);
    if (found == json.end() || !found->is_string()) return false;
    value = found->get<std::string>();
    return true;
  };
  const auto number = [&](const char* name, uint64_t& value) {
    const auto found = json.find(name);
    if (found == json.end() || !found->is_number_unsigned()) return false;
    value = found->get<uint64_t>();
    return true;
  };
  if (!json.is_object() || !text("query", place.query) || !text("token", place.token) ||
      !text("endToken", place.end_token) || !number("begin", place.begin) ||
      !number("end", place.end) || !number("bytes", place.bytes))
    return std::nullopt;
  place.finished = json.value("finished", nlohmann::json()) == true;
  return place;
}

ExportFile::~ExportFile() {
  if (file_ != nullptr && file_ != stdout) std::fclose(file_);
}

ExportFile::Opened ExportFile::Open(const std::string& path, std::optional<uint64_t> goes_on) {
  bytes_ = goes_on.value_or(0);
  if (path.empty()) {
    file_ = stdout;
    return goes_on ? Opened::kGoesOn : Opened::kNew;
  }
  // Personal data: for its owner only.
  const int fd = open(path.c_str(), O_WRONLY | O_CLOEXEC | O_CREAT | (goes_on ? 0 : O_EXCL), 0600);
  if (fd < 0) return errno == EEXIST ? Opened::kExists : Opened::kFailed;
  file_ = fdopen(fd, "w");
  if (!goes_on) return Opened::kNew;
  struct stat info {};
  if (fstat(fd, &info) != 0) return Opened::kFailed;
  if (static_cast<uint64_t>(info.st_size) < *goes_on) return Opened::kTooShort;
  const auto length = static_cast<off_t>(*goes_on);
  if (ftruncate(fd, length) != 0 || lseek(fd, length, SEEK_SET) != length) return Opened::kFailed;
  return Opened::kGoesOn;
}

bool ExportFile::Write(const std::string& text) {
  bytes_ += text.size();
  return std::fwrite(text.data(), 1, text.size(), file_) == text.size();
}

bool ExportFile::Flush() {
  if (std::fflush(file_) != 0 || std::ferror(file_) != 0) return false;
  return file_ == stdout || fdatasync(fileno(file_)) == 0;
}

}  // namespace klantbeeld::cli
