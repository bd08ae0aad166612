# Also tests: tests/eval/dataset.py
"""What a server may see of a data set, and what it may not."""

import csv
import pathlib
import tempfile
import tomllib
import unittest

import dataset

MAPPING = """
drop = ["who", "secret"]
[evaluation]
truth = "who"
remove = ["secret"]
shares = { column = "way", values = ["phone"] }
[evaluation.files]
made = "made.csv"
[evaluation.registry]
bsn = "bsn"
surname = "name"
birth_date = "born"
[file]
separator = ";"
[event]
source = "theirs"
event_id = "{id}"
contact = { source = "theirs", id = "{id}" }
[event.data]
subject = "{way}"
"""
TABLE = """id;way;bsn;name;born;secret;who
1;phone;;jansen;1980-02-01;s;ann
2;counter;999990019;jansen;19800201;s;ann
3;counter;999990019;janssen;1980-13-01;s;ann
4;counter;999990019;;;s;ben
5;counter;999990020;bakker;;s;ben
6;phone;123456789;bakker;;s;ben
"""


class DataSetTest(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def read(self, mapping: str = MAPPING, table: str = TABLE) -> list[dataset.DataSet]:
        (self.folder / "m.toml").write_text(mapping, encoding="utf-8")
        (self.folder / "made.csv").write_text(table, encoding="utf-8")
        return dataset.read(self.folder / "m.toml", self.folder)

    def test_who_it_is_does_not_reach_the_server(self) -> None:
        made = self.read()[0]
        self.assertEqual(made.truth, ["ann"] * 3 + ["ben"] * 3)
        made.write(self.folder / "out.csv", range(6))
        text = (self.folder / "out.csv").read_text(encoding="utf-8") + made.mapping
        for secret in ("ann", "ben", "who", "secret", "[evaluation]"):
            self.assertNotIn(secret, text)

    def test_ids_are_of_the_content_alone(self) -> None:
        made = self.read()[0]
        lines = TABLE.splitlines()
        other = "\n".join([lines[0].replace("name", "surname"), *reversed(lines[1:])]) + "\n"
        again = self.read(MAPPING.replace('"name"', '"surname"'), other)[0]
        self.assertEqual(made.ids, again.ids[::-1])
        self.assertEqual(len(set(dataset.row_ids([["a", "b"], ["a", "b"], ["a", "c"]]))), 3)

    def test_the_importers_mapping_keeps_what_is_the_importers(self) -> None:
        mapping = tomllib.loads(self.read()[0].mapping)
        self.assertEqual(mapping, {"drop": [], "event": {
            "source": dataset.SOURCE, "event_id": "{evaluation_row}", "data": {"subject": "{way}"}}})

    def test_file_is_written_in_the_order_asked_for(self) -> None:
        made = self.read()[0]
        made.write(self.folder / "out.csv", [5, 0])
        with (self.folder / "out.csv").open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        self.assertEqual([row["id"] for row in rows], ["6", "1"])
        self.assertEqual([row["evaluation_row"] for row in rows], [made.ids[5], made.ids[0]])

    def test_shares_are_of_the_rows_named(self) -> None:
        self.assertEqual(self.read()[0].asked, [True, False, False, False, False, True])

    def test_truth_may_be_part_of_a_column(self) -> None:
        made = self.read(MAPPING.replace('truth = "who"', 'truth = { column = "who", match = "^(.)" }'))[0]
        self.assertEqual(set(made.truth), {"a", "b"})
        with self.assertRaisesRegex(dataset.Wrong, "row 2 says nothing of who it is in column 'who'"):
            self.read(MAPPING.replace('truth = "who"', 'truth = { column = "who", match = "(x)" }'))

    def test_registry_has_a_row_per_number_of_what_is_said_most(self) -> None:
        without, made = self.read()
        self.assertEqual((without.registry, made.name), (None, "made_registry"))
        # Ann's number is hers although ben gave it once; a number that cannot be one is nobody's.
        self.assertEqual(made.registry, [{"bsn": "999990019", "surname": "jansen", "birth_date": "1980-02-01"}])
        one = self.read(table=TABLE + "7;counter;999990020;bakker;;s;ben\n")[1]
        self.assertEqual([row["bsn"] for row in one.registry or []], ["999990019", "999990020"])
        made.write_registry(self.folder / "registry.csv")
        self.assertEqual((self.folder / "registry.csv").read_text(encoding="utf-8").splitlines()[1],
                         "999990019,,,,jansen,1980-02-01,,,,,,")

    def test_what_is_wrong_is_said(self) -> None:
        for mapping, what in (
                (MAPPING.replace("[evaluation]", "[other]"), "needs \\[event\\] and \\[evaluation\\]"),
                (MAPPING.replace("shares", "share"), "may have: .*shares"),
                (MAPPING.replace('remove = ["secret"]', 'remove = ["none"]'), "no column 'none'; there are: id, way"),
                (MAPPING.replace('bsn = "bsn"', 'number = "bsn"'), "registry\\] needs bsn"),
                (MAPPING.replace("made.csv", "absent.csv"), "No such file"),
                (MAPPING + "[", "m.toml")):
            with self.assertRaisesRegex(dataset.Wrong, what):
                self.read(mapping)
        with self.assertRaisesRegex(dataset.Wrong, "row 3 has another number of columns"):
            self.read(table=TABLE.replace("2;counter;", "2;"))


if __name__ == "__main__":
    unittest.main()
