// A mapping file that nobody meant: as one of columns, tried on rows of all
// sorts of cells, and as one of words.
#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "absl/time/time.h"
#include "clients/adapters/mapping.h"
#include "clients/adapters/tables.h"
#include "tests/fuzz/bytes.h"
#include "tests/fuzz/file.h"

namespace {

namespace adapters = klantbeeld::adapters;

// The columns of generic.toml.
const std::vector<std::string> kHeader = {
    "bron", "id", "kanaal", "start", "eind", "klant_soort", "klant", "richting", "rij", "locatie",
    "onderwerp", "resultaat", "status", "wacht_s", "gesprek_s", "hold_s", "nawerk_s", "medewerker",
    "zaak", "vorige_id", "notitie", "bijgewerkt"};
const std::vector<std::vector<std::string>> kRows = {
    {"exchange", "c-1", "telefoon", "2025-03-03T09:14:05Z", "2025-03-03T09:20:41Z", "bsn",
     "999990019", "in", "burgerzaken", "", "Paspoort", "", "beantwoord", "12", "300", "", "x", "Noor",
     "Z-1,Z-2", "", "Vraagt { naar } de foto", "2025-03-03 09:21:00"},
    {"", "", "", "", "", "", "", "", "", "", "", "", "", "", "", "", "", "", "", "", "", ""},
    {"\xff", "-1", "1e9", "30-02-2025 25:61", "99999999999999999999", "tel", "06-12345678", "uit",
     "{", "}", "{id}", "true", "ja", "-0", "0x1", "1,5", "12:00", "\"", ",,,", "\n", "\t", "2025-03-30T02:30"},
};

void Columns(const std::string& path) {
  auto read = adapters::Mapping::Read(path, absl::FromUnixSeconds(1'760'000'000));
  auto* mapping = std::get_if<adapters::Mapping>(&read);
  if (mapping == nullptr) return;
  const auto bound = mapping->Bind(kHeader);
  if (std::holds_alternative<adapters::MappingFault>(bound)) return;
  klantbeeld::Require(mapping->unused().size() <= kHeader.size());
  adapters::MappingCounts counts;
  for (const auto& row : kRows) {
    const auto made = mapping->Apply(row, counts), again = mapping->Apply(row, counts);
    const auto* event = std::get_if<klantbeeld::v1::ContactEvent>(&made);
    const auto* same = std::get_if<klantbeeld::v1::ContactEvent>(&again);
    klantbeeld::Require((event == nullptr) == (same == nullptr));
    if (event == nullptr) continue;
    // It names itself, and is the same whenever the row is read.
    klantbeeld::Require(!event->source().empty() && !event->event_id().empty());
    klantbeeld::Require(event->SerializeAsString() == same->SerializeAsString());
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const klantbeeld::File file(data, size);
  Columns(file.path());
  (void)adapters::Tables::Read(file.path());
  return 0;
}
