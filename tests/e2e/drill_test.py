"""A server loses its disk, and comes back from its backups: drill_test.py SERVER CLIENT [CONTACTS BACKUPS]

While CONTACTS are recorded it is backed up twice, and once after. Then its data directory is
destroyed and restored. What the restored stores hold is compared with what was destroyed, by
canonical dumps. BACKUPS is a directory on the disk that they are made on. Prints a table of times.
"""

import hashlib
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import unittest
from queue import SimpleQueue
from typing import Any, Callable, NamedTuple

import grpc

import contract
import damage
import served

SERVER = CLIENT = ""
CONTACTS, BACKUPS = 2000, "/dev/shm"  # Another disk than that of the store, so that sharing shows.


class Backup(NamedTuple):
    id: str
    position: int
    seconds: float
    recorded_meanwhile: int
    mib: float
    new_mib: float  # That are in no backup before.


def seconds(work: Callable[[], Any]) -> tuple[float, Any]:
    began = time.monotonic()
    done = work()
    return time.monotonic() - began, done


def mib(directory: str, seen: set[int]) -> float:
    """Of files whose inode was not seen yet."""
    total = 0
    for path in pathlib.Path(directory).rglob("*"):
        info = path.stat()
        if path.is_file() and info.st_ino not in seen:
            seen.add(info.st_ino)
            total += info.st_size
    return total / (1 << 20)


def contact(number: int) -> dict[str, Any]:
    """Of four that a person has: by telephone, by name, and by both."""
    person, way = number % (CONTACTS // 4), number // (CONTACTS // 4)
    one = damage.contact(number)
    phone = {"type": "IDENTIFIER_TYPE_PHONE", "value": f"+316{10000000 + person}"}
    details = {"surname": name_of(person), "birthDate": {"year": 1930 + person % 80, "month": 1 + person % 12,
                                                             "day": 1 + person % 28}}
    one["data"]["parties"] = [[{"identifiers": [phone]}, {"identifiers": [phone], "details": details},
                               {"details": details}, {"identifiers": [phone]}][way % 4]]
    return one


def name_of(person: int) -> str:
    """A name that sounds like no other."""
    return "".join(("ba", "ke", "di", "fo", "gu", "ha", "je", "li", "mo", "nu")[int(digit)] for digit in f"{person:06}")


class Drill:
    def __init__(self, folder: str, backups: str) -> None:
        self.folder, self.backups = folder, backups
        self.events = [json.dumps(contact(number)) + "\n" for number in range(CONTACTS)]
        self.made: list[Backup] = []
        self.backed_up = threading.Event()
        self.seen: set[int] = set()

    def run(self, command: str, data: str, *more: str) -> str:
        return subprocess.run([SERVER, command, "--data", f"{self.folder}/{data}", "--keys", f"{self.folder}/keys",
                               "--backups", self.backups, *more], check=True, capture_output=True, text=True).stdout

    def digest(self, data: str) -> str:
        """Of its canonical dump, as the lines come."""
        with subprocess.Popen([SERVER, "dump", "--canonical", "--data", f"{self.folder}/{data}", "--keys",
                               f"{self.folder}/keys"], stdout=subprocess.PIPE) as dump:
            assert dump.stdout
            digest = hashlib.file_digest(dump.stdout, "sha256").hexdigest()
        if dump.returncode != 0:
            raise AssertionError(f"dump of {data} failed")
        return digest

    def record(self, address: str) -> None:
        """All of them; those that stand are recognised."""
        with subprocess.Popen([CLIENT, "--server", address, "-q", "record", "-"], stdin=subprocess.PIPE,
                              stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as recording:
            assert recording.stdin
            some = 2 * len(self.events) // 3
            recording.stdin.write("".join(self.events[:some]))
            recording.stdin.flush()
            self.backed_up.wait()  # So that some come after the first backup, however fast they are taken.
            _, said = recording.communicate("".join(self.events[some:]))
            if recording.returncode:
                raise RuntimeError(said)

    def back_up(self, client: damage.Client) -> None:
        def head() -> int:
            return int(client.call("InfoService", "GetServerInfo", {}).head)

        before = head()
        took, reply = seconds(lambda: client.call("BackupService", "CreateBackup", {}, seconds=600))
        meanwhile = head() - before
        one = reply.backup
        self.made.append(Backup(one.id, one.position, took, meanwhile, one.bytes / (1 << 20),
                                mib(f"{self.backups}/{one.id}", self.seen)))
        self.backed_up.set()

    def back_up_under_load(self, address: str, client: damage.Client) -> None:
        load = threading.Thread(target=self.record, args=(address,))
        load.start()
        for third in (1, 2):
            while load.is_alive() and client.call("InfoService", "GetServerInfo", {}).head < third * CONTACTS // 3:
                pass
            self.back_up(client)
        load.join()
        self.back_up(client)


def resumed(client: damage.Client, start: dict[str, Any]) -> str:
    """The token of the first frame from there on."""
    asked: SimpleQueue[Any] = SimpleQueue()
    asked.put(contract.message("FollowRequest")(start=start))
    frames = client.channel.stream_stream(
        "/klantbeeld.v1.FeedService/Follow", request_serializer=lambda one: one.SerializeToString(),
        response_deserializer=contract.message("FollowResponse").FromString)(iter(asked.get, None), timeout=60)
    token = str(next(frames).resume_token)
    frames.cancel()
    asked.put(None)
    return token


class DrillTest(unittest.TestCase):
    def test_a_destroyed_store_comes_back(self) -> None:
        with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory(dir=BACKUPS) as backups:
            drill = Drill(folder, backups)
            with served.serving(SERVER, folder, "--backups", backups) as at, damage.Client(at) as client:
                drill.back_up_under_load(at, client)
                token = resumed(client, {"now": True})
            first, _, last = drill.made
            destroyed = drill.digest("data")
            self.assertEqual(last.position, CONTACTS)
            self.assertLess(first.position, CONTACTS)
            shutil.rmtree(f"{folder}/data")

            self.keys_are_asked_for_first(drill, last.id)
            self.what_is_no_backup_is_told(drill)
            restore, _ = seconds(lambda: drill.run("restore", "data", "--id", last.id))
            check, _ = seconds(lambda: drill.run("check", "data"))
            self.assertEqual(drill.digest("data"), destroyed)

            # Where the first backup ends, by itself and by facts applied anew.
            drill.run("restore", "first", "--id", first.id)
            to_position, _ = seconds(
                lambda: drill.run("restore", "anew", "--id", last.id, "--to-position", str(first.position)))
            self.assertEqual(drill.digest("anew"), drill.digest("first"))
            checked, _ = seconds(lambda: drill.run("check-backup", "data", "--id", last.id))

            # Only the first was left: sources send again what they have, followers are told.
            os.rename(f"{folder}/data", f"{folder}/whole")
            os.rename(f"{folder}/first", f"{folder}/data")
            with served.serving(SERVER, folder) as at, damage.Client(at) as client:
                with self.assertRaises(grpc.RpcError) as refused:
                    resumed(client, {"resume_token": token})
                self.assertIn("a backup was restored", refused.exception.details())
                again, _ = seconds(lambda: drill.record(at))
            self.assertEqual(drill.digest("data"), destroyed)
            self.tell(drill, {"restore": restore, "check of it": check, "restore to a position": to_position,
                              "check-backup": checked, "sending all again": again})

    def keys_are_asked_for_first(self, drill: Drill, backup: str) -> None:
        """Missing, open to others, another one: nothing is begun, and the right one is named."""
        keys = pathlib.Path(drill.folder, "keys")
        right = keys.read_bytes()
        name = json.loads(pathlib.Path(drill.backups, backup, "backup.json").read_text(encoding="utf-8"))["keys"]

        def refused(why: str) -> None:
            with self.assertRaises(subprocess.CalledProcessError) as ended:
                drill.run("restore", "data", "--id", backup)
            self.assertEqual(ended.exception.returncode, 1)
            self.assertIn(name, ended.exception.stderr)
            self.assertIn(why, ended.exception.stderr)
            self.assertFalse(list(pathlib.Path(drill.folder).glob("data*")))

        keys.unlink()
        refused("Put the copy back")
        keys.write_text(f"klantbeeld keys 1\nid {'5' * 64}\nindex {'7' * 64}\n", encoding="ascii")
        keys.chmod(0o644)
        refused("chmod 600")
        keys.chmod(0o600)
        refused("Give the right key file")
        keys.write_bytes(right)

    def what_is_no_backup_is_told(self, drill: Drill) -> None:
        """A copy that was broken off is not passed over where the whole ones are listed."""
        half = pathlib.Path(drill.backups, "half")
        half.mkdir()
        listed = drill.run("backups", "data").splitlines()
        half.rmdir()
        self.assertEqual([line.split()[0] for line in listed], [*(one.id for one in drill.made), "half"])
        self.assertIn("Copy it again", listed[-1])

    def tell(self, drill: Drill, times: dict[str, float]) -> None:
        lines = [f"{CONTACTS} contacts", "", "| step | seconds | recorded meanwhile | MiB | of these new |",
                 "| --- | --- | --- | --- | --- |"]
        for number, one in enumerate(drill.made, 1):
            lines.append(f"| backup {number}, at position {one.position} | {one.seconds:.2f} | "
                         f"{one.recorded_meanwhile} | {one.mib:.1f} | {one.new_mib:.1f} |")
        lines += [f"| {step} | {took:.2f} | | | |" for step, took in times.items()]
        print("\n".join(lines), file=sys.stderr)


if __name__ == "__main__":
    SERVER, CLIENT = sys.argv.pop(1), sys.argv.pop(1)
    if len(sys.argv) > 2 and sys.argv[1].isdigit():
        CONTACTS, BACKUPS = int(sys.argv.pop(1)), sys.argv.pop(1)
    unittest.main()
