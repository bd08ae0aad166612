#include "service/registry/file_registry.h"

#include <algorithm>
#include <atomic>
#include <map>
#include <set>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "service/party_rules.h"
#include "service/registry/rows.h"
#include "service/validate.h"
#include "store/identity/normalise.h"

namespace klantbeeld::registry {
namespace {

// A line of the file, by column; empty cells are absent.
using Cells = std::map<absl::string_view, std::string>;

constexpr absl::string_view kColumns[] = {
    "bsn",          "first_names",     "initials", "prefix",     "surname",
    "partner_prefix", "partner_surname", "name_use", "birth_date", "sex",
    "street",       "house_number",    "house_letter", "addition", "postcode",
    "city",         "secret",          "deceased_on"};

absl::Status Wrong(absl::string_view column, absl::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat(column, ": ", what));
}

// YYYY-MM-DD with 00 for what is unknown.
absl::StatusOr<v1::PartialDate> ReadDate(absl::string_view column, absl::string_view text) {
  const std::vector<absl::string_view> parts = absl::StrSplit(text, '-');
  int year = 0, month = 0, day = 0;
  v1::PartialDate date;
  const bool digits = parts.size() == 3 && parts[0].size() == 4 && parts[1].size() == 2 &&
                      parts[2].size() == 2 && absl::SimpleAtoi(parts[0], &year) &&
                      absl::SimpleAtoi(parts[1], &month) && absl::SimpleAtoi(parts[2], &day);
  if (digits && year != 0) date.set_year(year);
  if (digits && month != 0) date.set_month(month);
  if (digits && day != 0) date.set_day(day);
  if (!digits || service::Validate(date, service::UnknownFields::kRefuse) ||
      service::CheckDate(date)) {
    return Wrong(column, "must be a date, YYYY-MM-DD, with 00 or 0000 for the parts that are unknown");
  }
  return date;
}

absl::Status ReadNames(const Cells& cells, v1::PersonalDetails& details) {
  for (const auto& [column, text] : cells) {
    if (column == "first_names") details.set_first_names(text);
    if (column == "initials") details.set_initials(text);
    if (column == "prefix") details.set_surname_prefix(text);
    if (column == "surname") details.set_surname(text);
  }
  const auto use = cells.find("name_use");
  if (use == cells.end() || use->second == "E") return absl::OkStatus();
  if (use->second != "P" && use->second != "V" && use->second != "N") {
    return Wrong("name_use", "must be E, P, V or N (aanduiding naamgebruik)");
  }
  if (const auto it = cells.find("partner_prefix"); it != cells.end()) {
    details.set_partner_prefix(it->second);
  }
  if (const auto it = cells.find("partner_surname"); it != cells.end()) {
    details.set_partner_surname(it->second);
  }
  return absl::OkStatus();
}

absl::Status ReadAddress(const Cells& cells, v1::PersonalDetails& details) {
  for (const auto& [column, text] : cells) {
    if (column == "street") details.mutable_address()->set_street(text);
    if (column == "house_letter") details.mutable_address()->set_house_letter(text);
    if (column == "addition") details.mutable_address()->set_house_number_addition(text);
    if (column == "city") details.mutable_address()->set_city(text);
    if (column == "postcode") {
      if (service::CheckPostcode(text)) {
        return Wrong(column, "must be four digits and two letters");
      }
      details.mutable_address()->set_postcode(store::NormalPostcode(text));
    }
    if (column == "house_number") {
      int32_t number = 0;
      if (!absl::SimpleAtoi(text, &number)) return Wrong(column, "must be a whole number");
      details.mutable_address()->set_house_number(number);
    }
  }
  return absl::OkStatus();
}

absl::Status ReadRest(const Cells& cells, store::RegistryAnswer& answer) {
  for (const auto& [column, text] : cells) {
    if (column == "birth_date" || column == "deceased_on") {
      auto date = ReadDate(column, text);
      if (!date.ok()) return date.status();
      if (column == "deceased_on") {
        answer.deceased = true;
        answer.deceased_on = *date;
      }
      if (column == "birth_date" && date->has_year()) {
        *answer.details.mutable_birth_date() = *std::move(date);
      }
    }
    if (column == "sex") {
      const size_t at = absl::string_view("VMO").find(text);
      if (text.size() != 1 || at == absl::string_view::npos) {
        return Wrong(column, "must be V, M or O (geslachtsaanduiding)");
      }
      constexpr v1::Sex kSexes[] = {v1::SEX_FEMALE, v1::SEX_MALE, v1::SEX_OTHER};
      answer.details.set_sex(kSexes[at]);
    }
    if (column == "secret") {
      bool secret = false;
      if (!absl::SimpleAtob(text, &secret)) return Wrong(column, "must be true or false");
      if (secret) answer.details.set_secret(true);
    }
  }
  return absl::OkStatus();
}

// The column that a field of the contract was read from.
absl::string_view ColumnOf(absl::string_view path) {
  const absl::string_view field = path.substr(path.rfind('.') + 1);
  if (field == "surname_prefix") return "prefix";
  return field == "house_number_addition" ? "addition" : field;
}

absl::StatusOr<store::RegistryAnswer> ReadPerson(const Cells& cells) {
  store::RegistryAnswer answer;
  answer.found = true;
  const auto bsn = cells.find("bsn");
  if (bsn == cells.end() || !store::PassesElevenTest(bsn->second)) {
    return Wrong("bsn", "must be nine digits that pass the eleven test");
  }
  answer.bsn = bsn->second;
  absl::Status status = ReadNames(cells, answer.details);
  if (status.ok()) status = ReadAddress(cells, answer.details);
  if (status.ok()) status = ReadRest(cells, answer);
  if (!status.ok()) return status;
  if (const auto fault = service::Validate(answer.details, service::UnknownFields::kRefuse)) {
    return Wrong(ColumnOf(fault->path), fault->what);
  }
  return answer;
}

std::string NameKey(absl::string_view surname, int year, int month, int day) {
  return absl::StrCat(store::FoldText(surname), "|", year, "-", month, "-", day);
}

std::string AddressKey(absl::string_view postcode, int32_t number) {
  return absl::StrCat(store::NormalPostcode(postcode), "|", number);
}

// What was asked for fits what is registered; nothing asked for fits all.
bool Fits(absl::string_view asked, absl::string_view registered) {
  const bool begins = absl::ConsumeSuffix(&asked, "*");
  const std::string want = store::FoldText(asked);
  const std::string have = store::FoldText(registered);
  return begins ? absl::StartsWith(have, want) : want.empty() || have == want;
}

bool Fits(const Query& query, const v1::PersonalDetails& details) {
  if (const auto* name = std::get_if<NameAndBirth>(&query)) {
    return Fits(name->prefix, details.surname_prefix()) &&
           Fits(name->first_names, details.first_names());
  }
  const auto& place = std::get<PostcodeAndNumber>(query);
  return Fits(place.house_letter, details.address().house_letter()) &&
         Fits(place.addition, details.address().house_number_addition());
}

class FileRegistry final : public Registry {
 public:
  absl::Status Read(const std::string& path) {
    return ReadCsv(path, [&](CsvRow row) {
      const absl::Status status = header_.empty() ? TakeHeader(row) : TakePerson(row);
      if (status.ok()) return status;
      return absl::InvalidArgumentError(
          absl::StrCat(path, ", line ", row.line, ", ", status.message()));
    });
  }
  bool has_header() const { return !header_.empty(); }

  absl::StatusOr<std::vector<store::RegistryAnswer>> Ask(const std::vector<std::string>& bsns,
                                                         absl::Time) override {
    if (auto status = CheckUsable(CheckBsns(bsns)); !status.ok()) return status;
    std::vector<store::RegistryAnswer> answers;
    for (const std::string& bsn : bsns) {
      const auto it = persons_.find(bsn);
      if (it != persons_.end()) {
        answers.push_back(it->second.answer);
      } else {
        answers.emplace_back().bsn = bsn;
      }
    }
    return answers;
  }

  absl::StatusOr<std::vector<std::string>> Search(const Query& query, absl::Time) override {
    if (auto status = CheckUsable(CheckQuery(query)); !status.ok()) return status;
    std::vector<std::string> hits;
    const auto at = index_.find(KeyOf(query));
    if (at == index_.end()) return hits;
    for (const std::string& bsn : at->second) {
      const store::RegistryAnswer& one = persons_.at(bsn).answer;
      if (!one.deceased && Fits(query, one.details)) hits.push_back(bsn);
    }
    if (hits.size() <= kHitsMax) return hits;
    return Failed(Failure::kTooManyResults,
                  absl::StrCat("more than ", kHitsMax, " persons fit; ask with more"));
  }

  void Stop() override { stopped_ = true; }

 private:
  struct Person {
    uint64_t line = 0;
    store::RegistryAnswer answer;
  };

  static std::string KeyOf(const Query& query) {
    if (const auto* name = std::get_if<NameAndBirth>(&query)) {
      return NameKey(name->surname, static_cast<int>(name->birth_date.year()),
                     name->birth_date.month(), name->birth_date.day());
    }
    const auto& place = std::get<PostcodeAndNumber>(query);
    return AddressKey(place.postcode, place.house_number);
  }

  absl::Status CheckUsable(absl::Status status) const {
    return stopped_ ? Failed(Failure::kStopped, "the server stops") : status;
  }

  absl::Status TakeHeader(const CsvRow& row) {
    std::set<absl::string_view> seen;
    for (const std::string& cell : row.cells) {
      const auto known = std::find(std::begin(kColumns), std::end(kColumns), cell);
      if (known == std::end(kColumns)) {
        return absl::InvalidArgumentError(
            absl::StrCat("column ", header_.size() + 1, ": its name is none of ",
                         absl::StrJoin(kColumns, ", "), "; take it out, or correct its name"));
      }
      if (!seen.insert(*known).second) return Wrong(*known, "stands twice in the header");
      header_.push_back(*known);
    }
    if (seen.contains("bsn")) return absl::OkStatus();
    return absl::InvalidArgumentError("bsn: the header must name this column");
  }

  absl::Status TakePerson(const CsvRow& row) {
    if (row.cells.size() != header_.size()) {
      return absl::InvalidArgumentError(absl::StrCat(row.cells.size(), " cells: must be ",
                                                     header_.size(), ", as the header has"));
    }
    Cells cells;
    for (size_t i = 0; i < header_.size(); ++i) {
      if (!row.cells[i].empty()) cells[header_[i]] = row.cells[i];
    }
    auto answer = ReadPerson(cells);
    if (!answer.ok()) return answer.status();
    std::string bsn = answer->bsn;
    const auto [it, added] = persons_.try_emplace(bsn, Person{row.line, *std::move(answer)});
    if (!added) {
      return Wrong("bsn", absl::StrCat("stands in line ", it->second.line,
                                       " too; keep one row per BSN"));
    }
    Index(it->second.answer);
    return absl::OkStatus();
  }

  void Index(const store::RegistryAnswer& one) {
    const v1::PartialDate& birth = one.details.birth_date();
    if (one.details.has_surname() && birth.has_day()) {
      index_[NameKey(one.details.surname(), birth.year(), birth.month(), birth.day())].push_back(
          one.bsn);
    }
    const v1::Address& address = one.details.address();
    if (address.has_postcode() && address.has_house_number()) {
      index_[AddressKey(address.postcode(), address.house_number())].push_back(one.bsn);
    }
  }

  std::vector<absl::string_view> header_;
  absl::flat_hash_map<std::string, Person> persons_;
  absl::flat_hash_map<std::string, std::vector<std::string>> index_;  // BSNs by what is searched.
  std::atomic<bool> stopped_{false};
};

}  // namespace

absl::StatusOr<std::unique_ptr<Registry>> OpenFileRegistry(const std::string& path) {
  auto registry = std::make_unique<FileRegistry>();
  if (auto status = registry->Read(path); !status.ok()) return status;
  if (!registry->has_header()) {
    return absl::InvalidArgumentError(absl::StrCat(path, ": is empty; begin it with a header line"));
  }
  return registry;
}

}  // namespace klantbeeld::registry
