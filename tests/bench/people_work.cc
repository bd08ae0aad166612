#include "tests/bench/people_work.h"

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <nlohmann/json.hpp>
#include <vector>

#include "absl/strings/str_format.h"
#include "klantbeeld/v1/identity_service.pb.h"
#include "tests/bench/load.h"
#include "tests/bench/ours.h"
#include "tests/bench/people.h"

namespace klantbeeld::bench {
namespace {

constexpr int kStreams = 2;
constexpr size_t kInFlight = 4;
constexpr char kExplain[] = "/klantbeeld.v1.IdentityService/Explain";

using Events = std::vector<v1::ContactEvent>;

// The server's own model, by which nobody has candidates.
std::string NobodyCompared(const std::string& server, const std::string& dir) {
  const std::string shipped = dir + "/shipped.json", changed = dir + "/nobody.json";
  {
    const std::string store = dir + "/shipped";
    RunToEnd({server, "init", "--data", store, "--keys", store + "-keys"}, dir + "/shipped.log");
    RunToEnd({server, "model", "show", "--write", shipped, "--data", store, "--keys",
              store + "-keys"},
             dir + "/shipped.log");
  }
  std::ifstream in(shipped);
  nlohmann::ordered_json model = nlohmann::ordered_json::parse(in);
  model["candidatesMax"] = 0;
  std::ofstream(changed) << model.dump(1) << "\n";
  return changed;
}

void Fill(const Ours& ours, Town town) {
  constexpr int kAtOnce = 60'000;
  const double began = Seconds();
  for (int i = 0; i < town.fills();) {
    Events events;
    for (; i < town.fills() && events.size() < kAtOnce; ++i) events.push_back(town.Fill(i));
    const double rate = StreamLoad(ours.socket(), events, kStreams, kInFlight);
    std::fprintf(stderr, "filled %d of %d, %.0f a second\n", i, town.fills(), rate);
  }
  std::fprintf(stderr, "filled in %.0f s\n", Seconds() - began);
}

// What became of the statements that are new and without a number.
std::string Outcomes(const Ours& ours, const Events& events) {
  std::vector<std::string> requests, replies;
  for (const v1::ContactEvent& event : events) {
    if (!Town::IsCompared(event)) continue;
    v1::ExplainRequest request;
    request.mutable_party()->set_source(event.source());
    request.mutable_party()->set_id(event.event_id());
    request.set_purpose("balie");
    requests.push_back(request.SerializeAsString());
  }
  UnaryLoad(ours.socket(), kExplain, 16).Run(requests, &replies);
  double compared = 0, linked = 0, suggested = 0;
  for (const std::string& bytes : replies) {
    v1::ExplainResponse response;
    if (!response.ParseFromString(bytes)) Die("an explanation that cannot be read");
    const bool joined = response.rule() == v1::JOIN_RULE_EVIDENCE;
    if (!joined && !response.has_runner_up()) continue;
    ++compared;
    (joined ? linked : suggested) += 1;
  }
  const double all = static_cast<double>(events.size()), none = 1e-9;
  return absl::StrFormat(
      "of the events %.1f %% were compared with somebody who might be it; of those %.1f %% were "
      "linked, %.1f %% suggested or known to come near",
      100 * compared / all, 100 * linked / (compared + none), 100 * suggested / (compared + none));
}

}  // namespace

Work People(const std::string& server, const std::string& dir, int people, int events,
            int rounds) {
  Town town(people);
  const CostMeter meter;
  Ours with(server, dir + "/with");
  with.Stop();
  with.Start({meter.setting()});
  const Ours without(server, dir + "/without", NobodyCompared(server, dir));
  Fill(with, town);
  Fill(without, town);
  town.PassFills();
  std::vector<Events> taken;
  for (int round = 0; round <= rounds; ++round) taken.push_back(town.Take(events));
  const auto stream = [&](const Ours& ours) {
    return [&](int round) {
      return StreamLoad(ours.socket(), taken[static_cast<size_t>(round)], kStreams, kInFlight);
    };
  };
  Work work{absl::StrFormat("streamed ingest with %d claims in the store, events", town.fills()),
            {"everybody told apart", stream(with), {}},
            {{"nobody compared", stream(without), {}}}};
  work.of_limit_mark = 0.6;
  RunRounds(work, rounds);
  work.note = Outcomes(with, taken.back());
  const auto cost = [&](Cost kind, const Events& of) {
    meter.Measure(kind, [&] { StreamLoad(with.socket(), of, 1, 1); });
    work.costs.push_back(std::move(kind));
  };
  cost({"with a verified number that is known", 5}, town.TakeVerified(events / 10));
  cost({"that is compared", 100, true}, town.TakeAnew(events / 10));
  cost({"that is compared, and states a telephone number that all of them state"},
       town.TakeSharing(events / 3));
  cost({"that is compared, after those", 100, true}, town.TakeAnew(events / 10));
  return work;
}

}  // namespace klantbeeld::bench
