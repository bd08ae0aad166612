// Clients that put load on a server. The same code drives ours and the bare
// one, and neither parses replies: what differs is the server.
#pragma once

#include <grpcpp/channel.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "klantbeeld/v1/contact.pb.h"

namespace klantbeeld::bench {

double Seconds();

// Unary calls, always `in_flight` of them on their way, over one connection.
class UnaryLoad {
 public:
  UnaryLoad(const std::string& socket, std::string method, int in_flight);
  // Sends each request once and gives calls a second. Die on a failed call.
  // `replies`, where given, receives the reply to each.
  double Run(const std::vector<std::string>& requests, std::vector<std::string>* replies = nullptr);

 private:
  std::shared_ptr<grpc::Channel> channel_;
  const std::string method_;
  const int in_flight_;
};

// Follows the feed from position 0 until `events` have come, acknowledging each
// frame, and gives events a second. `frames`, where given, receives them.
double FollowLoad(const std::string& socket, int64_t events,
                  std::vector<std::string>* frames = nullptr);

// Records events as our client library does, over `streams` streams with
// `in_flight` batches of 500 each, and gives events a second. Die when one is
// refused or stood already.
double StreamLoad(const std::string& socket, const std::vector<v1::ContactEvent>& events,
                  int streams, size_t in_flight);

}  // namespace klantbeeld::bench
