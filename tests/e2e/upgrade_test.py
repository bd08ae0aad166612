"""A store written by an earlier program: upgrade_test.py SERVER [--make NAME]

tests/e2e/stores holds one for each format that was released, or is to be, with what it is to hold.
Such a store is opened as it is, or made anew from its journal where the program says so; it is
served, written on, and backed up. `--make NAME` makes another by this program, once, when its
format is released; none is ever made again.
"""

import gzip
import pathlib
import shutil
import subprocess
import sys
import tarfile
import tempfile
import unittest
from typing import Any

import damage
import served

STORES = pathlib.Path(__file__).resolve().parent / "stores"
SERVER = ""
# Opened by a program that derives by other rules, it says so and is rebuilt.
MADE_ANEW = "the citizens of this store were told apart by version"
SAID = ("event ", "retraction ", "decision ")


def run(folder: str, *command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([SERVER, *command, "--data", f"{folder}/data", "--keys", f"{folder}/keys"],
                          capture_output=True, text=True, timeout=120)


def facts(client: damage.Client) -> list[str]:
    """Each by what it is; what followed from it is in the dump."""
    told = []
    for fact in client.facts():
        del fact.changes[:]
        told.append(fact.SerializeToString(deterministic=True).hex())
    return told


def record(client: damage.Client) -> None:
    """Every kind of fact that a caller can cause."""
    client.record([damage.contact(number) for number in range(120)])
    for number in (3, 40):  # Folded of several events, by others than its own source too.
        client.record([damage.contact(number) | {"source": "bureau", "eventId": f"n-{number}",
                                                 "contact": {"source": "balie", "id": f"e-{number}"}}])
    client.record([{"source": "balie", "eventId": f"r-{number}", "revisedAt": "2025-11-01T00:00:00Z",
                    "retraction": {"eventId": f"e-{number}"}} for number in (5, 900)])

    def decision(name: str) -> dict[str, Any]:
        return {"source": "desk", "decisionId": name, "author": "desk", "reason": "belde terug"}

    for linked in (2, 4, 6):
        client.call("IdentityService", "Link", {
            "partiesA": [{"source": "balie", "id": f"e-{linked}"}],
            "partiesB": [{"source": "balie", "id": f"e-{linked + damage.PEOPLE}"}], "decision": decision(f"d-{linked}")})
    unlink = {"parties": [{"source": "balie", "id": f"e-{4 + damage.PEOPLE}"}], "decision": decision("u-4")}
    tried = client.call("IdentityService", "Unlink", unlink | {"dryRun": True})
    client.call("IdentityService", "Unlink", unlink | {"digest": tried.digest})


def make(name: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        persons = pathlib.Path(folder, "persons.csv")
        persons.write_text("bsn,first_names,surname,birth_date\n" + "".join(
            f"{bsn},Test{chr(97 + number)},Deur{number % 7},{1950 + number}-{1 + number % 12:02}-09\n"
            for number, bsn in enumerate(damage.BSNS)), encoding="utf-8")
        for half in range(2):
            with served.serving(SERVER, folder, "--registry-file", str(persons)) as at, damage.Client(at) as client:
                if half == 0:
                    record(client)
                else:  # What is in tables, and what is in the log.
                    client.record([damage.contact(number) for number in range(120, 150)])
                told = facts(client)
        STORES.mkdir(exist_ok=True)
        with tarfile.open(STORES / f"{name}.tar.gz", "w:gz") as tar:
            tar.add(f"{folder}/data", "data")
            tar.add(f"{folder}/keys", "keys")
        dump = run(folder, "dump", "--canonical").stdout
        with gzip.open(STORES / f"{name}.holds.gz", "wt", encoding="utf-8") as holds:
            holds.write("".join(f"fact {one}\n" for one in told) + dump)


class UpgradeTest(unittest.TestCase):
    def test_stores_of_every_format_open_and_hold_what_they_held(self) -> None:
        kept = sorted(STORES.glob("*.tar.gz"))
        self.assertTrue(kept)
        for store in kept:
            with self.subTest(store=store.name), tempfile.TemporaryDirectory() as folder:
                with tarfile.open(store) as tar:
                    tar.extractall(folder)
                with gzip.open(STORES / store.name.replace(".tar.gz", ".holds.gz"), "rt", encoding="utf-8") as file:
                    holds = file.read().splitlines()
                self.open(folder, [line.removeprefix("fact ") for line in holds if line.startswith("fact ")],
                          [line for line in holds if not line.startswith("fact ")])

    def open(self, folder: str, told: list[str], dump: list[str]) -> None:
        checked = run(folder, "check")
        if anew := MADE_ANEW in checked.stderr:
            rebuilt = run(folder, "rebuild")
            self.assertEqual(rebuilt.returncode, 0, rebuilt.stderr)
            checked = run(folder, "check")
        self.assertEqual(checked.returncode, 0, checked.stdout + checked.stderr)
        holds = run(folder, "dump", "--canonical").stdout.splitlines()
        if anew:  # By other rules others may be one citizen; what was said stands.
            holds, dump = [[line for line in one if line.startswith(SAID)] for one in (holds, dump)]
        self.assertTrue(dump)
        self.assertEqual(holds, dump)
        with served.serving(SERVER, folder, "--backups", f"{folder}/backups") as at, damage.Client(at) as client:
            self.assertEqual(facts(client), told)
            client.record([damage.contact(500)])
            self.assertEqual(len(facts(client)), len(told) + 1)
            made = client.call("BackupService", "CreateBackup", {}).backup.id
        shutil.rmtree(f"{folder}/data")
        restored = run(folder, "restore", "--backups", f"{folder}/backups", "--id", made)
        self.assertEqual(restored.returncode, 0, restored.stderr)
        checked = run(folder, "check")
        self.assertEqual(checked.returncode, 0, checked.stdout + checked.stderr)


if __name__ == "__main__":
    SERVER = sys.argv.pop(1)
    if sys.argv[1:2] == ["--make"]:
        make(sys.argv[2])
    else:
        unittest.main()
