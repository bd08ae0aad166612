// Also tests: clients/adapters/formats.cc
#include "clients/adapters/text_adapter.h"

#include <gmock/gmock.h>

#include "tests/clients/adapters/made.h"

namespace klantbeeld::adapters {
namespace {

TEST(TextAdapter, WhatIsRefusedIsKeptUnderACommentAndReadAgain) {
  const testing::TempDir dir;
  const std::string endless(Records::kBytesMax + 1, 'x');
  auto opened = FindFormat("qmatic")->open(dir.Put("f", "geen json\n" + endless + "\n"),
                                           testing::Amsterdam());
  Adapter& adapter = *std::get<std::unique_ptr<Adapter>>(opened);
  std::string kept = adapter.RejectedHeader();
  for (auto item = adapter.Next(); item->kind != Item::Kind::kEnd; item = adapter.Next()) {
    kept += adapter.RejectedLine(*item, "ts", "not-a-time");
  }
  EXPECT_EQ(kept,
            "# rejected line=1 field=ts reason=not-a-time\ngeen json\n"
            "# rejected line=2 field=ts reason=not-a-time\n");
  EXPECT_THAT(
      testing::ItemsOf("qmatic", dir.Put("k", kept), testing::Amsterdam()),
      ::testing::ElementsAre(absl::StrCat("2 rejected  ", static_cast<int>(Reason::kNotJson))));
}

TEST(Formats, AreFoundByName) {
  EXPECT_EQ(FindFormat("rook"), nullptr);
  EXPECT_TRUE(FindFormat("csv")->needs_mapping);
  EXPECT_EQ(FormatNames(),
            "csv, events, cloudevents, asterisk-cdr, asterisk-queue, qmatic, matomo, ga4");
}

}  // namespace
}  // namespace klantbeeld::adapters
