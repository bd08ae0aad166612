"""The real server on a small file system of its own that is really full:
full_disk_test.py SERVER [MOMENTS [KIND]]

KIND: tmpfs, which anybody may mount where nobody else sees it; ext4, in a file; btrfs, in a file, where it
is not the disk that is full but a quota that is used up. The last two ask for root. MOMENTS: at how many
of a load it becomes full; every third of them the server is killed as well. scripts/disk runs all three.
"""

import contextlib
import errno
import os
import pathlib
import random
import subprocess
import sys
import tempfile
import unittest
from typing import Iterator

import disk_test
from disk_test import MIB, Load, Machine

KIND, MOMENTS = "tmpfs", 6
ROOM_MIB = 96


def run(*command: str) -> None:
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


class Files:
    """A file system with room for little, and others on it who take what is left."""

    error = errno.ENOSPC

    def __init__(self, folder: str) -> None:
        self.at = self.room = f"{folder}/disk"
        os.mkdir(self.at)
        self.mount(f"{folder}/image")
        self.others = f"{self.at}/others"

    def mount(self, image: str) -> None:
        if KIND == "tmpfs":
            run("mount", "-t", "tmpfs", "-o", f"size={ROOM_MIB}m", "none", self.at)
        else:
            self.mount_image(image, ROOM_MIB)

    def mount_image(self, image: str, mib: int) -> None:
        with open(image, "wb") as file:
            file.truncate(mib * MIB)
        run(f"mkfs.{KIND}", "-q", image)
        run("mount", "-o", "loop", image, self.at)

    def end(self) -> None:
        run("umount", self.at)

    def fill(self, leave: int = 0) -> None:
        """To the last byte, or so that `leave` bytes more find room."""
        with open(self.others, "ab", buffering=0) as file:
            size = MIB
            while size > 0:
                try:
                    file.write(bytes(size))
                    os.fsync(file.fileno())
                except OSError as error:
                    assert error.errno == self.error, error
                    size = size // 2 if size > 1024 else 0
            file.truncate(max(0, file.tell() - leave))

    def empty(self) -> None:
        pathlib.Path(self.others).write_bytes(b"")


class Quota(Files):
    """Room enough, but not for the store."""

    error = errno.EDQUOT

    def mount(self, image: str) -> None:
        self.mount_image(image, 512)
        self.room = f"{self.at}/within"
        run("btrfs", "quota", "enable", self.at)
        run("btrfs", "subvolume", "create", self.room)
        self.empty()

    def limit(self, bytes_: int) -> None:
        run("btrfs", "qgroup", "limit", str(bytes_), "0/256", self.at)  # The first subvolume.

    def fill(self, leave: int = 0) -> None:
        run("btrfs", "filesystem", "sync", self.at)  # Before, what was written last does not count.
        shown = subprocess.run(["btrfs", "qgroup", "show", "-f", "--raw", self.room], check=True, capture_output=True,
                               text=True)
        self.limit(int(shown.stdout.split()[-2]) + leave)

    def empty(self) -> None:
        self.limit(ROOM_MIB * MIB)


@contextlib.contextmanager
def machine(**settings: int) -> Iterator[tuple[Machine, Files]]:
    with tempfile.TemporaryDirectory() as folder:
        files = Quota(folder) if KIND == "btrfs" else Files(folder)
        try:
            on = Machine(folder, data=f"{files.room}/data", **settings)
            try:
                yield on, files
            finally:
                on.end()
        finally:
            files.end()


class FullDiskTest(disk_test.OnDisk):
    def test_at_any_moment_of_a_load(self) -> None:
        """Nothing is kept in reserve, so RocksDB meets the end itself."""
        chance = random.Random(MOMENTS)
        acknowledged: dict[int, int] = {}
        with machine() as (on, files):
            number = 0
            for moment in range(MOMENTS):
                if not on.runs():
                    self.start(on)
                load = Load(on)
                load.number = number
                files.fill(leave=chance.randrange(2 * MIB))
                with load:
                    self.assertTrue(load.wait(lambda: len(load.refused) > 0), "never full")
                    had = len(load.refused)

                    def met() -> bool:
                        files.fill()  # What RocksDB gives back is taken too.
                        return len(load.refused) > had + 20

                    self.assertTrue(load.wait(met), "not refused")
                    self.reads(on, load.acknowledged, sorted(load.acknowledged)[-20:])
                    had = len(load.acknowledged)
                    files.empty()
                    self.assertTrue(load.wait(lambda: len(load.acknowledged) > had + 50),
                                    f"moment {moment}: does not go on: {load.refused[-1]}")
                    self.assertTrue(on.runs(), "died")
                    if moment % 3 == 2:
                        on.end()  # Under load, just after.
                number, gone = load.number, [one for one in load.refused if one[0] == "UNAVAILABLE"]
                self.refused_as_full([one for one in load.refused if one not in gone])
                self.assertTrue(moment % 3 == 2 or not gone, gone[:1])
                acknowledged |= load.acknowledged
            self.nothing_is_lost(on, acknowledged)
            print(f"{KIND}: {os.strerror(files.error)} at {MOMENTS} moments of a load, "
                  f"{len(acknowledged)} acknowledged", file=sys.stderr)

    def test_below_the_reserve(self) -> None:
        """Others take the reserve as well."""
        with machine(reserve_mib=16) as (on, files):
            self.start(on)
            with Load(on) as load:
                self.assertTrue(load.wait(lambda: len(load.acknowledged) > 100))
                files.fill()
                self.assertTrue(load.wait(lambda: len(load.refused) > 20), "not refused")
                self.reads(on, load.acknowledged, sorted(load.acknowledged)[-20:])
                had = len(load.acknowledged)
                files.empty()
                self.assertTrue(load.wait(lambda: len(load.acknowledged) > had + 50), "does not go on")
            self.refused_as_full(load.refused)
            self.nothing_is_lost(on, load.acknowledged)

    def test_before_it_opens(self) -> None:
        """With any room or none it serves or says how much it needs."""
        with machine(memtable_mib=4) as (on, files):
            self.start(on)
            with Load(on) as load:
                self.assertTrue(load.wait(lambda: len(load.acknowledged) > 500))
                on.end()
            met = 0
            for kib in (0, 4, 64, 512, 1024, 2048, 4096, 8192, 16384):
                files.empty()
                files.fill(leave=kib << 10)
                refused = on.start()
                with self.subTest(kib=kib, refused=refused):
                    if refused is None:
                        self.reads(on, load.acknowledged, sorted(load.acknowledged)[:5])
                        on.end()
                    else:
                        self.assertEqual(refused[0], 1)
                        self.assertRegex(refused[1], "MiB free; opening the store needs|"
                                         f"{os.strerror(files.error)}.*Make room")
                        met += 1
            self.assertGreater(met, 0)
            files.empty()
            self.nothing_is_lost(on, load.acknowledged)


if __name__ == "__main__":
    if os.environ.get("KB_ALONE") is None:  # Mounts are seen by nobody else, and gone with us.
        namespace = ["--mount"] if os.geteuid() == 0 else ["--user", "--map-root-user", "--mount"]
        os.environ["KB_ALONE"] = ""
        os.execvp("unshare", ["unshare", *namespace, sys.executable, "-B", *sys.argv])
    disk_test.SERVER = sys.argv.pop(1)
    if len(sys.argv) > 1 and sys.argv[1].isdigit():
        MOMENTS = int(sys.argv.pop(1))
        if len(sys.argv) > 1:
            KIND = sys.argv.pop(1)
    unittest.main()
