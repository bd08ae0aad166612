"""The converter of the household contacts: on the table where it is, else on a stand-in."""

import collections
import csv
import json
import re
import subprocess
import sys
import unittest
from typing import Any

import contract
import household_contacts as convert
import people

SCRIPT = contract.ROOT / "scripts/convert/household_contacts.py"
TABLE = contract.ROOT.parent / "shared/data/household_contacts/pp_contacts.csv"
ROW = dict.fromkeys(convert.COLUMNS, "") | {
    "event_id": "e1", "ts": "2024-05-06T07:08:00Z", "channel": "phone",
    "truth": "0_1", "household": "20200_1"}


def event(**columns: str) -> tuple[dict[str, Any], collections.Counter[str]]:
    left_out: collections.Counter[str] = collections.Counter()
    return convert.event(ROW | columns, left_out), left_out


class ConvertTest(unittest.TestCase):
    def test_times_go_21_years_back_and_keep_the_day(self) -> None:
        for before, after in (("2024-05-06T07:08:00Z", "2003-05-06T07:08:00Z"),
                              ("2020-02-29T23:59:59Z", "1999-02-28T23:59:59Z"),
                              ("2040-12-31T23:00:00Z", "2019-12-31T23:00:00Z")):
            self.assertEqual(convert.shifted(before), after)

    def test_birth_dates_may_be_partly_known(self) -> None:
        for text, want in (("1980-02-29", {"year": 1980, "month": 2, "day": 29}), ("1980-07", {"year": 1980, "month": 7}),
                           ("1980", {"year": 1980}), ("1980-00-00", {"year": 1980}),
                           ("1981-02-29", None), ("1980-13-01", None), ("0198-01-01", None), ("x", None)):
            self.assertEqual(convert.birth_date(text), want, text)

    def test_birth_dates_go_back_with_the_times(self) -> None:
        for before, after in (("2020-05-06", {"year": 1999, "month": 5, "day": 6}), ("1980", {"year": 1959}),
                              ("1980-02-29", {"year": 1959, "month": 2, "day": 28})):
            made, _ = event(dob=before, last_name="jansen")
            self.assertEqual(made["data"]["parties"][0]["details"]["birthDate"], after)

    def test_who_calls_was_born(self) -> None:
        made, left_out = event(dob="2085-05-06", last_name="jansen")
        self.assertEqual((made["data"]["parties"], left_out["birth date"]), ([{"details": {"surname": "jansen"}}], 1))

    def test_channels_verify_a_bsn_in_their_own_way(self) -> None:
        for channel, want in (("phone", "CONTROL_QUESTIONS"), ("counter", "ID_DOCUMENT"), ("web_digid", "DIGID")):
            made, _ = event(channel=channel, bsn="999990019")
            self.assertEqual(made["data"]["parties"][0]["identifiers"],
                             [{"type": "IDENTIFIER_TYPE_BSN", "value": "999990019", "verified": f"VERIFIED_BY_{want}"}])

    def test_what_does_not_fit_is_left_out_and_counted(self) -> None:
        made, left_out = event(bsn="999990018", phone="12", house_number="117t", dob="1980-02-31", last_name="jansen")
        self.assertEqual(made["data"]["parties"], [{"details": {"surname": "jansen"}}])
        self.assertEqual(dict(left_out), {"BSN": 1, "phone": 1, "house number": 1, "birth date": 1})

    def test_the_answer_key_is_not_sent(self) -> None:
        made, _ = event(phone="+31612345678")
        self.assertNotIn("0_1", json.dumps(made))
        self.assertNotIn("20200_1", json.dumps(made))

    def test_whole_table(self) -> None:
        present = TABLE.exists()
        source = [str(TABLE)] if present else ["--stand-in", "5000"]
        run = subprocess.run([sys.executable, "-B", str(SCRIPT), *source], check=True, capture_output=True, text=True)
        lines = run.stdout.splitlines()
        if present:
            with TABLE.open(newline="", encoding="utf-8") as table:
                self.assertEqual(len(lines), sum(1 for _ in csv.DictReader(table)))
        else:
            self.assertEqual(len(lines), 5000)
        self.assertRegex(run.stderr, r"events; left out: ")
        for line in lines:
            made = json.loads(line)
            self.assertLess(made["data"]["occurredAt"], "2020")
            for one in (i for p in made["data"].get("parties", []) for i in p.get("identifiers", [])):
                if one["type"].endswith("BSN"):
                    self.assertTrue(people.bsn_valid(one["value"]))
        for line in lines[::100]:
            contract.event(line)

    def test_another_table_is_refused_with_its_columns(self) -> None:
        run = subprocess.run([sys.executable, "-B", str(SCRIPT), str(contract.ROOT / "LICENSE")],
                             capture_output=True, text=True)
        self.assertEqual(run.returncode, 1)
        self.assertTrue(re.search("expected are .*'event_id'", run.stderr))


if __name__ == "__main__":
    unittest.main()
