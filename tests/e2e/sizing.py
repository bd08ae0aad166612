"""What a store takes of disk, memory and time: sizing.py SERVER CLIENT CONTACTS

Records that many contacts, of a quarter as many people, and measures; and a quarter of them. `scripts/sizing`
runs it.
"""

import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time
from typing import Any, Callable, Iterator

import damage
import drill_test
import served

MIB = 1 << 20

def memory_mib(pid: int, name: str) -> float:
    for line in pathlib.Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines():
        if line.startswith(name):
            return int(line.split()[1]) / 1024
    return 0.0


def processor_seconds(pid: int) -> float:
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def server_of(folder: str) -> int:
    """The process that has the store open."""
    lock = f"{folder}/data/rows/LOCK"
    for process in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            if any(os.readlink(file) == lock for file in (process / "fd").iterdir()):
                return int(process.name)
        except OSError:
            pass  # Ended meanwhile.
    raise AssertionError("nobody serves")


def measure(server: str, client: str, contacts: int) -> dict[str, tuple[float, str]]:
    drill_test.CONTACTS = contacts
    rows: dict[str, tuple[float, str]] = {}  # What waited for others shows in seconds, not in those of a processor.

    def timed(what: str, work: Callable[[], Any]) -> None:
        rows[what] = drill_test.seconds(work)[0], "s"

    def run(command: str) -> None:
        before = os.times()
        subprocess.run([server, command, "--data", f"{folder}/data", "--keys", f"{folder}/keys"], check=True,
                       capture_output=True)
        after = os.times()
        rows[f"{command}, of a processor"] = sum(after[2:4]) - sum(before[2:4]), "s"

    def record(at: str) -> None:
        subprocess.run([client, "--server", at, "-q", "record", str(file)], check=True, capture_output=True)

    def opening(how: str) -> Iterator[str]:
        began = time.monotonic()
        with served.serving(server, folder, "--backups", f"{folder}/backups") as at:
            rows[f"opening, after {how}"] = time.monotonic() - began, "s"
            rows[f"opening, after {how}, of a processor"] = processor_seconds(server_of(folder)), "s"
            rows[f"memory, just opened after {how}"] = memory_mib(server_of(folder), "VmRSS"), "MiB"
            yield at

    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder, "contacts.ndjson")
        with open(file, "w", encoding="utf-8") as out:
            for number in range(contacts):
                out.write(json.dumps(drill_test.contact(number)) + "\n")
        rows["contacts as JSON"] = file.stat().st_size / MIB, "MiB"
        with served.serving(server, folder) as at:
            timed("recording", lambda: record(at))
            rows["memory while recording, most"] = memory_mib(server_of(folder), "VmHWM"), "MiB"
            rows["recording, of the server's processors"] = processor_seconds(server_of(folder)), "s"
            os.kill(server_of(folder), signal.SIGKILL)
        for at in opening("kill -9"):
            with damage.Client(at) as caller:
                timed("backup, on the store's disk",
                      lambda: caller.call("BackupService", "CreateBackup", {}, seconds=600))
        for _ in opening("a stop"):
            pass
        rows["disk"] = drill_test.mib(f"{folder}/data", set()), "MiB"
        rows["disk, of the first backup elsewhere"] = drill_test.mib(f"{folder}/backups", set()), "MiB"
        timed("check", lambda: run("check"))
        timed("rebuild", lambda: run("rebuild"))
    return rows


def main(server: str, client: str, contacts: int) -> None:
    """A quarter of them as well, so that what grows is told from what does not."""
    few, many = contacts // 4, contacts
    at_few, at_many = measure(server, client, few), measure(server, client, many)
    print(f"\n| | {few:,} contacts | {many:,} contacts | a million more |\n| --- | ---: | ---: | ---: |")
    for what, (value, unit) in at_many.items():
        more = (value - at_few[what][0]) / (many - few) * 1e6
        print(f"| {what} | {at_few[what][0]:,.1f} {unit} | {value:,.1f} {unit} | {more:,.0f} {unit} |")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
