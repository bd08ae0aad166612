# Also tests: tests/eval/evaluate.py tests/eval/ask.cc
"""A whole evaluation through the real programs: evaluate_test.py SERVER CLIENT ASK"""

import csv
import json
import pathlib
import random
import subprocess
import sys
import tempfile
import unittest
from typing import Any

import dataset
import evaluate
from people import populate

HERE = pathlib.Path(__file__).parent
SHARED = HERE.resolve().parents[2] / "shared/data"
SERVER = CLIENT = ASK = ""
COLUMNS = ("nr", "at", "way", "burger", "first", "last", "born", "mobile", "person")
REQUIRED = {"precision", "recall", "f1", "b3_f", "mixed", "wrong_events", "largest", "two_bsn", "order_pairs",
            "wrong_auto", "auto_share", "auto_or_suggested", "list_mean", "us_p50", "us_p99"}
MAPPING = """
[evaluation]
truth = "person"
shares = { column = "way", values = ["call"] }
population = "made-up people"
[evaluation.files]
made = "made.csv"
[evaluation.registry]
bsn = "burger"
first_names = "first"
surname = "last"
birth_date = "born"
[event]
source = "made"
event_id = "{nr}"
[event.data]
occurred_at = "{at}"
channel = { column = "way", words = { call = "phone", desk = "counter", site = "web" } }
[[event.data.parties]]
details.first_names = "{first}"
details.surname = "{last}"
details.birth_date = "{born}"
[[event.data.parties.identifiers]]
type = "bsn"
value = "{burger}"
verified = { column = "way", words = { desk = "id-document", site = "digid" }, otherwise = "typed" }
[[event.data.parties.identifiers]]
type = "phone"
value = "{mobile}"
"""


def made_rows() -> list[dict[str, str]]:
    """Each person logs in, comes to the counter and calls twice, of which once nameless."""
    rng = random.Random(11)
    rows = []
    for number, person in enumerate(populate(rng, 60)):
        year, month, day = person.birth
        who = {"first": person.first, "last": person.surname, "born": f"{year}-{month or 0:02}-{day or 0:02}"}
        for way, said in (("site", {"burger": person.bsn}), ("desk", {"burger": person.bsn, **who}),
                          ("call", {"mobile": person.mobile, **who}), ("call", {"mobile": "0612345678"})):
            rows.append(dict.fromkeys(COLUMNS, "") | said | {
                "nr": f"e{len(rows)}", "at": f"2025-03-03T09:{len(rows) % 60:02}:00Z", "way": way,
                "person": f"p{number}"})
    return rows


class EvaluateTest(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def run_it(self, mapping: str, rows: list[dict[str, str]], file: str = "made.csv", code: int = 0,
               more: tuple[str, ...] = ()) -> Any:
        with (self.folder / file).open("w", encoding="utf-8", newline="") as opened:
            out = csv.DictWriter(opened, rows[0].keys())
            out.writeheader()
            out.writerows(rows)
        (self.folder / "m.toml").write_text(mapping, encoding="utf-8")
        done = subprocess.run(
            [sys.executable, "-B", str(HERE / "evaluate.py"), "--server", SERVER, "--client", CLIENT, "--ask", ASK,
             "--data", str(self.folder), "--citizens", str(self.folder / "citizens"),
             "--json", str(self.folder / "out.json"), *more, str(self.folder / "m.toml")],
            capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, code, done.stderr)
        self.printed = done.stdout + done.stderr
        return json.loads((self.folder / "out.json").read_text(encoding="utf-8")) if code == 0 else None

    def test_figures_are_of_the_content_alone(self) -> None:
        rows = made_rows()
        first = self.run_it(MAPPING, rows)
        made = first["datasets"]["made"]
        self.assertEqual(set(first), {"model", "datasets"})
        self.assertLessEqual(REQUIRED, set(made))
        # The two with a number are one citizen, and the nameless caller is nobody.
        self.assertEqual((made["events"], made["persons"], made["refused"]), (240, 60, {}))
        self.assertEqual((made["precision"], made["two_bsn"], made["order_pairs"]), (1, 0, 0))
        self.assertGreaterEqual(made["recall"], 1 / 6)
        self.assertLess(made["recall"], 1)
        self.assertEqual(made["shares_of"], 120)
        self.assertIn("made-up people", self.printed)
        with (self.folder / "citizens/made.csv").open(encoding="utf-8", newline="") as file:
            listed = list(csv.DictReader(file))
        # Of each person the two with the number are in one citizen.
        numbered = {(row["person"], row["automatic"]) for row in listed if row["burger"]}
        self.assertEqual((len(listed), len(numbered)), (240, 60))

        registered = first["datasets"]["made_registry"]
        self.assertEqual((registered["precision"], registered["two_bsn"], registered["order_pairs"]), (1, 0, 0))
        renamed = [{f"{column} 2": row[column] for column in reversed(COLUMNS)} for row in rows]
        random.Random(3).shuffle(renamed)
        mapping = MAPPING.replace("made.csv", "other.csv")
        for column in COLUMNS:
            mapping = mapping.replace(f"{{{column}}}", f"{{{column} 2}}").replace(
                f'"{column}"', f'"{column} 2"')
        other = self.run_it(mapping.replace('source = "made"', 'source = "x"'), renamed, "other.csv")
        times = {"us_p50": None, "us_p99": None}  # The clock's, not the content's.
        for name in ("made", "made_registry"):
            self.assertEqual(other["datasets"][name] | times, first["datasets"][name] | times)
        self.assertEqual(other["model"], first["model"])

    def test_what_the_server_refuses_is_counted_and_of_nobody(self) -> None:
        rows = made_rows()[:8]
        rows[1]["way"] = "pigeon"
        made = self.run_it(MAPPING, rows)["datasets"]["made"]
        self.assertEqual(made["refused"], {"word-unknown": 1})
        self.assertEqual(made["events"], 8)

    def test_another_model_is_measured_as_the_shipped_one_is(self) -> None:
        model = json.loads((HERE.parents[1] / "store/identity/model.json").read_text(encoding="utf-8"))
        file = self.folder / "model.json"
        file.write_text(json.dumps(model | {"name": "apart", "link": 9000}), encoding="utf-8")
        measured = self.run_it(MAPPING, made_rows()[:40], more=("--model", str(file)))
        self.assertTrue(measured["model"].startswith("apart-"), measured["model"])
        file.write_text(json.dumps(model | {"link": -9000}), encoding="utf-8")
        self.run_it(MAPPING, made_rows()[:4], code=1, more=("--model", str(file)))
        self.assertIn("suggest must be", self.printed)

    def test_mapping_that_does_not_fit_says_why(self) -> None:
        self.run_it(MAPPING.replace('"{born}"', '"{birth}"'), made_rows()[:4], code=1)
        self.assertIn("'birth'", self.printed)
        self.run_it(MAPPING.replace('"person"', '"nobody"'), made_rows()[:4], code=1)
        self.assertIn("there is no column 'nobody'", self.printed)

    def test_shipped_mappings_fit_their_files(self) -> None:
        for mapping in sorted((HERE / "mappings").glob("*.toml")):
            if SHARED.exists():
                self.assertTrue(dataset.read(mapping, SHARED))
            else:  # Then at least what they say is what a mapping may say.
                with self.assertRaisesRegex(dataset.Wrong, "No such file"):
                    dataset.read(mapping, self.folder)

    def test_better_point_is_one_that_is_precise_enough(self) -> None:
        def point(precision: float, f1: float) -> evaluate.measures.Figures:
            return evaluate.measures.Figures(precision, 0, f1, 0, 0, 0, 0, 0)

        points = {"automatic": point(1, 0.5), "unhindered": point(0.99, 0.6), "joined": point(0.97, 0.7)}
        for precision_min, best in ((0, "joined"), (0.98, "unhindered"), (0.999, "automatic"), (1.1, "automatic")):
            self.assertEqual(evaluate.better(points, precision_min), best)
        points["automatic"] = point(1, 0.8)
        self.assertEqual(evaluate.better(points, 0), "automatic")


if __name__ == "__main__":
    SERVER, CLIENT, ASK = (sys.argv.pop(1) for _ in range(3))
    unittest.main()
