// Output that cannot be written, and standard files that are closed, through
// the real program and server.
#include "clients/cli/standard_files.h"

#include <gmock/gmock.h>

#include "absl/strings/str_cat.h"
#include "clients/cli/context.h"
#include "tests/clients/real_server.h"

namespace klantbeeld::cli {
namespace {

using klantbeeld::testing::Ran;
using klantbeeld::testing::RealServer;
using ::testing::HasSubstr;

class StandardFilesTest : public ::testing::Test {
 protected:
  // One citizen with many contacts of some size.
  void Load(int contacts) {
    std::string lines;
    for (int i = 1; i <= contacts; ++i)
      absl::StrAppend(
          &lines, R"({"source":"desk","eventId":"e)", i,
          R"(","data":{"channel":"CHANNEL_PHONE","occurredAt":"2025-03-04T10:30:00Z","note":")",
          std::string(200, 'x'),
          R"(","parties":[{"identifiers":[{"type":"IDENTIFIER_TYPE_BSN","value":"999990019",)"
          R"("verified":"VERIFIED_BY_ID_DOCUMENT"}]}]}})"
          "\n");
    ASSERT_EQ(server_.Run("record - -q", lines).code, kOk);
  }
  std::string Citizen() {
    const Ran ran = server_.Run("find -q -o ndjson -", "999990019\n");
    return ran.out.substr(ran.out.find("\"id\":\"") + 6, 32);
  }
  std::vector<std::string> Commands() {
    return {"find 999990019 --no-input",
            "show " + Citizen(),
            "timeline " + Citizen(),
            "watch " + Citizen(),
            "follow --until-empty",
            "export events",
            "status",
            "ping",
            "version",
            "help",
            "help find",
            "find --help",
            "--version",
            "completion bash",
            "backup --list"};
  }
  struct Left {
    int code;
    std::string err;
  };
  // Runs a command into a pipe whose reader ends after so many bytes.
  Left LeaveAfter(int bytes, const std::string& command) {
    const std::string code = server_.directory() + "/code", said = server_.directory() + "/said";
    server_.Run(absl::StrCat(command, " 2>", said, "; echo $? >", code, "; } | { head -c ", bytes));
    Left left{-1, ""};
    std::ifstream(code) >> left.code;
    std::getline(std::ifstream(said), left.err, '\0');
    return left;
  }
  RealServer server_;
};

TEST_F(StandardFilesTest, FullDiskIsSaidByEveryCommand) {
  Load(1);
  for (const auto& command : Commands()) {
    const Ran ran = server_.Run(command + " >/dev/full");
    EXPECT_EQ(ran.code, kUnexpected) << command;
    EXPECT_THAT(ran.err, HasSubstr("Fout: stdout kan niet geschreven worden: No space left"))
        << command;
  }
}

TEST_F(StandardFilesTest, FailureOfTheCommandItselfKeepsItsCode) {
  EXPECT_EQ(server_.Run("find 0600000000 -o json >/dev/full").code, kNotFound);
}

// A socket that became standard output would get what is printed, and no
// answer would come of it.
TEST_F(StandardFilesTest, ClosedOutputIsSaidAndNeverBecomesASocket) {
  Load(1);
  for (const auto& command : Commands()) {
    const Ran ran = server_.Run(command + " >&-");
    EXPECT_EQ(ran.code, kUnexpected) << command;
    EXPECT_THAT(ran.err, HasSubstr("stdout kan niet geschreven worden")) << command;
    EXPECT_EQ(server_.Run(command + " <&- >&- 2>&-").code, kUnexpected) << command;
  }
}

TEST_F(StandardFilesTest, ClosedErrorSwallowsWhatIsSaid) {
  Load(1);
  const Ran ran = server_.Run("find -o ndjson --debug 999990019 2>&-");
  EXPECT_EQ(ran.code, kOk);
  EXPECT_THAT(ran.out, HasSubstr("\"id\""));
  EXPECT_EQ(server_.Run("find 0600000000 2>&-").code, kNotFound);
}

TEST_F(StandardFilesTest, ClosedInputCannotBeRead) {
  for (const char* command : {"record -", "find -"}) {
    const Ran ran = server_.Run(std::string(command) + " <&- || exit $?; :");
    EXPECT_NE(ran.code, kOk) << command;
    EXPECT_NE(ran.err, "") << command;
  }
}

TEST_F(StandardFilesTest, ReaderThatLeavesIsToldNothing) {
  Load(2000);
  const std::vector<std::string> commands = {"follow --until-empty", "follow", "export events",
                                             "export contacts --format csv",
                                             "timeline --all -o ndjson " + Citizen()};
  for (const auto& command : commands) {
    const Left left = LeaveAfter(1000, command);
    EXPECT_EQ(left.code, kReaderLeft) << command;
    EXPECT_EQ(left.err, "") << command;
  }
}

// What the token says was written did go to the reader: going on there, nothing
// is missing.
TEST_F(StandardFilesTest, TokenIsNeverPastWhatWasWritten) {
  Load(2000);
  constexpr size_t kPipeBytes = 64 << 10;
  for (const std::string command : {"follow --until-empty -q", "export events -q"}) {
    const std::string keeps = command + " --token-file " + server_.directory() + "/token";
    std::filesystem::remove(server_.directory() + "/token");
    const std::string whole = server_.Run(command).out;
    EXPECT_EQ(LeaveAfter(1000, keeps).code, kReaderLeft) << command;
    const std::string rest = server_.Run(keeps).out;
    ASSERT_LE(rest.size(), whole.size());
    EXPECT_TRUE(whole.substr(whole.size() - rest.size()) == rest) << command;
    EXPECT_GE(rest.size(), whole.size() - 2 * kPipeBytes) << command;
  }
}

}  // namespace
}  // namespace klantbeeld::cli
