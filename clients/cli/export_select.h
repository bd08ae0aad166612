// Which facts of the feed an export takes, and what it makes of them.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <unordered_set>
#include <vector>

#include "clients/cli/export_run.h"

namespace klantbeeld::cli {

// One thing to export; one of the three is set.
struct ExportItem {
  v1::FeedEvent* fact = nullptr;
  v1::Contact* contact = nullptr;
  v1::Citizen* citizen = nullptr;
};

// The stretch of the journal that an export is of: after `begin`, up to `end`.
struct Stretch {
  uint64_t begin = 0, end = 0;
};

// Asks the server, frame by frame, what stands: memory is bounded by a frame.
// `context` and `request` must outlive it.
class ExportSelection {
 public:
  using Take = std::function<void(ExportItem item)>;

  ExportSelection(Context& context, const ExportRequest& request)
      : context_(context), request_(request) {}

  // Reads which contacts are the citizen's, where one was asked for.
  std::optional<client::Error> Prepare();
  // What the server can leave out by itself.
  v1::FeedFilter FeedFilter() const;
  // Gives `take` what the facts of the frame bring, up to the stretch's end.
  std::optional<client::Error> Each(const v1::FollowResponse& frame, const Stretch& stretch,
                                    const Take& take);

 private:
  using Contacts = std::map<std::string, v1::Contact>;
  // The newest contact of a citizen that matches, and the citizen.
  struct Standing {
    v1::Citizen citizen;
    std::string newest_id;
    uint64_t newest_position = 0;
  };
  using Standings = std::map<std::string, std::vector<Standing>>;

  std::optional<client::Error> Events(const v1::FollowResponse& frame, const Stretch& stretch,
                                      const Take& take);
  std::optional<client::Error> WholeContacts(const v1::FollowResponse& frame,
                                             const Stretch& stretch, const Take& take);
  std::optional<client::Error> Citizens(const v1::FollowResponse& frame, const Stretch& stretch,
                                        const Take& take);
  // The contacts that the frame's facts changed, as they stood at `position`; 0: now.
  // Who the parties are is known of those that did not change since.
  std::optional<client::Error> ReadContacts(const v1::FollowResponse& frame, uint64_t position,
                                            Contacts& contacts);
  // Those whom each id leads to now.
  std::optional<client::Error> ReadStandings(const std::set<std::string>& wanted, Standings& read);
  // Adds those whom one id leads to.
  std::optional<client::Error> ReadStanding(const std::string& id,
                                            std::vector<Standing>& standings);
  std::optional<client::Error> FindNewest(Standing& standing);
  bool Selective() const;
  bool Matches(const v1::Contact& contact) const;

  Context& context_;
  const ExportRequest& request_;
  std::optional<std::unordered_set<std::string>> contact_ids_;  // Of `request.citizen`.
  std::string citizen_id_;                                      // Its standing id.
};

}  // namespace klantbeeld::cli
