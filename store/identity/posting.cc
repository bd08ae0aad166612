#include "store/identity/posting.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "store/format.pb.h"
#include "store/record.h"
#include "store/rows.h"
#include "store/status_macros.h"

namespace klantbeeld::store {
namespace {

constexpr size_t kIdBytes = 16;
constexpr size_t kMarkBytes = 3;  // Year, month, day.
constexpr size_t kHolderBytes = kIdBytes + kMarkBytes;

// Never 0, which is not known.
char MarkOf(const Keys& keys, absl::string_view part, int number) {
  if (number == 0) return 0;
  const Id hash = keys.IndexOf(part, absl::StrCat(number));
  return hash[0] == 0 ? hash[1] == 0 ? 1 : hash[1] : hash[0];
}

}  // namespace

std::string BirthMark(const Keys& keys, const Person::Date& birth) {
  std::string mark(kMarkBytes, '\0');
  mark[0] = MarkOf(keys, "birth year", birth.year);
  mark[1] = MarkOf(keys, "birth month", birth.month);
  mark[2] = MarkOf(keys, "birth day", birth.day);
  return mark;
}

bool MarksApart(absl::string_view a, absl::string_view b) {
  for (size_t part = 0; part < kMarkBytes; ++part) {
    if (a[part] == 0 || b[part] == 0 || a[part] == b[part]) return false;
  }
  return true;
}

size_t Holders::size() const { return bytes_.size() / kHolderBytes; }

Holder Holders::operator[](size_t i) const {
  const auto one = absl::string_view(bytes_).substr(i * kHolderBytes, kHolderBytes);
  return {one.substr(0, kIdBytes), one.substr(kIdBytes)};
}

size_t Holders::PlaceOf(absl::string_view content) const {
  size_t from = 0, to = size();
  while (from < to) {
    const size_t middle = from + (to - from) / 2;
    if ((*this)[middle].content < content) {
      from = middle + 1;
    } else {
      to = middle;
    }
  }
  return from;
}

bool Holders::Insert(const Holder& holder) {
  const size_t at = PlaceOf(holder.content);
  if (at < size() && (*this)[at].content == holder.content) return false;
  const std::string one = absl::StrCat(holder.content, holder.birth);
  bytes_.insert(at * kHolderBytes, one);
  return true;
}

bool Holders::Erase(absl::string_view content) {
  const size_t at = PlaceOf(content);
  if (at == size() || (*this)[at].content != content) return false;
  bytes_.erase(at * kHolderBytes, kHolderBytes);
  return true;
}

absl::StatusOr<Posting> Posting::Read(Batch& batch, const std::string& index, size_t max,
                                      const std::optional<std::string>& value) {
  Posting posting(batch, index, max);
  if (!value) return posting;
  format::Posting row;
  KB_RETURN_IF_ERROR(Decode(*value, NameOf(Family::kIdentifier), row));
  posting.crowd_ = row.crowd();
  if (row.holders().size() % kHolderBytes != 0) {
    return absl::DataLossError("identifier: a posting not readable");
  }
  posting.here_ = Holders(std::move(*row.mutable_holders()));
  return posting;
}

void Posting::Add(const Holder& holder) {
  if (crowd_ == 0) {
    here_.Insert(holder);
    return;
  }
  batch_->Put(Family::kIdentifier, absl::StrCat(*index_, holder.content),
              std::string(holder.birth));
  ++crowd_;
}

void Posting::Remove(absl::string_view content) {
  if (here_.Erase(content)) return;
  batch_->Delete(Family::kIdentifier, absl::StrCat(*index_, content));
  --crowd_;
}

absl::Status Posting::GatherCrowd() {
  KB_RETURN_IF_ERROR(batch_->Scan(
      Family::kIdentifier, *index_, *index_, [&](absl::string_view key, absl::string_view value) {
        if (key.size() > index_->size()) here_.Insert({key.substr(index_->size()), value});
        return true;
      }));
  if (here_.size() != crowd_) {
    return absl::DataLossError("identifier: a posting counts others than it has");
  }
  crowd_ = 0;
  for (size_t i = 0; i < here_.size(); ++i) {
    batch_->Delete(Family::kIdentifier, absl::StrCat(*index_, here_[i].content));
  }
  return absl::OkStatus();
}

absl::Status Posting::Save() {
  if (crowd_ > 0 && !generic()) KB_RETURN_IF_ERROR(GatherCrowd());
  if (count() == 0) {
    batch_->Delete(Family::kIdentifier, *index_);
    return absl::OkStatus();
  }
  format::Posting row;
  if (!generic()) {
    row.set_holders(here_.bytes());
  } else {
    row.set_crowd(count());
    for (size_t i = 0; crowd_ == 0 && i < here_.size(); ++i) {
      batch_->Put(Family::kIdentifier, absl::StrCat(*index_, here_[i].content),
                  std::string(here_[i].birth));
    }
  }
  batch_->Put(Family::kIdentifier, *index_, Encode(row));
  return absl::OkStatus();
}

absl::StatusOr<std::vector<std::string>> ContentsAt(const Reader& reader,
                                                    absl::string_view index, size_t max) {
  std::vector<std::string> contents;
  absl::Status inner;
  KB_RETURN_IF_ERROR(reader.Scan(
      Family::kIdentifier, index, index, [&](absl::string_view key, absl::string_view value) {
        if (key.size() > index.size()) {
          contents.emplace_back(key.substr(index.size()));
        } else {
          format::Posting row;
          inner = Decode(value, "identifier", row);
          const Holders holders(std::move(*row.mutable_holders()));
          for (size_t i = 0; i < holders.size(); ++i) contents.emplace_back(holders[i].content);
        }
        return inner.ok() && contents.size() < max;
      }));
  KB_RETURN_IF_ERROR(inner);
  if (contents.size() > max) contents.resize(max);
  return contents;
}

absl::StatusOr<uint64_t> CountAt(const Reader& reader, absl::string_view index) {
  KB_ASSIGN_OR_RETURN(auto row, ReadRow<format::Posting>(reader, Family::kIdentifier, index));
  if (!row) return uint64_t{0};
  return row->crowd() + Holders(std::move(*row->mutable_holders())).size();
}

}  // namespace klantbeeld::store
