"""The real server among clients that mean no good: hostile_test.py SERVER [--seconds N] [--seed N] [--write]

One kind of them after the other, and all together, while an honest client goes on. With --seconds
(scripts/hostile) there are as many as the table says and each stays so long; without, few, on a
server with small limits, so that a place or a connection that is not given back is soon missed.
With --write the table of docs/reliability.md is written anew.
"""

import contextlib
import json
import os
import pathlib
import select
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unittest
from typing import Any, Callable, Iterator, NamedTuple, Optional

import grpc

import contract
import damage
import hostile
import served
import sizing
from frames import Crowd

ROOT = pathlib.Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs/reliability.md"
BEGIN, END = "<!-- Made by scripts/hostile -->\n", "<!-- End -->\n"
SERVER = ""
SECONDS: Optional[float] = None
SEED = 7
WRITE = False

EVENTS = 6000
NOTE = "Belde over de vergunning. " * 75  # So that a few hundred contacts fill a frame of the feed.
WITHIN = 60.0  # Seconds that anything may take that is waited for.
# Of the short run. Of each limit the hostile ask for more than there is.
FEW = {"limits.followers_max": 60, "limits.reads_in_flight_max": 20, "limits.writes_in_flight_max": 10,
       "limits.record_streams_max": 10, "limits.watchers_max": 40, "limits.connections_max": 120,
       "limits.follower_stall_ms": 1200, "limits.bookmark_idle_ms": 200,
       "limits.frame_cache_mib": 4, "store.memtable_mib": 2, "store.block_cache_mib": 4}
SHARE = 0.1  # Of the number of each kind, in the short run.
MEMORY_MIB = 300  # That the short run may take; 160 of them are messages without their last byte.


class Machine:
    """The server with a store of some thousand contacts, and what can be seen of it from outside."""

    def __init__(self, folder: str, limits: dict[str, int]) -> None:
        self.folder, self.port = folder, served.free_port()
        store = ["--data", f"{folder}/data", "--keys", f"{folder}/keys"]
        self.store = store
        subprocess.run([SERVER, "init", *store], check=True, capture_output=True)
        settings = [word for key, value in limits.items() for word in ("--set", f"{key}={value}")]
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ready, open(f"{folder}/log", "wb") as log:
            ready.bind(f"{folder}/ready")
            ready.settimeout(WITHIN)
            self.process = subprocess.Popen(
                [SERVER, *store, "--socket", f"{folder}/s", "--metrics", f"127.0.0.1:{self.port}", *settings],
                stderr=log, env=os.environ | {"NOTIFY_SOCKET": f"{folder}/ready"})
            while b"READY=1" not in ready.recv(4096):
                pass
        self.address = f"unix:{folder}/s"
        self.most = 0.0
        self.over = threading.Event()
        self.watcher = threading.Thread(target=self._watch)
        self.watcher.start()

    def _watch(self) -> None:
        while not self.over.wait(0.02):
            with contextlib.suppress(OSError):  # It may have ended.
                self.most = max(self.most, self.memory())

    def memory(self) -> float:
        return sizing.memory_mib(self.process.pid, "RssAnon:")

    def descriptors(self) -> int:
        """Of connections; each has two."""
        kinds = pathlib.Path(f"/proc/{self.process.pid}/fd")
        sockets = 0
        for file in kinds.iterdir():
            with contextlib.suppress(OSError):
                sockets += os.readlink(file).startswith("socket:")
        return sockets

    def figures(self) -> dict[str, float]:
        return served.scrape(self.port)

    def calls(self) -> int:
        """Open ones of all methods."""
        figures = self.figures()
        return int(sum(value for name, value in figures.items() if name.startswith("grpc_server_started_total")) -
                   sum(value for name, value in figures.items() if name.startswith("grpc_server_handled_total")))

    def fill(self) -> hostile.Town:
        request, answer = (contract.message(f"RecordContactEvents{end}") for end in ("Request", "Response"))

        def batches() -> Iterator[Any]:
            for first in range(0, EVENTS, 200):
                events = [damage.contact(at) for at in range(first, first + 200)]
                for event in events:
                    event["data"]["note"] = NOTE
                yield damage.json_format.ParseDict({"events": events}, request())

        with damage.Client(self.address) as client:
            for results in client.channel.stream_stream(
                    "/klantbeeld.v1.ContactService/RecordContactEvents", request_serializer=request.SerializeToString,
                    response_deserializer=answer.FromString)(batches()):
                assert all(result.HasField("recorded") for result in results.results)
            found = client.call("CitizenService", "FindCitizens",
                                {"identifier": {"type": "IDENTIFIER_TYPE_BSN", "value": damage.BSNS[7]}})
        return hostile.Town(EVENTS, found.citizens[0].id, SEED)

    def places(self) -> None:
        """A call of each sort has its place. An honest program asks again when it is told to."""
        request = contract.message("FollowRequest")
        with damage.Client(self.address) as client:
            def follow() -> None:
                calls = client.channel.stream_stream(
                    "/klantbeeld.v1.FeedService/Follow", request_serializer=request.SerializeToString,
                    response_deserializer=contract.message("FollowResponse").FromString)(
                        iter([request(start={"now": True})]), timeout=WITHIN)
                next(calls)
                calls.cancel()

            def record() -> None:
                asked, answer = (contract.message(f"RecordContactEvents{end}") for end in ("Request", "Response"))
                event = damage.json_format.ParseDict(damage.contact(1), contract.message("ContactEvent")())
                event.data.note = NOTE
                for results in client.channel.stream_stream(
                        "/klantbeeld.v1.ContactService/RecordContactEvents", request_serializer=asked.SerializeToString,
                        response_deserializer=answer.FromString)(iter([asked(events=[event])]), timeout=WITHIN):
                    assert results.results[0].recorded.duplicate

            follow()
            record()
            client.call("ContactService", "GetContact", {"ref": {"source": "balie", "id": "e-7"}})
            client.call("ContactService", "RecordContactEvent",
                        {"event": damage.contact(1) | {"eventId": "place"}})

    def close(self) -> None:
        if self.process.poll() is None:
            self.stop()

    def stop(self) -> tuple[int, float]:
        """Exit code, and seconds until it ended."""
        self.over.set()
        self.watcher.join()
        began = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(WITHIN), time.monotonic() - began


class Honest:
    def __init__(self, address: str) -> None:
        self.process = subprocess.Popen([sys.executable, "-B", str(pathlib.Path(__file__).with_name("honest.py")),
                                         address], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                                        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)})
        self.since()

    def since(self) -> dict[str, Any]:
        assert self.process.stdin and self.process.stdout
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        return dict(json.loads(self.process.stdout.readline()))

    def close(self) -> None:
        assert self.process.stdin and self.process.stdout
        self.process.kill()
        self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()


def varint(value: int) -> bytes:
    out = bytearray()
    while value >= 128:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes((*out, value))


class Outcome(NamedTuple):
    kind: hostile.Kind
    count: int
    usual: dict[str, Any]
    meanwhile: dict[str, Any]
    most: float  # MiB.
    cut: Optional[float]  # Seconds, from when all were there.
    back: Optional[float]  # Seconds, from when they went.

    def times(self) -> float:
        return float(self.meanwhile["p99"] / self.usual["p99"]) if self.usual["p99"] else 0.0

    def row(self) -> str:
        failed = sum(self.meanwhile["failed"].values())
        cut = "" if not self.kind.cut else "never" if self.cut is None else f"{self.cut:.0f}"
        return (f"| {self.kind.name} | {self.count:,} | {self.usual['p50']:.1f}, {self.usual['p99']:.1f} | "
                f"{self.meanwhile['p50']:.1f}, {self.meanwhile['p99']:.1f} | {self.times():.1f} | {failed} | "
                f"{self.most:.0f} | {cut} | {'no' if self.back is None else f'{self.back:.1f}'} |")


HEAD = ("| what | how many | usual p50, p99, ms | meanwhile p50, p99, ms | times p99 | failed | memory, MiB | "
        "cut after, s | all given back after, s |\n| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |\n")


class Trial:
    """Lets each kind come, and looks what becomes of it."""

    def __init__(self, machine: Machine, share: float, seconds: float) -> None:
        self.machine, self.share, self.seconds = machine, share, seconds
        self.town = machine.fill()
        self.honest = Honest(machine.address)
        end = time.monotonic() + WITHIN
        # Until it has its connections, and follows.
        while not (self.honest.since()["count"] and machine.figures()["klantbeeld_followers"]):
            assert time.monotonic() < end, "the honest client is not served"
            self.pause(0.1)
        self.sockets, self.calls = machine.descriptors(), machine.calls()

    @staticmethod
    def pause(seconds: float) -> None:
        select.select([], [], [], seconds)

    def given_back(self) -> bool:
        # The honest one's call may be under way.
        return self.machine.descriptors() <= self.sockets and self.machine.calls() <= self.calls + 1

    def cut(self, kind: hostile.Kind) -> bool:
        if kind.cut == "connections":
            return self.machine.descriptors() <= self.sockets
        return self.machine.calls() <= self.calls + 1

    def run(self, kind: hostile.Kind) -> Outcome:
        count = max(1, int(kind.count * self.share))
        self.pause(self.seconds)
        usual = self.honest.since()
        self.machine.most = 0.0
        with Crowd(f"{self.machine.folder}/s") as crowd:
            step = kind.open(crowd, self.town, count) or (lambda: True)
            began = time.monotonic()
            crowd.until(lambda: step() and time.monotonic() - began >= self.seconds, 3600)
            meanwhile = self.honest.since()
            cut = None
            if kind.cut:
                looked = [time.monotonic()]

                def over() -> bool:
                    step()
                    if time.monotonic() - looked[0] < 0.1:
                        return False
                    looked[0] = time.monotonic()
                    return self.cut(kind)
                if crowd.until(over, WITHIN):
                    cut = time.monotonic() - began
        went = time.monotonic()
        while not (back := self.given_back()) and time.monotonic() - went < WITHIN / 3:
            self.pause(0.05)
        outcome = Outcome(kind, count, usual, meanwhile, self.machine.most, cut,
                          time.monotonic() - went if back else None)
        self.honest.since()
        print(outcome.row(), flush=True)
        for what, times in meanwhile["failed"].items():
            print(f"    {times} × {what}", flush=True)
        return outcome


class HostileTest(unittest.TestCase):
    def test_all_kinds(self) -> None:
        short = SECONDS is None
        with tempfile.TemporaryDirectory(prefix="klantbeeld-hostile-") as folder:
            machine = Machine(folder, FEW | {"store.disk_reserve_mib": 1} if short else {})
            trial = Trial(machine, SHARE if short else 1, SECONDS or 0.4)
            os.nice(19)  # What is measured is the server, not how little is left of this machine.
            try:
                outcomes = self.among(trial, short)
            finally:
                trial.honest.close()
                code, took = machine.stop()
            self.assertEqual(code, 0)
            self.assertLess(took, WITHIN / 2)
            checked = subprocess.run([SERVER, "check", *machine.store], capture_output=True, text=True, check=False)
            self.assertEqual(checked.returncode, 0, checked.stdout + checked.stderr)
        if WRITE:
            made = HEAD + "".join(outcome.row() + "\n" for outcome in outcomes)
            before, _, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
            PAGE.write_text(before + BEGIN + made + END + rest.partition(END)[2], encoding="utf-8")

    def among(self, trial: Trial, short: bool) -> list[Outcome]:
        print(HEAD, end="", flush=True)
        outcomes = []
        for kind in [*hostile.KINDS, hostile.TOGETHER]:
            if short and kind.cut == "connections":
                kind = kind._replace(cut="")  # That takes gRPC's time, 50 seconds.
            with self.subTest(kind=kind.name):
                outcome = trial.run(kind)
                outcomes.append(outcome)
                self.assertIsNone(trial.machine.process.poll(), "the server is gone")
                self.assertIsNotNone(outcome.back, "something was not given back")
                self.assertGreater(outcome.meanwhile["count"], 0, "the honest client was not served")
                if kind.cut:
                    self.assertIsNotNone(outcome.cut, "nobody was cut")
                if short:
                    self.assertLess(outcome.most, MEMORY_MIB)
                try:
                    trial.machine.places()
                except grpc.RpcError as error:
                    self.fail(f"no place: {error.details()}")
        return outcomes


class LimitsOfGrpcTest(unittest.TestCase):
    """What docs/operating.md says is fixed."""

    MESSAGE = (4 << 20) + (64 << 10)

    def ask(self, client: damage.Client, padding: int = 0, metadata: int = 1) -> Optional[grpc.StatusCode]:
        """Reads a contact in a message with so many bytes that no field takes, and such metadata."""
        ref = contract.message("GetContactRequest")(ref={"source": "balie", "id": "e-1"}).SerializeToString()
        field = b"\xc2\x3e" + varint(padding) + bytes(padding) if padding else b""
        try:
            client.channel.unary_unary("/klantbeeld.v1.ContactService/GetContact")(
                ref + field, timeout=WITHIN, metadata=[("x-much", "m" * metadata)])
        except grpc.RpcError as error:
            return error.code()
        return None

    def test_at_them_a_call_is_answered_and_over_them_refused(self) -> None:
        with tempfile.TemporaryDirectory() as folder, contextlib.closing(Machine(folder, {})) as machine, \
                damage.Client(machine.address) as client:
            client.record([damage.contact(1)])
            head = len(contract.message("GetContactRequest")(
                ref={"source": "balie", "id": "e-1"}).SerializeToString()) + 2 + len(varint(self.MESSAGE))
            self.assertIsNone(self.ask(client, padding=self.MESSAGE - head))
            self.assertEqual(self.ask(client, padding=self.MESSAGE - head + 1), grpc.StatusCode.RESOURCE_EXHAUSTED)
            self.assertIsNone(self.ask(client, metadata=7 << 10))
            self.assertEqual(self.ask(client, metadata=8 << 10), grpc.StatusCode.RESOURCE_EXHAUSTED)
            self.assertIsNone(self.ask(client))


if __name__ == "__main__":
    SERVER = sys.argv.pop(1)
    for option in ("--seconds", "--seed"):
        if option in sys.argv:
            place = sys.argv.index(option)
            if option == "--seconds":
                SECONDS = float(sys.argv[place + 1])
            else:
                SEED = int(sys.argv[place + 1])
            del sys.argv[place:place + 2]
    WRITE = "--write" in sys.argv
    print(f"seed {SEED}")
    unittest.main(argv=[one for one in sys.argv if one != "--write"])
