// Backups asked for with the real program, and put back with the real server.
#include <gmock/gmock.h>

#include "clients/cli/context.h"
#include "clients/cli/json.h"
#include "klantbeeld/v1/backup_service.pb.h"
#include "tests/clients/real_server.h"

namespace klantbeeld::cli {
namespace {

using klantbeeld::testing::Ran;
using klantbeeld::testing::RealServer;
using ::testing::HasSubstr;

TEST(Backup, IsMadeListedAndSaysWhereItLies) {
  const RealServer server;
  ASSERT_EQ(server.Run("record --source exchange --phone 0612345678 -q").code, kOk);
  const Ran made = server.Run("backup -o json");
  ASSERT_EQ(made.code, kOk) << made.err;
  v1::CreateBackupResponse response;
  ASSERT_FALSE(FromJson(made.out, response));
  EXPECT_EQ(response.backup().position(), 1u);
  EXPECT_TRUE(std::filesystem::exists(response.directory() + "/rows/CURRENT"));
  EXPECT_THAT(server.Run("reservekopie").out,
              HasSubstr("positie 1, op de server in " + server.directory()));
  const Ran list = server.Run("backup --list --lang en");
  EXPECT_THAT(list.out, HasSubstr(response.backup().id()));
  EXPECT_THAT(list.out, HasSubstr("Backup"));
  EXPECT_EQ(server.Run("backup --list -o ndjson").out.find(response.backup().id()), 7u);
}

TEST(Backup, SaysThatTheServerCannotBeReached) {
  const RealServer server;
  EXPECT_EQ(server.Run("backup --server unix:/nowhere --timeout 200ms").code, kUnreachable);
}

}  // namespace
}  // namespace klantbeeld::cli
