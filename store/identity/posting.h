// The contents that share a value by which candidates are found.
#ifndef KLANTBEELD_STORE_IDENTITY_POSTING_H_
#define KLANTBEELD_STORE_IDENTITY_POSTING_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "store/db.h"
#include "store/identity/person.h"
#include "store/keys.h"

namespace klantbeeld::store {

// Of a birth date, what is enough to leave most of those unread who were born
// on another day: a byte of a keyed hash of year, month and day, 0 where not
// known. Empty where nothing is known.
std::string BirthMark(const Keys& keys, const Person::Date& birth);
// Only if the dates that they are made of are DateAgreement::kDifferent: what is
// two digits away has the year, the month or the day in common.
bool MarksApart(absl::string_view a, absl::string_view b);

struct Holder {
  absl::string_view content;  // Id.
  absl::string_view birth;    // Mark.
};

// By content, ascending.
class Holders {
 public:
  Holders() = default;
  // As they stand in a row.
  explicit Holders(std::string bytes) : bytes_(std::move(bytes)) {}
  size_t size() const;
  // Good until the next change.
  Holder operator[](size_t i) const;
  bool Insert(const Holder& holder);  // False: it was here.
  bool Erase(absl::string_view content);
  const std::string& bytes() const { return bytes_; }

 private:
  size_t PlaceOf(absl::string_view content) const;
  std::string bytes_;
};

// The row of one value. While no more than `max` hold it, all stand in the row;
// of a value of more, which says nothing, the row has their number and each a
// row of its own. So it is the same whatever came and went. One thread.
class Posting {
 public:
  // `value`: of the row as it stands in `batch`, if it does. Both others must
  // outlive it.
  static absl::StatusOr<Posting> Read(Batch& batch, const std::string& index, size_t max,
                                      const std::optional<std::string>& value);

  uint64_t count() const { return crowd_ + here_.size(); }
  bool generic() const { return count() > max_; }

  // Once each: it must not hold, or hold, the value before.
  void Add(const Holder& holder);
  void Remove(absl::string_view content);
  // Writes the row, and those of its own.
  absl::Status Save();

  // All of them, but of a value that was generic before and is yet.
  const Holders& holders() const { return here_; }

 private:
  Posting(Batch& batch, const std::string& index, size_t max)
      : batch_(&batch), index_(&index), max_(max) {}

  absl::Status GatherCrowd();

  Batch* batch_;
  const std::string* index_;
  size_t max_;
  Holders here_;
  uint64_t crowd_ = 0;  // With a row each.
};

// Contents that share a value, at most `max`, the smallest ids first.
absl::StatusOr<std::vector<std::string>> ContentsAt(const Reader& reader,
                                                    absl::string_view index, size_t max);
// How many share it.
absl::StatusOr<uint64_t> CountAt(const Reader& reader, absl::string_view index);

}  // namespace klantbeeld::store

#endif  // KLANTBEELD_STORE_IDENTITY_POSTING_H_
