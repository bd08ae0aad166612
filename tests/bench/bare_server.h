// The limit of what a server over gRPC can do here: one that only answers.
#pragma once

#include <string>
#include <vector>

namespace klantbeeld::bench {

// What it answers, in turn: replies recorded from our server.
struct BareReplies {
  std::vector<std::string> records, pages, frames;
};
void WriteReplies(const BareReplies& replies, const std::string& path);

// The program itself, `klantbeeld_bench bare SOCKET FILE`: serves until SIGTERM.
int ServeBare(const std::string& socket, const std::string& replies_path);

}  // namespace klantbeeld::bench
