// Folding one message over another, field by field.
#ifndef KLANTBEELD_STORE_MERGE_H_
#define KLANTBEELD_STORE_MERGE_H_

#include <google/protobuf/field_mask.pb.h>
#include <google/protobuf/message.h>

#include <cstdint>
#include <string>
#include <utility>

#include "absl/container/btree_map.h"
#include "absl/strings/string_view.h"

namespace klantbeeld::store {

// When each field that stands was said, by path.
using SaidAt = absl::btree_map<std::string, std::pair<int64_t, int32_t>>;

// Puts one event's fields over what stands; the caller goes from the oldest
// revision to the newest. A set scalar replaces; a message is merged field by
// field; a list that is not empty replaces the whole list; of a oneof the
// later kind stands. Fields named `parties`, `key`, `identifiers` and `cleared`
// are left to the caller.
class FieldMerge {
 public:
  // `said_at` may be null: one event alone cannot contradict itself.
  FieldMerge(std::pair<int64_t, int32_t> revised_at, SaidAt* said_at)
      : revised_at_(revised_at), said_at_(said_at) {}

  // Takes back the fields of the mask; unknown paths have no effect.
  void Clear(const google::protobuf::FieldMask& mask, google::protobuf::Message& into,
             absl::string_view prefix);
  void Merge(const google::protobuf::Message& from, google::protobuf::Message& into,
             absl::string_view prefix);

  // An earlier event with the very same revision said something else.
  bool differs_at_once() const { return differs_at_once_; }

 private:
  void MergeField(const google::protobuf::Message& from,
                  const google::protobuf::FieldDescriptor* field, google::protobuf::Message& into,
                  const std::string& path);
  void Note(const google::protobuf::Message& from, const google::protobuf::FieldDescriptor* field,
            const google::protobuf::Message& into, const std::string& path);

  const std::pair<int64_t, int32_t> revised_at_;
  SaidAt* const said_at_;
  bool differs_at_once_ = false;
};

}  // namespace klantbeeld::store

#endif  // KLANTBEELD_STORE_MERGE_H_
