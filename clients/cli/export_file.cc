#include "clients/cli/export_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <nlohmann/json.hpp>

#include "clients/cli/standard_files.h"

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
  if (file_ != nullptr) std::fclose(file_);
}

ExportFile::Opened ExportFile::FailedToOpen() {
  error_ = errno;
  return error_ == EEXIST ? Opened::kExists : Opened::kFailed;
}

ExportFile::Opened ExportFile::Open(const std::string& path, std::optional<uint64_t> goes_on) {
  bytes_ = goes_on.value_or(0);
  if (path.empty()) return goes_on ? Opened::kGoesOn : Opened::kNew;
  // Personal data: for its owner only.
  const int fd = open(path.c_str(), O_WRONLY | O_CLOEXEC | O_CREAT | (goes_on ? 0 : O_EXCL), 0600);
  if (fd < 0) return FailedToOpen();
  file_ = fdopen(fd, "w");
  if (!goes_on) return Opened::kNew;
  struct stat info {};
  if (fstat(fd, &info) != 0) return FailedToOpen();
  if (static_cast<uint64_t>(info.st_size) < *goes_on) return Opened::kTooShort;
  const auto length = static_cast<off_t>(*goes_on);
  if (ftruncate(fd, length) != 0 || lseek(fd, length, SEEK_SET) != length) return FailedToOpen();
  return Opened::kGoesOn;
}

bool ExportFile::Write(const std::string& text) {
  bytes_ += text.size();
  if (file_ == nullptr)
    Print(text);
  else if (error_ == 0 && std::fwrite(text.data(), 1, text.size(), file_) != text.size())
    error_ = errno;
  return error_ == 0;
}

bool ExportFile::Flush() {
  if (file_ == nullptr)
    error_ = FlushPrinted();
  else if (error_ == 0 && (std::fflush(file_) != 0 || fdatasync(fileno(file_)) != 0))
    error_ = errno;
  return error_ == 0;
}

}  // namespace klantbeeld::cli
