"""A small store of the real server, copies of it with one file damaged, and what comes of each.

Nothing here knows what should come of it; damage_test.py does.
"""

import contextlib
import os
import pathlib
import select
import shutil
import socket
import subprocess
import tempfile
from queue import SimpleQueue
from typing import Any, Callable, Iterator, NamedTuple, Optional

import grpc
from google.protobuf import json_format

import contract
import served

PEOPLE = 30
BLOCK = 4096
FAMILIES = ("default", "journal", "contact", "timeline", "claim", "identifier", "decision", "citizen")


def eleven(number: int) -> bool:
    digits = [int(digit) for digit in f"{number:09}"]
    return sum(digit * weight for digit, weight in zip(digits, (9, 8, 7, 6, 5, 4, 3, 2, -1))) % 11 == 0


BSNS = [str(number) for number in range(999990000, 999992000) if eleven(number)][:PEOPLE]


def contact(number: int) -> dict[str, Any]:
    """Person number % PEOPLE, by log-in, telephone or name in turn."""
    person, way = number % PEOPLE, number // PEOPLE % 3
    identifiers = [{"type": "IDENTIFIER_TYPE_PHONE", "value": f"+3161234{person:04}"}]
    details = {"surname": f"Deur{person % 7}", "birthDate": {"year": 1950 + person, "month": 1 + person % 12, "day": 9}}
    if way == 0:
        identifiers.append({"type": "IDENTIFIER_TYPE_BSN", "value": BSNS[person], "verified": "VERIFIED_BY_DIGID"})
    return {"source": "balie", "eventId": f"e-{number}", "data": {
        "channel": ("CHANNEL_WEB", "CHANNEL_PHONE", "CHANNEL_COUNTER")[way],
        "occurredAt": f"2025-{1 + number % 9:02}-{1 + number % 28:02}T{number % 24:02}:00:00Z",
        "subject": f"Onderwerp {number}", "note": f"Notitie {number} van {person * 7919 % 104729} " * 3,
        "parties": [{"identifiers": identifiers} | ({"details": details} if way != 1 else {})]}}


class Client:
    """Calls of the real server, by name; bytes that came, or the error that did."""

    def __init__(self, address: str) -> None:
        self.channel = grpc.insecure_channel(address)

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, *_: object) -> None:
        self.channel.close()

    def call(self, service: str, method: str, request: dict[str, Any], seconds: float = 20) -> Any:
        message = json_format.ParseDict(request, contract.message(f"{method}Request")())
        return self.channel.unary_unary(
            f"/klantbeeld.v1.{service}/{method}", request_serializer=lambda one: one.SerializeToString(),
            response_deserializer=contract.message(f"{method}Response").FromString)(message, timeout=seconds)

    def record(self, events: list[dict[str, Any]]) -> None:
        for event in events:
            self.call("ContactService", "RecordContactEvent", {"event": event})

    def facts(self) -> Iterator[Any]:
        """Every fact of the journal, as a follower gets it."""
        asked: SimpleQueue[Any] = SimpleQueue()
        request = contract.message("FollowRequest")
        asked.put(request(start={"position": 0}))
        frames = self.channel.stream_stream(
            "/klantbeeld.v1.FeedService/Follow", request_serializer=lambda one: one.SerializeToString(),
            response_deserializer=contract.message("FollowResponse").FromString)(iter(asked.get, None), timeout=20)
        for frame in frames:
            yield from frame.events
            asked.put(request(ack={"position": frame.position}))
            if frame.position >= frame.head:
                asked.put(None)
                frames.cancel()
                return


Answers = dict[str, Any]  # What was asked, and what came; a grpc.RpcError for an error.


def read_everything(client: Client, contacts: int) -> Answers:
    """Each fact, contact and citizen, and each way to look one up."""
    answers: Answers = {}

    def ask(name: str, question: Callable[[], Any]) -> Any:
        try:
            answers[name] = question()
            return answers[name]
        except grpc.RpcError as error:
            answers[name] = (error.code().name, error.details())
            return None

    ask("facts", lambda: [fact.SerializeToString(deterministic=True) for fact in client.facts()])
    found: set[str] = set()
    for person in range(PEOPLE):
        for key in ({"identifier": {"type": "IDENTIFIER_TYPE_BSN", "value": BSNS[person]}},
                    {"identifier": {"type": "IDENTIFIER_TYPE_PHONE", "value": f"+3161234{person:04}"}}):
            if reply := ask(f"find {key}", lambda: client.call("CitizenService", "FindCitizens", key)):
                found.update(citizen.id for citizen in reply.citizens)
    for citizen in sorted(found):
        one = {"citizenId": citizen}
        ask(f"citizen {citizen}", lambda: client.call("CitizenService", "GetCitizen", one))
        ask(f"timeline {citizen}", lambda: client.call("CitizenService", "ListTimeline", one | {"pageSize": 100}))
        ask(f"suggestions {citizen}", lambda: client.call("IdentityService", "ListSuggestions", one))
    for number in range(contacts):
        ref = {"source": "balie", "id": f"e-{number}"}
        ask(f"contact {number}", lambda: client.call("ContactService", "GetContact", {"ref": ref, "withEvents": True}))
        if number % 7 == 0:
            ask(f"explain {number}", lambda: client.call("IdentityService", "Explain", {"party": ref}))
    return answers


class Store(NamedTuple):
    """`good` is a data directory, its key file beside it; `older` the same store before."""
    server: str
    good: pathlib.Path
    older: pathlib.Path
    contacts: int
    answers: Answers


SETTINGS = ("--set", "store.memtable_mib=1", "--set", "store.disk_reserve_mib=0", "--set", "store.block_cache_mib=8")


def make(server: str, folder: pathlib.Path) -> Store:
    """Two tables in every family, and a log that holds what is in none of them. With the one that
    opening it adds they are too few to be merged, so that the damage stays where it is."""
    recorded = 0

    def record(client: Client, contacts: int, linked: int) -> None:
        """A telephone and a name of one person are linked."""
        nonlocal recorded
        client.record([contact(number) for number in range(recorded, recorded + contacts)])
        recorded += contacts
        client.call("IdentityService", "Link", {
            "partiesA": [{"source": "balie", "id": f"e-{linked}"}],
            "partiesB": [{"source": "balie", "id": f"e-{linked + PEOPLE}"}],
            "decision": {"source": "desk", "decisionId": f"d-{linked}", "author": "desk", "reason": "belde terug"}})

    with served.serving(server, str(folder), "--backups", f"{folder}/backups", *SETTINGS) as at, Client(at) as client:
        record(client, 160, 2)
        client.call("BackupService", "CreateBackup", {})  # Writes every family to a table.
        record(client, 20, 3)
    shutil.copytree(folder / "data", folder / "older")
    # Opening it makes tables of what is in the log.
    with served.serving(server, str(folder), *SETTINGS) as at, Client(at) as client:
        record(client, 160, 4)
    shutil.copytree(folder / "data", folder / "good")
    shutil.copy(folder / "keys", folder / "good.keys")
    (folder / "older.keys").write_text(f"klantbeeld keys 1\nid {'5' * 64}\nindex {'7' * 64}\n", encoding="ascii")
    with served.serving(server, str(folder), *SETTINGS) as at, Client(at) as client:
        answers = read_everything(client, recorded)
    return Store(server, folder / "good", folder / "older", recorded, answers)


# --- The files of a store, and places in them.

def varint(content: bytes, at: int) -> tuple[int, int]:
    """The number at a place, and the place after it."""
    value = shift = 0
    while True:
        value |= (content[at] & 127) << shift
        shift, at = shift + 7, at + 1
        if content[at - 1] < 128:
            return value, at


class Table(NamedTuple):
    """What a table says of itself: where its properties begin, and what they are."""
    begin: int
    properties: dict[str, bytes]

    def number(self, name: str) -> int:
        return varint(self.properties[name], 0)[0]


def read_table(content: bytes) -> Table:
    """Properties lie one after the other, each as what it shares with the key before, and the rest."""
    begin = at = content.index(b"rocksdb.") - 3
    properties, key = {}, b""
    while True:
        shared, at = varint(content, at)
        rest, at = varint(content, at)
        size, at = varint(content, at)
        key = key[:shared] + content[at:at + rest]
        if not key.startswith(b"rocksdb."):
            return Table(begin, properties)
        properties[key.decode()] = content[at + rest:at + rest + size]
        at += rest + size


def tables(data: pathlib.Path) -> dict[str, list[pathlib.Path]]:
    """Of each family, the largest last."""
    found: dict[str, list[pathlib.Path]] = {f"table of `{name}`": [] for name in FAMILIES}
    for path in sorted((data / "rows").glob("*.sst"), key=lambda one: one.stat().st_size):
        family = read_table(path.read_bytes()).properties["rocksdb.column.family.name"].decode()
        found[f"table of `{family}`"].append(path)
    return found


def others(data: pathlib.Path) -> dict[str, pathlib.Path]:
    """The newest of each kind that is no table."""
    rows = data / "rows"
    found = {"log (WAL)": [path for path in sorted(rows.glob("*.log")) if path.stat().st_size > 0][-1]}
    for name in ("MANIFEST", "OPTIONS"):
        found[f"`{name}`"] = sorted(rows.glob(f"{name}-*"))[-1]
    for name in ("CURRENT", "IDENTITY"):
        found[f"`{name}`"] = rows / name
    found["`manifest.noted`"] = rows / "manifest.noted"
    return found | {"`acknowledged`": data / "acknowledged", "key file": data.with_name(f"{data.name}.keys")}


def files(store: Store) -> Iterator[tuple[str, pathlib.Path, bytes]]:
    """Kind, file, and the bytes of another that is put in its place."""
    for kind, found in tables(store.good).items():
        yield kind, found[-1], found[0].read_bytes()
    older = others(store.older)
    for kind, path in others(store.good).items():
        yield kind, path, older[kind].read_bytes()


def places(kind: str, content: bytes) -> dict[str, int]:
    """Where one bit is flipped."""
    size = len(content)
    if not kind.startswith("table"):
        return {"begin": min(2, size - 1), "middle": size // 2, "end": size - 2}
    table = read_table(content)
    where = {"rows": 20, "index": table.begin - 9, "properties": table.begin + 20, "footer": size - 3}
    # That of `default`, which had a table more, is merged as soon as it is opened, and heals so or not.
    if table.number("rocksdb.filter.size") > 0 and kind != "table of `default`":
        where["filter"] = table.begin - table.number("rocksdb.index.size") - 14
    return where


def flipped(content: bytes, at: int) -> bytes:
    return content[:at] + bytes([content[at] ^ 16]) + content[at + 1:]


def zeroed(content: bytes, at: int, most: int = BLOCK) -> bytes:
    size = min(len(content[at:at + BLOCK]), most)
    return content[:at] + bytes(size) + content[at + size:]


class Damage(NamedTuple):
    kind: str    # Of file.
    how: str     # A column of the table.
    where: str
    content: Optional[bytes]  # None: deleted.


def damages(kind: str, content: bytes, older: bytes) -> Iterator[Damage]:
    for where, at in places(kind, content).items():
        yield Damage(kind, "bit flipped", where, flipped(content, at))
    # Of a table only rows, so that it does not hang on a few bytes whether its index is hit too.
    rows = kind.startswith("table") and kind != "table of `default`"
    most = read_table(content).number("rocksdb.data.size") if rows else BLOCK
    yield Damage(kind, "block zeroed", "begin", zeroed(content, 0, most))
    yield Damage(kind, "block zeroed", "end", zeroed(content, max(0, len(content) - BLOCK)))
    for where, size in {"nothing": 0, "half": len(content) // 2, "last byte": len(content) - 1}.items():
        yield Damage(kind, "truncated", where, content[:size])
    if older != content:
        yield Damage(kind, "another", "", older)
    yield Damage(kind, "deleted", "", None)


class Outcome(NamedTuple):
    check: tuple[int, str]            # Exit code and message of `klantbeeld-server check`.
    start: Optional[tuple[int, str]]  # The same of a server that ended, or would not start.
    answers: Answers                  # Of a server that did start.
    mended: bool                      # After `rebuild` it gives every answer.


def last_line(text: str) -> str:
    lines = [line for line in text.splitlines() if line.startswith("klantbeeld-server: ")]
    return lines[-1] if lines else text[-300:]


def outcome(store: Store, change: Callable[[pathlib.Path, pathlib.Path], None]) -> Outcome:
    """What a check says of a damaged copy, what a server does with another, and what a rebuild does with a third."""
    @contextlib.contextmanager
    def copy() -> Iterator[tuple[pathlib.Path, list[str]]]:
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name)
            shutil.copytree(store.good, folder / "data")
            shutil.copy(f"{store.good}.keys", folder / "keys")
            change(folder / "data", folder / "keys")
            yield folder, [store.server, "--data", f"{name}/data", "--keys", f"{name}/keys", *SETTINGS]

    def run(command: list[str]) -> tuple[int, str]:
        done = subprocess.run(command, capture_output=True, text=True, timeout=60)
        return done.returncode, last_line(done.stderr)

    with copy() as (_, server):
        checked = run([*server, "check"])
    with copy() as (folder, server):
        ended, answers = serve(store, folder, server)
    mended = False
    if checked[0] != 0 and ended is None:
        with copy() as (folder, server):
            mended = run([*server, "rebuild"])[0] == 0 and serve(store, folder, server) == (None, store.answers)
    return Outcome(checked, ended, answers, mended)


def serve(store: Store, folder: pathlib.Path, arguments: list[str]) -> tuple[Any, Answers]:
    log = folder / "log"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ready, open(log, "w", encoding="utf-8") as errors:
        ready.bind(str(folder / "ready"))
        process = subprocess.Popen([*arguments, "--socket", str(folder / "s")], stderr=errors,
                                   env=os.environ | {"NOTIFY_SOCKET": str(folder / "ready")})
        ended = os.pidfd_open(process.pid)
        try:
            if ready not in select.select([ready, ended], [], [], 60)[0]:
                return (process.wait(60), last_line(log.read_text(encoding="utf-8"))), {}
            with Client(f"unix:{folder}/s") as client:
                answers = read_everything(client, store.contacts)
            died = process.poll()
            return None if died is None else (died, log.read_text(encoding="utf-8")[-300:]), answers
        finally:
            os.close(ended)
            process.kill()
            process.wait()
