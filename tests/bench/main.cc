// klantbeeld_bench: our server beside what bounds it and beside PostgreSQL.
//
//   klantbeeld_bench --server PROGRAM [--json FILE] [--rounds N] [--smoke]
//                    [--only ingest|unary|pages|feed|people]   one work, to profile it
//                    [--people N]   in the store where people are told apart
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/synchronization/mutex.h"
#include "klantbeeld/v1/citizen_service.pb.h"
#include "klantbeeld/v1/contact_service.pb.h"
#include "tests/bench/bare_server.h"
#include "tests/bench/events.h"
#include "tests/bench/load.h"
#include "tests/bench/ours.h"
#include "tests/bench/people_work.h"
#include "tests/bench/postgres.h"
#include "tests/bench/process.h"
#include "tests/bench/raw_rows.h"
#include "tests/bench/rounds.h"

namespace klantbeeld::bench {
namespace {

constexpr int kInFlight = 64;
constexpr size_t kFactsPerBatch = 500;
constexpr char kRecord[] = "/klantbeeld.v1.ContactService/RecordContactEvent";
constexpr char kList[] = "/klantbeeld.v1.CitizenService/ListTimeline";
constexpr char kFind[] = "/klantbeeld.v1.CitizenService/FindCitizens";

struct Plan {
  std::string server, json, only;
  int rounds = 5;
  bool peer = true;
  bool Has(const std::string& work) const { return only.empty() || only == work; }
  // Of one round.
  int streamed = 60'000;
  int unary = 40'000;
  int pages = 40'000;
  double feed_seconds = 1;  // At least, over and over again.
  // What is written to and what is read from.
  int citizens = 100'000;
  int read_citizens = 2'500;
  int read_events = 100'000;  // 40 of each: two pages.
  int people = 334'000;       // Of three claims each.
  int people_events = 30'000;
  // Of our client library; see docs/benchmarks.md for others.
  int streams = 2;
  size_t batches_in_flight = 4;
};

// The smallest run that goes through everything.
void MakeSmall(Plan& plan) {
  plan.rounds = 1;
  plan.streamed = 2'000;
  plan.unary = 500;
  plan.pages = 500;
  plan.feed_seconds = 0.1;
  plan.citizens = 1'000;
  plan.read_citizens = 100;
  plan.read_events = 4'000;
  plan.people = 2'000;
  plan.people_events = 1'000;
  plan.peer = Postgres::Present();
}

using Events = std::vector<v1::ContactEvent>;

std::vector<std::string> RecordRequests(const Events& events) {
  std::vector<std::string> requests;
  for (const v1::ContactEvent& event : events) {
    v1::RecordContactEventRequest request;
    *request.mutable_event() = event;
    requests.push_back(request.SerializeAsString());
  }
  return requests;
}

// Streamed ingest: `rows` are what our store wrote for the same events.
Work Ingest(const Plan& plan, const std::string& dir, Ours& ours, Postgres* peer) {
  EventMaker maker(1, "stream", plan.citizens);
  std::vector<Events> events;
  std::vector<std::vector<std::string>> rows;
  Ours recording(plan.server, dir + "/recording");
  RowRecorder recorder(recording.rows(), kFactsPerBatch);
  std::fprintf(stderr, "writing down what the store writes\n");
  for (int round = 0; round <= plan.rounds; ++round) {
    events.push_back(maker.Take(plan.streamed));
    if (round > 0) recording.Start();
    StreamLoad(recording.socket(), events.back(), 1, 1);
    recording.Stop();
    rows.push_back(recorder.Read(static_cast<size_t>(plan.streamed)));
  }

  std::fprintf(stderr, "%s\n", recorder.summary().c_str());
  RawStore raw_default(dir + "/raw-default", recording.rows(), RawOptions::kDefault);
  RawStore raw_ours(dir + "/raw-ours", recording.rows(), RawOptions::kOurs);
  const auto raw = [&](RawStore& store) {
    return [&](int round) {
      const double began = Seconds();
      store.Write(rows[static_cast<size_t>(round)]);
      return plan.streamed / (Seconds() - began);
    };
  };
  Work work{"streamed ingest, events",
            {"RecordContactEvents",
             [&](int round) {
               return StreamLoad(ours.socket(), events[static_cast<size_t>(round)], plan.streams,
                                 plan.batches_in_flight);
             },
             {}},
            {{"RocksDB, its own options", raw(raw_default), {}},
             {"RocksDB, our options", raw(raw_ours), {}}},
            {"PostgreSQL, 500 rows a statement", {}, {}}};
  if (peer != nullptr) {
    work.peer.run = [&](int round) {
      return peer->InsertBatches(events[static_cast<size_t>(round)]);
    };
  }
  RunRounds(work, plan.rounds);
  return work;
}

Work Unary(const Plan& plan, Ours& ours, const std::string& bare, Postgres* peer) {
  EventMaker maker(2, "unary", plan.citizens);
  std::vector<Events> events;
  std::vector<std::vector<std::string>> requests;
  for (int round = 0; round <= plan.rounds; ++round) {
    events.push_back(maker.Take(plan.unary));
    requests.push_back(RecordRequests(events.back()));
  }
  UnaryLoad to_ours(ours.socket(), kRecord, kInFlight), to_bare(bare, kRecord, kInFlight);
  const auto calls = [&](UnaryLoad& load) {
    return [&](int round) { return load.Run(requests[static_cast<size_t>(round)]); };
  };
  Work work{"unary ingest, 64 in flight, events",
            {"RecordContactEvent", calls(to_ours), {}},
            {{"gRPC echo, 64 in flight", calls(to_bare), {}}},
            {"PostgreSQL, 32 connections", {}, {}}};
  if (peer != nullptr) {
    work.peer.run = [&](int round) {
      return peer->InsertSingly(events[static_cast<size_t>(round)]);
    };
  }
  RunRounds(work, plan.rounds);
  return work;
}

// What is read: the store's content and how it answers.
struct Reading {
  Events events;
  std::vector<std::string> page_requests;  // A page of every citizen, in turn.
  std::vector<std::string> citizens;       // Their BSNs.
  BareReplies replies;
};

Reading FillForReading(const Plan& plan, Ours& ours, Postgres* peer) {
  std::fprintf(stderr, "filling what is read\n");
  Reading reading;
  EventMaker maker(3, "read", plan.read_citizens);
  for (int i = 0; i < plan.read_events; ++i) {
    reading.events.push_back(maker.Next(i % plan.read_citizens));
  }
  StreamLoad(ours.socket(), reading.events, plan.streams, plan.batches_in_flight);
  if (peer != nullptr) peer->FillForReading(reading.events);

  std::vector<std::string> finds, found;
  for (int i = 0; i < plan.read_citizens; ++i) {
    v1::FindCitizensRequest find;
    find.mutable_identifier()->set_type(v1::IDENTIFIER_TYPE_BSN);
    find.mutable_identifier()->set_value(maker.bsn(i));
    finds.push_back(find.SerializeAsString());
  }
  UnaryLoad(ours.socket(), kFind, kInFlight).Run(finds, &found);
  std::vector<std::string> pages;
  for (const std::string& bytes : found) {
    v1::FindCitizensResponse response;
    if (!response.ParseFromString(bytes) || response.citizens_size() != 1) {
      Die("a citizen was not found");
    }
    v1::ListTimelineRequest request;
    request.set_citizen_id(response.citizens(0).id());
    request.set_page_size(20);
    request.set_purpose("balie");
    pages.push_back(request.SerializeAsString());
  }
  UnaryLoad(ours.socket(), kList, kInFlight).Run(pages, &reading.replies.pages);
  for (const std::string& bytes : reading.replies.pages) {
    v1::ListTimelineResponse page;
    if (!page.ParseFromString(bytes) || page.entries_size() != 20) Die("a page is not of 20");
  }
  FollowLoad(ours.socket(), plan.read_events, &reading.replies.frames);
  std::mt19937 random(4);
  for (int i = 0; i < plan.pages; ++i) {
    const size_t citizen = random() % static_cast<uint32_t>(plan.read_citizens);
    reading.page_requests.push_back(pages[citizen]);
    reading.citizens.push_back(maker.bsn(static_cast<int>(citizen)));
  }
  return reading;
}

Work Pages(const Plan& plan, Ours& ours, const std::string& bare, const Reading& reading,
           Postgres* peer) {
  UnaryLoad to_ours(ours.socket(), kList, kInFlight), to_bare(bare, kList, kInFlight);
  Work work{"timeline page of 20, 64 in flight, pages",
            {"ListTimeline", [&](int) { return to_ours.Run(reading.page_requests); }, {}},
            {{"gRPC, the same bytes", [&](int) { return to_bare.Run(reading.page_requests); }, {}}},
            {"PostgreSQL, 32 connections", {}, {}}};
  if (peer != nullptr) work.peer.run = [&](int) { return peer->Pages(reading.citizens); };
  RunRounds(work, plan.rounds);
  return work;
}

// The same again until it has taken long enough to tell; the mean of all.
double AtLeast(double seconds, const std::function<double()>& run) {
  const double began = Seconds();
  double each = 0;
  int times = 0;
  for (; times == 0 || Seconds() - began < seconds; ++times) each += 1 / run();
  return times / each;
}

Work Feed(const Plan& plan, const std::string& name, Ours& ours, const std::string& bare,
          Postgres* peer) {
  Work work{name,
            {"Follow",
             [&](int) {
               return AtLeast(plan.feed_seconds,
                              [&] { return FollowLoad(ours.socket(), plan.read_events); });
             },
             {}},
            {{"gRPC stream, the same frames",
              [&](int) {
                return AtLeast(plan.feed_seconds,
                               [&] { return FollowLoad(bare, plan.read_events); });
              },
              {}}},
            {"PostgreSQL, COPY in order", {}, {}}};
  if (peer != nullptr)
    work.peer.run = [&](int) {
      return AtLeast(plan.feed_seconds, [&] { return peer->ReadInOrder(plan.read_events); });
    };
  RunRounds(work, plan.rounds);
  return work;
}

int Report(const Plan& plan, const std::vector<Work>& works) {
  PrintTable(works);
  if (!plan.json.empty()) WriteJson(works, plan.json);
  return 0;
}

int Run(const Plan& plan) {
  const TempDir dir;
  std::vector<Work> works;
  // First, with no other server beside it: its stores are the large ones.
  if (plan.Has("people")) {
    works.push_back(People(plan.server, dir.path(), plan.people, plan.people_events, plan.rounds));
  }
  if (plan.only == "people") return Report(plan, works);
  Ours written(plan.server, dir.path() + "/written"), read(plan.server, dir.path() + "/read");
  std::optional<Postgres> postgres;
  if (plan.peer) postgres.emplace(dir.path() + "/pg");
  Postgres* peer = postgres ? &*postgres : nullptr;

  if (plan.Has("ingest")) works.push_back(Ingest(plan, dir.path(), written, peer));

  Reading reading = FillForReading(plan, read, peer);
  EventMaker one(5, "echo", 1);
  UnaryLoad(written.socket(), kRecord, 1)
      .Run(RecordRequests(one.Take(1)), &reading.replies.records);
  const std::string replies = dir.path() + "/replies", bare = dir.path() + "/bare.sock";
  WriteReplies(reading.replies, replies);
  const std::string self = std::filesystem::read_symlink("/proc/self/exe");
  const Process bare_server({self, "bare", bare, replies}, dir.path() + "/bare");

  if (plan.Has("unary")) works.push_back(Unary(plan, written, bare, peer));
  if (plan.Has("pages")) works.push_back(Pages(plan, read, bare, reading, peer));
  if (plan.Has("feed")) {
    works.push_back(Feed(plan, "feed catch-up, events", read, bare, peer));
    read.Stop();
    read.Start({"limits.frame_cache_mib=0"});
    works.push_back(Feed(plan, "feed catch-up, no frame kept, events", read, bare, peer));
  }
  return Report(plan, works);
}

int Main(int argc, char** argv) {
  // As our server does: the packaged Abseil looks for cycles of locks.
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
  const std::vector<std::string> words(argv + 1, argv + argc);
  if (words.size() == 3 && words[0] == "bare") return ServeBare(words[1], words[2]);
  Plan plan;
  int rounds = 0;
  for (size_t i = 0; i < words.size(); ++i) {
    const bool more = i + 1 < words.size();
    if (words[i] == "--smoke") {
      MakeSmall(plan);
    } else if (words[i] == "--server" && more) {
      plan.server = words[++i];
    } else if (words[i] == "--json" && more) {
      plan.json = words[++i];
    } else if (words[i] == "--only" && more) {
      plan.only = words[++i];
    } else if (words[i] == "--people" && more && std::atoi(words[i + 1].c_str()) > 0) {
      plan.people = std::atoi(words[++i].c_str());
    } else if (words[i] == "--rounds" && more && (rounds = std::atoi(words[i + 1].c_str())) > 0) {
      ++i;
    } else {
      Die("usage: klantbeeld_bench --server PROGRAM [--json FILE] [--rounds N] [--smoke] "
          "[--only ingest|unary|pages|feed|people] [--people N]");
    }
  }
  if (rounds > 0) plan.rounds = rounds;
  if (plan.server.empty()) Die("--server names our server's program");
  if (plan.peer && !Postgres::Present()) Die("no PostgreSQL 15: apt-get install postgresql-15");
  return Run(plan);
}

}  // namespace
}  // namespace klantbeeld::bench

int main(int argc, char** argv) { return klantbeeld::bench::Main(argc, argv); }
