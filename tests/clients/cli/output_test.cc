#include "clients/cli/output.h"

#include <google/protobuf/util/json_util.h>
#include <gtest/gtest.h>

namespace klantbeeld::cli {
namespace {

constexpr char kFound[] = R"({"citizens":[
  {"id":"a","details":[{"details":{"surname":"Jansen, =1+1"}},{"details":{"surname":"Janssen"}}],
   "identifiers":[{"identifier":{"type":"IDENTIFIER_TYPE_BSN","value":"999990019"}}]},
  {"id":"b","details":[{"details":{"surname":"=cmd"}}]}]})";

// What Items prints of kFound, asked for like this.
std::string Printed(const std::string& output, const Fields& fields, bool show_bsn = false) {
  v1::FindCitizensResponse found;
  EXPECT_TRUE(google::protobuf::util::JsonStringToMessage(kFound, &found).ok());
  Context context;
  context.settings.output = output;
  context.settings.fields = fields;
  context.settings.show_bsn = show_bsn;
  ::testing::internal::CaptureStdout();
  Items items(context, "table", v1::Citizen::descriptor, {"id", "details.details.surname"});
  EXPECT_FALSE(items.wrong());
  for (const auto& citizen : found.citizens()) items.Add(citizen);
  found.clear_citizens();
  items.End(&found, "citizens");
  std::fflush(stdout);
  return ::testing::internal::GetCapturedStdout();
}

TEST(Items, CsvHasAHeaderAndAQuotedRowPerItem) {
  EXPECT_EQ(Printed("csv", {}),
            "\"id\",\"details.details.surname\"\r\n"
            "\"a\",\"Jansen, =1+1; Janssen\"\r\n"
            "\"b\",\"'=cmd\"\r\n");
  EXPECT_EQ(Printed("csv", {"id"}), "\"id\"\r\n\"a\"\r\n\"b\"\r\n");
}

TEST(Items, NdjsonHasALinePerItemWithTheChosenFields) {
  EXPECT_EQ(Printed("ndjson", {"id"}), "{\"id\":\"a\"}\n{\"id\":\"b\"}\n");
  EXPECT_EQ(Printed("ndjson", {"details.details.surname"}),
            "{\"details\":[{\"details\":{\"surname\":\"Jansen, =1+1\"}},"
            "{\"details\":{\"surname\":\"Janssen\"}}]}\n"
            "{\"details\":[{\"details\":{\"surname\":\"=cmd\"}}]}\n");
}

TEST(Items, JsonIsOneDocumentWithTheItemsInTheWhole) {
  EXPECT_EQ(Printed("json", {"id"}),
            "{\n \"citizens\": [\n  {\n   \"id\": \"a\"\n  },\n  {\n   \"id\": \"b\"\n  }\n ]\n}\n");
}

TEST(Items, TableOfChosenFieldsHasTheirNames) {
  EXPECT_EQ(Printed("table", {"id", "status"}), "id  status\na\nb\n");
}

TEST(Items, NoFormShowsAWholeBsnUnlessAskedFor) {
  for (const char* output : {"json", "ndjson", "csv", "table"}) {
    const Fields fields = {"identifiers.identifier.value", "identifiers.identifier.masked"};
    const std::string masked = Printed(output, fields);
    EXPECT_EQ(masked.find("999990019"), std::string::npos) << output;
    EXPECT_NE(masked.find("******019"), std::string::npos) << output;
    EXPECT_NE(Printed(output, fields, true).find("999990019"), std::string::npos) << output;
  }
}

TEST(Items, UnknownFieldIsSaid) {
  Context context;
  context.settings.fields = {"id", "details.details.colour"};
  ::testing::internal::CaptureStderr();
  const Items items(context, "table", v1::Citizen::descriptor, {});
  EXPECT_TRUE(items.wrong());
  const std::string said = ::testing::internal::GetCapturedStderr();
  EXPECT_NE(said.find("details.details.colour"), std::string::npos);
  EXPECT_NE(said.find("channelCounts"), std::string::npos);
}

TEST(UnknownField, PathsEndAtTimesAndValues) {
  const auto& entry = *v1::TimelineEntry::descriptor();
  EXPECT_FALSE(UnknownField(entry, {"contact.happenedAt", "contact.data.parties.identifiers"}));
  EXPECT_EQ(UnknownField(entry, {"contact.happenedAt.seconds"}), "contact.happenedAt.seconds");
  EXPECT_EQ(UnknownField(entry, {"contact.id.x"}), "contact.id.x");
  EXPECT_EQ(UnknownField(entry, {"contact.happened_at"}), "contact.happened_at");
  EXPECT_EQ(UnknownField(entry, {""}), "");
}

}  // namespace
}  // namespace klantbeeld::cli
