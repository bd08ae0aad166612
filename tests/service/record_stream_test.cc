#include "service/record_stream.h"

#include "absl/strings/str_cat.h"
#include "tests/service/events.h"
#include "tests/service/running_server.h"

namespace klantbeeld::service {
namespace {

using Stream =
    grpc::ClientReaderWriter<v1::RecordContactEventsRequest, v1::RecordContactEventsResponse>;

class RecordStreamTest : public testing::Test {
 protected:
  std::unique_ptr<Stream> Open() {
    SetDeadline(context);
    return stub->RecordContactEvents(&context);
  }
  static v1::RecordContactEventsRequest Batch(int first, int count) {
    v1::RecordContactEventsRequest batch;
    for (int i = 0; i < count; ++i) *batch.add_events() = Call(absl::StrCat("c-", first + i));
    return batch;
  }
  static std::vector<v1::RecordResult> ReadAll(Stream& stream) {
    std::vector<v1::RecordResult> all;
    v1::RecordContactEventsResponse response;
    while (stream.Read(&response)) {
      all.insert(all.end(), response.results().begin(), response.results().end());
    }
    return all;
  }

  RunningServer server;
  std::shared_ptr<grpc::Channel> channel = server.Connect();
  std::unique_ptr<v1::ContactService::Stub> stub = v1::ContactService::NewStub(channel);
  grpc::ClientContext context;
};

TEST_F(RecordStreamTest, OneResultPerEventInOrder) {
  auto stream = Open();
  for (int batch = 0; batch < 20; ++batch) {
    ASSERT_TRUE(stream->Write(Batch(batch * 500, 500)));
    v1::RecordContactEventsResponse response;
    for (int seen = 0; seen < 500; seen += response.results_size()) {
      ASSERT_TRUE(stream->Read(&response));
      for (int i = 0; i < response.results_size(); ++i) {
        const uint64_t want = static_cast<uint64_t>(batch * 500 + seen + i);
        ASSERT_EQ(response.results(i).index(), want);
        ASSERT_EQ(response.results(i).recorded().position(), want + 1);
      }
    }
  }
  stream->WritesDone();
  EXPECT_TRUE(ReadAll(*stream).empty());
  EXPECT_TRUE(stream->Finish().ok());
}

TEST_F(RecordStreamTest, BadEventHasItsOwnErrorAndTheStreamLives) {
  auto stream = Open();
  v1::RecordContactEventsRequest batch = Batch(0, 3);
  batch.mutable_events(1)->mutable_data()->set_language("X");
  stream->Write(batch);
  stream->Write(Batch(3, 1));
  stream->WritesDone();
  const auto results = ReadAll(*stream);
  EXPECT_TRUE(stream->Finish().ok());
  ASSERT_EQ(results.size(), 4u);
  EXPECT_EQ(results[2].recorded().position(), 2u);
  EXPECT_EQ(results[3].recorded().position(), 3u);
  ASSERT_TRUE(results[1].has_error());
  EXPECT_EQ(results[1].error().code(), grpc::StatusCode::INVALID_ARGUMENT);
  google::rpc::BadRequest bad;
  ASSERT_TRUE(results[1].error().details(1).UnpackTo(&bad));
  EXPECT_EQ(bad.field_violations(0).field(), "events[1].data.language");
}

TEST_F(RecordStreamTest, TooManyEventsInAMessageEndItAndNothingOfItIsWritten) {
  auto stream = Open();
  stream->Write(Batch(0, 2));
  stream->Write(Batch(2, 1001));
  const auto results = ReadAll(*stream);
  const grpc::Status status = stream->Finish();
  EXPECT_EQ(results.size(), 2u);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(See(status).reason, "LIMIT_EXCEEDED");
  EXPECT_EQ(Record(channel, Call("next")), 3u);
}

TEST_F(RecordStreamTest, UnknownFieldOfTheMessageEndsIt) {
  auto stream = Open();
  v1::RecordContactEventsRequest batch = Batch(0, 1);
  batch.GetReflection()->MutableUnknownFields(&batch)->AddVarint(99, 1);
  stream->Write(batch);
  EXPECT_TRUE(ReadAll(*stream).empty());
  EXPECT_EQ(See(stream->Finish()).reason, "FIELD_UNKNOWN");
}

TEST_F(RecordStreamTest, DrainAnswersWhatWasTaken) {
  auto stream = Open();
  stream->Write(Batch(0, 100));
  v1::RecordContactEventsResponse response;
  ASSERT_TRUE(stream->Read(&response));
  server.Drain();
  const auto rest = ReadAll(*stream);
  const grpc::Status status = stream->Finish();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(See(status).reason, "RESTARTING");
  const uint64_t answered = static_cast<uint64_t>(response.results_size()) + rest.size();
  server.Stop();
  server.Start();
  EXPECT_EQ(Record(server.Connect(), Call("next")), answered + 1);
}

TEST_F(RecordStreamTest, FullQueueHoldsTheStreamBackAndFailsNoEvent) {
  RunningServer small{std::vector<Override>{{"store.queue_kib", "4"}, {"store.group_kib", "4"}}};
  auto narrow = v1::ContactService::NewStub(small.Connect());
  grpc::ClientContext own;
  SetDeadline(own);
  auto stream = narrow->RecordContactEvents(&own);
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(stream->Write(Batch(i * 200, 200)));
  stream->WritesDone();
  const auto results = ReadAll(*stream);
  EXPECT_TRUE(stream->Finish().ok());
  ASSERT_EQ(results.size(), 1000u);
  for (const auto& result : results) EXPECT_TRUE(result.has_recorded());
}

TEST_F(RecordStreamTest, CallerThatGoesLeavesTheServerWell) {
  {
    auto stream = Open();
    stream->Write(Batch(0, 1000));
    context.TryCancel();
    stream->Finish();
  }
  EXPECT_GT(Record(channel, Call("next")), 0u);
}

}  // namespace
}  // namespace klantbeeld::service
