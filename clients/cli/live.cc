#include "clients/cli/live.h"

#include <atomic>
#include <thread>

#include "clients/cli/lines.h"
#include "clients/cli/reading.h"

namespace klantbeeld::cli {

std::optional<client::Error> PrintUntilEnter(const Context& context,
                                             const v1::WatchTimelineRequest& request) {
  client::Stop stop;
  client::Client::Options options = context.client->options();
  options.stop = &stop;
  auto client = client::Client::Create(std::move(options));
  if (!client.ok()) return client.error();
  std::optional<client::Error> error;
  std::atomic<bool> ended{false};
  std::thread watching([&] {
    error = PrintSteps(context, *client.value(), request);
    ended = true;
  });
  LineReader keys(0);
  std::string line;
  while (!ended && !context.stop.requested())
    if (keys.Next(line) != LineReader::Got::kIdle) break;
  const bool seen_enough = !ended;
  stop.Request();
  watching.join();
  return seen_enough ? std::nullopt : error;
}

}  // namespace klantbeeld::cli
