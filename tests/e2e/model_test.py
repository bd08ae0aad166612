"""A store goes over to another model while the server is killed again and again:
model_test.py SERVER CLIENT

What then stands is what a store that had the model from its first fact on holds, and what
a replay of the journal gives.
"""

import json
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

import served

ROOT = pathlib.Path(__file__).resolve().parents[2]
SERVER = CLIENT = ""
PEOPLE, VISITS, SLICE = 500, 6, 100
FACTS = PEOPLE * VISITS
KILLS = 4


def letters(number: int) -> str:
    """A name that sounds like no other."""
    return "".join(("ba", "ke", "di", "fo", "gu", "ha", "je", "li", "mo", "nu")[int(digit)]
                   for digit in reversed(f"{number:03}"))


def visit(number: int) -> dict:
    """One of the visits of a person, each of which states something else."""
    person, turn = number % PEOPLE, number // PEOPLE
    details = {"surname": letters(person // 2), "firstNames": letters(999 - person),
               "birthDate": {"year": 1950 + person % 50, "month": 1 + person % 12, "day": 1 + person % 28}}
    if turn % 2:
        details["address"] = {"postcode": f"{1000 + person // 2} AB", "houseNumber": 7}
    if turn % 3 == 1:
        del details["birthDate"]
    parties = [{"details": details}]
    if turn % 3 == 2:
        parties[0]["identifiers"] = [{"type": "IDENTIFIER_TYPE_EMAIL", "value": f"{letters(person)}@example.org"}]
    return {"source": "web", "eventId": str(number),
            "data": {"channel": "CHANNEL_WEB", "occurredAt": "2025-03-03T10:00:00Z", "parties": parties}}


class Store:
    def __init__(self, folder: str) -> None:
        pathlib.Path(folder).mkdir(exist_ok=True)
        self.folder, self.places = folder, ["--data", f"{folder}/data", "--keys", f"{folder}/keys"]

    def run(self, *command: str) -> str:
        return subprocess.run([SERVER, *command, *self.places], check=True, capture_output=True, text=True).stdout

    def dump(self) -> str:
        return self.run("dump", "--canonical")

    def record(self, address: str) -> None:
        events = "".join(json.dumps(visit(number)) + "\n" for number in range(FACTS))
        subprocess.run([CLIENT, "--server", address, "-q", "record", "-"], input=events, text=True, check=True,
                       capture_output=True)

    def left(self) -> int:
        words = self.run("model", "show").split()
        return int(words[words.index("facts") - 1]) if "facts" in words else 0

    def serve_and_kill(self) -> None:
        """Killed as soon as it says that it serves, in the middle of slices."""
        with subprocess.Popen([SERVER, *self.places, "--socket", f"{self.folder}/s"], stderr=subprocess.PIPE,
                              text=True) as process:
            assert process.stderr
            while '"message":"serving"' not in process.stderr.readline():
                pass
            process.kill()


class ModelTest(unittest.TestCase):
    def test_killed_between_slices_it_ends_as_if_the_model_had_always_been(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            store, other = Store(f"{folder}/a"), Store(f"{folder}/b")
            strict = json.loads((ROOT / "store/identity/model.json").read_text(encoding="utf-8"))
            model = f"{folder}/strict.json"
            pathlib.Path(model).write_text(json.dumps(strict | {"name": "strict", "link": 900}), encoding="utf-8")
            with served.serving(SERVER, store.folder) as address:
                store.record(address)
            before = store.dump()
            store.run("model", "adopt", "--model", model, "--reason", "a test")
            self.assertEqual(store.left(), FACTS)
            for _ in range(KILLS):
                store.serve_and_kill()
            self.assertGreater(store.left(), 0, "nothing was left to resume")
            last = FACTS + 1 + (FACTS + SLICE - 1) // SLICE
            with served.serving(SERVER, store.folder) as address:
                with subprocess.Popen([CLIENT, "--server", address, "-q", "follow", "--from", str(FACTS)],
                                      stdout=subprocess.PIPE, text=True) as follower:
                    assert follower.stdout
                    facts = [json.loads(follower.stdout.readline())]
                    while int(facts[-1]["position"]) < last:
                        facts.append(json.loads(follower.stdout.readline()))
                    follower.terminate()
            self.assertEqual([int(fact["position"]) for fact in facts], list(range(FACTS + 1, last + 1)))
            self.assertEqual({fact["kind"] for fact in facts[1:]}, {"FACT_KIND_REDERIVE"})
            self.assertEqual(store.left(), 0)
            after = store.dump()
            self.assertNotEqual(after, before)
            store.run("check")
            store.run("rebuild")
            self.assertEqual(store.dump(), after)

            shutil.copy(f"{store.folder}/keys", f"{other.folder}/keys")
            other.run("init")
            other.run("model", "adopt", "--model", model, "--reason", "a test")
            with served.serving(SERVER, other.folder) as address:
                other.record(address)
            self.assertEqual(other.dump(), after)


if __name__ == "__main__":
    SERVER, CLIENT = sys.argv.pop(1), sys.argv.pop(1)
    unittest.main()
