#include "clients/adapters/web.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>
#include <unicode/utf8.h>

#include "klantbeeld/v1/limits.pb.h"

namespace klantbeeld::adapters {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

const v1::Limit& LimitOf(const FieldDescriptor& field) {
  return field.options().GetExtension(v1::limit);
}

// At most so many characters, cut between two.
std::string Cut(const std::string& text, size_t characters_max) {
  if (text.size() <= characters_max) return text;
  int32_t end = 0;
  for (size_t i = 0; i < characters_max && end < static_cast<int32_t>(text.size()); ++i) {
    U8_FWD_1(text.data(), end, static_cast<int32_t>(text.size()));
  }
  return text.substr(0, static_cast<size_t>(end));
}

void CutTexts(Message& message) {
  const auto& access = *message.GetReflection();
  const auto* type = message.GetDescriptor();
  for (int i = 0; i < type->field_count(); ++i) {
    const FieldDescriptor& field = *type->field(i);
    const size_t max = LimitOf(field).characters_max();
    if (field.cpp_type() != FieldDescriptor::CPPTYPE_STRING || max == 0) continue;
    if (!field.is_repeated()) {
      if (!access.HasField(message, &field)) continue;
      access.SetString(&message, &field, Cut(access.GetString(message, &field), max));
      continue;
    }
    for (int k = 0; k < access.FieldSize(message, &field); ++k) {
      const std::string text = Cut(access.GetRepeatedString(message, &field, k), max);
      access.SetRepeatedString(&message, &field, k, text);
    }
  }
}

int ItemsMax(const char* field) {
  return static_cast<int>(LimitOf(*v1::WebVisit::descriptor()->FindFieldByName(field)).items_max());
}

}  // namespace

std::string PathOf(absl::string_view url) {
  const size_t host = url.find("://");
  if (host != absl::string_view::npos) {
    const size_t path = url.find_first_of("/?#", host + 3);
    url = path == absl::string_view::npos ? absl::string_view() : url.substr(path);
  }
  url = url.substr(0, url.find_first_of("?#"));
  return url.empty() ? "/" : std::string(url);
}

void AddVisitor(v1::IdentifierType type, const std::string& value, v1::VerifiedBy verified,
                v1::ContactData& data) {
  if (value.empty()) return;
  v1::Party& visitor = data.parties_size() > 0 ? *data.mutable_parties(0) : *data.add_parties();
  v1::Identifier& identifier = *visitor.add_identifiers();
  identifier.set_type(type);
  identifier.set_value(value);
  if (verified != v1::VERIFIED_BY_UNSPECIFIED) identifier.set_verified(verified);
}

void CutToLimits(v1::WebVisit& visit) {
  auto& pages = *visit.mutable_page_views();
  const int pages_max = ItemsMax("page_views");
  if (pages.size() > pages_max) pages.DeleteSubrange(pages_max / 2, pages.size() - pages_max);
  auto& searches = *visit.mutable_searches();
  const int searches_max = ItemsMax("searches");
  if (searches.size() > searches_max) {
    searches.DeleteSubrange(searches_max, searches.size() - searches_max);
  }
  CutTexts(visit);
  for (v1::PageView& page : pages) CutTexts(page);
}

}  // namespace klantbeeld::adapters
