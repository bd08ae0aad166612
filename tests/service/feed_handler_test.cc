// What the feed promises, as a client sees it. docs/testing.md says which test
// holds which promise.
#include <atomic>
#include <map>
#include <set>
#include <thread>

#include "tests/service/follower.h"
#include "tests/service/world.h"

namespace klantbeeld::service {
namespace {

// Markers only where the feed has a reason of its own to speak: a wake-up that
// is lost is a hang.
std::vector<Override> NoIdleMarkers() {
  return {{"limits.bookmark_idle_ms", "3600000"}, {"limits.follower_stall_ms", "7200000"}};
}

class FeedHandlerTest : public testing::Test {
 protected:
  explicit FeedHandlerTest(std::vector<Override> settings = NoIdleMarkers())
      : world(std::move(settings)) {}

  // Contacts, revisions of them and decisions, in turn; one fact.
  void RecordSomething(int i) {
    if (i % 7 == 3) {
      v1::ContactEvent revision = service::Call(absl::StrCat("r-", i));
      revision.mutable_contact()->set_source("exchange");
      revision.mutable_contact()->set_id(absl::StrCat("c-", i - 1));
      revision.mutable_revised_at()->set_seconds(kNowSeconds - 600);
      revision.mutable_data()->Clear();
      revision.mutable_data()->set_note(absl::StrCat("terugbellen, ", i));
      EXPECT_TRUE(world.Try(revision).ok());
    } else if (i % 7 == 6) {
      EXPECT_TRUE(world.Link({absl::StrCat("c-", i - 1)}, {absl::StrCat("c-", i - 2)}).ok());
    } else {
      world.RecordPhone(absl::StrCat("c-", i), absl::StrCat("06", 12345678 + i));
    }
  }
  // Everything after `from` up to `head`, as text to compare.
  std::string Tail(const v1::FollowStart& start, uint64_t from, uint64_t head) {
    std::string bytes;
    Follower follower(channel);
    follower.Start(start);
    const auto facts = follower.Catch(head);
    ExpectDense(facts, from, head);
    for (const auto& fact : facts) bytes += fact.SerializeAsString();
    return bytes;
  }

  World world;
  RunningServer& server = world.server;
  std::shared_ptr<grpc::Channel>& channel = world.channel;
};

TEST_F(FeedHandlerTest, ReadersUnderConcurrentWritersStayDense) {
  constexpr int kWriters = 4, kEach = 250;
  constexpr uint64_t kAll = kWriters * kEach;
  std::vector<std::thread> threads;
  std::vector<v1::FeedEvent> caught[3];
  for (auto& facts : caught) {
    threads.emplace_back([&] {
      Follower follower(server);
      follower.StartAt(0);
      facts = follower.Catch(kAll);
    });
  }
  for (int writer = 0; writer < kWriters; ++writer) {
    threads.emplace_back([&, writer] {
      auto events = Calls(writer * kEach, kEach);
      // Each once more with other content: refused, and no position is lost.
      for (size_t i = 0; i < events.size(); i += 2) {
        events.insert(events.begin() + i + 1, events[i]);
        events[i + 1].mutable_data()->set_note("anders");
      }
      EXPECT_EQ(RecordAll(server.Connect(), events, 10), kEach);
    });
  }
  for (auto& thread : threads) thread.join();
  for (const auto& facts : caught) {
    ExpectDense(facts, 0, kAll);
    std::set<std::string> ids;
    for (const auto& fact : facts) ids.insert(fact.event().event_id());
    EXPECT_EQ(ids.size(), kAll);
  }
}

TEST_F(FeedHandlerTest, SubscribersAtAnyMomentSeeNoSeam) {
  constexpr uint64_t kAll = 1500;
  std::atomic<uint64_t> recorded{0};
  std::thread writer([&] {
    const auto to = server.Connect();
    for (int i = 0; recorded < kAll; i += 5, recorded += 5) RecordAll(to, Calls(i, 5));
  });
  // Each begins behind the head, catches up and reads on for a while live.
  int subscribers = 0;
  for (uint64_t known = 0; known < kAll && !HasFailure(); ++subscribers) {
    Follower follower(channel);
    const uint64_t behind = static_cast<uint64_t>(subscribers % 40);
    const uint64_t from = known > behind ? known - behind : 0;
    const uint64_t until = std::min(known + 30, kAll);
    follower.StartAt(from);
    const auto facts = follower.Catch(until);
    ASSERT_FALSE(facts.empty());
    ExpectDense(facts, from, facts.back().position());
    EXPECT_GE(facts.back().position(), until);
    known = std::max<uint64_t>(facts.back().position(), recorded);
  }
  writer.join();
  EXPECT_GT(subscribers, 10);
}

TEST_F(FeedHandlerTest, EveryPositionAndTokenResumesToTheSameFacts) {
  constexpr int kAll = 210;
  std::vector<std::string> tokens, facts;
  {
    Follower live(channel);
    live.StartAt(0);
    tokens.push_back(live.Next().resume_token());
    for (int i = 0; i < kAll; ++i) {
      RecordSomething(i);
      const auto frame = live.NextFacts();
      ASSERT_EQ(frame.events_size(), 1);
      ASSERT_EQ(frame.position(), static_cast<uint64_t>(i + 1));
      live.Ack(frame.position());
      tokens.push_back(frame.resume_token());
      facts.push_back(frame.events(0).SerializeAsString());
    }
  }
  // As they came live, and as they are read later; then by a new server whose
  // caches are empty.
  for (const bool restarted : {false, true}) {
    if (restarted) {
      server.Stop();
      server.Start();
      channel = server.Connect();
    }
    std::string tail;
    for (uint64_t from = kAll; !HasFailure(); --from) {
      if (from < kAll) tail.insert(0, facts[from]);
      v1::FollowStart start;
      start.set_position(from);
      EXPECT_EQ(Tail(start, from, kAll), tail) << "from position " << from;
      start.set_resume_token(tokens[from]);
      EXPECT_EQ(Tail(start, from, kAll), tail) << "from the token of " << from;
      if (from == 0) break;
    }
  }
}

TEST_F(FeedHandlerTest, SameSubscriptionColdAndHotIsTheSameBytes) {
  for (int i = 0; i < 40; ++i) RecordSomething(i);
  const auto first = [&](uint64_t from) {
    Follower follower(channel);
    follower.StartAt(from);
    return follower.Next().SerializeAsString();
  };
  std::vector<std::string> hot;
  for (uint64_t from = 0; from <= 40; ++from) hot.push_back(first(from));
  server.Stop();
  server.Start();
  channel = server.Connect();
  // First of all where a cold start is likeliest to be off by one.
  EXPECT_EQ(first(39), hot[39]);
  EXPECT_EQ(first(40), hot[40]);
  for (uint64_t from = 0; from <= 40; ++from) EXPECT_EQ(first(from), hot[from]) << from;
}

TEST_F(FeedHandlerTest, BatchesAndRepeatsAreDeliveredOnce) {
  const auto calls = Calls(0, 60);
  auto twice = calls;
  twice.insert(twice.end(), calls.rbegin(), calls.rend());
  EXPECT_EQ(RecordAll(channel, twice), 120);
  EXPECT_EQ(RecordAll(channel, twice, 7), 120);
  server.Stop();
  server.Start();
  channel = server.Connect();
  EXPECT_EQ(RecordAll(channel, calls), 60);
  Record(channel, service::Call("last"));
  Follower follower(channel);
  follower.StartAt(0);
  const auto facts = follower.Catch(61);
  ExpectDense(facts, 0, 61);
  for (int i = 0; i < 60; ++i) EXPECT_EQ(facts[i].event().event_id(), calls[i].event_id());
  EXPECT_EQ(facts[60].event().event_id(), "last");
}

TEST_F(FeedHandlerTest, FilterTellsWhatComesIntoViewAndWhatLeavesIt) {
  const auto revise = [&](int at, const std::function<void(v1::ContactEvent&)>& change) {
    v1::ContactEvent event;
    event.set_source("exchange");
    event.set_event_id(absl::StrCat("r-", at));
    event.mutable_contact()->set_source("exchange");
    event.mutable_contact()->set_id("c-1");
    event.mutable_revised_at()->set_seconds(kNowSeconds + at);
    change(event);
    EXPECT_EQ(Record(channel, event), static_cast<uint64_t>(at));
  };
  v1::ContactEvent call = service::Call("c-1");
  call.mutable_data()->mutable_product()->set_code("PAS");
  call.mutable_data()->set_department("Burgerzaken");
  EXPECT_EQ(Record(channel, call), 1u);
  revise(2, [](auto& e) { e.mutable_data()->set_channel(v1::CHANNEL_WEB); });
  revise(3, [](auto& e) { e.mutable_data()->set_note("nog niet klaar"); });
  revise(4, [](auto& e) { e.mutable_data()->mutable_product()->set_code("RIJ"); });
  revise(5, [](auto& e) { e.mutable_data()->set_department("Belastingen"); });
  revise(6, [](auto& e) { e.mutable_data()->set_note("klaar"); });
  revise(7, [](auto& e) { e.mutable_retraction()->set_contact(true); });
  Record(channel, service::Call("c-8"));

  using Positions = std::vector<uint64_t>;
  const auto follow = [&](const std::function<void(v1::FeedFilter&)>& choose) {
    Follower follower(channel);
    v1::FollowStart start;
    choose(*start.mutable_filter());
    follower.Start(start);
    Positions got;
    for (const auto& fact : follower.Catch(8)) got.push_back(fact.position());
    return got;
  };
  EXPECT_EQ(follow([](auto& f) { f.add_channels(v1::CHANNEL_PHONE); }), (Positions{1, 2, 8}));
  EXPECT_EQ(follow([](auto& f) { f.add_channels(v1::CHANNEL_WEB); }),
            (Positions{2, 3, 4, 5, 6, 7}));
  EXPECT_EQ(follow([](auto& f) { f.add_products("pas"); }), (Positions{1, 2, 3, 4}));
  EXPECT_EQ(follow([](auto& f) { f.add_products("rij"); }), (Positions{4, 5, 6, 7}));
  EXPECT_EQ(follow([](auto& f) { f.add_departments("BURGERZAKEN"); }), (Positions{1, 2, 3, 4, 5}));
  EXPECT_EQ(follow([](auto& f) {
              f.add_departments("Belastingen");
              f.add_channels(v1::CHANNEL_WEB);
            }),
            (Positions{5, 6, 7}));
  EXPECT_EQ(follow([](auto& f) { f.add_kinds(v1::FACT_KIND_LINK); }), Positions{});
}

TEST_F(FeedHandlerTest, WhatPassesNothingMovesOnWithoutBeingAsked) {
  RecordAll(channel, Calls(0, 9000));
  Follower follower(channel);
  v1::FollowStart start;
  start.mutable_filter()->add_channels(v1::CHANNEL_EMAIL);
  follower.Start(start);
  uint64_t position = 0;
  for (int frames = 1; position < 8000; ++frames) {
    const auto marker = follower.Next();
    ASSERT_TRUE(marker.events().empty());
    ASSERT_GT(marker.position(), position);
    ASSERT_LE(marker.position(), 9000u);
    ASSERT_LE(frames, 3);
    position = marker.position();
  }
  v1::ContactEvent mail = service::Call("mail");
  mail.mutable_data()->set_channel(v1::CHANNEL_EMAIL);
  Record(channel, mail);
  const auto frame = follower.NextFacts();
  EXPECT_EQ(frame.events_size(), 1);
  EXPECT_EQ(frame.position(), 9001u);
}

TEST_F(FeedHandlerTest, FactIsTheWholeTruthByTheTimeItIsSent) {
  std::thread writer([&] {
    const auto to = server.Connect();
    for (int i = 0; i < 20; ++i) RecordAll(to, Calls(i * 20, 20));
  });
  Follower follower(server);
  follower.StartAt(0);
  uint64_t position = 0, head = 0;
  while (position < 400 && !HasFailure()) {
    const auto frame = follower.Next();
    ASSERT_LE(frame.position(), frame.head());
    ASSERT_LE(head, frame.head());
    head = frame.head();
    position = frame.position();
    follower.Ack(position);
    if (frame.events().empty()) continue;
    v1::GetContactRequest get;
    get.set_contact_id(frame.events().rbegin()->contact_id());
    get.set_at_position(frame.head());
    v1::GetContactResponse got;
    ASSERT_TRUE(Call(*world.contacts, &v1::ContactService::Stub::GetContact, get, &got).ok());
    EXPECT_EQ(got.contact().ref().id(), frame.events().rbegin()->event().event_id());
  }
  writer.join();
}

class FeedMarkersTest : public FeedHandlerTest {
 protected:
  FeedMarkersTest() : FeedHandlerTest({{"limits.bookmark_idle_ms", "20"}}) {}
};

TEST_F(FeedMarkersTest, NewAndIdleFeedGivesMarkersFromTheStart) {
  for (const bool filtered : {false, true}) {
    Follower follower(channel);
    v1::FollowStart start;
    if (filtered) start.mutable_filter()->add_channels(v1::CHANNEL_EMAIL);
    follower.Start(start);
    for (int i = 0; i < 3; ++i) {
      const auto marker = follower.Next();
      EXPECT_TRUE(marker.events().empty());
      EXPECT_EQ(marker.position(), 0u);
      EXPECT_FALSE(marker.resume_token().empty());
    }
  }
}

TEST_F(FeedMarkersTest, MarkerIsNeverAheadOfWhatWasSent) {
  v1::FollowStart web;
  web.mutable_filter()->add_channels(v1::CHANNEL_WEB);
  Follower follower(channel), quiet(server);
  follower.Start(web);
  v1::FollowStart nothing;
  nothing.mutable_filter()->add_channels(v1::CHANNEL_EMAIL);
  quiet.Start(nothing);
  uint64_t sent = 0, position = 0;
  const auto take = [&](const v1::FollowResponse& frame) {
    sent += static_cast<uint64_t>(frame.events_size());
    EXPECT_GE(frame.position(), position);
    position = frame.position();
    // Odd positions are the website's.
    EXPECT_EQ(sent, (position + 1) / 2) << "at " << position;
  };
  for (int round = 0; round < 5; ++round) {
    // Frames of one fact until the credit is used up, and one that waits.
    for (int i = 0; i < 5; ++i) {
      RecordAll(channel, Calls(round * 10 + i * 2, 2));
      if (i < 4) {
        v1::FollowResponse frame;
        do {
          frame = follower.Next();
          take(frame);
        } while (frame.events().empty() && !HasFailure());
      }
    }
    // Several times the idle time passes while it waits.
    for (int i = 0; i < 4; ++i) quiet.Next();
    follower.Ack(position);
    const uint64_t all = static_cast<uint64_t>(round + 1) * 10;
    while (position < all && !HasFailure()) {
      const auto frame = follower.Next();
      take(frame);
      follower.Ack(position);
    }
  }
}

}  // namespace
}  // namespace klantbeeld::service
