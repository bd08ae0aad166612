"""What goes in stands nowhere but in the store: leaks_test.py SERVER CLIENT [--markers N] [--write]

Values of nobody that cannot be mistaken go through every method, every command, every error and
a crash. Then they are looked for wherever a program may leave something behind. With --write
(scripts/leaks) the table of docs/reliability.md is written anew.
"""

import contextlib
import http.server
import itertools
import json
import os
import pathlib
import re
import resource
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import unittest
import urllib.request
from typing import Any, Iterator, Optional

from google.protobuf import json_format

import contract
import damage
import leaks
import served

ROOT = pathlib.Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs/reliability.md"
BEGIN, END = "<!-- Made by scripts/leaks -->\n", "<!-- End -->\n"
SERVER = CLIENT = ""
MARKERS = 600
WRITE = False


class Registry(http.server.BaseHTTPRequestHandler):
    """A BRP that says back what it was asked, in every way that is no answer."""

    ways = itertools.cycle([(400, "application/problem+json"), (500, "text/html"), (200, "application/json"),
                            (404, "application/problem+json"), (200, "text/plain")])

    def do_POST(self) -> None:
        asked = self.rfile.read(int(self.headers["Content-Length"])).decode()
        code, kind = next(self.ways)
        problem = {"title": asked, "detail": asked, "type": asked, "invalidParams": [{"name": asked, "reason": asked}]}
        body = (json.dumps(problem) if "json" in kind else asked).encode()
        self.send_response(code)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # pylint: disable=redefined-builtin
        pass


def give_id(request: Any, path: leaks.Path, new: str) -> None:
    """An id of its own, unless that is the field with the value: or it would be said to stand with other content."""
    events = [request.event] if hasattr(request, "event") else getattr(request, "events", [])
    for event in events:
        if path[-1].name != "event_id":
            event.event_id = new
    if hasattr(request, "decision") and path[-1].name != "decision_id":
        request.decision.decision_id = new


class Drive:
    """Takes the values everywhere, and looks."""

    def __init__(self, folder: pathlib.Path) -> None:
        self.folder = folder
        self.planted = leaks.Planted()
        self.looked = leaks.Looked(self.planted)
        self.methods = leaks.methods()
        self.refused = self.commands = self.cores = self.crashes = 0
        self.masks: set[str] = set()
        self.made = 0
        self.inputs: dict[pathlib.Path, int] = {}
        for name in ("home", "tmp", "files", "cores"):
            (folder / name).mkdir(mode=0o700)
        self.registry = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Registry)
        threading.Thread(target=self.registry.serve_forever, daemon=True).start()
        self.store = ["--data", f"{folder}/data", "--keys", f"{folder}/keys", "--backups", f"{folder}/backups"]
        self.address = f"unix:{folder}/s"

    # --- Processes. All may write core files, and files that everybody may read and write.

    def start(self, command: list[str], **more: Any) -> "subprocess.Popen[bytes]":
        """In a directory of its own, in which the machine would put a core file."""
        environment = {"PATH": os.environ["PATH"], "HOME": f"{self.folder}/home", "TMPDIR": f"{self.folder}/tmp",
                       "KLANTBEELD_SERVER": self.address, "GRPC_VERBOSITY": "debug", "LC_ALL": "C.UTF-8"}
        environment.update(more.pop("env", {}))
        resource.setrlimit(resource.RLIMIT_CORE, (resource.getrlimit(resource.RLIMIT_CORE)[1],) * 2)
        return subprocess.Popen(command, cwd=self.folder / "cores", env=environment, umask=0, **more)

    @contextlib.contextmanager
    def serving(self, end: int = signal.SIGTERM) -> Iterator[leaks.Client]:
        """The server, at its most talkative; `end` is how it ends."""
        port = served.free_port()
        log = self.folder / "log"
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ready, open(log, "wb") as errors:
            ready.bind(f"{self.folder}/ready")
            ready.settimeout(60)
            url = f"http://127.0.0.1:{self.registry.server_address[1]}"
            process = self.start([SERVER, *self.store, "--socket", f"{self.folder}/s", "--log", "debug", "--metrics",
                                  f"127.0.0.1:{port}", "--set", f"registry.url={url}", *damage.SETTINGS],
                                 stdout=errors, stderr=errors, env={"NOTIFY_SOCKET": f"{self.folder}/ready"})
            try:
                while b"READY=1" not in ready.recv(4096):
                    pass
                with leaks.Client(self.address, self.looked) as client:
                    yield client
                    self.refused += client.refused
                status = pathlib.Path(f"/proc/{process.pid}/status").read_text(encoding="ascii")
                self.masks.update(re.findall(r"Umask:\s(\d+)", status))
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=30) as reply:
                    self.looked.at("metrics", reply.read())
                self.looked.at("process list", leaks.processes())
            finally:
                shutil.copy(log, "/tmp/lk/log")
                process.send_signal(end)
                _, status = os.waitpid(process.pid, 0)
                process.returncode = status
                os.unlink(f"{self.folder}/ready")
        self.crashes += end != signal.SIGTERM
        self.cores += os.WCOREDUMP(status)
        self.looked.at("the server's log, from debug up", log.read_bytes())


    def run(self, program: str, *arguments: str, given: bytes = b"", hidden: bool = True) -> bytes:
        """One command, and what it answers. `hidden`: no value stands among the arguments."""
        process = self.start([program, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                             stderr=subprocess.PIPE)
        if hidden:
            self.looked.at("process list", leaks.processes())
        out, errors = process.communicate(given, timeout=120)
        self.looked.at(f"messages of `{pathlib.Path(program).name}`", errors)
        self.commands += 1
        return out

    def tool(self, *arguments: str, given: bytes = b"", hidden: bool = True) -> bytes:
        return self.run(CLIENT, *arguments, given=given, hidden=hidden)

    def server(self, command: str, *arguments: str) -> bytes:
        """A command of the server; all but a dump says nothing of what is in the store."""
        out = self.run(SERVER, *command.split(), *self.store, *arguments)
        if command != "dump":
            self.looked.at("messages of `klantbeeld-server`", out)
        return out

    # --- What is recorded.

    def person(self) -> dict[str, Any]:
        """Somebody's contact: a name, a note, a number, an address, and a BSN."""
        self.made += 1
        planted = self.planted
        return {"source": "balie", "eventId": f"e-{self.made}", "data": {
            "channel": ("CHANNEL_WEB", "CHANNEL_PHONE", "CHANNEL_COUNTER")[self.made % 3],
            "occurredAt": f"2025-{1 + self.made % 9:02}-{1 + self.made % 28:02}T{self.made % 24:02}:00:00Z",
            "note": planted.note(), "cases": [f"Z-{self.made}"],
            "parties": [{"identifiers": [
                {"type": "IDENTIFIER_TYPE_BSN", "value": planted.bsn(), "verified": "VERIFIED_BY_DIGID"},
                {"type": "IDENTIFIER_TYPE_PHONE", "value": planted.phone()},
                {"type": "IDENTIFIER_TYPE_EMAIL", "value": planted.email()}],
                "details": {"surname": planted.name(), "birthDate": {"year": 1980, "month": 4, "day": 12},
                            "address": {"postcode": "9945NJ", "houseNumber": self.made}}}]}}

    def event(self) -> Any:
        return json_format.ParseDict(self.person(), contract.message("ContactEvent")())

    def requests(self, citizen: str) -> Iterator[tuple[Any, Any]]:
        """Each method, and a request that it takes."""
        ref = {"source": "balie", "id": "e-1"}
        other = {"source": "balie", "id": "e-2"}
        decision = {"source": "desk", "decisionId": "d-0", "author": "desk", "reason": "belde terug"}
        of_citizen = {"citizenId": citizen}
        asked: dict[str, dict[str, Any]] = {
            "RecordContactEvent": {"event": self.person()}, "RecordContactEvents": {"events": [self.person()]},
            "GetContact": {"ref": ref}, "FindCitizens": {"caseNumber": "Z-1"}, "GetCitizen": of_citizen,
            "ListTimeline": of_citizen, "WatchTimeline": of_citizen, "Follow": {"start": {"position": 0}},
            "ListHistory": of_citizen, "ListCitizensAt": of_citizen | {"atPosition": 1},
            "ListSuggestions": of_citizen, "Explain": {"party": ref}, "GetServerInfo": {}, "CreateBackup": {},
            "ListBackups": {}, "Scrub": {"mibPerSecond": 10000},
            "Link": {"decision": decision, "partiesA": [ref], "partiesB": [other]},
            "Unlink": {"decision": decision | {"decisionId": "d-1"}, "parties": [ref], "dryRun": True}}
        for name, method in self.methods.items():
            yield method, json_format.ParseDict(asked[name], contract.message(method.input_type.name)())

    def every_method(self, client: leaks.Client) -> None:
        """Well formed with each field in turn, and as bytes that are no message."""
        found = client.call(self.methods["FindCitizens"], json_format.ParseDict(
            {"caseNumber": "Z-1"}, contract.message("FindCitizensRequest")()))
        assert found and found[0].citizens, "nobody was recorded"
        for method, base in self.requests(found[0].citizens[0].id):
            asks = client.first if method.name in ("WatchTimeline", "Follow") else client.call
            assert asks(method, base) is not None, (method.name, client.last)
            for number, (path, request) in enumerate(leaks.with_values(base, self.planted)):
                if not isinstance(request, bytes):
                    give_id(request, path, f"{method.name}-{number}")
                answer = asks(method, request)
                if method.name == "RecordContactEvents":
                    for one in itertools.chain(*(reply.results for reply in answer or [])):
                        self.looked.at("error texts and details", one.error.SerializeToString())
                        self.refused += one.HasField("error")
            note = self.planted.note().encode()
            for bytes_ in (note, base.SerializeToString()[:-3] + note, b"\n\xff" + note, note * 100000):
                asks(method, bytes_)
            if not method.client_streaming:
                name = self.planted.name()
                client.call(method, base, [("x-caller", name), ("authorization", f"Bearer {name}"),
                                           ("x-bin", name.encode())])
                with leaks.Client(self.address, self.looked) as loud:  # The server ends the connection.
                    loud.call(method, base, [("x-caller", name * 2000)])
                    self.refused += loud.refused

    def unknown_paths(self, client: leaks.Client) -> None:
        """What is called goes into labels of metrics."""
        for path in (f"/klantbeeld.v1.CitizenService/{self.planted.name()}", f"/{self.planted.name()}/GetCitizen"):
            try:
                client.channel.unary_unary(path)(b"", timeout=30)
            except Exception as error:  # pylint: disable=broad-except
                client.failed(error)

    def everybody(self, client: leaks.Client, until: int) -> None:
        """Records people until so many values are planted, and asks for each by everything."""
        record, find = self.methods["RecordContactEvents"], self.methods["FindCitizens"]
        while len(self.planted) < until:
            events = [self.event() for _ in range(50)]
            client.call(record, contract.message("RecordContactEventsRequest")(events=events))
            again = events[0]
            again.data.note = self.planted.note()
            client.call(record, contract.message("RecordContactEventsRequest")(events=[again]))
            for event in events[::10]:
                for key in event.data.parties[0].identifiers:
                    client.call(find, contract.message("FindCitizensRequest")(identifier=key))


def table(drive: Drive) -> str:
    lines = ["| looked at | bytes | found |", "| --- | --- | --- |"]
    lines += [f"| {place} | {size:,} | {len(drive.looked.found[place])} |" for place, size in drive.looked.bytes.items()]
    return "\n".join(lines)


class LeaksTest(unittest.TestCase):
    drive: Drive

    @classmethod
    def setUpClass(cls) -> None:
        folder = pathlib.Path(tempfile.mkdtemp(prefix="klantbeeld-leaks-"))
        cls.addClassCleanup(shutil.rmtree, folder)
        cls.drive = drive = Drive(folder)
        drive.server("init")
        with drive.serving() as client:
            known, caller = drive.event(), drive.event()
            del caller.data.parties[0].identifiers[0]  # So that the two may be linked.
            for event in (known, caller):
                client.call(drive.methods["RecordContactEvent"],
                            contract.message("RecordContactEventRequest")(event=event))
            drive.every_method(client)
            drive.unknown_paths(client)
            drive.everybody(client, MARKERS)

    def test_nothing_is_found(self) -> None:
        print(table(self.drive), self.drive.refused, len(self.drive.planted), self.drive.planted.counts())
        for place, found in self.drive.looked.found.items():
            with self.subTest(place=place):
                self.assertEqual(len(found), 0, self.drive.looked.example.get(place))


if __name__ == "__main__":
    SERVER, CLIENT = sys.argv.pop(1), sys.argv.pop(1)
    unittest.main()
