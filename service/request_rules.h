// What the contract asks of requests beyond the limits of single fields.
#ifndef KLANTBEELD_SERVICE_REQUEST_RULES_H_
#define KLANTBEELD_SERVICE_REQUEST_RULES_H_

#include "absl/time/time.h"
#include "klantbeeld/v1/backup_service.pb.h"
#include "klantbeeld/v1/citizen_service.pb.h"
#include "klantbeeld/v1/contact_service.pb.h"
#include "klantbeeld/v1/feed_service.pb.h"
#include "klantbeeld/v1/history_service.pb.h"
#include "klantbeeld/v1/identity_service.pb.h"
#include "klantbeeld/v1/info_service.pb.h"
#include "service/fault.h"

namespace klantbeeld::service {

// All pure; each expects a message that Validate() accepts. Tokens are checked
// where they are read: by the store.
MaybeFault CheckRequest(const v1::RecordContactEventRequest& request, absl::Time now);
MaybeFault CheckRequest(const v1::GetContactRequest& request, absl::Time now);
MaybeFault CheckRequest(const v1::FindCitizensRequest& request, absl::Time now);
MaybeFault CheckRequest(const v1::GetCitizenRequest& request, absl::Time now);
MaybeFault CheckRequest(const v1::ListTimelineRequest& request, absl::Time now);
MaybeFault CheckRequest(const v1::WatchTimelineRequest& request, absl::Time now);
MaybeFault CheckRequest(const v1::LinkRequest& request, absl::Time now);
MaybeFault CheckRequest(const v1::UnlinkRequest& request, absl::Time now);
MaybeFault CheckRequest(const v1::ListSuggestionsRequest& request, absl::Time now);
MaybeFault CheckRequest(const v1::ExplainRequest& request, absl::Time now);
MaybeFault CheckRequest(const v1::ListHistoryRequest& request, absl::Time now);
MaybeFault CheckRequest(const v1::ListCitizensAtRequest& request, absl::Time now);
MaybeFault CheckRequest(const v1::FollowStart& request, absl::Time now);
MaybeFault CheckRequest(const v1::GetServerInfoRequest& request, absl::Time now);
MaybeFault CheckRequest(const v1::CreateBackupRequest& request, absl::Time now);
MaybeFault CheckRequest(const v1::ListBackupsRequest& request, absl::Time now);

}  // namespace klantbeeld::service

#endif  // KLANTBEELD_SERVICE_REQUEST_RULES_H_
