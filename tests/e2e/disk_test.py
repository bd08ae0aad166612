"""The real server on a disk that is full, slow, read-only or broken: disk_test.py SERVER FAULTS [MOMENTS]

FAULTS is the library of faults.cc. MOMENTS: at how many moments of a load, and of an opening, the
disk becomes full; every third of them the server is killed as well.
"""

import contextlib
import errno
import mmap
import os
import pathlib
import random
import select
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
import unittest
from typing import Any, Callable, Iterator, Optional

import grpc

import damage

SERVER = FAULTS = ""
MOMENTS = 6
NUMBERS = ("room", "calls_first", "no_room", "write_error", "open_error", "sync_error", "read_error", "sync_ms",
           "failed", "calls")
MIB = 1 << 20
WITHIN = 60.0  # Seconds that anything may take that is waited for.


class Disk:
    """What faults.cc reads."""

    def __init__(self, path: str) -> None:
        pathlib.Path(path).write_bytes(bytes(8 * len(NUMBERS)))
        with open(path, "r+b") as file:
            self.numbers = mmap.mmap(file.fileno(), 8 * len(NUMBERS))
        self.works()

    def set(self, **numbers: int) -> None:
        for name, value in numbers.items():
            struct.pack_into("<q", self.numbers, 8 * NUMBERS.index(name), value)

    def get(self, name: str) -> int:
        return int(struct.unpack_from("<q", self.numbers, 8 * NUMBERS.index(name))[0])

    def works(self) -> None:
        self.set(**dict.fromkeys(NUMBERS, 0))
        self.set(room=-1)


class Machine:
    """A store on that disk, `data` where its directory is another than in `folder`, and the server."""

    def __init__(self, folder: str, reserve_mib: int = 0, memtable_mib: int = 1, data: str = "") -> None:
        self.folder, self.disk, self.data = folder, Disk(f"{folder}/faults"), data or f"{folder}/data"
        self.settings = [f"--set=store.disk_reserve_mib={reserve_mib}", f"--set=store.memtable_mib={memtable_mib}",
                         "--set=store.block_cache_mib=1"]
        self.environment = os.environ | {"LD_PRELOAD": FAULTS, "KB_FAULTS": f"{folder}/faults",
                                         "KB_FAULTS_DIR": self.data, "NOTIFY_SOCKET": f"{folder}/ready"}
        self.process: Optional[subprocess.Popen[bytes]] = None
        self.run("init", check=True)

    def run(self, command: str, check: bool = False) -> subprocess.CompletedProcess[str]:
        return subprocess.run([SERVER, command, "--data", self.data, "--keys", f"{self.folder}/keys"],
                              env=self.environment, capture_output=True, text=True, check=check, timeout=120)

    def start(self) -> Optional[tuple[int, str]]:
        """Nothing when it serves, else exit code (below 0: the signal) and last words."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ready, open(f"{self.folder}/log", "w+b") as log:
            ready.bind(f"{self.folder}/ready")
            self.process = subprocess.Popen(
                [SERVER, "--data", self.data, "--keys", f"{self.folder}/keys", "--socket",
                 f"{self.folder}/s", *self.settings], stderr=log, env=self.environment)
            ended = os.pidfd_open(self.process.pid)
            try:
                if ready in select.select([ready, ended], [], [], WITHIN)[0]:
                    return None
                code = self.process.wait(WITHIN)
            finally:
                os.close(ended)
                os.unlink(f"{self.folder}/ready")
            self.process = None
            return code, pathlib.Path(f"{self.folder}/log").read_text(encoding="utf-8").strip().splitlines()[-1]

    def runs(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def end(self, how: str = "kill") -> None:
        if self.process is not None:
            getattr(self.process, how)()
            self.process.wait(WITHIN)
            self.process = None

    def client(self) -> damage.Client:
        return damage.Client(f"unix:{self.folder}/s")


@contextlib.contextmanager
def machine(**settings: int) -> Iterator[Machine]:
    with tempfile.TemporaryDirectory() as folder:
        one = Machine(folder, **settings)
        try:
            yield one
        finally:
            one.end()


def event(number: int) -> dict[str, Any]:
    one = damage.contact(number)
    one["data"]["note"] = f"{number} " + random.Random(number).randbytes(600).hex()
    return one


class Load:
    """Records without end, and knows what was acknowledged and how it was refused."""

    def __init__(self, on: Machine, threads: int = 4) -> None:
        self.on, self.over, self.lock = on, threading.Event(), threading.Lock()
        self.number = 0
        self.acknowledged: dict[int, int] = {}
        self.refused: list[tuple[str, bytes]] = []
        self.threads = [threading.Thread(target=self.work) for _ in range(threads)]

    def __enter__(self) -> "Load":
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.over.set()
        for thread in self.threads:
            thread.join()

    def work(self) -> None:
        with self.on.client() as client:
            while not self.over.is_set():
                with self.lock:
                    self.number += 1
                    number = self.number
                if (refused := self.record(client, number)) is not None:
                    self.refused.append(refused)
                    self.over.wait(0.02)

    def record(self, client: damage.Client, number: int) -> Optional[tuple[str, bytes]]:
        try:
            reply = client.call("ContactService", "RecordContactEvent", {"event": event(number)})
            self.acknowledged[number] = reply.position
            return None
        except grpc.RpcError as error:
            details = dict(error.trailing_metadata() or ()).get("grpc-status-details-bin", b"")
            return error.code().name, details + error.details().encode()

    def wait(self, what: Callable[[], bool]) -> bool:
        until = time.monotonic() + WITHIN
        while not what() and time.monotonic() < until and self.on.runs():
            self.over.wait(0.01)
        return what()


class OnDisk(unittest.TestCase):
    """What is asked of a server whatever its disk does."""

    def start(self, on: Machine) -> None:
        self.assertIsNone(on.start())

    def reads(self, on: Machine, acknowledged: dict[int, int], numbers: list[int]) -> float:
        """They are there; the longest that one took."""
        longest = 0.0
        with on.client() as client:
            for number in numbers:
                began = time.monotonic()
                ref = {"source": "balie", "id": f"e-{number}"}
                reply = client.call("ContactService", "GetContact", {"ref": ref, "withEvents": True})
                longest = max(longest, time.monotonic() - began)
                self.assertEqual(reply.contact.events[0].position, acknowledged[number])
        return longest

    def nothing_is_lost(self, on: Machine, acknowledged: dict[int, int]) -> None:
        """By what it says, and by what it holds."""
        if not on.runs():
            self.start(on)
        self.reads(on, acknowledged, sorted(acknowledged))
        on.end("terminate")
        checked = on.run("check")
        self.assertEqual(checked.returncode, 0, checked.stdout + checked.stderr)

    def refused_as_full(self, refused: list[tuple[str, bytes]]) -> None:
        for code, details in refused:
            self.assertEqual(code, "RESOURCE_EXHAUSTED", details)
            for part in (b"DISK_FULL", b"google.rpc.ErrorInfo", b"google.rpc.RetryInfo"):
                self.assertIn(part, details)


class DiskTest(OnDisk):
    def full_at_any_moment(self, no_room: int) -> None:
        """What RocksDB meets itself: nothing is kept in reserve."""
        chance = random.Random(MOMENTS)
        acknowledged: dict[int, int] = {}
        with machine() as on:
            number = 0
            for moment in range(MOMENTS):
                with self.subTest(moment=moment):
                    if not on.runs():
                        self.start(on)
                    load = Load(on)
                    load.number = number
                    on.disk.set(no_room=no_room, calls_first=chance.randrange(1, 600))
                    with load:
                        self.assertTrue(load.wait(lambda: len(load.refused) > 20), "never full")
                        if load.acknowledged:
                            self.reads(on, load.acknowledged, sorted(load.acknowledged)[-20:])
                        had = len(load.acknowledged)
                        on.disk.works()
                        self.assertTrue(load.wait(lambda: len(load.acknowledged) > had + 50),
                                        f"does not go on: {load.refused[-1]}")
                        self.assertTrue(on.runs(), "died")
                        if moment % 3 == 2:
                            on.end()  # Under load, just after.
                    number, gone = load.number, [one for one in load.refused if one[0] == "UNAVAILABLE"]
                    self.refused_as_full([one for one in load.refused if one not in gone])
                    self.assertTrue(moment % 3 == 2 or not gone, gone[:1])
                    acknowledged |= load.acknowledged
            self.nothing_is_lost(on, acknowledged)
            print(f"{os.strerror(no_room)} at {MOMENTS} moments of a load, {len(acknowledged)} acknowledged",
                  file=sys.stderr)

    def test_full_at_any_moment(self) -> None:
        self.full_at_any_moment(errno.ENOSPC)

    def test_over_a_quota_at_any_moment(self) -> None:
        self.full_at_any_moment(errno.EDQUOT)

    def test_below_the_reserve_nothing_is_taken(self) -> None:
        with machine(reserve_mib=64) as on:
            self.start(on)
            with Load(on) as load:
                self.assertTrue(load.wait(lambda: len(load.acknowledged) > 20))
            before = load.acknowledged
            on.end("terminate")
            on.disk.set(room=32 * MIB)
            self.start(on)
            with Load(on) as load:
                load.number = max(before)
                self.assertTrue(load.wait(lambda: len(load.refused) > 20), "not refused")
                self.assertEqual(load.acknowledged, {})
                self.reads(on, before, sorted(before)[:20])
                on.disk.works()
                self.assertTrue(load.wait(lambda: len(load.acknowledged) > 20), "does not go on")
            self.refused_as_full(load.refused)
            self.assertEqual(on.disk.get("failed"), 0, "the reserve was met")
            self.nothing_is_lost(on, before | load.acknowledged)

    def test_full_while_it_opens(self) -> None:
        self.full_while_it_opens(errno.ENOSPC)

    def test_over_a_quota_while_it_opens(self) -> None:
        self.full_while_it_opens(errno.EDQUOT)

    def full_while_it_opens(self, no_room: int) -> None:
        with machine(memtable_mib=4) as on:
            self.start(on)
            with Load(on) as load:
                self.assertTrue(load.wait(lambda: len(load.acknowledged) > 500))
                on.end()
            on.disk.set(no_room=no_room, room=0)
            told = {errno.ENOSPC: r"0 MiB free; opening the store needs \d+ MiB",
                    errno.EDQUOT: "quota exceeded.*Make room"}[no_room]
            for refused in (on.start(), (on.run("check").returncode, on.run("check").stderr)):
                assert refused
                self.assertEqual(refused[0], 1, refused)
                self.assertRegex(refused[1], told)
            # Room that goes while it opens, which no look beforehand tells.
            met = 0
            for calls in (1, 2, 3, 5, 8, 13, 21, 34, 55, 89, 144)[:MOMENTS + 3]:
                on.disk.works()
                on.disk.set(no_room=no_room, calls_first=calls)
                refused = on.start()
                with self.subTest(calls=calls, refused=refused):
                    if refused is None:
                        self.reads(on, load.acknowledged, sorted(load.acknowledged)[:5])
                        on.end()
                    else:
                        self.assertEqual(refused[0], 1)
                        self.assertRegex(refused[1], f"{os.strerror(no_room)}.*Make room")
                        met += 1
            self.assertGreater(met, 3)
            on.disk.works()
            self.nothing_is_lost(on, load.acknowledged)

    def stops(self, fault: dict[str, int], at_start: str) -> None:
        """Writes end until a restart, reads go on, and nothing is lost."""
        with machine() as on:
            self.start(on)
            with Load(on) as load:
                self.assertTrue(load.wait(lambda: len(load.acknowledged) > 100))
                on.disk.set(**fault)
                self.assertTrue(load.wait(lambda: len(load.refused) > 20), "not refused")
                self.reads(on, load.acknowledged, sorted(load.acknowledged)[-20:])
                on.disk.works()
                had = len(load.refused)
                self.assertTrue(load.wait(lambda: len(load.refused) > had + 20), "goes on after a failed write")
            self.assertTrue(on.runs(), "died")
            for code, details in load.refused[-20:]:
                self.assertEqual(code, "UNAVAILABLE", details)
                self.assertIn(b"WRITES_STOPPED", details)
                self.assertIn(b"google.rpc.RetryInfo", details)
            on.end()
            if at_start:
                on.disk.set(**fault)
                refused = on.start()
                assert refused
                self.assertEqual(refused[0], 1, refused)
                self.assertRegex(refused[1], at_start)
                on.disk.works()
            self.nothing_is_lost(on, load.acknowledged)

    def test_read_only(self) -> None:
        self.stops({"write_error": errno.EROFS, "open_error": errno.EROFS}, "Read-only file system")

    def test_permission_lost(self) -> None:
        """Open files are still written; the next new one is refused."""
        self.stops({"open_error": errno.EACCES}, "Permission denied")

    def test_errors_of_writes(self) -> None:
        self.stops({"write_error": errno.EIO}, "Input/output error")

    def test_errors_of_syncs(self) -> None:
        self.stops({"sync_error": errno.EIO}, "Input/output error")

    def test_errors_of_reads(self) -> None:
        with machine() as on:
            self.start(on)
            with Load(on) as load:
                self.assertTrue(load.wait(lambda: len(load.acknowledged) > 1500))
            on.end("terminate")
            self.start(on)  # Nothing is in its cache.
            on.disk.set(read_error=errno.EIO)
            errors = []
            with on.client() as client:
                for number in sorted(load.acknowledged)[::50]:
                    try:
                        client.call("ContactService", "GetContact", {"ref": {"source": "balie", "id": f"e-{number}"}})
                    except grpc.RpcError as error:
                        errors.append((error.code().name, error.details()))
            self.assertGreater(len(errors), 5)
            for code, details in errors:
                self.assertEqual(code, "INTERNAL")
                self.assertIn("Input/output error", details)
            self.assertTrue(on.runs(), "died")
            on.disk.works()
            self.reads(on, load.acknowledged, sorted(load.acknowledged)[::50])
            self.nothing_is_lost(on, load.acknowledged)

    def test_slow(self) -> None:
        """Writes take as long as the disk does; reads do not wait for them."""
        with machine() as on:
            self.start(on)
            with Load(on) as load:
                self.assertTrue(load.wait(lambda: len(load.acknowledged) > 20))
                on.disk.set(sync_ms=2000)
                had, began = len(load.acknowledged), time.monotonic()
                self.assertTrue(load.wait(lambda: len(load.acknowledged) > had + 8))
                self.assertGreater(time.monotonic() - began, 2.0)
                self.assertLess(self.reads(on, load.acknowledged, sorted(load.acknowledged)[:20]), 1.0)
                on.disk.works()
            self.assertEqual(load.refused, [])
            self.nothing_is_lost(on, load.acknowledged)


if __name__ == "__main__":
    SERVER, FAULTS = sys.argv.pop(1), sys.argv.pop(1)
    if len(sys.argv) > 1 and sys.argv[1].isdigit():
        MOMENTS = int(sys.argv.pop(1))
    unittest.main()
