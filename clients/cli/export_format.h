// How an export is written: one line per event, contact or citizen.
#pragma once

#include <string>
#include <vector>

#include "absl/time/time.h"
#include "klantbeeld/v1/citizen.pb.h"
#include "klantbeeld/v1/contact.pb.h"
#include "klantbeeld/v1/feed_service.pb.h"

namespace klantbeeld::cli {

enum class ExportWhat { kContacts, kCitizens, kEvents };
enum class ExportFormat { kCsv, kNdjson, kCloudEvents };

// Makes the lines of an export. Immutable; may be used by any thread.
class ExportLines {
 public:
  // `oin`: the organisation's number (Organisatie-identificatienummer) in the
  // source of CloudEvents; empty: a source without organisation.
  ExportLines(ExportWhat what, ExportFormat format, absl::TimeZone zone, std::string oin)
      : what_(what), format_(format), zone_(zone), oin_(std::move(oin)) {}

  // What stands before the first line: the names of CSV's columns.
  std::string Head() const;
  // An event, exactly as it was recorded. `fact` must hold one.
  std::string Event(const v1::FeedEvent& fact) const;
  std::string Contact(const v1::Contact& contact) const;
  // `position`: where the feed stood that the citizen was read at.
  std::string Citizen(const v1::Citizen& citizen, uint64_t position) const;

 private:
  struct Envelope;
  std::string Cells(const google::protobuf::Message& message) const;
  std::string CloudEvent(const Envelope& envelope, const google::protobuf::Message& data) const;

  const ExportWhat what_;
  const ExportFormat format_;
  const absl::TimeZone zone_;
  const std::string oin_;
};

}  // namespace klantbeeld::cli
