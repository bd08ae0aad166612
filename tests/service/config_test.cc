#include "service/config.h"

// Also tests: service/registry/settings.cc

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace klantbeeld::service {
namespace {

using testing::HasSubstr;

Config Whole() {
  Config config;
  config.data = "/srv/klantbeeld";
  config.keys = "/etc/klantbeeld/keys";
  config.socket = "/run/klantbeeld.sock";
  return config;
}

TEST(Config, ThreeSettingsAreEnough) { EXPECT_TRUE(Whole().Validate().ok()); }

TEST(Config, FileIsRead) {
  const auto config = ParseConfig(
      "data = '/a'\nlog = 'warning'\n[limits]\nfollowers_max = 7\nbookmark_idle_ms = 100\n"
      "[store]\nmemtable_mib = 16\nsync = false\n",
      "x.toml", {});
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->data, "/a");
  EXPECT_EQ(config->log, Severity::kWarning);
  EXPECT_EQ(config->limits.followers_max, 7);
  EXPECT_EQ(config->limits.bookmark_idle, absl::Milliseconds(100));
  EXPECT_EQ(config->db.memtable_bytes, 16u << 20);
  EXPECT_FALSE(config->db.sync);
}

TEST(Config, RegistryIsReadAndLoopbackNeedsNoTls) {
  const auto read = ParseConfig(
      "[registry]\nurl = 'http://127.0.0.1:8080/brp'\nkey_file = '/k'\ntimeout_ms = 500\n"
      "budget_ms = 100\n",
      "x.toml", {});
  ASSERT_TRUE(read.ok()) << read.status();
  Config config = Whole();
  EXPECT_FALSE(config.registry.on());
  config.registry = read->registry;
  EXPECT_TRUE(config.registry.on());
  EXPECT_EQ(config.registry.timeout, absl::Milliseconds(500));
  EXPECT_EQ(config.registry.budget, absl::Milliseconds(100));
  EXPECT_TRUE(config.Validate().ok()) << config.Validate();
}

TEST(Config, ListsOfWhatIsNobodysReplaceTheirDefaults) {
  EXPECT_TRUE(Whole().nobodys.local_parts.contains("noreply"));
  const auto config = ParseConfig(
      "[nobodys]\nphones = ['+31201234567']\nlocal_parts = ['Balie', ' post ']\nvalues = []\n",
      "x.toml", {{"nobodys.domains", "A.example, b.example"}});
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_THAT(config->nobodys.phones, testing::ElementsAre("+31201234567"));
  EXPECT_THAT(config->nobodys.local_parts, testing::ElementsAre("balie", "post"));
  EXPECT_THAT(config->nobodys.domains, testing::ElementsAre("a.example", "b.example"));
  EXPECT_TRUE(config->nobodys.values.empty());
  const auto again = ParseConfig(ShowConfig(*config), "shown", {});
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(again->nobodys.local_parts, config->nobodys.local_parts);
  EXPECT_TRUE(again->nobodys.values.empty());
}

TEST(Config, ListOfWhatIsNobodysIsRefusedByNameAndValue) {
  const auto number = ParseConfig("[nobodys]\nphones = [14020]\n", "x.toml", {});
  EXPECT_THAT(number.status().message(), HasSubstr("nobodys.phones: must be a list of texts"));
  Config config = Whole();
  config.nobodys.phones = {"020-1234567"};
  EXPECT_THAT(config.Validate().message(), HasSubstr("nobodys.phones: \"020-1234567\" must be +"));
}

TEST(Config, SettingStandsOverTheFile) {
  const auto config = ParseConfig("data = '/a'", "x.toml", {{"data", "/b"}});
  ASSERT_TRUE(config.ok());
  EXPECT_EQ(config->data, "/b");
}

TEST(Config, WhatIsShownIsRead) {
  Config config = Whole();
  config.limits.followers_max = 12;
  const auto again = ParseConfig(ShowConfig(config), "shown", {});
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(ShowConfig(*again), ShowConfig(config));
}

struct Bad {
  std::string name, toml, want;
};
class BadFile : public testing::TestWithParam<Bad> {};

TEST_P(BadFile, IsRefusedByNameAndValue) {
  const auto config = ParseConfig(GetParam().toml, "x.toml", {});
  ASSERT_FALSE(config.ok());
  EXPECT_EQ(config.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(config.status().message()), HasSubstr(GetParam().want));
}

INSTANTIATE_TEST_SUITE_P(
    Config, BadFile,
    testing::ValuesIn(std::vector<Bad>{
        {"UnknownKey", "dta = '/a'", "dta: there is no such key"},
        {"UnknownInTable", "[limits]\nfolowers_max = 1", "limits.folowers_max: there is no such"},
        {"TooLarge", "[limits]\nfollowers_max = 100001", "limits.followers_max = 100001: must be"},
        {"TextForNumber", "[limits]\nfollowers_max = '1'", "must be a whole number"},
        {"NumberForText", "data = 1", "data: must be text"},
        {"NotToml", "data = \n", "x.toml, line"},
        {"UnknownSeverity", "log = 'loud'", "log = \"loud\""},
    }),
    [](const auto& info) { return info.param.name; });

struct Conflict {
  std::string name;
  void (*change)(Config&);
  std::string want;
};
class Conflicts : public testing::TestWithParam<Conflict> {};

TEST_P(Conflicts, AreNamedWithBothValues) {
  Config config = Whole();
  GetParam().change(config);
  EXPECT_THAT(std::string(config.Validate().message()), HasSubstr(GetParam().want));
}

INSTANTIATE_TEST_SUITE_P(
    Config, Conflicts,
    testing::ValuesIn(std::vector<Conflict>{
        {"NoData", [](Config& c) { c.data.clear(); }, "data: is required"},
        {"TwoRegistries",
         [](Config& c) {
           c.registry.file = "/p.csv";
           c.registry.url = "https://brp";
         },
         "registry.file = \"/p.csv\": there is registry.url = \"https://brp\" too"},
        {"RegistryInTheOpen", [](Config& c) { c.registry.url = "http://brp.example/api"; },
         "registry.url = \"http://brp.example/api\": must begin with https://"},
        {"RegistryLikeLoopback", [](Config& c) { c.registry.url = "http://127.0.0.1.example"; },
         "registry.url = \"http://127.0.0.1.example\": must begin with https://"},
        {"KeyWithoutRegistry", [](Config& c) { c.registry.key_file = "/k"; },
         "there is no registry.url"},
        {"CertificateWithoutKey",
         [](Config& c) {
           c.registry.url = "https://brp";
           c.registry.certificate = "/c";
         },
         "registry.certificate and registry.certificate_key: one needs the other"},
        {"BudgetAboveTimeout", [](Config& c) { c.registry.budget = absl::Seconds(3); },
         "registry.budget_ms = 3000 is more than registry.timeout_ms = 2000"},
        {"NoKeys", [](Config& c) { c.keys.clear(); }, "keys: is required"},
        {"NoDoor", [](Config& c) { c.socket.clear(); }, "socket: is required"},
        {"KeysInData", [](Config& c) { c.keys = c.data + "/keys"; },
         "keys = \"/srv/klantbeeld/keys\" lies in data = \"/srv/klantbeeld\""},
        {"BackupsInData", [](Config& c) { c.backups = c.data + "/backups"; }, "lost with the data"},
        {"OpenTcp", [](Config& c) { c.tcp = "0.0.0.0:5000"; }, "tcp = \"0.0.0.0:5000\""},
        {"OpenMetrics", [](Config& c) { c.metrics = "10.0.0.1:5000"; }, "metrics = "},
        {"GroupWithoutSocket",
         [](Config& c) {
           c.socket.clear();
           c.tcp = "127.0.0.1:5000";
           c.socket_group = "x";
         },
         "socket_group = \"x\""},
        {"GroupLargerThanQueue", [](Config& c) { c.sequencer.queue_bytes_max = 1 << 20; },
         "store.group_kib = 4096 is more than store.queue_kib = 1024"},
        {"BookmarkSlowerThanStall",
         [](Config& c) { c.limits.bookmark_idle = c.limits.follower_stall_max; },
         "limits.bookmark_idle_ms = 30000 is not less than limits.follower_stall_ms = 30000"},
    }),
    [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace klantbeeld::service
