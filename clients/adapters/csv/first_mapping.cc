#include "clients/adapters/csv/first_mapping.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"
#include "absl/time/time.h"
#include "clients/adapters/csv/header.h"
#include "clients/adapters/values.h"
#include "klantbeeld/v1/contact.pb.h"

namespace klantbeeld::adapters {
namespace {

constexpr size_t kRowsLookedAt = 1000;
constexpr size_t kWordsMax = 20;

// Where a column goes by its name. Folded, without spaces and underscores.
struct Known {
  const char* field;  // In the mapping; "identifier TYPE" and "details NAME" are of the party.
  std::vector<const char*> names;
};
const std::vector<Known>& AllKnown() {
  static const auto* known = new std::vector<Known>{
      {"event_id",
       {"id", "eventid", "srnumber", "uniqueid", "zaakid", "meldingid", "requestid",
        "servicerequestid", "casenumber", "caseno", "ticketid", "recid", "uniquekey"}},
      {"data.occurred_at",
       {"ts", "start", "starttijd", "datum", "date", "created", "createddate", "createdat",
        "opened", "openeddate", "tijd", "time", "timestamp", "requesteddatetime", "datumaanmaak",
        "aangemaakt"}},
      {"data.ended_at",
       {"eind", "eindtijd", "end", "closed", "closeddate", "closedat", "closedon", "afgehandeld",
        "datumafhandeling"}},
      {"revised_at",
       {"bijgewerkt", "updated", "updateddate", "updatedat", "lastupdate", "gewijzigd",
        "updateddatetime"}},
      {"data.channel",
       {"kanaal", "channel", "requestsource", "source", "origin", "bron", "method",
        "methodreceived", "methodreceiveddescription", "inputtype", "source of request"}},
      {"data.state", {"status", "state", "toestand", "statusdescription"}},
      {"data.subject",
       {"onderwerp", "subject", "requesttype", "type", "category", "servicename", "categorie",
        "servicerequesttype", "reason", "complainttype"}},
      {"data.outcome", {"resultaat", "outcome", "actiontaken", "resolution", "statusnotes"}},
      {"data.note",
       {"notitie", "note", "notes", "toelichting", "opmerking", "description", "omschrijving",
        "descriptor"}},
      {"data.department",
       {"afdeling", "department", "owner", "agency", "agencyname", "agencyresponsible"}},
      {"data.location", {"locatie", "location", "balie", "branch"}},
      {"data.queue", {"rij", "queue", "wachtrij"}},
      {"identifier bsn", {"bsn", "burgerservicenummer"}},
      {"identifier phone", {"telefoon", "telefoonnummer", "tel", "phone", "phonenumber", "mobile"}},
      {"identifier email", {"email", "mail", "emailadres", "emailaddress"}},
      {"identifier cookie", {"cookie", "visitorid"}},
      {"identifier ticket", {"ticket", "ticketnummer"}},
      {"identifier kvk", {"kvk", "kvknummer"}},
      {"details first_names", {"voornaam", "voornamen", "firstname", "givenname", "firstnames"}},
      {"details initials", {"initialen", "voorletters", "initials"}},
      {"details surname_prefix", {"voorvoegsel", "tussenvoegsel", "prefix"}},
      {"details surname", {"achternaam", "geslachtsnaam", "naam", "lastname", "surname"}},
      {"details birth_date", {"geboortedatum", "dob", "birthdate", "dateofbirth"}},
      {"details address.postcode", {"postcode"}},
      {"details address.house_number", {"huisnummer", "housenumber"}},
      {"details address.street", {"straat", "street", "straatnaam"}},
  };
  return *known;
}

// Words of channels, as other systems call them, and ours.
const std::map<std::string, std::string>& ChannelWords() {
  static const auto* words = new std::map<std::string, std::string>{
      {"call", "phone"},         {"phone", "phone"},     {"telefoon", "phone"},
      {"tel", "phone"},          {"web", "web"},         {"website", "web"},
      {"self service", "web"},   {"internet", "web"},    {"online", "web"},
      {"portal", "web"},         {"mobile app", "app"},  {"app", "app"},
      {"mobile", "app"},         {"walk-in", "counter"}, {"walk in", "counter"},
      {"counter", "counter"},    {"balie", "counter"},   {"email", "email"},
      {"e-mail", "email"},       {"mail", "post"},       {"letter", "post"},
      {"brief", "post"},         {"chat", "chat"},       {"twitter", "social"},
      {"social media", "social"}};
  return *words;
}

const std::vector<std::string>& TimeForms() {
  static const auto* forms = new std::vector<std::string>{"%m/%d/%Y %I:%M:%S %p",
                                                          "%d-%m-%Y %H:%M:%S",
                                                          "%d-%m-%Y %H:%M",
                                                          "%d-%b-%Y %H:%M",
                                                          "%m/%d/%Y %H:%M:%S",
                                                          "%m/%d/%Y %H:%M",
                                                          "%Y/%m/%d %H:%M:%S%Ez",
                                                          "%Y/%m/%d %H:%M:%S",
                                                          "%d/%m/%Y %H:%M",
                                                          "%m/%d/%Y",
                                                          "%d-%m-%Y",
                                                          "%Y%m%d"};
  return *forms;
}

// An address, number or date, and no name of a column.
bool IsValue(const std::string& cell) {
  const auto digits = std::count_if(cell.begin(), cell.end(), absl::ascii_isdigit);
  return absl::StrContains(cell, '@') ||
         (digits > 2 && std::none_of(cell.begin(), cell.end(), absl::ascii_isalpha));
}

std::string Bare(const std::string& column) {
  return absl::StrReplaceAll(Folded(column), {{" ", ""}, {"_", ""}, {"-", ""}, {".", ""}});
}

std::string Quoted(absl::string_view text) {
  return absl::StrCat("\"", absl::StrReplaceAll(text, {{"\\", "\\\\"}, {"\"", "\\\""}}), "\"");
}

// The columns of a file with what stands in them.
class Sample {
 public:
  absl::Status Read(const std::string& path) {
    auto opened = OpenCsvFile(path, "", 0);
    if (!opened.ok()) return opened.status();
    file_ = *std::move(opened);
    values_.resize(file_.header.size());
    CsvRow row;
    for (size_t rows = 0; rows < kRowsLookedAt;) {
      const auto got = file_.rows->Next(row);
      if (!got.ok()) return got.status();
      if (*got == CsvRows::Got::kEnd) break;
      if (*got != CsvRows::Got::kRow || row.cells.size() != values_.size()) continue;
      ++rows;
      for (size_t i = 0; i < row.cells.size(); ++i) {
        if (!row.cells[i].empty()) values_[i].insert(row.cells[i]);
      }
    }
    return absl::OkStatus();
  }

  std::optional<size_t> ColumnFor(const Known& known) const {
    for (const char* name : known.names) {
      for (size_t i = 0; i < file_.header.size(); ++i) {
        if (Bare(file_.header[i]) == name) return i;
      }
    }
    return std::nullopt;
  }
  const std::vector<std::string>& header() const { return file_.header; }
  char separator() const { return file_.separator; }
  const std::set<std::string>& values(size_t column) const { return values_[column]; }

 private:
  CsvFile file_;
  std::vector<std::set<std::string>> values_;
};

// The form that reads every time of the column; none where ISO 8601 does, or
// nothing does.
std::optional<std::string> FormOf(const std::set<std::string>& values) {
  for (const std::string& form : TimeForms()) {
    absl::Time time;
    const auto reads = [&](const std::string& text) {
      return absl::ParseTime(form, text, &time, nullptr);
    };
    if (!values.empty() && std::all_of(values.begin(), values.end(), reads)) return form;
  }
  return std::nullopt;
}

std::string WordsOf(const std::set<std::string>& values,
                    const google::protobuf::EnumDescriptor& type,
                    const std::map<std::string, std::string>& known) {
  std::vector<std::string> words;
  for (const std::string& value : values) {
    if (words.size() == kWordsMax) break;
    const auto found = known.find(Folded(value));
    const bool ours = EnumValue(type, value) >= 0;
    words.push_back(absl::StrCat(Quoted(value), " = ",
                                 Quoted(found != known.end() ? found->second
                                        : ours               ? Folded(value)
                                                             : "")));
  }
  return absl::StrJoin(words, ", ");
}

// A record that changed is exported again: another event of the same contact.
std::string IdsOf(const std::string& id, const std::string& revised) {
  const std::string bare = absl::StrCat("{", id, "}");
  if (id.empty()) return "event_id = \"\"  # Name the column that tells records apart.\n";
  if (revised.empty()) return absl::StrCat("event_id = ", Quoted(bare), "\n");
  return absl::StrCat("event_id = [", Quoted(absl::StrCat(bare, "@{", revised, "}")), ", ",
                      Quoted(bare),
                      "]\ncontact = { source = \"NAME-THE-SOURCE\", id = ", Quoted(bare), " }\n");
}

}  // namespace

absl::StatusOr<std::string> FirstMapping(const std::string& path) {
  Sample sample;
  if (const absl::Status status = sample.Read(path); !status.ok()) return status;
  const auto& header = sample.header();
  std::set<size_t> used;
  std::string event, identifiers, details, id, revised;
  for (const Known& known : AllKnown()) {
    const auto column = sample.ColumnFor(known);
    if (!column || !used.insert(*column).second) continue;
    if (std::string(known.field) == "event_id") id = header[*column];
    if (std::string(known.field) == "revised_at") revised = header[*column];
    absl::string_view field = known.field;
    const std::string& name = header[*column];
    const auto& values = sample.values(*column);
    std::string value = absl::StrCat("{ column = ", Quoted(name));
    if (absl::EndsWith(field, "_at")) {
      if (const auto form = FormOf(values)) absl::StrAppend(&value, ", format = ", Quoted(*form));
    } else if (field == "data.channel") {
      absl::StrAppend(&value, ", words = { ",
                      WordsOf(values, *v1::Channel_descriptor(), ChannelWords()), " }");
    } else if (field == "data.state") {
      absl::StrAppend(
          &value, ", words = { ",
          WordsOf(values, *v1::ContactState_descriptor(),
                  {{"closed", "ended"}, {"open", "in-progress"}, {"afgehandeld", "ended"}}),
          " }");
    }
    value += " }";
    if (field == "event_id") continue;
    if (absl::ConsumePrefix(&field, "identifier ")) {
      absl::StrAppend(&identifiers, "  { type = ", Quoted(field), ", value = ", value,
                      ", verified = \"typed\" },\n");
    } else if (absl::StartsWith(field, "details ")) {
      absl::StrAppend(&details, "details.", field.substr(8), " = ", value, "\n");
    } else {
      absl::StrAppend(&event, field, " = ", value, "\n");
    }
  }
  std::string rest;
  const bool names = !used.empty() && std::none_of(header.begin(), header.end(), IsValue);
  for (size_t i = 0; names && i < header.size(); ++i) {
    if (!used.contains(i)) absl::StrAppend(&rest, "# ", Quoted(header[i]), "\n");
  }
  std::string text = "# Guessed from the columns' names and the first rows: check every line.\n";
  absl::StrAppend(&text, "zone = \"Europe/Amsterdam\"  # Of times that name none.\n");
  if (sample.separator() != ',') {
    absl::StrAppend(
        &text, "[file]\nseparator = ",
        sample.separator() == '\t' ? "\"\\t\"" : Quoted(std::string(1, sample.separator())), "\n");
  }
  absl::StrAppend(&text, "\n[event]\nsource = \"NAME-THE-SOURCE\"\n", IdsOf(id, revised), event);
  if (!identifiers.empty() || !details.empty()) {
    absl::StrAppend(&text, "\n[[event.data.parties]]\n");
    if (!identifiers.empty()) absl::StrAppend(&text, "identifiers = [\n", identifiers, "]\n");
    text += details;
  }
  if (!rest.empty())
    absl::StrAppend(&text, "\n# Not used; name in drop = [...] what is sensitive:\n", rest);
  if (!names)
    text += "\n# The first line does not look like names of columns, so it is not repeated here.\n"
            "# Without them a file cannot be read: put a line with names before it.\n";
  return text;
}

}  // namespace klantbeeld::adapters
