// What the clients of the simulation ask for: events, retractions, links and
// unlinks about few people and few contacts, so that they meet.
#ifndef KLANTBEELD_TESTS_SIMULATION_REQUESTS_H_
#define KLANTBEELD_TESTS_SIMULATION_REQUESTS_H_

#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "klantbeeld/v1/contact.pb.h"
#include "klantbeeld/v1/feed_service.pb.h"
#include "klantbeeld/v1/identity_service.pb.h"
#include "tests/simulation/disk.h"

namespace klantbeeld::simulation {

struct Request {
  std::string key;  // Of the fact that it is to become; the same in every attempt.
  std::variant<v1::ContactEvent, v1::LinkRequest, v1::UnlinkRequest> what;
};

struct Client {
  std::optional<Request> wants;  // Until it knows what came of it.
  int stalls = 0;                // Steps that it does nothing.
};

// The key of a fact of the feed.
std::string KeyOf(const v1::FeedEvent& fact);

class Requests {
 public:
  Request Next(Random& random);

 private:
  v1::ContactEvent Event(Random& random);
  v1::PartyRef Party(Random& random) const;

  int made_ = 0;
  std::vector<std::pair<std::string, std::string>> contacts_;  // Source and id.
  std::vector<std::pair<std::string, std::string>> events_;
};

// The contact that an event is of, by source and id.
v1::ContactRef ContactOf(const v1::ContactEvent& event);

}  // namespace klantbeeld::simulation

#endif  // KLANTBEELD_TESTS_SIMULATION_REQUESTS_H_
