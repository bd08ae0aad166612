"""The real server and the real tool, and planted values that are taken through all of them.

Nothing here judges; leaks_test.py does.
"""

import contextlib
import gzip
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
import tempfile
import threading
import urllib.request
from typing import Any, Iterator

from google.protobuf import json_format

import contract
import damage
import leaks
import served
import terminal

ROOT = pathlib.Path(__file__).resolve().parents[2]
# Of the tool, where the value was an argument: whoever types it gets it back, on the terminal where it stands already.
AS_ARGUMENTS = "messages of `klantbeeld` on its own arguments"


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


@contextlib.contextmanager
def terminal_of(command: str, environment: dict[str, str], lines: int = 40) -> Iterator[terminal.Terminal]:
    window = terminal.Terminal(command, environment, lines=lines)
    try:
        yield window
    finally:
        window.close()


class Drive:
    """Takes the values everywhere, and looks."""

    def __init__(self, server: str, client: str, folder: pathlib.Path) -> None:
        self.program, self.client = server, client
        self.folder = folder
        self.planted = leaks.Planted()
        self.looked = leaks.Looked(self.planted)
        self.methods = leaks.methods()
        self.refused = self.commands = self.cores = self.crashes = 0
        self.masks: set[str] = set()
        self.made = 0
        self.people: set[str] = set()  # Values that were recorded, and must be in the store.
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
            ready.settimeout(1)
            url = f"http://127.0.0.1:{self.registry.server_address[1]}"
            process = self.start(
                [self.program, *self.store, "--socket", f"{self.folder}/s", "--log", "debug", "--metrics",
                 f"127.0.0.1:{port}", "--set", f"registry.url={url}", "--set", "limits.bookmark_idle_ms=100",
                 *damage.SETTINGS], stdout=errors, stderr=errors, env={"NOTIFY_SOCKET": f"{self.folder}/ready"})
            try:
                while not self.told(ready):
                    assert process.poll() is None, "the server does not start"
                with leaks.Client(self.address, self.looked) as client:
                    yield client
                    self.refused += client.refused
                    status = pathlib.Path(f"/proc/{process.pid}/status").read_text(encoding="ascii")
                    self.masks.update(re.findall(r"Umask:\s(\d+)", status))
                    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=30) as reply:
                        self.looked.at("metrics", reply.read())
                    self.looked.at("process list", leaks.processes())
                    self.end(process, end)
            finally:
                if process.returncode is None:
                    process.kill()
                    process.wait()
                os.unlink(f"{self.folder}/ready")
                self.looked.at("the server's log, from debug up, RocksDB's and gRPC's in it", log.read_bytes())

    @staticmethod
    def told(ready: socket.socket) -> bool:
        try:
            return b"READY=1" in ready.recv(4096)
        except socket.timeout:
            return False

    def end(self, process: "subprocess.Popen[bytes]", how: int) -> None:
        process.send_signal(how)
        _, status = os.waitpid(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        self.crashes += process.returncode == -how
        self.cores += os.WCOREDUMP(status)

    def run(self, program: str, *arguments: str, given: bytes = b"", hidden: bool = True) -> bytes:
        """One command, and what it answers. `hidden`: no value stands among the arguments."""
        process = self.start([program, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                             stderr=subprocess.PIPE)
        if hidden:
            self.looked.at("process list", leaks.processes())
        out, errors = process.communicate(given, timeout=120)
        name = pathlib.Path(program).name
        self.looked.at(f"messages of `{name}`" if hidden else AS_ARGUMENTS, errors)
        self.commands += 1
        return out

    def tool(self, *arguments: str, given: bytes = b"", hidden: bool = True) -> bytes:
        return self.run(self.client, *arguments, given=given, hidden=hidden)

    def server(self, command: str, *arguments: str) -> bytes:
        """A command of the server; all but a dump says nothing of what is in the store."""
        out = self.run(self.program, *command.split(), *self.store, *arguments)
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
            self.people.update(*(self.planted.found_in(event.SerializeToString()) for event in events))
            again = events[0]
            again.data.note = self.planted.note()
            client.call(record, contract.message("RecordContactEventsRequest")(events=[again]))
            for event in events[::10]:
                for key in event.data.parties[0].identifiers:
                    client.call(find, contract.message("FindCitizensRequest")(identifier=key))


    # --- The command line.

    def file(self, name: str, text: bytes, rights: int) -> str:
        path = self.folder / "files" / name
        path.write_bytes(text)
        path.chmod(rights)
        self.inputs[path] = rights
        return str(path)

    def spoilt(self, sample: pathlib.Path) -> bytes:
        """Each line of it as it is, and with a value in the place of each of its cells, and cut off."""
        lines = []
        for line in sample.read_bytes().splitlines():
            lines.append(line)
            cells = list(re.finditer(rb'"[^"]*"|[^,;|\t"{}\[\]:]+', line))
            for cell in cells[::3]:
                if line[cell.end():].lstrip().startswith(b":"):
                    continue  # A name of a field, which may be said.
                value = self.planted.name().encode()
                value = b'"%s"' % value if cell[0].startswith(b'"') else value
                lines.append(line[:cell.start()] + value + line[cell.end():])
            lines.append(line[:len(line) // 2] + self.planted.note().encode())
        return b"\n".join(lines) + b"\n"

    def imports(self) -> None:
        """Every format, with refused lines; what is refused may be read by no more than the file."""
        made = ROOT / "tests/clients/adapters"
        mapping = str(ROOT / "clients/adapters/csv/mappings/generic.toml")
        files = {"csv": "csv/made_generic.csv", "events": "events/made_events.jsonl",
                 "cloudevents": "cloudevents/made_events.jsonl", "asterisk-cdr": "asterisk/made_cdr_custom.csv",
                 "asterisk-queue": "asterisk/made_queue_log", "qmatic": "qmatic/made_visits.jsonl",
                 "matomo": "matomo/made_visits.json", "ga4": "ga4/made_events.jsonl"}
        for rights, (format_, sample) in zip(itertools.cycle((0o600, 0o640, 0o644)), files.items()):
            path = self.file(f"{format_}.in", self.spoilt(made / sample), rights)
            more = ["--mapping", mapping] if format_ == "csv" else []
            self.tool("import", format_, path, *more)
            self.tool("import", format_, "-", *more, given=self.planted.note().encode() * 1000)
        headless = self.file("headless.csv", "".join(
            f"{self.planted.name()};{self.planted.bsn()};{self.planted.email()}\n" for _ in range(3)).encode(), 0o600)
        self.tool("import", "csv", headless, "--mapping", mapping)
        self.looked.at("first mappings", self.tool("import", "map", headless))

    @contextlib.contextmanager
    def importing(self, *arguments: str, end: int) -> Iterator["subprocess.Popen[bytes]"]:
        """At work meanwhile, and then ended."""
        with tempfile.TemporaryFile() as said:
            process = self.start([self.client, "import", *arguments], stdin=subprocess.DEVNULL, stdout=said,
                                 stderr=said)
            try:
                yield process
                self.looked.at("process list", leaks.processes())
            finally:
                self.end(process, end)
            said.seek(0)
            self.looked.at("messages of `klantbeeld`", said.read())
        self.commands += 1

    def imports_that_stop(self) -> None:
        """One that crashes and is gone on with, and files that are taken as they come, whole and broken off."""
        sample = ROOT / "tests/clients/adapters/csv/made_generic.csv"
        csv = ["csv", "--mapping", str(ROOT / "clients/adapters/csv/mappings/generic.toml")]
        known = sample.read_bytes().splitlines()[1] + b"\n"

        def appears(path: str, process: "subprocess.Popen[bytes]") -> pathlib.Path:
            while not os.path.exists(path):
                with contextlib.suppress(subprocess.TimeoutExpired):
                    raise AssertionError(f"ended without {path}: {process.wait(0.001)}")
            return pathlib.Path(path)

        long = self.file("long.csv", self.spoilt(sample) + known * 60_000, 0o640)
        with self.importing(*csv, long, end=signal.SIGABRT) as process:
            note = appears(f"{long}.resume", process)
        self.looked.at("notes of imports", note.read_bytes())
        self.tool("import", *csv, long, "--resume")
        inbox = self.folder / "files" / "inbox"
        inbox.mkdir(mode=0o700)
        packed = gzip.compress(self.spoilt(sample) + known * 10_000)
        for name, text, rights in (("whole.csv", self.spoilt(sample), 0o640), ("broken.csv.gz", packed[:-100], 0o600)):
            self.file(f"inbox/{name}", text, rights)
            self.inputs |= {inbox / where / name: rights for where in ("done", "failed")}
        broken = f"{inbox}/failed/broken.csv.gz"
        with self.importing(*csv, "--watch", str(inbox), end=signal.SIGINT) as process:
            appears(f"{inbox}/done/whole.csv", process)
            note = appears(f"{broken}.resume", process)
        self.looked.at("notes of imports", note.read_bytes())
        pathlib.Path(broken).write_bytes(packed)
        self.tool("import", *csv, broken, "--resume")

    def commands_of_all_kinds(self) -> None:
        planted = self.planted
        person, other = self.person(), self.person()
        lines = [json.dumps(person), json.dumps(other), planted.note(),
                 json.dumps(person | {"eventId": planted.name()}),
                 json.dumps(person | {"klant": planted.name()}), json.dumps(person)[:-9] + planted.name(),
                 json.dumps(person | {"data": person["data"] | {"channel": planted.name(), "note": planted.note()}})]
        self.tool("record", "-", given="\n".join(lines).encode())
        self.tool("record", self.file("people.jsonl", "\n".join(lines).encode() + b"\n\xff\xfe", 0o600))
        self.tool("record", "--source", "desk", "--channel", "phone", "--note", "-", given=planted.note().encode())
        self.tool("record", "--source", "desk", "--channel", "counter", "--bsn-stdin", "--verified", "id-document",
                  given=planted.bsn().encode())
        self.tool("record", "--source", "desk", "--channel", "counter", "--bsn-stdin", given=planted.name().encode())
        party = person["data"]["parties"][0]
        keys = [one["value"] for one in party["identifiers"]]
        keys += [f"{party['details']['surname']} 12-04-1980", planted.bsn(), planted.phone(), planted.email(),
                 f"{planted.name()} 01-02-1970", planted.name(), planted.note(), f"9945NJ {planted.name()}"]
        for key in keys:
            self.tool("find", given=key.encode() + b"\n")
        for kind in ("bsn", "postcode", "name", "email", "case"):
            self.tool("find", "--kind", kind, given=planted.name().encode() + b"\n")
        ids = re.findall(rb"[0-9a-f]{32}", self.tool("find", "-o", "ndjson", given=keys[0].encode()))
        citizen = ids[0].decode()
        ref = f"balie/{person['eventId']}"
        for command in (["show", citizen], ["timeline", citizen], ["suggestions", citizen], ["explain", ref],
                        ["history", citizen], ["history", ref, "--at", "1"], ["status"], ["ping"], ["version"],
                        ["help"], ["follow", "--from", "0", "--until-empty"], ["backup"], ["backup", "--list"],
                        ["completion", "bash"],
                        ["unlink", ref, "--reason", "vergissing", "--author", "desk", "--dry-run"],
                        ["link", ref, f"balie/{other['eventId']}", "--reason", "zelfde", "--author", "desk"]):
            self.tool(*command, "--debug")
        # As arguments, where ps and the shell's history have them anyway: what is said of them.
        for command in ("show", "timeline", "watch", "explain", "suggestions", "history", "find", "import", "export",
                        "follow", "help", "link", "unlink", "record", planted.name()):
            self.tool(command, planted.name(), planted.name(), hidden=False)
        self.tool("record", "--source", "desk", "--channel", planted.name(), "--phone", planted.email(), "--email",
                  planted.phone(), "--occurred", planted.name(), hidden=False)

    def exports(self) -> bytes:
        """What the store holds, and files that only their owner may read."""
        files = self.folder / "files"
        why = ["--show-bsn", "--reason", "afschrift"]
        self.tool("export", "events", "--to", f"{files}/events.ndjson", "--token-file", f"{files}/token", *why)
        for format_ in ("csv", "ndjson", "cloudevents"):
            self.tool("export", "contacts" if format_ == "csv" else "events", "--format", format_, "--oin",
                      "00000001003214345000", "--to", f"{files}/{format_}.out", *why)
            self.tool("export", "contacts", "--to", f"{files}/{format_}.out")  # It is there.
        self.tool("export", "citizens", "--to", f"{files}/citizens.out", *why)
        return (files / "events.ndjson").read_bytes()

    def crash(self, end: int) -> None:
        """Ends the server, and a client, while they are at work."""
        record = self.methods["RecordContactEvents"]
        with self.serving(end) as client:
            follower = self.start([self.client, "follow", "--from", "0"], stdin=subprocess.DEVNULL,
                                  stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            assert follower.stdout
            follower.stdout.readline()
            for _ in range(2):
                client.call(record, contract.message("RecordContactEventsRequest")(
                    events=[self.event() for _ in range(20)]))
            under_way = threading.Thread(target=client.call, args=(record, contract.message(
                "RecordContactEventsRequest")(events=[self.event() for _ in range(100)])))
            under_way.start()
            self.end(follower, end)
        under_way.join()
        assert follower.stderr
        self.looked.at("messages of `klantbeeld`", follower.stderr.read())
        follower.stdout.close()
        follower.stderr.close()

    def commands_of_the_server(self) -> bytes:
        """Each of them, on a store that is whole and on one that is damaged."""
        data = self.folder / "data"
        dumped = self.server("dump", "--canonical")
        for command in ("check", "rebuild", "check-config", "backups", "model show", "model report",
                        "model adopt --reason proef", f"model learn --name proef --write {self.folder}/model.toml"):
            self.server(command)
        for cell in range(4):
            person = [self.planted.bsn(), "1980-04-12", "E", "true"]
            person[cell] = self.planted.name()
            persons = self.file("persons.csv", f"bsn,birth_date,name_use,secret\n{','.join(person)}\n".encode(), 0o600)
            self.run(self.program, *self.store, "--socket", f"{self.folder}/s", "--registry-file", persons)
        newest = sorted((self.folder / "backups").iterdir())[-1].name
        shutil.move(data, self.folder / "before")
        self.server("restore", "--id", newest)
        for family, paths in damage.tables(data).items():
            if paths and family != "table of `default`":
                whole = paths[-1].read_bytes()
                paths[-1].write_bytes(damage.flipped(whole, 20))
                self.server("check")
                with contextlib.suppress(Exception), self.serving() as client:
                    self.everything_read(client)
                paths[-1].write_bytes(whole)
        return dumped

    def everything_read(self, client: leaks.Client) -> None:
        for number in range(1, 20):
            ref = {"source": "balie", "id": f"e-{number}"}
            for name, asked in (("GetContact", {"ref": ref, "withEvents": True}), ("Explain", {"party": ref}),
                                ("FindCitizens", {"caseNumber": f"Z-{number}"})):
                client.call(self.methods[name], json_format.ParseDict(
                    asked, contract.message(f"{name}Request")()))

    # --- What a shell and a pager keep.

    def histories(self) -> None:
        home = self.folder / "home"
        environment = {"HOME": str(home), "PATH": os.environ["PATH"], "KLANTBEELD_SERVER": self.address}
        for key in (self.planted.bsn(), f"{self.planted.name()} 01-02-1970", self.planted.email()):
            with terminal_of(f"PS1='klaar> ' HISTFILE={home}/.bash_history bash --norc -i", environment) as shell:
                shell.wait_for("klaar>")
                shell.type(f"{self.client} find --lang en")
                shell.wait_for("Find a customer:")
                shell.type(key)
                shell.wait_for("klaar>", 2)
                shell.type("exit")
                shell.wait_for("EXIT")
        with terminal_of(f"{self.client} help output --lang en", environment, lines=10) as pager:
            pager.wait_for("Output")
            pager.type(f"/{self.planted.name()}")
            pager.wait_for("not found")
            pager.press("Enter")
            pager.press("q")
            pager.wait_for("EXIT")
        for path in home.rglob("*"):
            if path.is_file():
                self.looked.at("shell's and pager's history", path.read_bytes())

    # --- Files.

    def look_at_files(self) -> list[str]:
        """Those whose rights are wider than they may be, and what lies where nothing may lie."""
        wider = []
        for path, mode in leaks.rights(self.folder):
            place = path.relative_to(self.folder)
            if path.is_dir() or path.is_socket() or place.parts[0] in ("log", "home"):
                continue
            if place.parts[0] in ("cores", "tmp") or place.name == "LOG":
                wider.append(f"{place} is there")
            source = self.inputs.get(path.with_name(path.name.removesuffix(".rejected")), 0o600)
            text = path.read_bytes()
            if place.parts[0] == "files":
                if path not in self.inputs and self.planted.found_in(text) and mode & ~source:
                    wider.append(f"{place}: {mode:o}, of {source:o}")
            elif mode & 0o077:
                wider.append(f"{place}: {mode:o}")
        return wider
