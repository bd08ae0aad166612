#include "service/registry/brp_client.h"

#include <curl/curl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <thread>

#include "absl/time/clock.h"
#include "tests/service/registry/brp_server.h"
#include "tests/service/registry/person.h"

namespace klantbeeld::registry {
namespace {

using Json = nlohmann::json;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

const absl::Time kNow = absl::FromUnixSeconds(1'741'000'000);
const absl::Time kLater = kNow + absl::Minutes(1);

std::unique_ptr<Registry> Client(const std::string& url, const std::string& key = "",
                                 absl::Duration timeout = absl::Seconds(30)) {
  Settings settings;
  settings.url = url;
  settings.timeout = timeout;
  auto client = MakeBrpClient(settings, key, [] { return kNow; });
  EXPECT_TRUE(client.ok()) << client.status();
  return *std::move(client);
}

Failure FailureAt(const std::string& url, absl::Duration timeout = absl::Seconds(30)) {
  const auto answers = Client(url, "", timeout)->Ask({"999990019"}, kLater);
  EXPECT_FALSE(answers.ok());
  EXPECT_THAT(std::string(answers.status().message()), Not(HasSubstr("99999")));
  return FailureOf(answers.status());
}

// What the server was asked last.
Json Asked(const BrpServer& server) {
  std::string body;
  CURL* easy = curl_easy_init();
  curl_easy_setopt(easy, CURLOPT_URL, server.Url("asked").c_str());
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, &body);
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION,
                   +[](char* data, size_t one, size_t count, void* kept) {
                     static_cast<std::string*>(kept)->append(data, one * count);
                     return one * count;
                   });
  EXPECT_EQ(curl_easy_perform(easy), CURLE_OK);
  curl_easy_cleanup(easy);
  return Json::parse(body);
}

TEST(BrpClient, FoundAndNotFoundComeInTheOrderOfTheQuestion) {
  const BrpServer server;
  const auto answers =
      Client(server.Url("brp"))->Ask({"999990032", "999990020", "999990019"}, kLater);
  ASSERT_TRUE(answers.ok()) << answers.status();
  ASSERT_EQ(answers->size(), 3u);
  EXPECT_EQ(answers->at(0).bsn, "999990032");
  EXPECT_FALSE(answers->at(0).found);
  EXPECT_TRUE(answers->at(1).deceased);
  EXPECT_TRUE(answers->at(1).details.secret());
  EXPECT_FALSE(answers->at(2).deceased);
  ExpectWhole(answers->at(2));
}

TEST(BrpClient, KeyGoesWithTheQuestion) {
  const BrpServer server;
  ASSERT_TRUE(Client(server.Url("brp"), "word")->Ask({"999990019"}, kLater).ok());
  EXPECT_EQ(Asked(server)["key"], "word");
  EXPECT_EQ(Asked(server)["body"]["type"], "RaadpleegMetBurgerservicenummer");
}

TEST(BrpClient, TwentyBsnsGoInOneCallAndTwentyOneInNone) {
  const BrpServer server;
  const auto client = Client(server.Url("brp"));
  std::vector<std::string> bsns(20, "999990019");
  EXPECT_EQ(client->Ask(bsns, kLater)->size(), 20u);
  EXPECT_EQ(Asked(server)["body"]["burgerservicenummer"].size(), 20u);
  bsns.push_back("999990020");
  EXPECT_EQ(FailureOf(client->Ask(bsns, kLater).status()), Failure::kRefused);
  EXPECT_EQ(Asked(server)["body"]["burgerservicenummer"].size(), 20u);
}

TEST(BrpClient, SearchGivesBsnsAndRefusesMoreThanTenByName) {
  const BrpServer server;
  const auto client = Client(server.Url("brp"));
  const absl::CivilDay day(1985, 12, 1);
  EXPECT_THAT(*client->Search(NameAndBirth{"Berg", "", "", day}, kLater), ElementsAre("999990019"));
  EXPECT_THAT(*client->Search(NameAndBirth{"Geen", "", "", day}, kLater), IsEmpty());
  EXPECT_THAT(*client->Search(PostcodeAndNumber{"3077AW", 31, "", ""}, kLater),
              ElementsAre("999990019"));
  const absl::Status many = client->Search(NameAndBirth{"Veel", "", "", day}, kLater).status();
  EXPECT_EQ(FailureOf(many), Failure::kTooManyResults);
  EXPECT_THAT(std::string(many.message()), HasSubstr("tooManyResults"));
  EXPECT_EQ(FailureOf(client->Search(NameAndBirth{"*", "", "", day}, kLater).status()),
            Failure::kRefused);
}

TEST(BrpClient, EachErrorHasItsName) {
  const BrpServer server;
  EXPECT_EQ(FailureAt(server.Url("401")), Failure::kDenied);
  EXPECT_EQ(FailureAt(server.Url("403")), Failure::kDenied);
  EXPECT_EQ(FailureAt(server.Url("429")), Failure::kTooManyRequests);
  EXPECT_EQ(FailureAt(server.Url("500")), Failure::kOutage);
  EXPECT_EQ(FailureAt(server.Url("malformed")), Failure::kNotUnderstood);
  EXPECT_EQ(FailureAt(server.Url("page")), Failure::kNotUnderstood);
  EXPECT_EQ(FailureAt(server.Url("large")), Failure::kNotUnderstood);
  EXPECT_EQ(FailureAt(server.Url("moved")), Failure::kNotUnderstood);
  EXPECT_EQ(FailureAt(server.Url("echo")), Failure::kOutage);
}

TEST(BrpClient, HowLongToStayAwayIsHeard) {
  const BrpServer server;
  const auto answers = Client(server.Url("429"))->Ask({"999990019"}, kLater);
  EXPECT_EQ(WaitOf(answers.status()), absl::Seconds(7));
}

TEST(BrpClient, SlowAnswerIsATimeOut) {
  const BrpServer server;  // Answers nothing, however long one waits.
  const absl::Time began = absl::Now();
  EXPECT_EQ(FailureAt(server.Url("slow"), absl::Milliseconds(50)), Failure::kTimeOut);
  const auto client = Client(server.Url("slow"));
  EXPECT_EQ(FailureOf(client->Ask({"999990019"}, kNow + absl::Milliseconds(50)).status()),
            Failure::kTimeOut);
  EXPECT_EQ(FailureOf(client->Ask({"999990019"}, kNow).status()), Failure::kTimeOut);
  // Each ended by its own limit, not by the client's half minute.
  EXPECT_LT(absl::Now() - began, absl::Seconds(20));
}

TEST(BrpClient, OutageAndBack) {
  auto server = std::make_unique<BrpServer>();
  const int port = server->port();
  const auto client = Client(server->Url("brp"));
  EXPECT_TRUE(client->Ask({"999990019"}, kLater).ok());
  server.reset();
  EXPECT_EQ(FailureOf(client->Ask({"999990019"}, kLater).status()), Failure::kOutage);
  const BrpServer again(port);
  const auto answers = client->Ask({"999990019"}, kLater);
  EXPECT_TRUE(answers.ok()) << answers.status();
}

TEST(BrpClient, StopEndsACall) {
  const BrpServer server;
  const auto client = Client(server.Url("slow"), "", absl::Hours(1));
  std::thread stopper([&] { client->Stop(); });  // Before, during: it makes no difference.
  EXPECT_EQ(FailureOf(client->Ask({"999990019"}, absl::InfiniteFuture()).status()),
            Failure::kStopped);
  stopper.join();
}

TEST(BrpClient, CertificatesAreCheckedOnBothSides) {
  std::string name = std::filesystem::temp_directory_path() / "kb-tls-XXXXXX";
  const std::string dir = mkdtemp(name.data());
  const auto make = [&](const std::string& who) {
    return system(absl::StrCat("openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=", who,
                               " -addext subjectAltName=IP:127.0.0.1 -keyout ", dir, "/", who,
                               ".key -out ", dir, "/", who, ".pem 2>", dir, "/log")
                      .c_str());
  };
  ASSERT_EQ(make("server"), 0);
  ASSERT_EQ(make("client"), 0);
  const BrpServer server(0, {dir + "/server.pem", dir + "/server.key", dir + "/client.pem"});
  Settings settings;
  settings.url = absl::StrCat("https://127.0.0.1:", server.port(), "/brp");
  settings.timeout = absl::Seconds(30);
  const auto ask = [&] {
    const auto client = MakeBrpClient(settings, "", [] { return kNow; });
    const absl::Status status = (*client)->Ask({"999990019"}, kLater).status();
    return status.ok() ? "ok" : std::string(NameOf(FailureOf(status)));
  };
  EXPECT_EQ(ask(), "denied");  // Nobody vouches for the server.
  settings.authorities = dir + "/server.pem";
  EXPECT_NE(ask(), "ok");  // The server wants a certificate.
  settings.certificate = dir + "/client.pem";
  settings.certificate_key = dir + "/client.key";
  EXPECT_EQ(ask(), "ok");
  std::filesystem::remove_all(dir);
}

}  // namespace
}  // namespace klantbeeld::registry
