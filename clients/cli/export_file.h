// Where an export goes, and how far it came.
#pragma once

#include <cstdint>
#include <cstdio>
#include <optional>
#include <string>

namespace klantbeeld::cli {

// How far an export came; one line of JSON in the token file.
struct ExportPlace {
  std::string query;      // What is exported; a place serves its own query only.
  std::string token;      // Everything up to it was written; empty: nothing yet.
  std::string end_token;  // The export ends there.
  uint64_t begin = 0;     // Position it began after.
  uint64_t end = 0;       // Position it ends with.
  uint64_t bytes = 0;     // Length of the file then, where it goes into one.
  bool finished = false;
};

std::string ToLine(const ExportPlace& place);
std::optional<ExportPlace> PlaceFromLine(const std::string& line);

// Standard output, or a file that is cut back to where a broken-off export had
// noted its place, so that nothing stands in it twice. One thread.
class ExportFile {
 public:
  enum class Opened { kNew, kGoesOn, kExists, kTooShort, kFailed };  // kFailed: error() says.
  ~ExportFile();
  // `path` empty: standard output. `goes_on`: the bytes that stand in the file
  // already; without it the file must be new.
  Opened Open(const std::string& path, std::optional<uint64_t> goes_on);
  // False: error() says why. After a failure nothing more is written, and Flush
  // tells of it.
  bool Write(const std::string& text);
  // Hands over what was written: to a file's disk, or to whoever reads.
  bool Flush();  // False: error() says why.
  uint64_t bytes() const { return bytes_; }
  // The errno of the first failure; 0 for none.
  int error() const { return error_; }

 private:
  Opened FailedToOpen();

  std::FILE* file_ = nullptr;  // Null: standard output.
  uint64_t bytes_ = 0;
  int error_ = 0;
};

}  // namespace klantbeeld::cli
