"""A second reader, written from docs/format.md and the two descriptions it names.

It opens a store of the real server with RocksDB's C interface, knows none of our code, and
works out every key and hash again. second_reader_test.py SERVER CLIENT
"""

import base64
import collections
import ctypes
import hashlib
import hmac
import json
import pathlib
import subprocess
import sys
import tempfile
import unittest

import served

ROOT = pathlib.Path(__file__).resolve().parents[2]
SERVER = CLIENT = ""
FAMILIES = ("default", "journal", "contact", "timeline", "claim", "identifier", "decision", "citizen")
VERSION = 3
SIGN = 1 << 63
NONE = bytes(16)

rocks, zstd = ctypes.CDLL("librocksdb.so.7.8"), ctypes.CDLL("libzstd.so.1")
for name in ("rocksdb_options_create", "rocksdb_readoptions_create", "rocksdb_create_iterator_cf",
             "rocksdb_open_for_read_only_column_families", "rocksdb_iter_key", "rocksdb_iter_value"):
    getattr(rocks, name).restype = ctypes.c_void_p
rocks.rocksdb_iter_valid.restype = ctypes.c_ubyte
zstd.ZSTD_getFrameContentSize.restype = ctypes.c_ulonglong
zstd.ZSTD_decompress.restype = ctypes.c_size_t


def read_rows(directory: str) -> dict[str, dict[bytes, bytes]]:
    """Every row of every family."""
    count = len(FAMILIES)
    options = ctypes.c_void_p(rocks.rocksdb_options_create())
    names = (ctypes.c_char_p * count)(*(name.encode() for name in FAMILIES))
    handles, error = (ctypes.c_void_p * count)(), ctypes.c_char_p()
    store = rocks.rocksdb_open_for_read_only_column_families(
        options, directory.encode(), count, names, (ctypes.c_void_p * count)(*[options.value] * count),
        handles, ctypes.c_ubyte(0), ctypes.byref(error))
    if error.value:
        raise OSError(error.value.decode())
    store, reading = ctypes.c_void_p(store), ctypes.c_void_p(rocks.rocksdb_readoptions_create())
    rocks.rocksdb_readoptions_set_total_order_seek(reading, ctypes.c_ubyte(1))
    rows: dict[str, dict[bytes, bytes]] = {}
    for name, handle in zip(FAMILIES, handles):
        at = ctypes.c_void_p(rocks.rocksdb_create_iterator_cf(store, reading, ctypes.c_void_p(handle)))
        rows[name], size = {}, ctypes.c_size_t()
        rocks.rocksdb_iter_seek_to_first(at)
        while rocks.rocksdb_iter_valid(at):
            key = ctypes.string_at(rocks.rocksdb_iter_key(at, ctypes.byref(size)), size.value)
            value = ctypes.string_at(rocks.rocksdb_iter_value(at, ctypes.byref(size)), size.value)
            rows[name][key] = value
            rocks.rocksdb_iter_next(at)
        rocks.rocksdb_iter_destroy(at)
    for handle in handles:
        rocks.rocksdb_column_family_handle_destroy(ctypes.c_void_p(handle))
    rocks.rocksdb_close(store)
    return rows


def number(value: int) -> bytes:
    return value.to_bytes(8, "big", signed=value < 0)


def sized(text: bytes) -> bytes:
    return number(len(text)) + text


def opened(sealed: bytes) -> bytes:
    if sealed[0] == 1:
        return sealed[1:]
    frame = sealed[1:]
    assert sealed[0] == 2, sealed[0]
    size = zstd.ZSTD_getFrameContentSize(frame, ctypes.c_size_t(len(frame)))
    plain = ctypes.create_string_buffer(size)
    assert zstd.ZSTD_decompress(plain, ctypes.c_size_t(size), frame, ctypes.c_size_t(len(frame))) == size
    return plain.raw


class Reader:
    """The rows of a store, decoded; `format` and `v1` are the generated modules."""

    def __init__(self, data: str, keys: str, messages, types) -> None:
        lines = pathlib.Path(keys).read_text(encoding="ascii").split("\n")
        assert lines[0] == "klantbeeld keys 1"
        self.key = {kind: bytes.fromhex(line) for kind, line in (line.split(" ") for line in lines[1:3])}
        self.messages, self.types = messages, types
        self.raw = read_rows(data + "/rows")
        self.acknowledged = pathlib.Path(data + "/acknowledged").read_bytes()

    def mac(self, kind: str, domain: str, content: bytes) -> bytes:
        text = bytes([len(domain)]) + domain.encode() + content
        return hmac.new(self.key[kind], text, hashlib.sha256).digest()[:16]

    def h(self, domain: str, content: bytes) -> bytes:
        return self.mac("id", domain, content)

    def value(self, kind: int, text: str) -> tuple[bytes, bytes]:
        """A value's place in the index, and the hash by which a decision remembers it."""
        tag, domain = bytes([kind]), f"value {kind}"
        return tag + self.mac("index", domain, text.encode()), tag + self.h(domain, text.encode())

    def row(self, name: str, value: bytes):
        assert value[0] == VERSION, "format version"
        return getattr(self.messages, name).FromString(value[1:])

    def rows(self, family: str, name: str, size: int = 16) -> dict[bytes, object]:
        return {key: self.row(name, value) for key, value in self.raw[family].items() if len(key) == size}

    def journal(self):
        for key, value in self.raw["journal"].items():
            assert value[0] == VERSION
            pieces, rest = [], value[1:]
            while rest:
                size = int.from_bytes(rest[:4], "big")
                pieces.append(rest[4:4 + size])
                rest = rest[4 + size:]
            header, body, consequences = pieces
            yield (int.from_bytes(key, "big"), self.messages.FactHeader.FromString(header), body,
                   self.messages.Consequences.FromString(consequences))

    def claims(self):
        for key, row in self.rows("claim", "ClaimRow", 17).items():
            if key[16] == 3:
                continue  # What is compared of a content.
            assert key[16] == 0
            yield key[:16], row, self.messages.ClaimContent.FromString(opened(row.content))

    def contact_id(self, source: str, name: str) -> bytes:
        return self.h("contact", sized(source.encode()) + name.encode())

    def indexed(self, content) -> dict[bytes, bytes]:
        """Where a claim's content stands in `identifier`, and whether it joins."""
        kinds, found = self.types.IdentifierType, {}
        verified = {"DIGID", "EHERKENNING", "EIDAS", "ID_DOCUMENT"}

        def sure(identifier) -> bool:
            return self.types.VerifiedBy.Name(identifier.verified).removeprefix("VERIFIED_BY_") in verified

        def add(kind: int, text: str, joins: bool) -> None:
            found[self.value(kind, text)[0]] = b"j" if joins else b"-"

        of = {identifier.type: identifier for identifier in content.identifiers}
        for identifier in content.identifiers:
            kind = kinds.Name(identifier.type).removeprefix("IDENTIFIER_TYPE_")
            text = {"VESTIGING": f"{identifier.parent}/", "OTHER": f"{identifier.register}/"}.get(kind, "")
            add(identifier.type, text + identifier.value, kind in ("BSN", "RSIN") and sure(identifier))
            if kind == "SESSION" and (sure(identifier) or identifier.verified == 8):
                add(52, identifier.value, True)
        if 4 in of:
            add(51, f"{of[4].parent}/{of[4].value}", sure(of[4]))
        elif 3 in of:
            add(51, f"{of[3].value}/", sure(of[3]))
        born, address = content.details.birth_date, content.details.address
        for name in (content.names.surname, content.names.partner_surname):
            if name and born.day:
                add(48, f"{name}|{born.year:04}{born.month:02}{born.day:02}", False)
        if address.postcode and address.house_number:
            add(49, f"{address.postcode}|{address.house_number}", False)
        return found


def party(*identifiers: tuple[str, str, str], **more) -> dict:
    named = [{"type": f"IDENTIFIER_TYPE_{kind}", "value": value, **({"verified": f"VERIFIED_BY_{by}"} if by else {})}
             for kind, value, by in identifiers]
    return {"identifiers": named, **more}


def event(source: str, name: str, day: int, **data) -> dict:
    return {"source": source, "eventId": name,
            "data": {"channel": "CHANNEL_WEB", "occurredAt": f"2025-03-{day:02}T10:00:00.000007Z", **data}}


VESTIGING = {"type": "IDENTIFIER_TYPE_VESTIGING", "value": "000037178598", "parent": "69599084",
             "verified": "VERIFIED_BY_EHERKENNING"}
EVENTS = [
    event("web", "1", 3, parties=[party(("BSN", "999990019", "DIGID"), ("SESSION", "s1", "DIGID"), ("COOKIE", "c1", ""))]),
    event("web", "2", 4, parties=[party(("BSN", "999990019", "DIGID"), ("SESSION", "s2", "DIGID"))]),
    event("web", "3", 5, parties=[party(("SESSION", "s3", "SESSION"))]),
    event("exchange", "4", 6, cases=["Z-1"], parties=[party(("PHONE", "0612345678", "CALLER_LINE"))]),
    {"source": "desk", "eventId": "n4", "contact": {"source": "exchange", "id": "4"},
     "revisedAt": "2025-03-06T10:09:00Z", "data": {"note": "Vraagt of de foto mee moet. " * 60}},
    event("exchange", "5", 7, parties=[party(("PHONE", "0612345678", "CALLER_LINE"))]),
    event("desk", "6", 8, parties=[party(key="customer", details={
        "surname": "van der Bérg", "birthDate": {"year": 1980, "month": 2, "day": 3},
        "address": {"postcode": "1234 ab", "houseNumber": 5}}), party(("EMAIL", "J@Example.org", ""), role="PARTY_ROLE_SUBJECT")]),
    event("desk", "7", 9, parties=[{"identifiers": [VESTIGING]}]),
    event("desk", "8", 10, parties=[party(("KVK", "69599084", "TYPED"), key="org")]),
    {"source": "desk", "eventId": "r8", "revisedAt": "2025-03-10T11:00:00Z", "retraction": {"eventId": "8"}},
    {"source": "old", "eventId": "9", "data": {"channel": "CHANNEL_POST", "occurredAt": "1969-07-20T20:17:40Z",
                                               "parties": [party(("CUSTOMER", "k-9", ""))]}},
]


class SecondReaderTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls) -> None:
        cls.folder = tempfile.TemporaryDirectory()
        at = cls.folder.name
        cls.data, keys = f"{at}/data", f"{at}/keys"
        subprocess.run(["protoc", "-I", ROOT / "proto", "-I", ROOT, f"--python_out={at}", "store/format.proto",
                        *(ROOT / "proto/klantbeeld/v1").glob("*.proto")], check=True)
        sys.path.insert(0, at)
        from klantbeeld.v1 import identifier_pb2  # pylint: disable=import-error
        from store import format_pb2  # pylint: disable=import-error
        cls.fill(at)
        cls.reader = Reader(cls.data, keys, format_pb2, identifier_pb2)

    @classmethod
    def fill(cls, at: str) -> None:
        model = json.loads((ROOT / "store/identity/model.json").read_text(encoding="utf-8")) | {"name": "other"}
        pathlib.Path(at, "other.json").write_text(json.dumps(model), encoding="utf-8")
        for command in (["init"], ["model", "adopt", "--model", f"{at}/other.json", "--reason", "Om te lezen"]):
            subprocess.run([SERVER, *command, "--data", f"{at}/data", "--keys", f"{at}/keys"], check=True,
                           capture_output=True)
        with served.serving(SERVER, at) as address:
            def client(*arguments: str, text: str = "") -> str:
                return subprocess.run([CLIENT, "--server", address, "-q", *arguments], input=text,
                                      check=True, capture_output=True, text=True).stdout

            client("record", "-", text="".join(json.dumps(one) + "\n" for one in EVENTS))
            found = [json.loads(client("find", "--kind", kind, key, "-o", "json"))["citizens"][0]["id"]
                     for kind, key in (("phone", "0612345678"), ("bsn", "999990019"))]
            client("link", *found, "--reason", "Zelfde stem", "--author", "desk")
            client("unlink", "exchange/5", "--reason", "Toch niet", "--author", "desk")
            client("follow", "--from", "0", "--until-empty", "--token-file", f"{at}/token")
            cls.token = pathlib.Path(at, "token").read_text(encoding="ascii").strip()

    @classmethod
    def tearDownClass(cls) -> None:
        cls.folder.cleanup()

    def test_running_hash_and_heads(self) -> None:
        read, chain, last = self.reader, NONE, 0
        log = read.row("StoreInfo", read.raw["default"][b"store"])
        name = f"{read.h('name of the id key', b'')[:8].hex()}-{read.mac('index', 'name of the index key', b'')[:8].hex()}"
        self.assertEqual(log.keys, name)
        for position, header, body, _ in read.journal():
            self.assertEqual(position, last + 1)
            chain = hashlib.sha256(chain + b"".join(map(number, (position, header.kind, header.recorded_at_us)))
                                   + sized(header.subject_id) + sized(header.event_id) + header.content_hash
                                   + body).digest()[:16]
            self.assertEqual(header.chain, chain)
            last = position
        self.assertEqual(last, 1 + len(EVENTS) + 2)
        head = read.row("Head", read.raw["default"][b"head"])
        self.assertEqual((head.position, head.chain), (last, chain))
        slots = [slot for slot in (read.acknowledged[:48], read.acknowledged[4096:4144])
                 if hashlib.sha256(slot[:32]).digest()[:16] == slot[32:]]
        self.assertEqual(max(slots)[:32], number(last) + number(head.recorded_at_us) + chain)
        token = base64.urlsafe_b64decode(self.token + "==")
        self.assertEqual(token, log.log_id + number(last) + chain)

    def test_ids_of_events_and_contacts(self) -> None:
        read, seen = self.reader, set()
        for position, header, body, _ in read.journal():
            if header.kind == 5:
                continue
            if header.kind != 1:
                decided = read.messages.DecisionBody.FromString(opened(body)).decision
                name = sized(decided.source.encode()) + decided.decision_id.encode()
                self.assertEqual(header.subject_id, read.h("decision", name))
                self.assertIn(header.subject_id, read.raw["decision"])
                continue
            said = read.messages.EventBody.FromString(opened(body)).event
            self.assertEqual(header.event_id, read.contact_id(said.source, said.event_id))
            self.assertEqual(header.subject_id, read.contact_id(said.contact.source, said.contact.id))
            row = read.rows("contact", "ContactRow")[header.event_id]
            self.assertEqual((row.event_position, row.content_hash), (position, header.content_hash))
            seen |= {header.event_id, header.subject_id}
        self.assertLessEqual(set(read.raw["contact"]) - seen, set())

    def test_models_stand_whole_and_are_named_by_what_is_in_them(self) -> None:
        read, meta = self.reader, self.reader.raw["default"]
        first, adopted = read.row("ModelRow", meta[b"model/first"]), read.row("ModelRow", meta[b"model"])
        self.assertEqual(first.file.encode(), (ROOT / "store/identity/model.json").read_bytes())
        self.assertEqual(adopted.file, pathlib.Path(self.folder.name, "other.json").read_text(encoding="utf-8"))
        for row, name in ((first, json.loads(first.file)["name"]), (adopted, "other")):
            self.assertEqual(row.version, f"{name}-{hashlib.sha256(row.file.encode()).hexdigest()[:12]}")
        (position, header, body, _), = [fact for fact in read.journal() if fact[1].kind == 5]
        said = read.messages.AdoptionBody.FromString(opened(body))
        self.assertEqual((position, header.subject_id.decode()), (adopted.adopted, adopted.version))
        self.assertEqual((said.file, said.reason), (adopted.file, "Om te lezen"))
        self.assertNotIn(b"rederive", meta)
        compared = [read.row("ComparedRow", value) for key, value in read.raw["claim"].items() if key[16] == 3]
        self.assertEqual({row.adopted for row in compared}, {adopted.adopted})

    def test_timelines_stand_where_the_contacts_say(self) -> None:
        read, want = self.reader, {}
        for contact, row in read.rows("contact", "ContactRow").items():
            for standing in row.standings:
                time = number(~((row.happened_us & (2 * SIGN - 1)) ^ SIGN) & (2 * SIGN - 1))
                want.setdefault(standing.claim_id + time + contact, []).append(standing.party_key)
        self.assertEqual(set(read.raw["timeline"]), set(want))
        for key, value in read.raw["timeline"].items():
            self.assertEqual(value[0], VERSION)
            row = read.messages.TimelineRow.FromString(opened(value[1:]))
            self.assertEqual(sorted(row.party_keys), sorted(want[key]))
            self.assertEqual(row.contact.id, key[24:].hex())
        self.assertTrue(any(value[1] == 2 for value in read.raw["timeline"].values()), "nothing was compressed")

    def test_claims_and_what_they_are_found_by(self) -> None:
        read = self.reader
        index: dict[bytes, bytes] = {}
        own = collections.Counter()
        for claim, row, content in read.claims():
            bare = type(content).FromString(content.SerializeToString())
            for field in ("own", "own_reason", "content_id"):
                bare.ClearField(field)
            self.assertEqual(content.content_id, read.h("claim", bare.SerializeToString()))
            own[content.own_reason] += 1
            if content.own_reason:
                self.assertEqual(claim, read.h("own claim", content.content_id + content.own.contact_id
                                               + number(content.own_reason) + content.own.party_key.encode()))
            else:
                self.assertEqual(claim, content.content_id)
            if content.own_reason:
                decided = content.own_reason == read.messages.ClaimContent.DECIDED
                index[bytes([40]) + content.content_id + claim] = b"j" if decided else b"-"
            index |= {place + claim: joins for place, joins in read.indexed(content).items()}
        for key, count in read.rows("claim", "ClaimCount", 34).items():
            self.assertEqual((key[16], len(count.extra), count.extra[:17]), (1, 35, key[17:]))
            index[key[17:] + key[:16]] = count.extra[34:]
        self.assertGreater(len(own), 2)
        counted = {key: row.count for key, row in read.rows("identifier", "ClaimCount", 17).items() if key[0] == 40}
        self.assertEqual(counted, collections.Counter(key[:17] for key in index if key[0] == 40))
        self.assertEqual({key: value[1:] for key, value in read.raw["identifier"].items()
                          if key[0] < 64 and key not in counted}, index)
        for kind, text in ((6, "j@example.org"), (7, "+31612345678"), (8, "s1"), (48, "berg|19800203"),
                           (49, "1234AB|5"), (50, "z-1"), (51, "69599084/000037178598"), (52, "s3")):
            self.assertTrue([key for key in index if key[:17] == read.value(kind, text)[0]], (kind, text))

    def test_contents_are_found_by_what_they_share(self) -> None:
        read = self.reader
        contents = {content.content_id for _, _, content in read.claims()}
        compared = {key[:16]: read.row("ComparedRow", value) for key, value in read.raw["claim"].items()
                    if key[16] == 3}
        self.assertTrue(compared)
        self.assertLessEqual(set(compared), contents)
        held = collections.defaultdict(set)
        for key, posting in read.rows("identifier", "Posting", 17).items():
            if key[0] != 64:
                continue
            here = [(posting.holders[at:at + 16], posting.holders[at + 16:at + 19])
                    for at in range(0, len(posting.holders), 19)]
            crowd = [(one[17:], mark) for one, mark in read.raw["identifier"].items()
                     if one[:17] == key and len(one) > 17]
            self.assertEqual((here, len(crowd)), (sorted(here), posting.crowd))
            self.assertTrue(bool(here) != bool(crowd))
            for content, mark in here + crowd:
                held[content].add(mark)
        self.assertEqual(set(held), set(compared))
        self.assertTrue(any(b"\0" not in mark for marks in held.values() for mark in marks))
        for claim, _, content in read.claims():
            born = content.details.birth_date
            if content.content_id in held:
                self.assertEqual(held[content.content_id], {self.mark(born)})
        edges = {(one, edge.content): (edge.centibits, edge.typed_number, edge.compared)
                 for one, row in compared.items() for edge in row.edges}
        for (one, other), said in edges.items():
            self.assertEqual(edges[other, one], said)
        for row in compared.values():
            self.assertEqual([edge.content for edge in row.edges], sorted(edge.content for edge in row.edges))

    def mark(self, born) -> bytes:
        """Of a birth date, as postings have it."""
        parts = (("birth year", born.year), ("birth month or day", born.month), ("birth month or day", born.day))
        made = bytearray()
        for domain, part in parts:
            hashed = self.reader.mac("index", domain, str(part).encode()) if part else b"\0\0"
            made.append(hashed[0] or hashed[1] or int(part != 0))
        return bytes(made)

    def test_citizens_are_named_by_number_or_least_party(self) -> None:
        read, claims = self.reader, {claim: (row, content) for claim, row, content in self.reader.claims()}
        parties = collections.defaultdict(list)
        for contact, row in read.rows("contact", "ContactRow").items():
            for standing in row.standings:
                parties[standing.claim_id].append(read.h("party", contact + standing.party_key.encode()))
        listed = set()
        for citizen, row in read.rows("citizen", "CitizenRow").items():
            if not row.claims:
                continue  # Stood once; without a successor when its contacts were taken back.
            bsns = {one.value for claim in row.claims for one in claims[claim][1].identifiers if one.type == 1}
            want = read.h("citizen", bsns.pop().encode()) if bsns else min(
                one for claim in row.claims for one in parties[claim])
            self.assertEqual(citizen, want)
            self.assertTrue(all(claims[claim][0].citizen_id == citizen for claim in row.claims))
            self.assertTrue(all(claims[claim][0].least_party == min(parties[claim]) for claim in row.claims))
            listed |= set(row.claims)
        self.assertEqual(listed, set(claims))

    def test_facts_leave_behind_who_was_who(self) -> None:
        read = self.reader
        decided = [position for position, header, *_ in read.journal() if header.kind in (2, 3)]
        about = collections.defaultdict(set)
        left = 0
        for key in read.raw["claim"]:
            if key[16] == 5:
                about[key[:16]].add(~int.from_bytes(key[17:], "big") & (2 * SIGN - 1))
        self.assertLessEqual(set(about), set(read.raw["citizen"]))
        for key, value in read.raw["claim"].items():
            if key[16] == 6:
                self.assertIn(int.from_bytes(key[17:], "big"), about[read.row("ClaimWas", value).citizen_id])
                left += 1
        self.assertGreater(left, 1)
        self.assertEqual(len(decided), 2)
        for position in decided:
            self.assertGreater(sum(position in positions for positions in about.values()), 1, "both sides of it")

    def test_a_decision_remembers_values_by_their_permanent_hash(self) -> None:
        unlinks = [row for row in self.reader.rows("decision", "DecisionRow").values() if row.unlink]
        self.assertEqual(len(unlinks), 1)
        (_, _, content), = [one for one in self.reader.claims()
                            if one[2].own.contact_id == self.reader.contact_id("exchange", "5")]
        self.assertIn(content.content_id, unlinks[0].shared_values)


if __name__ == "__main__":
    SERVER, CLIENT = sys.argv.pop(1), sys.argv.pop(1)
    unittest.main()
