#include "clients/adapters/tables.h"

#include <gtest/gtest.h>

#include "tests/clients/adapters/made.h"

namespace klantbeeld::adapters {
namespace {

TEST(Tables, AreOfKnownNamesAndText) {
  const testing::TempDir dir;
  const auto fault = [&](const std::string& text) {
    auto read = Tables::Read(dir.Put("m.toml", text));
    const auto* found = std::get_if<MappingFault>(&read);
    return found == nullptr ? "" : absl::StrCat(found->line, " ", found->what);
  };
  EXPECT_EQ(fault("[subjects]\n\"/a\" = \"A\"\n"), "");
  EXPECT_EQ(fault("\n[colours]\n"), "2 colours");
  EXPECT_EQ(fault("[subjects]\na = 1\n"), "2 a");
  EXPECT_EQ(fault("[zones]\na = \"Mars\"\n"), "2 Mars");
  EXPECT_EQ(fault("[zones\n").substr(0, 2), "1 ");
  EXPECT_TRUE(std::holds_alternative<Tables>(Tables::Read("")));
}

TEST(Tables, FileThatCannotBeReadIsSaidSo) {
  const testing::TempDir dir;
  const auto fault = [](const std::string& path) {
    auto read = Tables::Read(path);
    const auto* found = std::get_if<MappingFault>(&read);
    return found != nullptr && found->kind == MappingFault::Kind::kUnreadable ? found->what : "";
  };
  const std::filesystem::path file = dir.Put("m.toml", "");
  EXPECT_EQ(fault(file.string() + ".absent"), "No such file or directory");
  EXPECT_EQ(fault(file.parent_path()), "Is a directory");
}

TEST(Tables, LongestBeginningOfAPathCounts) {
  const Tables::Table table = {
      {"/paspoort", "Paspoort"}, {"/paspoort/kosten", "Kosten"}, {"/afval/", "Afval"}};
  EXPECT_EQ(Tables::FindPath(table, "/paspoort"), "Paspoort");
  EXPECT_EQ(Tables::FindPath(table, "/paspoort/aanvragen/nu"), "Paspoort");
  EXPECT_EQ(Tables::FindPath(table, "/paspoort/kosten"), "Kosten");
  EXPECT_EQ(Tables::FindPath(table, "/paspoorten"), "");
  EXPECT_EQ(Tables::FindPath(table, "/afval/grof"), "Afval");
  EXPECT_EQ(Tables::FindPath(table, ""), "");
}

TEST(Tables, AttributesAreThoseThatAreNamed) {
  Tables tables;
  tables.attributes = {{"dimension1", "klanttype"}, {"dimension2", "wijk"}};
  v1::ContactData data;
  tables.AddAttributes(
      [](const std::string& field) { return field == "dimension1" ? "bewoner" : ""; }, data);
  ASSERT_EQ(data.attributes_size(), 1);
  EXPECT_EQ(data.attributes(0).name(), "klanttype");
  EXPECT_EQ(data.attributes(0).value(), "bewoner");
}

}  // namespace
}  // namespace klantbeeld::adapters
