// Events as JSON lines, through the real program into the real server.
#include "clients/cli/bulk.h"

#include <fstream>

#include "absl/strings/str_cat.h"
#include "tests/clients/real_server.h"

namespace klantbeeld::cli {
namespace {

using testing::RealServer;

std::string Line(int number) {
  return absl::StrCat(
      R"({"source":"exchange","eventId":"c)", number,
      R"(","data":{"channel":"CHANNEL_PHONE","occurredAt":"2025-03-03T09:14:05Z"}})", "\n");
}

TEST(RecordLines, TwiceAddsNothing) {
  const RealServer server;
  std::string lines;
  for (int i = 0; i < 2500; ++i) lines += Line(i);
  std::ofstream(server.directory() + "/events") << lines;
  const auto first = server.Run("record -o json " + server.directory() + "/events");
  EXPECT_EQ(first.code, 0) << first.err;
  EXPECT_EQ(first.out, "{\"read\":2500,\"new\":2500,\"alreadyThere\":0,\"refused\":0}\n");
  const auto second = server.Run("record --lang en -", lines);
  EXPECT_EQ(second.code, 0);
  EXPECT_EQ(second.err.find("Read 2500, new 0, already there 2500, refused 0"), 0u) << second.err;
}

TEST(RecordLines, RefusedLinesAreNamedAndStopNothing) {
  const RealServer server;
  const auto ran = server.Run(
      "record --lang en -",
      Line(1) + "{\"colour\":1}\n\n" +
          R"({"source":"a","eventId":"b","data":{"channel":"CHANNEL_PHONE","occurredAt":)"
          R"("2025-03-03T09:14:05Z","parties":[{"identifiers":[{"type":"IDENTIFIER_TYPE_BSN",)"
          R"("value":"123456789"}]}]}})"
          "\n" +
          Line(2) + "half a li");
  EXPECT_EQ(ran.code, 7);
  EXPECT_NE(ran.err.find("line 2 refused: not a contact event in JSON: colour"), std::string::npos);
  EXPECT_NE(ran.err.find("line 4 refused: The number fails the eleven test"), std::string::npos);
  EXPECT_NE(ran.err.find("line 6 refused"), std::string::npos);
  EXPECT_NE(ran.err.find("Read 5, new 2, already there 0, refused 3"), std::string::npos);
  EXPECT_EQ(ran.err.find("123456789"), std::string::npos) << "a number of a person in an error";
}

TEST(RecordLines, NoFileAndNoServerAreSaid) {
  const RealServer server;
  EXPECT_EQ(server.Run("record /nonexistent").code, 2);
  const auto gone = server.Run("record --server unix:/nonexistent -", Line(1));
  EXPECT_EQ(gone.code, 6);
  EXPECT_NE(gone.err.find("unix:/nonexistent"), std::string::npos);
}

}  // namespace
}  // namespace klantbeeld::cli
