#include "clients/cli/labels.h"

#include <google/protobuf/descriptor.h>
#include <gtest/gtest.h>

#include <regex>
#include <set>

namespace klantbeeld::cli {
namespace {

std::set<std::string> Places(const std::string& text) {
  static const std::regex kPlace("\\$[0-9]");
  return {std::sregex_token_iterator(text.begin(), text.end(), kPlace),
          std::sregex_token_iterator()};
}

TEST(Labels, BothLanguagesSayTheSameThings) {
  for (int i = 0; i < static_cast<int>(Label::kCount); ++i) {
    const std::string nl = Text(Lang::kDutch, static_cast<Label>(i));
    const std::string en = Text(Lang::kEnglish, static_cast<Label>(i));
    EXPECT_FALSE(nl.empty()) << i;
    EXPECT_FALSE(en.empty()) << nl;
    EXPECT_EQ(Places(nl), Places(en)) << nl;
    EXPECT_EQ(nl.back() == '\n', en.back() == '\n') << nl;
  }
}

TEST(Labels, EveryReasonHasASentenceInBothLanguages) {
  const auto* reasons = v1::ErrorReason_descriptor();
  for (int i = 0; i < reasons->value_count(); ++i) {
    if (reasons->value(i)->number() == 0) continue;
    const auto reason = static_cast<v1::ErrorReason>(reasons->value(i)->number());
    for (const Lang lang : {Lang::kDutch, Lang::kEnglish}) {
      const char* sentence = Sentence(lang, reason);
      ASSERT_NE(sentence, nullptr) << reasons->value(i)->name();
      EXPECT_GT(std::string(sentence).size(), 10u) << reasons->value(i)->name();
    }
    EXPECT_STRNE(Sentence(Lang::kDutch, reason), Sentence(Lang::kEnglish, reason));
  }
}

template <class Enum>
void ExpectWords(const google::protobuf::EnumDescriptor* type) {
  for (int i = 0; i < type->value_count(); ++i) {
    const int number = type->value(i)->number();
    for (const Lang lang : {Lang::kDutch, Lang::kEnglish})
      EXPECT_EQ(number == 0, std::string(Word(lang, static_cast<Enum>(number))).empty())
          << type->value(i)->name();
  }
}

TEST(Labels, EveryValueHasAWord) {
  ExpectWords<v1::Channel>(v1::Channel_descriptor());
  ExpectWords<v1::ContactState>(v1::ContactState_descriptor());
  ExpectWords<v1::CitizenIssue>(v1::CitizenIssue_descriptor());
  ExpectWords<v1::CitizenChange_Kind>(v1::CitizenChange_Kind_descriptor());
  ExpectWords<v1::FactKind>(v1::FactKind_descriptor());
}

}  // namespace
}  // namespace klantbeeld::cli
