#include "clients/cpp/recorder.h"

#include <gtest/gtest.h>

#include "tests/clients/fake_server.h"

namespace klantbeeld::client {
namespace {

using testing::FakeServer;

v1::ContactEvent Event(int number, const std::string& source = "test") {
  v1::ContactEvent event;
  event.set_source(source);
  event.set_event_id(absl::StrCat("e", number));
  return event;
}

struct Heard {
  std::vector<uint64_t> numbers;
  int recorded = 0;
  int refused = 0;
  Recorder::OnResult listener() {
    return [this](uint64_t number, const v1::RecordResult& result) {
      numbers.push_back(number);
      ++(result.has_recorded() ? recorded : refused);
    };
  }
};

std::vector<uint64_t> UpTo(uint64_t count) {
  std::vector<uint64_t> numbers;
  for (uint64_t i = 0; i < count; ++i) numbers.push_back(i);
  return numbers;
}

Recorder::Limits SmallBatches() {
  Recorder::Limits limits;
  limits.batch_events_max = 10;
  return limits;
}

TEST(Recorder, EveryEventHasItsResultInOrder) {
  FakeServer server;
  const auto client = server.NewClient();
  Heard heard;
  Recorder recorder(*client, SmallBatches(), heard.listener());
  for (int i = 0; i < 1005; ++i) ASSERT_FALSE(recorder.Add(Event(i)));
  ASSERT_FALSE(recorder.Finish());
  EXPECT_EQ(heard.numbers, UpTo(1005));
  EXPECT_EQ(heard.recorded, 1005);
  EXPECT_EQ(server.contacts.connections, 1);
}

TEST(Recorder, RefusedEventStopsNothing) {
  FakeServer server;
  const auto client = server.NewClient();
  std::vector<uint64_t> refused;
  Recorder recorder(*client, SmallBatches(), [&](uint64_t number, const v1::RecordResult& result) {
    if (!result.has_error()) return;
    refused.push_back(number);
    EXPECT_EQ(ErrorOf(result.error()).reason, v1::ERROR_REASON_BSN_INVALID);
  });
  for (int i = 0; i < 30; ++i) ASSERT_FALSE(recorder.Add(Event(i, i % 10 == 3 ? "bad" : "test")));
  ASSERT_FALSE(recorder.Finish());
  EXPECT_EQ(refused, (std::vector<uint64_t>{3, 13, 23}));
  EXPECT_EQ(server.contacts.recorded.size(), 27u);
}

TEST(Recorder, WhatMayPassIsWaitedFor) {
  for (const int full : {1, 7, 10, 25}) {
    FakeServer server;
    server.contacts.full = full;
    const auto client = server.NewClient();
    Heard heard;
    Recorder recorder(*client, SmallBatches(), heard.listener());
    for (int i = 0; i < 40; ++i) ASSERT_FALSE(recorder.Add(Event(i)));
    ASSERT_FALSE(recorder.Finish());
    EXPECT_EQ(heard.numbers, UpTo(40)) << full;
    EXPECT_EQ(heard.refused, 0) << full;
    EXPECT_EQ(server.contacts.recorded.size(), 40u) << full;
  }
}

TEST(Recorder, CutConnectionsLoseAndRepeatNothing) {
  for (const int answered : {0, 1, 9, 10, 11, 20, 25}) {
    FakeServer server;
    server.contacts.cuts = {{25, answered}, {1, 0}, {40, 33}};
    const auto client = server.NewClient();
    Heard heard;
    Recorder recorder(*client, SmallBatches(), heard.listener());
    for (int i = 0; i < 200; ++i) ASSERT_FALSE(recorder.Add(Event(i)));
    ASSERT_FALSE(recorder.Finish());
    EXPECT_EQ(heard.numbers, UpTo(200)) << answered;
    std::vector<std::string> wanted;
    for (int i = 0; i < 200; ++i) wanted.push_back(absl::StrCat("e", i));
    EXPECT_EQ(server.contacts.recorded, wanted) << answered;
    EXPECT_EQ(server.contacts.connections, 4);
  }
}

// An event that gets no result however often the server is asked.
void ExpectGivesUp(FakeServer& server, v1::ErrorReason reason) {
  const auto client = server.NewClient();
  Heard heard;
  Recorder::Limits limits = SmallBatches();
  limits.reconnects_max = 3;
  Recorder recorder(*client, limits, heard.listener());
  ASSERT_FALSE(recorder.Add(Event(1)));
  const auto error = recorder.Finish();
  ASSERT_TRUE(error);
  EXPECT_EQ(error->reason, reason);
  EXPECT_TRUE(heard.numbers.empty()) << "nothing is wrong with the event";
  EXPECT_EQ(server.contacts.connections, 4);
  EXPECT_TRUE(recorder.Add(Event(2))) << "an error is final";
}

TEST(Recorder, GivesUpWhenNoConnectionBringsAResult) {
  FakeServer server;
  for (int i = 0; i < 100; ++i) server.contacts.cuts.push_back({1, 0});
  ExpectGivesUp(server, v1::ERROR_REASON_RESTARTING);
}

TEST(Recorder, GivesUpWhenWhatMayPassDoesNot) {
  FakeServer server;
  server.contacts.full = 1'000'000;
  ExpectGivesUp(server, v1::ERROR_REASON_DISK_FULL);
}

TEST(Recorder, LargeEventsMakeSmallBatches) {
  FakeServer server;
  const auto client = server.NewClient();
  Heard heard;
  Recorder recorder(*client, {}, heard.listener());
  for (int i = 0; i < 12; ++i) {
    v1::ContactEvent event = Event(i);
    event.mutable_data()->set_note(std::string(900 << 10, 'x'));
    ASSERT_FALSE(recorder.Add(event));
  }
  // Four megabytes is the most that the server takes in one message.
  EXPECT_FALSE(recorder.Finish());
  EXPECT_EQ(heard.recorded, 12);
}

TEST(Recorder, ServerThatTakesNothingCountsAsGone) {
  FakeServer server;
  server.contacts.deaf = true;
  const auto client = server.NewClient();
  Heard heard;
  Recorder::Limits limits;
  limits.answer_wait_max = absl::Milliseconds(20);
  limits.reconnects_max = 2;
  limits.batches_in_flight_max = 1000;  // So that it is writing that waits.
  Recorder recorder(*client, limits, heard.listener());
  std::optional<Error> error;
  for (int i = 0; i < 200 && !error; ++i) {
    v1::ContactEvent event = Event(i);
    event.mutable_data()->set_note(std::string(900 << 10, 'x'));
    error = recorder.Add(event);
  }
  ASSERT_TRUE(error);
  EXPECT_EQ(error->code, grpc::StatusCode::UNAVAILABLE);
}

TEST(Recorder, StopEndsIt) {
  FakeServer server;
  Stop stop;
  const auto client = server.NewClient(&stop);
  Heard heard;
  Recorder recorder(*client, {}, heard.listener());
  stop.Request();
  ASSERT_FALSE(recorder.Add(Event(1)));
  const auto error = recorder.Finish();
  ASSERT_TRUE(error);
  EXPECT_EQ(error->code, grpc::StatusCode::CANCELLED);
}

}  // namespace
}  // namespace klantbeeld::client
