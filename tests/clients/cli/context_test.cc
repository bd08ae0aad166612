// Every command but record's lines, through the real program and server.
// Also tests: clients/cli/cmd_explain.cc clients/cli/cmd_find.cc clients/cli/cmd_follow.cc clients/cli/cmd_link.cc
// Also tests: clients/cli/cmd_record.cc clients/cli/cmd_show.cc clients/cli/cmd_status.cc
// Also tests: clients/cli/cmd_history.cc clients/cli/cmd_timeline.cc clients/cli/filter.cc clients/cli/input.cc
// Also tests: clients/cli/finder.cc clients/cli/cmd_help.cc
#include "clients/cli/context.h"

#include <algorithm>
#include <fstream>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/substitute.h"
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
  EXPECT_TRUE(Has(server.Run("find 9999.90.019").err, "geschiedenis"));
  std::filesystem::create_directories(server.directory() + "/config/klantbeeld");
  std::ofstream(server.directory() + "/config/klantbeeld/config.toml") << "bsn_warning = false\n";
  EXPECT_FALSE(Has(server.Run("find 999990019").err, "geschiedenis"));
}

TEST_F(CommandTest, NobodyFoundIsThree) {
  const Ran ran = server.Run("zoek 0600000000");
  EXPECT_EQ(ran.code, kNotFound);
  EXPECT_TRUE(Has(ran.err, "Geen klant gevonden voor 'telefoonnummer'"));
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
  for (const std::string& nobody : {"link --reason stem site/w1 " + citizen,
                                   std::string("unlink --reason stem site/w1")}) {
    const Ran ran = server.Run(nobody, "", "USER=");
    EXPECT_EQ(ran.code, kUsage);
    EXPECT_TRUE(Has(ran.err, "--author NAAM")) << ran.err;
  }
  EXPECT_EQ(server.Run("link --dry-run --reason stem site/w1 " + citizen).code, 0);
  EXPECT_FALSE(Has(server.Run("timeline --picture " + citizen).out, "Website"));
  EXPECT_EQ(server.Run("link --author j.deboer --reason stem site/w1 " + citizen, "", "USER=").code, 0);
  const Ran why = server.Run("explain site/w1");
  EXPECT_TRUE(Has(why.out, "door een medewerker gekoppeld")) << why.out;
  EXPECT_TRUE(Has(why.out, "j.deboer: stem")) << why.out;
  EXPECT_TRUE(Has(why.out, "Met contact ")) << why.out;
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

TEST_F(CommandTest, MinimumLeavesOutWhatIsLessSure) {
  const std::string citizen = CitizenOf("", "999990019\n");
  ASSERT_EQ(server.Run("link --reason stem site/w1 " + citizen).code, 0);
  EXPECT_TRUE(Has(server.Run("show --all " + citizen).out, "Website"));
  for (const char* word : {"vastgesteld", "established"}) {
    for (const char* command : {"timeline ", "timeline --all --page-size 1 ", "show --all "}) {
      const Ran sure = server.Run(absl::StrCat(command, "--minimum ", word, " ", citizen));
      EXPECT_TRUE(Has(sure.out, "Telefoon")) << sure.err;
      EXPECT_FALSE(Has(sure.out, "Website")) << command;
    }
  }
  EXPECT_TRUE(Has(server.Run("timeline --minimum bevestigd " + citizen).out, "Website"));
  EXPECT_FALSE(Has(server.RunUntilFirstLine("watch --minimum vastgesteld " + citizen).out, "w1"));
  EXPECT_TRUE(Has(server.RunUntilFirstLine("watch " + citizen).out, "w1"));
  const Ran wrong = server.Run("timeline --minimum zeker " + citizen);
  EXPECT_EQ(wrong.code, kUsage);
  EXPECT_TRUE(Has(wrong.err, "established")) << wrong.err;
}

TEST_F(CommandTest, HistoryTellsWhoWasWhoAndWhoSaidSo) {
  const std::string citizen = CitizenOf("", "999990019\n");
  EXPECT_TRUE(Has(server.Run("history " + citizen).out, "niets veranderde wie dit is"));
  ASSERT_EQ(server.Run("link --reason stem --author j.deboer site/w1 " + citizen).code, 0);
  ASSERT_EQ(server.Run("unlink --reason vergissing site/w1").code, 0);
  const Ran all = server.Run("geschiedenis site/w1");
  EXPECT_TRUE(Has(all.out, "j.deboer: stem")) << all.out << all.err;
  EXPECT_LT(all.out.find("vergissing"), all.out.find("stem")) << "the latest first";
  EXPECT_TRUE(Has(all.out, "gesplitst: " + citizen + " -> "));
  const Ran then = server.Run("history --at 3 " + citizen);
  EXPECT_TRUE(Has(then.out, "toen klant " + citizen + ": 1 (exchange/p1)")) << then.out << then.err;
  EXPECT_TRUE(Has(then.out, "nu niet meer:\n  nu klant ")) << then.out;
  EXPECT_TRUE(Has(then.out, ": 1 (site/w1)"));
  EXPECT_TRUE(Has(then.out, "stem"));
  EXPECT_FALSE(Has(then.out, "vergissing")) << "that was yet to come";
  const Ran page = server.Run("history --page-size 1 --lang en " + citizen);
  EXPECT_TRUE(Has(page.err, "--before 4")) << page.err;
  EXPECT_FALSE(Has(page.out, "stem"));
  EXPECT_TRUE(Has(server.Run("history --before 4 " + citizen).out, "stem"));
  EXPECT_TRUE(Has(server.Run("history -o json " + citizen).out, "\"facts\": ["));
  EXPECT_TRUE(Has(server.Run("history --at 3 -o json " + citizen).out, "\"departed\": ["));
  EXPECT_TRUE(Has(server.Run("history --at 3 -o csv " + citizen).out, "\"site\",\"w1\""));
  for (const char* wrong : {"--at shoe ", "--at 1 --before 3 ", "--page-size 0 "})
    EXPECT_EQ(server.Run(absl::StrCat("history ", wrong, citizen)).code, kUsage) << wrong;
  EXPECT_EQ(server.Run("history --at 99 " + citizen).code, kConflict);
  EXPECT_EQ(server.Run("history site/none").code, kNotFound);
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

TEST_F(CommandTest, SuggestionsAndReasonsAreSaidInWords) {
  const std::string call =
      R"({"source":"exchange","eventId":"$1","data":{"channel":"CHANNEL_PHONE","occurredAt":)"
      R"("2025-03-04T10:30:00Z","parties":[{"details":{"firstNames":"Noor","surname":"Berkenbosch",)"
      R"("birthDate":{"year":1984,"month":4,"day":$2},"address":{"postcode":"$3","houseNumber":5}}}]}})"
      "\n";
  ASSERT_EQ(server.Run("record -", absl::StrCat(absl::Substitute(call, "", "c1", 12, "1234AB"),
                                                absl::Substitute(call, "", "c2", 12, "1234AB"),
                                                absl::Substitute(call, "", "c3", 27, "9999ZZ"),
                                                absl::StrReplaceAll(
                                                    absl::Substitute(call, "", "c4", 30, "1234AB"),
                                                    {{"Noor", "Bram"}, {"1984", "1951"}})))
                .code,
            0);
  // Two contacts that say the same are one claim; they share it with each other.
  const Ran same = server.Run("explain exchange/c1");
  EXPECT_EQ(same.code, 0) << same.err;
  EXPECT_TRUE(Has(same.out, "vermoedelijk met precies dezelfde gegevens")) << same.out;
  EXPECT_TRUE(Has(same.out, "Met contact ")) << same.out;
  EXPECT_TRUE(Has(same.out, "(model klantbeeld-")) << same.out;
  EXPECT_TRUE(Has(same.out, "De regel beslist, niet deze bits.")) << same.out;
  EXPECT_TRUE(Has(same.out, "Daarna past klant ")) << same.out;
  EXPECT_TRUE(Has(same.out, " bits daarachter.")) << same.out;
  const Ran some = server.Run("suggestions exchange/c1");
  EXPECT_EQ(some.code, 0) << some.err;
  EXPECT_TRUE(Has(some.out, "1. klant ")) << some.out;
  EXPECT_TRUE(Has(some.out, "geboortedatum")) << some.out;
  EXPECT_TRUE(Has(some.out, "Te weinig om het zeker te weten.")) << some.out;
  EXPECT_TRUE(Has(some.out, "Gewogen met model klantbeeld-")) << some.out;
  const auto of = [&](const std::string& contact) {
    const std::string csv = server.Run("explain -o csv --fields citizenId exchange/" + contact).out;
    const size_t at = csv.find("\n\"") + 2;
    return csv.substr(at, 32);
  };
  const std::string apart = "unlink " + of("c1") + " --apart-from " + of("c3");
  EXPECT_EQ(server.Run(apart).code, kUsage);  // Without a reason.
  const Ran refused = server.Run(apart + " --reason 'spoke with both'");
  EXPECT_EQ(refused.code, 0) << refused.err;
  EXPECT_TRUE(Has(server.Run("suggestions exchange/c1").out, "Geen voorstellen"));
  const Ran further = server.Run("suggestions exchange/c1 --further");
  EXPECT_TRUE(Has(further.out, "Geen voorstellen")) << further.out;
  EXPECT_TRUE(Has(further.out, "meest huisgenoten:\n1. klant " + of("c4"))) << further.out;
  // What the answer itself says, for programs.
  EXPECT_TRUE(Has(server.Run("explain exchange/c1 -o json").out, "\"comparedWith\"")) << same.out;
  EXPECT_EQ(server.Run("explain exchange/c9").code, kNotFound);
  EXPECT_EQ(server.Run("explain nothing").code, kUsage);
}

// So many people at one address, with the same surname and telephone.
void RecordHousehold(const RealServer& server, int people) {
  std::string lines;
  for (int i = 1; i <= people; ++i) {
    const std::string number = std::to_string(i);
    lines += R"({"source":"desk","eventId":"h)" + number +
             R"(","data":{"channel":"CHANNEL_COUNTER","occurredAt":"2025-03-04T10:30:00Z",)"
             R"("parties":[{"details":{"firstNames":"Kind)" + number +
             R"(","surname":"Bakker","birthDate":{"year":2010,"month":5,"day":)" + number +
             R"(},"address":{"postcode":"1234AB","houseNumber":7}},"identifiers":[)"
             R"({"type":"IDENTIFIER_TYPE_PHONE","value":"0201234567"}]}]}})" "\n";
  }
  ASSERT_EQ(server.Run("record -", lines).code, 0);
}

TEST_F(CommandTest, ManyHitsSayWhatTellsThemApart) {
  RecordHousehold(server, 3);
  const Ran some = server.Run("find '1234ab 7a'");
  EXPECT_EQ(some.code, 0);
  EXPECT_TRUE(Has(some.err, "Gezocht op: postcode en huisnummer"));
  EXPECT_TRUE(Has(some.err, "3 klanten gevonden. Wat ze uit elkaar haalt: de geboortedatum"));
  const Ran one = server.Run("find '1234AB 7' --born 02-05-2010");
  EXPECT_TRUE(Has(one.out, "Kind2 Bakker, geboren 02-05-2010")) << one.out;
  EXPECT_EQ(server.Run("find '1234AB 7' --born 09-05-2010").code, kNotFound);
  EXPECT_TRUE(Has(server.Run("find Kind3 Bakker 03-05-2010").out, "Kind3 Bakker"));
}

TEST_F(CommandTest, MoreThanTenAskForAnotherKey) {
  RecordHousehold(server, 11);
  const Ran ran = server.Run("find 020-1234567");
  EXPECT_EQ(ran.code, kUsage);
  EXPECT_TRUE(Has(ran.err, "Meer dan tien klanten gevonden."));
  EXPECT_TRUE(Has(ran.err, "Zoek verder met: naam en geboortedatum, of postcode en huisnummer"));
  EXPECT_TRUE(Has(server.Run("find '1234AB 7'").err, "Zoek verder met: naam en geboortedatum."));
}

TEST_F(CommandTest, SlipsAreForgivenAndSaid) {
  ASSERT_EQ(server
                .Run("record -",
                     R"({"source":"exchange","eventId":"n1","data":{"channel":"CHANNEL_PHONE",)"
                     R"("occurredAt":"2025-03-04T10:30:00Z","parties":[{"details":{)"
                     R"("firstNames":"Noor","surname":"Berkenbosch",)"
                     R"("birthDate":{"year":1984,"month":4,"day":12}}}]}})"
                     "\n")
                .code,
            0);
  const Ran slip = server.Run("find Noor Berkenbos 12-04-1984");
  EXPECT_EQ(slip.code, 0) << slip.err;
  EXPECT_TRUE(Has(slip.out, "Noor Berkenbosch")) << slip.out;
  EXPECT_TRUE(Has(slip.err, "Niemand past precies")) << slip.err;
  EXPECT_TRUE(Has(slip.err, "bijna gelijk: achternaam")) << slip.err;
  EXPECT_FALSE(Has(server.Run("find Noor Berkenbosch 12-04-1984").err, "Niemand"));
  EXPECT_TRUE(Has(server.Run("find Berkenbos 12-04-1984 -o json").out, "EVIDENCE_FIELD_SURNAME"));
  EXPECT_EQ(server.Run("find Kuipers 12-04-1984").code, kNotFound);
}

TEST_F(CommandTest, OnlyANumberSaysSo) {
  ASSERT_EQ(server.Run("record --source exchange --event-id p2 --channel phone --phone 0201112233 "
                       "--verified caller-line")
                .code,
            0);
  EXPECT_TRUE(Has(server.Run("find 0201112233").out,
                  "Contacten van +31201112233, alleen dit nummer is bekend"));
}

TEST_F(CommandTest, EveryListGivesEveryForm) {
  const std::string citizen = CitizenOf("", "999990019\n");
  const std::vector<std::string> commands = {"find --kind bsn 999990019", "show " + citizen,
                                             "timeline " + citizen, "follow --until-empty",
                                             "status"};
  for (const auto& command : commands) {
    EXPECT_EQ(server.Run(command + " -o json").out.substr(0, 1), "{") << command;
    EXPECT_EQ(server.Run(command + " -o ndjson").out.substr(0, 1), "{") << command;
    EXPECT_TRUE(Has(server.Run(command + " -o csv").out, ",")) << command;
    EXPECT_EQ(server.Run(command + " --fields nothing").code, kUsage) << command;
  }
  EXPECT_EQ(server.Run("timeline -o csv --fields contact.data.subject " + citizen).out,
            "\"contact.data.subject\"\r\n\"Paspoort\"\r\n");
  EXPECT_EQ(server.Run("show -o ndjson --fields id " + citizen).out,
            "{\"id\":\"" + citizen + "\"}\n");
  EXPECT_EQ(server.Run("show -o shoe " + citizen).code, kUsage);
}

TEST_F(CommandTest, FailuresAreOneLineWithAReference) {
  const Ran down = server.Run("status --server unix:/nonexistent/socket");
  EXPECT_EQ(down.code, kUnreachable);
  EXPECT_TRUE(Has(down.err, "Geen verbinding met de server")) << down.err;
  EXPECT_TRUE(Has(down.err, "Draait hij?"));
  EXPECT_TRUE(Has(down.err, "Meldcode: UNAVAILABLE"));
  EXPECT_EQ(std::count(down.err.begin(), down.err.end(), '\n'), 1);
  const Ran debug = server.Run("ping --debug");
  EXPECT_EQ(debug.code, 0);
  EXPECT_TRUE(Has(debug.err, "debug: HealthCheckRequest OK")) << debug.err;
}

TEST_F(CommandTest, ColourOnlyWhereItIsWanted) {
  const std::string citizen = CitizenOf("", "999990019\n");
  EXPECT_FALSE(Has(server.Run("timeline --picture " + citizen).out, "\033["));
  EXPECT_TRUE(Has(server.Run("timeline --picture " + citizen, "", "CLICOLOR_FORCE=1").out,
                  "\033[1m"));
  EXPECT_FALSE(
      Has(server.Run("timeline --picture --no-color " + citizen, "", "CLICOLOR_FORCE=1").out,
          "\033["));
}

TEST_F(CommandTest, HelpOnCommandsAndSubjects) {
  EXPECT_TRUE(Has(server.Run("help").out, "Opdrachten:"));
  EXPECT_EQ(server.Run("help timeline").out, server.Run("tijdlijn --help").out);
  EXPECT_TRUE(Has(server.Run("help exit-codes --lang en").out, "130  interrupted"));
  EXPECT_TRUE(Has(server.Run("hulp settings").out, "$XDG_CONFIG_HOME"));
  const Ran wrong = server.Run("help fidn");
  EXPECT_EQ(wrong.code, kUsage);
  EXPECT_TRUE(Has(wrong.err, "Bedoelde je: find?"));
  EXPECT_EQ(server.Run("version --server nonsense").code, 0);
  EXPECT_TRUE(Has(server.Run("0612345678").err, "Bedoelde je: find?"));
}

TEST_F(CommandTest, ProfileChoosesTheServer) {
  std::filesystem::create_directories(server.directory() + "/config/klantbeeld");
  std::ofstream(server.directory() + "/config/klantbeeld/config.toml")
      << "server = \"unix:/nowhere\"\n[profile.test]\nlang = \"en\"\n";
  EXPECT_TRUE(Has(server.Run("status").out, "Laatste positie")) << "the environment has the server";
  EXPECT_TRUE(Has(server.Run("status --profile test").out, "Last position"));
  EXPECT_TRUE(Has(server.Run("status", "", "KLANTBEELD_PROFILE=test").out, "Last position"));
  EXPECT_EQ(server.Run("status --profile tset").code, kUsage);
}

TEST_F(CommandTest, RecordNamesTheFieldThatIsWrong) {
  const Ran ran = server.Run(
      "record --lang en --source s --event-id e --channel phone "
      "--occurred 2099-01-01");
  EXPECT_EQ(ran.code, kUsage);
  EXPECT_TRUE(Has(ran.err, "occurred_at")) << ran.err;
  EXPECT_TRUE(Has(ran.err, "TIME_IN_FUTURE"));
  EXPECT_EQ(server.Run("record --source s --channel shoe").code, kUsage);
  const std::string by_registry = "record --source s --channel web --phone 0612345678 --verified registry";
  EXPECT_EQ(server.Run(by_registry).code, kUsage);
  const Ran help = server.Run("record --help");
  EXPECT_TRUE(Has(help.out, "id-document")) << help.out;
  EXPECT_FALSE(Has(help.out, "registry")) << help.out;
  EXPECT_EQ(server.Run("record --source s --channel web --occurred soon").code, kUsage);
  EXPECT_EQ(server.Run("record --channel web").code, kUsage);
  EXPECT_EQ(server.Run("record --source site --event-id w1 --channel web --subject Anders").code,
            kConflict);
}

TEST_F(CommandTest, RefusedFieldIsNamedInOneLineInTheLanguage) {
  const std::string record = "record --source s --event-id e --channel phone --occurred 2099-01-01";
  const Ran dutch = server.Run(record);
  EXPECT_TRUE(Has(dutch.err, "data.occurred_at: ligt")) << dutch.err;
  EXPECT_EQ(std::count(dutch.err.begin(), dutch.err.end(), '\n'), 1) << dutch.err;
  const Ran lines =
      server.Run("record - -q", R"({"source":"s","eventId":"e","data":{"channel":"CHANNEL_WEB",)"
                                R"("occurredAt":"2099-01-01T10:00:00Z"}})"
                                "\n");
  EXPECT_EQ(lines.code, kPartlyDone);
  EXPECT_TRUE(Has(lines.err, "data.occurred_at: ligt")) << lines.err;
}

TEST_F(CommandTest, OptionThatACommandDoesNothingWithIsRefused) {
  EXPECT_EQ(server.Run("version -o csv").out.substr(0, 11), "\"version\"\r\n");
  EXPECT_EQ(server.Run("version -o json --fields version").out.substr(0, 14), "{\n \"version\": ");
  EXPECT_EQ(server.Run("version --fields shoe").code, kUsage);
  EXPECT_EQ(server.Run("backup --list -o csv").out.substr(0, 5), "\"id\",");
  EXPECT_EQ(server.Run("backup --list -o json").out, "{\n \"backups\": []\n}\n");
  const Ran exported = server.Run("export events -o csv");
  EXPECT_EQ(exported.code, kUsage);
  EXPECT_TRUE(Has(exported.err, "--format csv")) << exported.err;
  for (const char* command :
       {"export events --fields id", "ping -o json", "help --fields a", "completion bash -o json",
        "record --source s -o csv", "link a/b c/d --reason r -o csv",
        "unlink a/b --reason r --fields id", "record --source s --fields contactId"}) {
    const Ran ran = server.Run(command);
    EXPECT_EQ(ran.code, kUsage) << command;
    EXPECT_EQ(ran.out, "") << command;
  }
  // What stands in the configuration is for commands that know it.
  std::filesystem::create_directories(server.directory() + "/config/klantbeeld");
  std::ofstream(server.directory() + "/config/klantbeeld/config.toml") << "output = \"csv\"\n";
  EXPECT_EQ(server.Run("export events").code, 0);
  EXPECT_EQ(server.Run("ping").code, 0);
}

TEST_F(CommandTest, NobodyFoundIsAnEmptyDocument) {
  EXPECT_EQ(server.Run("find 0600000000 -o json").out, "{\n \"citizens\": []\n}\n");
  EXPECT_EQ(server.Run("find 0600000000 -o csv --fields id").out, "\"id\"\r\n");
  const Ran lines = server.Run("find 0600000000 -o ndjson");
  EXPECT_EQ(lines.out, "");
  EXPECT_EQ(lines.code, kNotFound);
  EXPECT_EQ(server.Run("find 0600000000 -o json").code, kNotFound);
}

TEST_F(CommandTest, ShowAllGivesEveryContact) {
  std::string lines;
  for (int i = 1; i <= 120; ++i)
    lines += R"({"source":"desk","eventId":"m)" + std::to_string(i) +
             R"(","data":{"channel":"CHANNEL_COUNTER","occurredAt":"2025-03-04T10:30:00Z",)"
             R"("subject":"Bezoek","parties":[{"identifiers":[{"type":"IDENTIFIER_TYPE_BSN",)"
             R"("value":"999990019","verified":"VERIFIED_BY_ID_DOCUMENT"}]}]}})"
             "\n";
  ASSERT_EQ(server.Run("record - -q", lines).code, 0);
  const std::string citizen = CitizenOf("", "999990019\n");
  const auto count = [](const std::string& text, const std::string& part) {
    int found = 0;
    for (size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1))
      ++found;
    return found;
  };
  EXPECT_EQ(count(server.Run("show " + citizen).out, "Bezoek"), 4);
  EXPECT_EQ(count(server.Run("show --all " + citizen).out, "Bezoek"), 120);
  EXPECT_EQ(count(server.Run("show --all -o json " + citizen).out, "\"Bezoek\""), 120);
  EXPECT_EQ(server.Run("show --all --contacts 3 " + citizen).code, kUsage);
}

TEST_F(CommandTest, ChannelsAndStatesHaveTheirWordsInBothLanguages) {
  const std::string citizen = CitizenOf("", "999990019\n");
  for (const char* word : {"telefoon", "Telefoon", "phone"}) {
    EXPECT_TRUE(Has(server.Run("timeline " + citizen + " --channel " + word).out, "Paspoort"));
    EXPECT_TRUE(Has(server.Run(std::string("export contacts --channel ") + word).out, "Paspoort"));
    EXPECT_TRUE(Has(server.Run(std::string("follow --until-empty --channel ") + word).out, "p1"));
  }
  EXPECT_FALSE(Has(server.Run("timeline " + citizen + " --channel balie").out, "Paspoort"));
  EXPECT_EQ(server.Run("timeline " + citizen + " --state bezig").code, 0);
  EXPECT_EQ(server.Run("record --source s --event-id b1 --channel balie").code, 0);
}

}  // namespace
}  // namespace klantbeeld::cli
