// Text of a source turned into a field of a contact event.
#pragma once

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include <map>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "klantbeeld/v1/party.pb.h"

namespace klantbeeld::adapters {

// Why a cell was not taken. Words for people are the command line's.
enum class Reason {
  kNone,
  kMissing,      // What every event needs is empty.
  kWordUnknown,  // Not among the words of the mapping.
  kNotATime,
  kNotADate,
  kNotANumber,
  kNotALength,  // Of time.
  kNotYesOrNo,
  kOutOfRange,
  kNotUtf8,
  kNumberInvalid,  // A BSN or RSIN that fails the eleven test, and the like.
  kColumns,        // More or fewer cells than the header has.
  kTooLong,
  kNotJson,     // Or deeper than any format goes.
  kNotAnEvent,  // JSON, and no contact event.
  kNotText,     // A NUL in it.
  kZone,        // A local time that the record itself contradicts.
  kNotAllowed,  // A BSN where none may stand.
};

// How the text of one field is read.
struct Reading {
  std::map<std::string, std::string> words;  // Folded word of the source to ours.
  std::string otherwise;                     // For every other word; empty: refused.
  std::vector<std::string> formats;          // Of times, as absl::ParseTime takes them.
  absl::TimeZone zone;                       // Of times that name none.
  int years = 0;                             // Added to times; for data made elsewhere in time.
  absl::Time now = absl::InfiniteFuture();   // Birth dates after it are out of range.
  absl::Duration unit = absl::Seconds(1);    // Of lengths that name none.
};

// What came of it.
struct Set {
  Reason reason = Reason::kNone;
  // A local time in an hour that does not exist, or that exists twice, of which
  // the first was taken.
  bool doubtful = false;
  bool nothing = false;  // The word says that the field is not set.
};

// Sets or, where it is repeated, adds to `field`, which is no message other
// than a time, a length of time or a partial date.
Set SetField(google::protobuf::Message& message, const google::protobuf::FieldDescriptor& field,
             const std::string& text, const Reading& reading);

// Whether absl::ParseTime can read anything by it.
bool IsTimeFormat(const std::string& format);

// The number of an enum's value by its name without the prefix ("in-progress",
// "IN_PROGRESS"); -1: there is none. Never the unspecified one.
int EnumValue(const google::protobuf::EnumDescriptor& type, absl::string_view name);
// All names that EnumValue takes.
std::string EnumValues(const google::protobuf::EnumDescriptor& type);

// Whether a value can be of its type at all: the eleven test of a BSN or RSIN,
// a telephone number that exists in form, an address with an @.
bool Fits(v1::IdentifierType type, const std::string& value);

// In lower case, without white space around it.
std::string Folded(absl::string_view text);

bool IsUtf8(absl::string_view text);

}  // namespace klantbeeld::adapters
