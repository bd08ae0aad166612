// What tests of the store share: a store on a real disk, a clock and keys that
// the test turns, and short ways to write events.
#ifndef KLANTBEELD_TESTS_STORE_TESTING_H_
#define KLANTBEELD_TESTS_STORE_TESTING_H_

#include <google/protobuf/util/json_util.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <functional>
#include <future>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "store/check.h"
#include "store/store.h"

namespace klantbeeld::store {

// A directory that is gone after the test.
class TempDir {
 public:
  TempDir() {
    std::string name = (std::filesystem::temp_directory_path() / "kb-XXXXXX").string();
    path_ = ::mkdtemp(name.data());
  }
  ~TempDir() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;
  std::string operator/(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

inline Keys TestKeys(char seed = 'k') {
  return Keys(std::string(32, seed), std::string(32, static_cast<char>(seed + 1)));
}

template <typename M>
M FromJson(const std::string& json) {
  M message;
  const auto status = google::protobuf::util::JsonStringToMessage(json, &message);
  EXPECT_TRUE(status.ok()) << status.ToString() << "\n" << json;
  return message;
}

inline v1::ContactEvent Event(const std::string& json) { return FromJson<v1::ContactEvent>(json); }

// A frame as a follower gets it.
inline v1::FollowResponse Response(const Frame& frame) {
  v1::FollowResponse response = frame.events.Parse();
  EXPECT_EQ(response.events_size(), frame.count);
  response.set_position(frame.position);
  response.set_resume_token(frame.resume_token);
  response.set_head(frame.head);
  return response;
}

// A store whose clock stands still until the test turns it.
class TestStore {
 public:
  explicit TestStore(std::string dir, char seed = 'k', bool create = true)
      : dir_(std::move(dir)), keys_(TestKeys(seed)) {
    if (create) {
      const absl::Status created = Store::Create(dir_, keys_, std::string(16, 'L'));
      EXPECT_TRUE(created.ok()) << created;
    }
    Open();
  }

  void Open() {
    Store::Options options;
    options.data_dir = dir_;
    options.db.disk_reserve_bytes = 0;
    options.db.memtable_bytes = 4 << 20;
    options.db.block_cache_bytes = 8 << 20;
    options.nobodys = nobodys;
    auto opened = Store::Open(options, keys_, [this] { return now; });
    EXPECT_TRUE(opened.ok()) << opened.status();
    if (opened.ok()) store_ = *std::move(opened);
  }
  void Close() { store_.reset(); }

  Store* operator->() { return store_.get(); }
  Store& operator*() { return *store_; }
  const std::string& dir() const { return dir_; }
  const Keys& keys() const { return keys_; }

  absl::StatusOr<v1::RecordContactEventResponse> Record(v1::ContactEvent event) {
    auto prepared = store_->Prepare(std::move(event));
    if (!prepared.ok()) return prepared.status();
    return Wait<v1::RecordContactEventResponse>(
        [&](auto done) { return store_->Record(*std::move(prepared), std::move(done)); });
  }
  absl::StatusOr<v1::RecordContactEventResponse> Record(const std::string& json) {
    return Record(Event(json));
  }
  // Records them without waiting for each; all must be taken.
  void RecordAll(const std::vector<v1::ContactEvent>& events) {
    std::vector<std::future<absl::Status>> outcomes;
    for (const auto& event : events) {
      auto prepared = store_->Prepare(event);
      ASSERT_TRUE(prepared.ok()) << prepared.status();
      auto promise = std::make_shared<std::promise<absl::Status>>();
      outcomes.push_back(promise->get_future());
      const absl::Status taken = store_->Record(
          *std::move(prepared), [promise](absl::StatusOr<v1::RecordContactEventResponse> result) {
            promise->set_value(result.status());
          });
      ASSERT_TRUE(taken.ok()) << taken;
    }
    for (auto& outcome : outcomes) {
      const absl::Status status = outcome.get();
      ASSERT_TRUE(status.ok()) << status;
    }
  }
  absl::StatusOr<v1::LinkResponse> Link(v1::LinkRequest request) {
    return Wait<v1::LinkResponse>(
        [&](auto done) { return store_->Link(std::move(request), std::move(done)); });
  }
  absl::StatusOr<v1::UnlinkResponse> Unlink(v1::UnlinkRequest request) {
    return Wait<v1::UnlinkResponse>(
        [&](auto done) { return store_->Unlink(std::move(request), std::move(done)); });
  }

  // The citizen of a party, by contact source and id; empty: none.
  std::string CitizenOf(const std::string& source, const std::string& id,
                        const std::string& party = "customer") {
    v1::GetContactRequest request;
    request.mutable_ref()->set_source(source);
    request.mutable_ref()->set_id(id);
    const auto response = store_->GetContact(request);
    EXPECT_TRUE(response.ok()) << response.status();
    if (!response.ok()) return "";
    for (const auto& one : response->contact().citizens()) {
      if (one.party_key() == party) return one.citizen_id();
    }
    return "";
  }

  // The canonical dump, as one text. Closes the store and opens it again.
  std::string Dump() {
    Close();
    std::string text;
    const absl::Status status = DumpCanonical(
        dir_, keys_, [&](absl::string_view line) { absl::StrAppend(&text, line, "\n"); });
    EXPECT_TRUE(status.ok()) << status;
    Open();
    return text;
  }

  // Everything agrees with the journal.
  void ExpectConsistent() {
    Close();
    const auto result = Check(dir_, keys_, nullptr);
    EXPECT_TRUE(result.ok()) << result.status();
    if (result.ok()) {
      for (const auto& line : result->first_differences) ADD_FAILURE() << line;
    }
    Open();
  }

  absl::Time now = absl::FromCivil(absl::CivilSecond(2026, 1, 1), absl::UTCTimeZone());
  NobodysLists nobodys = {};  // From the next Open() on.

 private:
  template <typename T, typename F>
  static absl::StatusOr<T> Wait(F&& submit) {
    auto promise = std::make_shared<std::promise<absl::StatusOr<T>>>();
    auto future = promise->get_future();
    const absl::Status status =
        submit([promise](absl::StatusOr<T> result) { promise->set_value(std::move(result)); });
    if (!status.ok()) return status;
    return future.get();
  }

  const std::string dir_;
  const Keys keys_;
  std::unique_ptr<Store> store_;
};

}  // namespace klantbeeld::store

#endif  // KLANTBEELD_TESTS_STORE_TESTING_H_
