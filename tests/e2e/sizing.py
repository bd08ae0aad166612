"""What a store takes of disk, memory and time: sizing.py SERVER CLIENT CONTACTS

Records that many contacts, of a quarter as many people, and measures. `scripts/sizing` runs it.
"""

import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time
from typing import Any, Callable

import damage
import drill_test
import served


def memory_mib(pid: int, name: str) -> float:
    for line in pathlib.Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines():
        if line.startswith(name):
            return int(line.split()[1]) / 1024
    return 0.0


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


def main(server: str, client: str, contacts: int) -> None:
    drill_test.CONTACTS = contacts
    rows: list[tuple[str, str]] = []

    def timed(what: str, work: Callable[[], Any]) -> None:
        began = time.monotonic()
        work()
        rows.append((what, f"{time.monotonic() - began:.1f} s"))

    def run(command: str) -> None:
        subprocess.run([server, command, "--data", f"{folder}/data", "--keys", f"{folder}/keys"], check=True,
                       capture_output=True)

    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder, "contacts.ndjson")
        with open(file, "w", encoding="utf-8") as out:
            for number in range(contacts):
                out.write(json.dumps(drill_test.contact(number)) + "\n")
        rows.append(("contacts as JSON", f"{file.stat().st_size / (1 << 20):.0f} MiB"))
        with served.serving(server, folder, "--backups", f"{folder}/backups") as at:
            timed("recording them", lambda: subprocess.run(
                [client, "--server", at, "-q", "record", str(file)], check=True, capture_output=True))
            with damage.Client(at) as caller:
                timed("backup on the store's disk",
                      lambda: caller.call("BackupService", "CreateBackup", {}, seconds=600))
            pid = server_of(folder)
            rows.append(("memory of the server, most", f"{memory_mib(pid, 'VmHWM'):.0f} MiB"))
        size = sum(path.stat().st_size for path in pathlib.Path(folder, "data").rglob("*") if path.is_file())
        rows.append(("disk", f"{size / (1 << 20):.0f} MiB"))
        began = time.monotonic()
        with served.serving(server, folder):
            rows.append(("opening, after a stop", f"{time.monotonic() - began:.2f} s"))
            rows.append(("memory of the server, just opened", f"{memory_mib(server_of(folder), 'VmRSS'):.0f} MiB"))
        timed("check", lambda: run("check"))
        timed("rebuild", lambda: run("rebuild"))
    print(f"{contacts} contacts of {contacts // 4} people\n")
    print("| | at that size | per million |\n| --- | --- | --- |")
    for what, measured in rows:
        value, unit = measured.split()
        print(f"| {what} | {measured} | {float(value) * 1e6 / contacts:.0f} {unit} |")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
