"""The server program with a store of its own, for tests in Python."""

import contextlib
import os
import pathlib
import socket
import subprocess
import urllib.request
from typing import Iterator


@contextlib.contextmanager
def serving(server: str, folder: str, *more: str) -> Iterator[str]:
    """Serves `folder`/data, made where it is not there; gives the address, and drains at the end."""
    store = ["--data", f"{folder}/data", "--keys", f"{folder}/keys"]
    if not os.path.exists(f"{folder}/data"):
        subprocess.run([server, "init", *store], check=True, capture_output=True)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ready:
        ready.bind(f"{folder}/ready")
        ready.settimeout(300)  # After a kill all of the log is read again.
        with open(f"{folder}/log", "a", encoding="utf-8") as log:
            process = subprocess.Popen([server, *store, "--socket", f"{folder}/s", *more], stderr=log,
                                       env=os.environ | {"NOTIFY_SOCKET": f"{folder}/ready"})
        try:
            while b"READY=1" not in ready.recv(4096):
                pass
            yield f"unix:{folder}/s"
        finally:
            process.terminate()
            process.wait()
            os.unlink(f"{folder}/ready")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def measured(server: str, folder: str) -> Iterator[tuple[str, int]]:
    """Serves with every metric there is, those of a registry too; gives address and port to scrape."""
    port = free_port()
    persons = pathlib.Path(folder, "persons.csv")
    persons.write_text("bsn\n999990019\n", encoding="utf-8")
    with serving(server, folder, "--metrics", f"127.0.0.1:{port}", "--registry-file", str(persons)) as address:
        yield address, port


def scrape(port: int) -> dict[str, float]:
    """What --metrics gives: values by name and labels, as they are written."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=30) as reply:
        lines = reply.read().decode().splitlines()
    return {name: float(value) for name, value in
            (line.rsplit(" ", 1) for line in lines if line and not line.startswith("#"))}
