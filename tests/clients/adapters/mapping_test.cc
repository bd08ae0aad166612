// Also tests: clients/adapters/values.cc clients/adapters/mapping_nodes.cc
// Also tests: clients/adapters/mapping_file.cc
#include "clients/adapters/mapping.h"

#include <gmock/gmock.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "absl/strings/str_cat.h"

namespace klantbeeld::adapters {
namespace {

using Kind = MappingFault::Kind;

class MappingTest : public testing::Test {
 protected:
  MappingTest() {
    std::string name = std::filesystem::temp_directory_path() / "kb-mapping-XXXXXX";
    dir_ = mkdtemp(name.data());
  }
  ~MappingTest() override { std::filesystem::remove_all(dir_); }

  std::variant<Mapping, MappingFault> Read(const std::string& text) {
    std::ofstream(dir_ + "/m.toml") << text;
    return Mapping::Read(dir_ + "/m.toml", absl::FromUnixSeconds(1'741'000'000));  // 2025-03-03.
  }
  // The fault of a mapping, of reading it or of its header.
  MappingFault FaultOf(const std::string& text) {
    auto read = Read(text);
    if (auto* fault = std::get_if<MappingFault>(&read)) return *fault;
    auto bound = std::get<Mapping>(read).Bind({"id", "when", "what", "who"});
    auto* fault = std::get_if<MappingFault>(&bound);
    return fault != nullptr ? *fault : MappingFault{Kind::kUnreadable, -1, "no fault"};
  }
  // The event of one row, or the column and reason that it was refused for.
  std::string Apply(const std::string& fields, const std::vector<std::string>& cells) {
    auto read = Read(kHead + fields);
    if (auto* fault = std::get_if<MappingFault>(&read)) return "fault: " + fault->what;
    auto& mapping = std::get<Mapping>(read);
    auto bound = mapping.Bind({"id", "when", "what", "who"});
    if (auto* fault = std::get_if<MappingFault>(&bound)) return "fault: " + fault->what;
    auto made = mapping.Apply(cells, counts_);
    if (auto* fault = std::get_if<RowFault>(&made)) {
      return absl::StrCat(fault->column, " ", static_cast<int>(fault->reason));
    }
    const auto& event = std::get<v1::ContactEvent>(made);
    return event.data().ShortDebugString();
  }

  static constexpr char kHead[] = "[event]\nsource = \"s\"\nevent_id = \"{id}\"\n";
  std::string dir_;
  MappingCounts counts_;
};

struct FaultRow {
  const char* name;
  const char* text;
  Kind kind;
  int line;
  const char* what;
};

TEST_F(MappingTest, WhatIsWrongIsNamedWithItsLine) {
  const FaultRow rows[] = {
      {"no TOML", "[event\n", Kind::kNotToml, 1, ""},
      {"no event", "zone = \"Europe/Amsterdam\"\n", Kind::kMissing, 0, "[event]"},
      {"no id", "[event]\nsource = \"s\"\n", Kind::kMissing, 1, "event.event_id"},
      {"unknown field", "[event]\nsource = \"s\"\nevent_id = \"{id}\"\ndata.colour = \"{what}\"\n",
       Kind::kUnknownField, 4, "colour"},
      {"unknown option", "colour = 1\n[event]\n", Kind::kUnknownOption, 1, "colour"},
      {"unknown option of a value",
       "[event]\nsource = \"s\"\nevent_id = \"{id}\"\ndata.note = { column = \"what\", x = 1 }\n",
       Kind::kUnknownOption, 4, "x"},
      {"absent column", "[event]\nsource = \"s\"\nevent_id = \"{id}\"\ndata.note = \"{other}\"\n",
       Kind::kMissingColumn, 4, "other"},
      {"absent dropped column",
       "drop = [\"other\"]\n[event]\nsource = \"s\"\nevent_id = \"{id}\"\n", Kind::kMissingColumn,
       1, "other"},
      {"used and dropped",
       "drop = [\"what\"]\n[event]\nsource = \"s\"\nevent_id = \"{id}\"\ndata.note = \"{what}\"\n",
       Kind::kColumnDropped, 5, "what"},
      {"zone", "zone = \"Europe/Atlantis\"\n[event]\n", Kind::kBadZone, 1, "Europe/Atlantis"},
      {"constant that is no value",
       "[event]\nsource = \"s\"\nevent_id = \"{id}\"\ndata.channel = \"smoke\"\n", Kind::kBadWord,
       4, "smoke"},
      {"word that is no value",
       "[event]\nsource = \"s\"\nevent_id = \"{id}\"\ndata.channel = { column = \"what\", words = "
       "{ Tel = \"smoke\" } }\n",
       Kind::kBadWord, 4, "smoke"},
      {"word for two values",
       "[event]\nsource = \"s\"\nevent_id = \"{id}\"\ndata.channel = { column = \"what\", words = "
       "{ Tel = \"phone\", TEL = \"web\" } }\n",
       Kind::kAmbiguousWord, 4, ""},
      {"form of times", "times = [\"%Y\", \"dag\"]\n[event]\n", Kind::kBadFormat, 1, "dag"},
      {"form of one time",
       "[event]\nsource = \"s\"\nevent_id = \"{id}\"\ndata.occurred_at = { column = \"when\", "
       "format = \"dd-mm\" }\n",
       Kind::kBadFormat, 4, "dd-mm"},
      {"message without its fields",
       "[event]\nsource = \"s\"\nevent_id = \"{id}\"\ndata.product = \"{what}\"\n",
       Kind::kWrongType, 4, "product"},
      {"brace without its other", "[event]\nsource = \"s\"\nevent_id = \"{id\"\n",
       Kind::kBadTemplate, 3, "{id"},
      {"brace before another", "[event]\nsource = \"s\"\nevent_id = \"{id {what}\"\n",
       Kind::kBadTemplate, 3, "{id {what}"},
      {"closing brace alone", "[event]\nsource = \"s\"\nevent_id = \"{id}}\"\n", Kind::kBadTemplate,
       3, "{id}}"},
      {"braces around nothing",
       "[event]\nsource = \"s\"\nevent_id = \"{id}\"\ndata.note = { value = \"{}\" }\n",
       Kind::kBadTemplate, 4, "{}"},
      {"brace of a further choice",
       "[event]\nsource = \"s\"\nevent_id = [\n\"{id}\",\n\"{what\"]\n", Kind::kBadTemplate, 5,
       "{what"},
  };
  for (const FaultRow& row : rows) {
    const MappingFault fault = FaultOf(row.text);
    EXPECT_EQ(static_cast<int>(fault.kind), static_cast<int>(row.kind)) << row.name;
    EXPECT_EQ(fault.line, row.line) << row.name;
    EXPECT_TRUE(*row.what == '\0' || fault.what == row.what) << row.name << ": " << fault.what;
  }
}

struct CellRow {
  const char* name;
  const char* field;
  const char* cell;  // Of column `what`.
  const char* made;
};

TEST_F(MappingTest, CellsBecomeFields) {
  const CellRow rows[] = {
      {"text", "data.note = \"{what}\"", "Belt terug", "note: \"Belt terug\""},
      {"empty says nothing", "data.note = \"{what}\"", "", ""},
      {"constant", "data.language = \"nl\"", "", "language: \"nl\""},
      {"template", "data.note = \"{id}-{what}\"", "b", "note: \"1-b\""},
      {"half a template says nothing", "data.note = \"{id}-{what}\"", "", ""},
      {"brace", "data.note = \"{{{what}\"", "b", "note: \"{b\""},
      {"both braces", "data.note = \"{{{what}}}\"", "b", "note: \"{b}\""},
      {"braces around no column", "data.note = \"{{what}}\"", "b", "note: \"{what}\""},
      {"first template that is whole", "data.note = [\"{who}-{what}\", \"{what}\", \"{id}\"]", "b",
       "note: \"b\""},
      {"and the last", "data.note = [\"{who}-{what}\", \"{what}\", \"{id}\"]", "", "note: \"1\""},
      {"half a reference says nothing",
       "data.earlier_contacts = [{ source = \"{id}\", id = \"{what}\" }]", "", ""},
      {"word for nothing makes no message",
       "data.call.disposition = { column = \"what\", words = { b = \"\" } }", "b", ""},
      {"formula is text", "data.note = \"{what}\"", "=HYPERLINK(\"x\")",
       "note: \"=HYPERLINK(\\\"x\\\")\""},
      {"enum by its name", "data.channel = \"{what}\"", "Phone", "channel: CHANNEL_PHONE"},
      {"enum by a word",
       "data.channel = { column = \"what\", words = { \"Telefóon\" = \"phone\" } }", "TELEFÓON",
       "channel: CHANNEL_PHONE"},
      {"other word",
       "data.channel = { column = \"what\", words = { a = \"phone\" }, otherwise = \"other\" }",
       "b", "channel: CHANNEL_OTHER"},
      {"word for nothing", "data.state = { column = \"what\", words = { b = \"\" } }", "b", ""},
      {"yes", "data.reached = \"{what}\"", "Ja", "reached: true"},
      {"no", "data.reached = \"{what}\"", "0", "reached: false"},
      {"seconds", "data.waited = \"{what}\"", "90", "waited { seconds: 90 }"},
      {"minutes", "data.waited = { column = \"what\", unit = \"min\" }", "1.5",
       "waited { seconds: 90 }"},
      {"clock", "data.waited = \"{what}\"", "0:01:30", "waited { seconds: 90 }"},
      {"number", "data.web.pages = \"{what}\"", "12", "web { pages: 12 }"},
      {"list", "data.tags = { column = \"what\", split = \";\" }", "a;;b",
       "tags: \"a\" tags: \"b\""},
      {"attribute", "data.attributes = [{ name = \"soort\", value = \"{what}\" }]", "b",
       "attributes { name: \"soort\" value: \"b\" }"},
      {"empty attribute says nothing",
       "data.attributes = [{ name = \"soort\", value = \"{what}\" }]", "", ""},
      {"party",
       "[[event.data.parties]]\nrole = \"customer\"\n[[event.data.parties.identifiers]]\ntype = "
       "\"email\"\nvalue = \"{what}\"\n",
       "a@b.nl",
       "parties { role: PARTY_ROLE_CUSTOMER identifiers { type: IDENTIFIER_TYPE_EMAIL value: "
       "\"a@b.nl\" } }"},
      {"party without anything known",
       "[[event.data.parties]]\nrole = \"customer\"\n[[event.data.parties.identifiers]]\ntype = "
       "\"email\"\nvalue = \"{what}\"\n",
       "", ""},
      {"BSN that fails the test is left out where it may be",
       "[[event.data.parties]]\n[[event.data.parties.identifiers]]\ntype = \"bsn\"\nvalue = "
       "{ column = \"what\", invalid = \"leave-out\" }\n",
       "999990011", ""},
      {"and kept when it passes",
       "[[event.data.parties]]\n[[event.data.parties.identifiers]]\ntype = \"bsn\"\nvalue = "
       "{ column = \"what\", invalid = \"leave-out\" }\n",
       "999990019", "parties { identifiers { type: IDENTIFIER_TYPE_BSN value: \"999990019\" } }"},
  };
  for (const CellRow& row : rows) {
    EXPECT_EQ(Apply(absl::StrCat(row.field, "\n"), {"1", "", row.cell, ""}), row.made) << row.name;
  }
}

TEST_F(MappingTest, FileThatCannotBeReadIsSaidSo) {
  const auto fault = [](const std::string& path) {
    auto read = Mapping::Read(path);
    const auto* found = std::get_if<MappingFault>(&read);
    return found != nullptr && found->kind == Kind::kUnreadable ? found->what : "";
  };
  EXPECT_EQ(fault(dir_ + "/absent.toml"), "No such file or directory");
  EXPECT_EQ(fault(dir_), "Is a directory");
}

TEST_F(MappingTest, BirthDatesThatLieAheadAreOutOfRange) {
  const std::string field = "[[event.data.parties]]\ndetails.birth_date = { column = \"what\" }\n";
  EXPECT_THAT(Apply(field, {"1", "", "2025-03-03", ""}), testing::HasSubstr("day: 3"));
  for (const char* ahead : {"2025-03-05", "2025-04", "2026", "20620417"}) {
    EXPECT_EQ(Apply(field, {"1", "", ahead, ""}),
              absl::StrCat("what ", static_cast<int>(Reason::kOutOfRange)))
        << ahead;
  }
}

TEST_F(MappingTest, BirthDatesMayBePartlyUnknown) {
  const std::string field = "[[event.data.parties]]\ndetails.birth_date = { column = \"what\" }\n";
  const CellRow rows[] = {
      {"whole", "", "1985-12-01", "year: 1985 month: 12 day: 1"},
      {"eight digits", "", "19851201", "year: 1985 month: 12 day: 1"},
      {"no day", "", "1985-12", "year: 1985 month: 12"},
      {"day and month unknown", "", "19850000", "year: 1985"},
  };
  for (const CellRow& row : rows) {
    EXPECT_EQ(Apply(field, {"1", "", row.cell, ""}),
              absl::StrCat("parties { details { birth_date { ", row.made, " } } }"))
        << row.name;
  }
  for (const char* bad : {"1985-02-30", "12-1985", "gisteren", "0000-00-00"}) {
    EXPECT_EQ(Apply(field, {"1", "", bad, ""}),
              absl::StrCat("what ", static_cast<int>(Reason::kNotADate)))
        << bad;
  }
  EXPECT_EQ(Apply("[[event.data.parties]]\ndetails.birth_date = { column = \"what\", format = "
                  "\"%d/%m/%Y\" }\n",
                  {"1", "", "1/12/1985", ""}),
            "parties { details { birth_date { year: 1985 month: 12 day: 1 } } }");
  EXPECT_EQ(Apply("[[event.data.parties]]\n[event.data.parties.details.birth_date]\nyear = "
                  "\"{what}\"\nmonth = \"{who}\"\n",
                  {"1", "", "1985", "7"}),
            "parties { details { birth_date { year: 1985 month: 7 } } }");
}

struct TimeRow {
  const char* text;
  int64_t seconds;  // -1: refused.
  bool doubtful;
};

TEST_F(MappingTest, LocalTimesAreOfTheirZone) {
  const TimeRow rows[] = {
      {"2025-07-01T12:00:00Z", 1751371200, false},
      {"2025-07-01T12:00:00+02:00", 1751364000, false},
      {"2025-07-01T12:00:00", 1751364000, false},  // Summer time in Amsterdam.
      {"2025-01-01 12:00", 1735729200, false},
      {"2025-01-01", 1735686000, false},
      // 26 October 2025: 2:30 was twice; the first of the two is taken.
      {"2025-10-26 02:30:00", 1761438600, true},
      // 30 March 2025: 2:30 was not; it is half an hour after two, as it were.
      {"2025-03-30 02:30:00", 1743298200, true},
      {"01-07-2025", -1, false},
      {"2025-13-01 12:00", -1, false},
  };
  for (const TimeRow& row : rows) {
    counts_ = {};
    const std::string made = Apply("data.occurred_at = \"{when}\"\n", {"1", row.text, "", ""});
    EXPECT_EQ(made, row.seconds < 0 ? absl::StrCat("when ", static_cast<int>(Reason::kNotATime))
                                    : absl::StrCat("occurred_at { seconds: ", row.seconds, " }"))
        << row.text;
    EXPECT_EQ(counts_.doubtful_times, row.doubtful ? 1u : 0u) << row.text;
  }
  EXPECT_EQ(Apply("data.occurred_at = { column = \"when\", format = \"%m/%d/%Y %I:%M:%S %p\", zone "
                  "= \"America/Los_Angeles\", years = -4 }\n",
                  {"1", "02/29/2024 11:59:58 PM", "", ""}),
            "occurred_at { seconds: 1583049598 }");
}

TEST_F(MappingTest, BadCellsAreRefusedWithColumnAndReason) {
  EXPECT_EQ(Apply("", {"", "", "", ""}),
            absl::StrCat("event_id ", static_cast<int>(Reason::kMissing)));
  EXPECT_EQ(Apply("data.waited = \"{what}\"\n", {"1", "", "lang", ""}),
            absl::StrCat("what ", static_cast<int>(Reason::kNotALength)));
  EXPECT_EQ(Apply("data.reached = \"{what}\"\n", {"1", "", "soms", ""}),
            absl::StrCat("what ", static_cast<int>(Reason::kNotYesOrNo)));
  EXPECT_EQ(Apply("data.web.pages = \"{what}\"\n", {"1", "", "-1", ""}),
            absl::StrCat("what ", static_cast<int>(Reason::kOutOfRange)));
  EXPECT_EQ(Apply("data.web.pages = \"{what}\"\n", {"1", "", "veel", ""}),
            absl::StrCat("what ", static_cast<int>(Reason::kNotANumber)));
  EXPECT_EQ(Apply("data.channel = \"{what}\"\n", {"1", "", "rook", ""}),
            absl::StrCat("what ", static_cast<int>(Reason::kWordUnknown)));
  EXPECT_EQ(Apply("data.note = \"{what}\"\n", {"1", "", "\xE9\xE9n", ""}),
            absl::StrCat("what ", static_cast<int>(Reason::kNotUtf8)));
}

TEST_F(MappingTest, NulIsNoText) {
  EXPECT_EQ(Apply("data.note = \"{what}\"\n", {"1", "", std::string("a\0b", 3), ""}),
            absl::StrCat("what ", static_cast<int>(Reason::kNotText)));
}

TEST_F(MappingTest, EndBeforeItsStartIsLeftOutWhereItMayBe) {
  const std::string end =
      "data.occurred_at = \"{when}\"\ndata.ended_at = { column = \"who\", invalid = "
      "\"leave-out\" }\n";
  EXPECT_EQ(Apply(end, {"1", "2025-01-01T12:00:00Z", "", "2025-01-01T11:59:59Z"}),
            "occurred_at { seconds: 1735732800 }");
  EXPECT_EQ(counts_.left_out["who"], 1u);
  EXPECT_EQ(Apply(end, {"1", "2025-01-01T12:00:00Z", "", "2025-01-01T12:00:00Z"}),
            "occurred_at { seconds: 1735732800 } ended_at { seconds: 1735732800 }");
}

TEST_F(MappingTest, CellsFilledUpWithSpacesAreBareOrEmpty) {
  const std::string fields = "[event.data]\nsubject = [\"{what} of {who}\", \"{what}\"]\n";
  EXPECT_EQ(Apply(fields, {" 1 ", "", " tea  ", "  "}), "subject: \"tea\"");
  EXPECT_EQ(Apply(fields, {" 1 ", "", " tea  ", "\tann"}), "subject: \"tea of ann\"");
  EXPECT_EQ(Apply(fields, {" 1 ", "", "  ", " "}), "");
  EXPECT_EQ(Apply(fields, {"  ", "", "tea", ""}),
            absl::StrCat("event_id ", static_cast<int>(Reason::kMissing)));
}

TEST_F(MappingTest, RowThatSaysWhatAllSayIsAContact) {
  const std::string fields =
      "[event.data]\nchannel = \"web\"\nparties = [{ details = { surname = \"{who}\" } }]\n";
  EXPECT_EQ(Apply(fields, {"1", "", "", ""}), "channel: CHANNEL_WEB");
}

TEST_F(MappingTest, WhatCannotBeAnEmailAddressIsLeftOut) {
  const std::string fields =
      "[[event.data.parties.identifiers]]\ntype = \"email\"\n"
      "value = { column = \"who\", invalid = \"leave-out\" }\n";
  for (const char* bad : {"ann.example.org", "ann@", "@example.org", "an n@example.org"}) {
    EXPECT_EQ(Apply(fields, {"1", "", "", bad}), "") << bad;
  }
  EXPECT_EQ(counts_.left_out["who"], 4);
  EXPECT_EQ(Apply(fields, {"1", "", "", "ann@example.org"}),
            "parties { identifiers { type: IDENTIFIER_TYPE_EMAIL value: \"ann@example.org\" } }");
}

TEST_F(MappingTest, OptionalColumnsMayBeAbsent) {
  auto read = Read(absl::StrCat("optional = [\"extra\"]\n", kHead, "data.note = \"{extra}\"\n"));
  auto& mapping = std::get<Mapping>(read);
  ASSERT_EQ(mapping.Bind({"id"}).index(), 0u);
  EXPECT_EQ(std::get<v1::ContactEvent>(mapping.Apply({"1"}, counts_)).data().note(), "");
  ASSERT_EQ(mapping.Bind({"id", "extra"}).index(), 0u);
  EXPECT_EQ(std::get<v1::ContactEvent>(mapping.Apply({"1", "x"}, counts_)).data().note(), "x");
}

TEST_F(MappingTest, ColumnsThatAreNeitherUsedNorDroppedAreNamed) {
  auto read = Read(absl::StrCat("drop = [\"who\"]\n", kHead));
  auto& mapping = std::get<Mapping>(read);
  ASSERT_EQ(mapping.Bind({"id", "when", "what", "who"}).index(), 0u);
  EXPECT_EQ(mapping.unused(), (std::vector<std::string>{"when", "what"}));
}

}  // namespace
}  // namespace klantbeeld::adapters
