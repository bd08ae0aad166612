// What an adapter makes of a file, in text.
#pragma once

#include <google/protobuf/util/json_util.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <variant>
#include <vector>

#include "absl/strings/str_cat.h"
#include "clients/adapters/formats.h"

namespace klantbeeld::adapters::testing {

// A directory that goes with its test.
class TempDir {
 public:
  TempDir() {
    std::string name = std::filesystem::temp_directory_path() / "kb-adapters-XXXXXX";
    path_ = mkdtemp(name.data());
  }
  ~TempDir() { std::filesystem::remove_all(path_); }
  std::string Put(const std::string& name, const std::string& bytes) const {
    std::ofstream(path_ + "/" + name, std::ios::binary) << bytes;
    return path_ + "/" + name;
  }

 private:
  std::string path_;
};

inline Options Amsterdam(const std::string& mapping = "") {
  Options options;
  options.mapping = mapping;
  absl::LoadTimeZone("Europe/Amsterdam", &options.zone);
  return options;
}

inline std::string Show(const Item& item) {
  std::string text = absl::StrCat(item.line, " ");
  if (item.records != 1) absl::StrAppend(&text, "(", item.records, ") ");
  if (item.kind == Item::Kind::kPassed) return text + "passed";
  if (item.kind == Item::Kind::kRejected) {
    return absl::StrCat(text, "rejected ", item.field, " ", static_cast<int>(item.reason));
  }
  std::string json;
  (void)google::protobuf::util::MessageToJsonString(item.event, &json);
  return text + json;
}

// A line for each item, and one for how it ended where that was not well.
inline std::vector<std::string> ItemsOf(const std::string& format, const std::string& path,
                                        const Options& options) {
  auto opened = FindFormat(format)->open(path, options);
  if (const auto* fault = std::get_if<MappingFault>(&opened)) {
    return {absl::StrCat("mapping line ", fault->line, ": ", fault->what)};
  }
  if (const auto* status = std::get_if<absl::Status>(&opened)) {
    return {std::string(status->message())};
  }
  Adapter& adapter = *std::get<std::unique_ptr<Adapter>>(opened);
  std::vector<std::string> items;
  for (;;) {
    const auto item = adapter.Next();
    if (!item.ok()) items.emplace_back(item.status().message());
    if (!item.ok() || item->kind == Item::Kind::kEnd) return items;
    if (item->kind != Item::Kind::kIdle) items.push_back(Show(*item));
  }
}

// The items of a made file, which must be those that stand beside it. Where
// nothing stands there it is written, to be read before it is kept.
inline std::vector<std::string> Made(const std::string& format, const std::string& name,
                                     const Options& options = Amsterdam()) {
  const std::string path = "tests/clients/adapters/" + name;
  const std::vector<std::string> items = ItemsOf(format, path, options);
  if (!std::filesystem::exists(path + ".expected")) {
    std::ofstream out(path + ".expected");
    for (const std::string& item : items) out << item << "\n";
    ADD_FAILURE() << path << ".expected was absent and is made now: read it";
  }
  std::ifstream in(path + ".expected");
  std::vector<std::string> expected;
  for (std::string line; std::getline(in, line);) expected.push_back(line);
  EXPECT_EQ(items, expected) << name;
  return items;
}

}  // namespace klantbeeld::adapters::testing
