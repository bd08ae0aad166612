#include "clients/cli/detail.h"

#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/substitute.h"

namespace klantbeeld::cli {
namespace {

// The service's words are English; its numbers are $0 and on, in their order.
struct Detail {
  const char* en;
  const char* nl;
};

constexpr Detail kDetails[] = {
    {"is required", "is nodig"},
    {"is required: the name or account of who decides",
     "is nodig: de naam of het account van wie beslist"},
    {"is required: why", "is nodig: waarom"},
    {"needs at least one", "er is er minstens een nodig"},
    {"is required beside the id", "is nodig naast het id"},
    {"is required beside the source", "is nodig naast de bron"},
    {"is required beside id, or contact_id", "is nodig naast id, of geef contact_id"},
    {"is required beside source", "is nodig naast source"},
    {"is required: the event that is taken back", "is nodig: de melding die wordt teruggenomen"},
    {"is required: which one is taken back", "is nodig: welk contact wordt teruggenomen"},
    {"is required, or retraction.contact", "is nodig, of retraction.contact"},
    {"is required, or cleared, or retraction: what the event says",
     "is nodig, of cleared, of retraction: wat de melding zegt"},
    {"is required of an event that lies ahead", "is nodig bij een melding die vooruit ligt"},
    {"is required, or ack", "is nodig, of ack"},
    {"one of revised_at, data.ended_at and data.occurred_at is required",
     "een van revised_at, data.ended_at en data.occurred_at is nodig"},
    {"must not be UNSPECIFIED; leave it out", "mag niet UNSPECIFIED zijn; laat het weg"},
    {"$0 characters, at most $1", "$0 tekens, hoogstens $1"},
    {"$0 elements, at most $1", "$0 elementen, hoogstens $1"},
    {"at most $0 seconds", "hoogstens $0 seconden"},
    {"$0 paths, at most $1", "$0 paden, hoogstens $1"},
    {"must be $0..$1", "moet van $0 tot en met $1 zijn"},
    {"has a value that this version does not know", "heeft een waarde die deze versie niet kent"},
    {"field $0 is not known to this version", "veld $0 is in deze versie onbekend"},
    {"must lie in the years $0 to $1, with nanoseconds $2..$3",
     "moet in de jaren $0 tot en met $1 liggen, met nanoseconden $2..$3"},
    {"nanoseconds do not fit the seconds", "nanoseconden passen niet bij de seconden"},
    {"must not be negative", "mag niet negatief zijn"},
    {"stays empty in a retraction", "blijft leeg bij het terugnemen"},
    {"must be true", "moet waar zijn"},
    {"only the contact's own source takes it back", "alleen de eigen bron neemt het contact terug"},
    {"is more than five minutes ahead", "ligt meer dan vijf minuten vooruit"},
    {"is more than five years ahead", "ligt meer dan vijf jaar vooruit"},
    {"lies ahead", "ligt in de toekomst"},
    {"lies ahead, and the state is not PLANNED",
     "ligt in de toekomst, en de toestand is niet PLANNED"},
    {"is before data.occurred_at", "ligt voor data.occurred_at"},
    {"a party has one BSN, RSIN, KVK number and vestiging at most",
     "een betrokkene heeft hoogstens een BSN, RSIN, KvK-nummer en vestiging"},
    {"a natural person and an organisation are two parties",
     "een mens en een organisatie zijn twee betrokkenen"},
    {"is a natural person's, and by its number the party is an organisation; make the person a "
     "party of its own, role CONTACT_PERSON",
     "is van een mens, en door het nummer is de betrokkene een organisatie; geef de mens een eigen "
     "betrokkene, rol CONTACT_PERSON"},
    {"must be one letter, A to Z", "moet een letter zijn, A tot en met Z"},
    {"must be sixteen digits", "moet zestien cijfers zijn"},
    {"must be eight digits", "moet acht cijfers zijn"},
    {"must be two capitals, as ISO $0 has them", "moet twee hoofdletters zijn, als in ISO $0"},
    {"must be two or three lower-case letters, as ISO $0 has them",
     "moet twee of drie kleine letters zijn, als in ISO $0"},
    {"must be $0 to $1 of a-z, $2-$3, '-' and '_'",
     "moet $0 tot en met $1 tekens zijn uit a-z, $2-$3, '-' en '_'"},
    {"must be four digits and two letters, \"$0AB\"",
     "moet vier cijfers en twee letters zijn, \"$0AB\""},
    {"must be $0 hexadecimal digits, $1-$2 and a-f",
     "moet $0 hexadecimale tekens zijn, $1-$2 en a-f"},
    {"must be after filter.since", "moet na filter.since liggen"},
    {"does not name a field that can be taken back", "noemt geen veld dat kan worden teruggenomen"},
    {"names a field that the same event sets", "noemt een veld dat dezelfde melding vult"},
    {"another party has this key; without one it is the role",
     "een andere betrokkene heeft deze sleutel; zonder is het de rol"},
    {"is said by the registry only; say how the source verified it",
     "zegt alleen de basisregistratie; zeg hoe de bron het heeft nagegaan"},
    {"is only in replies", "staat alleen in antwoorden"},
    {"a vestiging needs the KVK number that it stands under",
     "bij een vestiging hoort het KvK-nummer waar die onder valt"},
    {"only a vestiging stands under a KVK number",
     "alleen een vestiging valt onder een KvK-nummer"},
    {"type OTHER needs its register", "bij soort OTHER hoort het register"},
    {"only type OTHER names a register", "alleen soort OTHER noemt een register"},
    {"needs the year", "vraagt het jaar"},
    {"needs the month", "vraagt de maand"},
    {"is not in that month", "bestaat niet in die maand"},
    {"stands instead of source and id, not beside them",
     "staat in plaats van source en id, niet ernaast"},
};

// The numbers of `text` go to `numbers`, and $0 and on come in their places.
std::string TakeNumbers(const std::string& text, std::vector<std::string>& numbers) {
  std::string pattern;
  for (size_t i = 0; i < text.size();) {
    // A range has its dash between two digits, a negative number behind a space.
    const bool minus = text[i] == '-' && i > 0 && text[i - 1] == ' ';
    size_t end = i + (minus ? 1 : 0);
    while (end < text.size() && absl::ascii_isdigit(text[end])) ++end;
    if (end > i + (minus ? 1 : 0)) {
      absl::StrAppend(&pattern, "$", numbers.size());
      numbers.push_back(text.substr(i, end - i));
      i = end;
    } else {
      pattern += text[i++];
    }
  }
  return pattern;
}

}  // namespace

std::string DetailText(Lang lang, const std::string& description) {
  if (lang == Lang::kEnglish) return description;
  std::vector<std::string> numbers;
  const std::string pattern = TakeNumbers(description, numbers);
  if (numbers.size() > 4) return description;
  numbers.resize(4);
  for (const auto& row : kDetails)
    if (pattern == row.en)
      return absl::Substitute(row.nl, numbers[0], numbers[1], numbers[2], numbers[3]);
  return description;
}

}  // namespace klantbeeld::cli
