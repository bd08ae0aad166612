// Every command but record's lines, through the real program and server.
// Also tests: clients/cli/cmd_find.cc clients/cli/cmd_follow.cc clients/cli/cmd_link.cc
// Also tests: clients/cli/cmd_record.cc clients/cli/cmd_show.cc clients/cli/cmd_status.cc
// Also tests: clients/cli/cmd_timeline.cc clients/cli/filter.cc clients/cli/input.cc
#include "clients/cli/context.h"

#include <fstream>

#include "tests/clients/real_server.h"

namespace klantbeeld::cli {
namespace {

using testing::Ran;
using testing::RealServer;

bool Has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

// A web visit, and two hours later a call by somebody with a known BSN.
class CommandTest : public ::testing::Test {
 protected:
  CommandTest() {
    EXPECT_EQ(server
                  .Run("record --source site --event-id w1 --channel web --subject Paspoort "
                       "--occurred 3h --email jan@example.org")
                  .code,
              0);
    EXPECT_EQ(server
                  .Run("record --source exchange --event-id p1 --channel phone --subject "
                       "Paspoort --outcome Doorverbonden --occurred 1h --note Foto? "
                       "--bsn-stdin --verified id-document",
                       "999990019\n")
                  .code,
              0);
  }
  std::string CitizenOf(const std::string& arguments, const std::string& input = "") {
    const Ran ran = server.Run("find -o ndjson " + arguments, input);
    const size_t at = ran.out.find("\"id\":\"");
    return at == std::string::npos ? "" : ran.out.substr(at + 6, 32);
  }
  RealServer server;
};

TEST_F(CommandTest, FindByBsnFromStandardInputNeverShowsIt) {
  for (const char* output : {"table", "json", "ndjson"}) {
    const Ran ran = server.Run(std::string("find -o ") + output, "999990019\n");
    EXPECT_EQ(ran.code, 0) << ran.err;
    EXPECT_TRUE(Has(ran.out, "******019"));
    EXPECT_FALSE(Has(ran.out + ran.err, "999990019"));
    EXPECT_FALSE(Has(ran.err, "geschiedenis"));
  }
  EXPECT_TRUE(Has(server.Run("find 999990019").err, "geschiedenis"));
}

TEST_F(CommandTest, NobodyFoundIsThree) {
  const Ran ran = server.Run("zoek 0600000000");
  EXPECT_EQ(ran.code, kNotFound);
  EXPECT_TRUE(Has(ran.err, "Geen klant gevonden voor '0600000000'"));
  EXPECT_EQ(server.Run("show 00000000000000000000000000000000").code, kNotFound);
}

TEST_F(CommandTest, WholeBsnOnlyWithAReason) {
  const std::string citizen = CitizenOf("", "999990019\n");
  EXPECT_EQ(server.Run("show --show-bsn " + citizen).code, kUsage);
  EXPECT_TRUE(Has(server.Run("show --show-bsn --reason controle " + citizen).out, "999990019"));
}

TEST_F(CommandTest, LinkMakesOneTimelineAndUnlinkTakesItApart) {
  const std::string citizen = CitizenOf("", "999990019\n");
  EXPECT_EQ(server.Run("link site/w1 " + citizen).code, kUsage) << "without a reason";
  EXPECT_EQ(server.Run("link --dry-run --reason stem site/w1 " + citizen).code, 0);
  EXPECT_FALSE(Has(server.Run("timeline --picture " + citizen).out, "Website"));
  EXPECT_EQ(server.Run("link --reason stem site/w1 " + citizen).code, 0);
  const Ran picture = server.Run("tijdlijn --picture " + citizen);
  EXPECT_TRUE(Has(picture.out, "☎ Telefoon     Paspoort"));
  EXPECT_TRUE(Has(picture.out, "Kwam van website, 2 uur eerder"));
  EXPECT_TRUE(Has(picture.out, "\"Foto?\""));
  EXPECT_TRUE(Has(server.Run("timeline --lang en --channel web " + citizen).out, "◇ Website"));
  EXPECT_EQ(server.Run("unlink --reason vergissing site/w1").code, 0);
  EXPECT_FALSE(Has(server.Run("timeline --picture " + citizen).out, "Website"));
  EXPECT_EQ(server.Run("unlink --reason vergissing site/none").code, kNotFound);
}

TEST_F(CommandTest, PagesOfATimelineJoinUp) {
  const std::string citizen = CitizenOf("", "999990019\n");
  ASSERT_EQ(server.Run("link --reason stem site/w1 " + citizen).code, 0);
  const Ran first = server.Run("timeline --page-size 1 " + citizen);
  EXPECT_TRUE(Has(first.out, "Doorverbonden"));
  const size_t at = first.err.find("--page-token ") + 13;
  ASSERT_LT(at, first.err.size()) << first.err;
  const std::string token = first.err.substr(at, first.err.find(',', at) - at);
  const Ran second = server.Run("timeline --page-size 1 --page-token " + token + " " + citizen);
  EXPECT_TRUE(Has(second.out, "Website")) << second.err;
  EXPECT_EQ(server.Run("timeline --page-token shoe " + citizen).code, kUsage);
  EXPECT_TRUE(Has(server.Run("timeline --page-size 1 --all " + citizen).out, "Website"));
}

TEST_F(CommandTest, FollowKeepsItsPlaceInAFile) {
  const std::string options =
      "follow --until-empty -o table --token-file " + server.directory() + "/token";
  EXPECT_TRUE(Has(server.Run(options).out, "1  "));
  ASSERT_EQ(server.Run("record --source site --event-id w2 --channel web").code, 0);
  const Ran second = server.Run(options);
  EXPECT_EQ(second.code, 0) << second.err;
  EXPECT_EQ(second.out.find("3  "), 0u) << second.out;
  EXPECT_FALSE(Has(server.Run("follow --until-empty").out, "999990019"));
  const Ran ahead = server.Run("follow --from 99999");
  EXPECT_EQ(ahead.code, kConflict);
  EXPECT_FALSE(Has(ahead.err, "--from")) << "nothing was processed: " << ahead.err;
}

TEST_F(CommandTest, InterruptedStreamsSayWhereToResume) {
  const std::string citizen = CitizenOf("", "999990019\n");
  const Ran follow = server.RunUntilFirstLine("follow");
  EXPECT_EQ(follow.code, kInterrupted);
  EXPECT_TRUE(Has(follow.out, "\"position\":\"1\""));
  EXPECT_TRUE(Has(follow.err, "--from ")) << follow.err;
  const Ran watch = server.RunUntilFirstLine("watch " + citizen);
  EXPECT_EQ(watch.code, kInterrupted);
  EXPECT_TRUE(Has(watch.out, "\"firstPage\":true"));
}

TEST_F(CommandTest, StatusAndSettings) {
  EXPECT_TRUE(Has(server.Run("status --lang en").out, "Last position"));
  std::filesystem::create_directories(server.directory() + "/config/klantbeeld");
  const std::string config = server.directory() + "/config/klantbeeld/config.toml";
  std::ofstream(config) << "lang = \"en\"\n";
  EXPECT_TRUE(Has(server.Run("status").out, "Last position"));
  EXPECT_TRUE(Has(server.Run("status --lang nl").out, "Laatste positie"));
  std::ofstream(config) << "lnag = \"en\"\n";
  const Ran wrong = server.Run("status");
  EXPECT_EQ(wrong.code, kUsage);
  EXPECT_TRUE(Has(wrong.err, "lnag"));
}

TEST_F(CommandTest, RecordNamesTheFieldThatIsWrong) {
  const Ran ran = server.Run(
      "record --lang en --source s --event-id e --channel phone "
      "--occurred 2099-01-01");
  EXPECT_EQ(ran.code, kUsage);
  EXPECT_TRUE(Has(ran.err, "occurred_at")) << ran.err;
  EXPECT_TRUE(Has(ran.err, "TIME_IN_FUTURE"));
  EXPECT_EQ(server.Run("record --source s --channel shoe").code, kUsage);
  EXPECT_EQ(server.Run("record --source s --channel web --occurred soon").code, kUsage);
  EXPECT_EQ(server.Run("record --channel web").code, kUsage);
  EXPECT_EQ(server.Run("record --source site --event-id w1 --channel web --subject Anders").code,
            kConflict);
}

}  // namespace
}  // namespace klantbeeld::cli
