// What tests of backups and of putting them back share.
#ifndef KLANTBEELD_TESTS_STORE_BACKUPS_H_
#define KLANTBEELD_TESTS_STORE_BACKUPS_H_

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "store/backup.h"
#include "store/restore.h"
#include "tests/store/events.h"
#include "tests/store/testing.h"

namespace klantbeeld::store {

class BackupTest : public testing::Test {
 protected:
  void RecordVisits(int from, int until) {
    std::vector<v1::ContactEvent> events;
    for (int i = from; i < until; ++i) {
      events.push_back(Visit(absl::StrCat("v-", i), i % 1000, {Phone("+31612345678")}));
    }
    store_.RecordAll(events);
  }
  std::string Make() {
    store_.now += absl::Seconds(1);
    const auto made = store_->Backup(backups_);
    EXPECT_TRUE(made.ok()) << made.status();
    return made.ok() ? made->id() : "";
  }
  absl::StatusOr<Restored> Put(const std::string& id, const std::string& to,
                               const RestoreUntil& until = {}, char keys = 'k') {
    return RestoreBackup(backups_, id, to, TestKeys(keys), until, store_.now, nullptr);
  }
  absl::Status Restore(const std::string& id, const std::string& to, char keys = 'k') {
    return Put(id, to, {}, keys).status();
  }
  // A file of the backup, of which there is at least one with this end.
  std::filesystem::path FileOf(const std::string& id, const std::string& end) const {
    for (const auto& entry : std::filesystem::recursive_directory_iterator(backups_ + "/" + id)) {
      if (absl::EndsWith(entry.path().string(), end)) return entry.path();
    }
    ADD_FAILURE() << "no " << end;
    return {};
  }
  std::vector<std::string> Ids() const {
    const auto list = ListBackups(backups_);
    EXPECT_TRUE(list.ok()) << list.status();
    std::vector<std::string> ids;
    if (list.ok())
      for (const auto& info : *list) ids.push_back(info.id());
    return ids;
  }

  TempDir temp_;
  TestStore store_{temp_ / "data"};
  std::string backups_ = temp_ / "backups";
};

inline void Overwrite(const std::filesystem::path& path, std::streamoff at,
                      const std::string& bytes) {
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(at);
  file << bytes;
}

}  // namespace klantbeeld::store

#endif  // KLANTBEELD_TESTS_STORE_BACKUPS_H_
