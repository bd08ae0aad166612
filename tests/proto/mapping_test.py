"""docs/mapping.md names every field of the channel formats and of the national API.

The fields are listed in mapping_fields.txt beside this file; where the shared
reference is present its own tables are read too. A place must exist in the
contract, and a field without a place must say why.
"""

import pathlib
import re
import unittest

import contract

DOC = contract.ROOT / "docs/mapping.md"
FIELDS = pathlib.Path(__file__).parent / "mapping_fields.txt"
SHARED = contract.ROOT.parent / "shared"
REASONS = ("derived", "not personal, not asked", "refused", "elsewhere", "transport", "deprecated")

# Section here -> how its heading begins in the reference.
REFERENCE = {
    "GGM Dienstverlening and KISS": "# Channel formats", "Asterisk CDR": "1. Asterisk CDR",
    "Asterisk CEL": "2. Asterisk CEL", "Asterisk queue_log": "3. Asterisk queue_log",
    "Genesys Cloud": "4. Genesys", "Amazon Connect": "5. Amazon", "Microsoft Graph callRecord": "6. Anywhere365",
    "CloudEvents": "7. CloudEvents", "Matomo visits": "8. Matomo", "GA4 export": "9. GA4",
    "Snowplow": "10. Snowplow", "Qmatic Orchestra": "11. Qmatic", "JCC": "12. JCC", "Generic CSV": "13. Generic CSV"}
NATIONAL = {f"Klantinteracties: {name}": name for name in
            ("klantcontacten", "betrokkenen", "actoren", "onderwerpobjecten")}

# Sections with an adapter, and its sources.
ADAPTERS = {
    "Asterisk CDR": ("asterisk/cdr.cc", "asterisk/cdr_event.cc"),
    "Asterisk queue_log": ("asterisk/queue_log.cc",),
    "CloudEvents": ("cloudevents/cloudevents.cc",),
    "Matomo visits": ("matomo/matomo.cc",),
    "GA4 export": ("ga4/ga4.cc",),
    "Qmatic Orchestra": ("qmatic/qmatic.cc",),
    "Generic CSV": ("csv/mappings/generic.toml",)}
# Fields that an adapter takes without calling them by their name: columns of
# the queue log, and what a table of the municipality's own names.
UNNAMED = {
    "Asterisk queue_log": {"epoch", "callid", "queue", "agent", "event", "ENTERQUEUE.callerid",
                           "ENTERQUEUE.position", "CONNECT.holdtime", "CONNECT.ringtime",
                           "COMPLETE.holdtime", "COMPLETE.calltime", "COMPLETE.origposition",
                           "ABANDON.origposition", "ABANDON.waittime", "TRANSFER.destination"},
    "Matomo visits": {"dimension1"},
    "Qmatic Orchestra": {"eventName", "custom", "CREATE_APPOINTMENT", "UPDATE_APPOINTMENT"}}
READS = re.compile(
    r"\b(?:JsonText|JsonNumber|JsonSub|JsonList|Parameter|Member|field|TimeOf|FirstOf)\(([^;]*?)\)[;,)\s.]")

# Text in those calls that is no field but inside one.
VALUES = {"id", "key", "value", "string_value", "int_value", "double_value", "float_value", "category",
          "medium", "manual_medium", "manual_campaign", "eventId", "specversion"}

# Looks like a field's name: camelCase, TwoWords or with_underscores.
NAME = re.compile(r"\b(?:[a-z]+[A-Z][A-Za-z0-9]*|[A-Z][a-z]+[A-Z][A-Za-z0-9]+|[A-Z]{3,}[a-z]\w+|[A-Za-z]\w*_\w+)\b")
# Names in the reference's prose that are no fields: products, calls, values, settings.
NO_FIELDS = set("""
    AGENT_DISCONNECT BRIDGE_ENTER BRIDGE_EXIT BigQuery CHAN_START CONTACT_FLOW_DISCONNECT
    CUSTOMER_DISCONNECT CloudEvents GenericGuidanceSystem2 LINKEDID_END QPEvent QUEUE_TRANSFER
    TELECOM_PROBLEM THIRD_PARTY_DISCONNECT callRecord cdr_csv cdr_custom double_value
    float_value getLastVisitsDetails int_value kB niet_verschenen queue_log
    string_value
""".split())


def sections() -> dict[str, list[list[str]]]:
    """Rows of each table: fields, place, note."""
    out: dict[str, list[list[str]]] = {}
    for part in re.split(r"^## ", DOC.read_text(encoding="utf-8"), flags=re.M)[1:]:
        title, _, body = part.partition("\n")
        rows = [[cell.strip() for cell in line.strip("|").split("|")]
                for line in body.splitlines() if line.startswith("| ")]
        out[title] = [row for row in rows if row[0] not in ("field", "---")]
    return out


def named(row: list[str]) -> list[str]:
    return re.findall(r"`([^`]+)`", row[0])


def resolve(place: str) -> str | None:
    """What is wrong with a path from ContactEvent, or None."""
    match = re.fullmatch(r"([a-z0-9_.]+?)(?:\[([A-Z_]+)\]|=([A-Z_]+))?", place)
    if not match:
        return "is not a path"
    message = contract.pool().FindMessageTypeByName("klantbeeld.v1.ContactEvent")
    field = None
    for name in match[1].split("."):
        if message is None or name not in message.fields_by_name:
            return f"has no '{name}'"
        field = message.fields_by_name[name]
        message = field.message_type
    if match[2] and f"IDENTIFIER_TYPE_{match[2]}" not in \
            contract.pool().FindEnumTypeByName("klantbeeld.v1.IdentifierType").values_by_name:
        return f"knows no identifier {match[2]}"
    if match[3] and not (field is not None and field.enum_type and any(
            name.endswith("_" + match[3]) for name in field.enum_type.values_by_name)):
        return f"has no value {match[3]}"
    return None


class MappingTest(unittest.TestCase):
    def test_every_listed_field_is_there(self) -> None:
        doc = {title: {name for row in rows for name in named(row)} for title, rows in sections().items()}
        listed = 0
        for line in FIELDS.read_text(encoding="utf-8").splitlines():
            title, _, names = line.partition(" | ")
            for name in names.split():
                listed += 1
                self.assertIn(name, doc.get(title, set()), f"{title}: {name} is absent")
        self.assertGreater(listed, 500)

    def test_every_place_is_in_the_contract(self) -> None:
        for title, rows in sections().items():
            for row in rows:
                for place in re.findall(r"`([^`]+)`", row[1]):
                    self.assertIsNone(resolve(place), f"{title}: {row[0]}: {place}")

    def test_a_field_without_a_place_says_why(self) -> None:
        for title, rows in sections().items():
            for row in rows:
                self.assertEqual(len(row), 3, row)
                self.assertTrue(named(row), row)
                if not row[1].startswith("`"):
                    self.assertEqual(row[1], "–", row)
                    self.assertTrue(row[2].startswith(REASONS), f"{title}: {row}")

    def test_adapters_read_what_is_mapped_and_nothing_else(self) -> None:
        doc = sections()
        for title, names in ADAPTERS.items():
            text = "".join((contract.ROOT / "clients/adapters" / name).read_text(encoding="utf-8")
                           for name in names)
            words = set(re.findall(r"\w+", text))
            known = {part for row in doc[title] for name in named(row) for part in (name, *name.split("."))}
            with self.subTest(title):
                for row in doc[title]:
                    for name in named(row) if row[1].startswith("`") else ():
                        if name not in UNNAMED.get(title, set()):
                            self.assertIn(name.split(".")[-1], words, f"{row[0]} is mapped and not read")
                for call in READS.findall(text):
                    for name in re.findall(r'"([A-Za-z_]+)"', call):
                        self.assertIn(name, known | VALUES, "is read and not in docs/mapping.md")

    def test_wrong_places_are_seen(self) -> None:
        for place in ("data.waiting", "data.call.holds.more", "data.state=LOST", "identifiers",
                      "data.parties.identifiers[PASSPORT]", "data.subject=X"):
            self.assertIsNotNone(resolve(place), place)

    def test_every_field_of_the_reference_is_there(self) -> None:
        """Reads the reference where it is; elsewhere the committed list stands for it."""
        texts = self.reference()
        self.assertEqual(set(texts), set(sections()))
        for title, text in texts.items():
            names = {part for row in sections()[title] for name in named(row)
                     for part in (name, *name.split("."))}
            wanted = {name for name in NAME.findall(text) if name not in NO_FIELDS}
            missing = {name for name in wanted if name not in names}
            with self.subTest(title):
                self.assertEqual(sorted(missing), [], "absent from docs/mapping.md")

    def reference(self) -> dict[str, str]:
        formats, domain = SHARED / "reference/channel-formats.md", SHARED / "domain.md"
        out = {}
        if not formats.exists() or not domain.exists():
            for line in FIELDS.read_text(encoding="utf-8").splitlines():
                title, _, names = line.partition(" | ")
                out[title] = names
            return out
        parts = re.split(r"^## ", formats.read_text(encoding="utf-8"), flags=re.M)
        for title, begin in REFERENCE.items():
            text = next((part for part in parts if part.startswith(begin)), None)
            self.assertIsNotNone(text, f"the reference has no section '{begin}'")
            # Only what comes in; the last lines of a section say what we send.
            out[title] = (text or "").split("Common import rules")[0].split("Canonical target")[-1]
        for title, name in NATIONAL.items():
            row = re.search(rf"^\|{name} →[^|]*\|(.*)\|$", domain.read_text(encoding="utf-8"), re.M)
            self.assertIsNotNone(row, f"the reference has no row '{name}'")
            out[title] = row[1] if row else ""
        return out


if __name__ == "__main__":
    unittest.main()
