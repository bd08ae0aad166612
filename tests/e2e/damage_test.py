"""Every kind of file of a store, damaged in every way: damage_test.py SERVER [--write]

What is damaged is named when the store is opened, when it is checked, or when it is read. It
is never served wrongly and never left out silently, and the message says what to do. The
table of it stands in docs/reliability.md: `scripts/damage` writes it, this compares.
"""

import collections
import pathlib
import re
import shutil
import sys
import tempfile
import unittest
from typing import Optional

import damage

PAGE = pathlib.Path(__file__).resolve().parents[2] / "docs/reliability.md"
BEGIN, END = "<!-- Made by scripts/damage -->\n", "<!-- End -->\n"
COLUMNS = ("bit flipped", "block zeroed", "truncated", "another", "deleted")
# What an operator can do with it.
SAYS_WHAT_TO_DO = re.compile(r"[Rr]estore |run rebuild|Put the |Give the |Make one with|its first line must be")
SERVER = ""
WRITE = False


def change(one: damage.Damage, place: str, data: pathlib.Path, keys: pathlib.Path) -> None:
    target = keys if one.kind == "key file" else data / place
    if one.content is None:
        target.unlink()
    else:
        target.write_bytes(one.content)


class DamageTest(unittest.TestCase):
    def judge(self, store: damage.Store, outcome: damage.Outcome) -> str:
        """Where it was named. Fails where it was not, and answers were other than they were."""
        code, message = outcome.check
        if outcome.start is not None:
            self.assertEqual(outcome.start[0], 1, outcome.start)
            self.assertRegex(outcome.start[1], SAYS_WHAT_TO_DO)
            self.assertEqual(code, 1, "a server does not start, and a check finds nothing")
            self.assertRegex(message, SAYS_WHAT_TO_DO)
            return "start"
        errors = {name: answer for name, answer in outcome.answers.items() if isinstance(answer, tuple)}
        wrong = [name for name, answer in outcome.answers.items()
                 if name not in errors and answer != store.answers.get(name)]
        self.assertEqual(wrong, [], "served wrongly")
        for error in errors.values():
            self.assertEqual(error[0], "DATA_LOSS", error)
            self.assertRegex(error[1], SAYS_WHAT_TO_DO)
        if not errors:
            self.assertEqual(outcome.answers.keys(), store.answers.keys(), "left out silently")
        if code == 0:
            self.assertEqual(errors, {}, "a read met it, and a check finds nothing")
            return "nothing lost"
        self.assertEqual(code, 1, message)
        self.assertRegex(message, SAYS_WHAT_TO_DO)
        named = "read, check" if errors else "check"
        return f"{named}; {'rebuild mends it' if outcome.mended else 'restore'}"

    def try_all(self, store: damage.Store) -> str:
        """The table."""
        lines = [f"| file | tried | {' | '.join(COLUMNS)} |", "| --- " * (len(COLUMNS) + 2) + "|"]
        total = 0
        for kind, path, other in damage.files(store):
            found: dict[str, set[str]] = collections.defaultdict(set)
            tried = 0
            for one in damage.damages(kind, path.read_bytes(), other):
                with self.subTest(kind=kind, how=one.how, where=one.where):
                    place = str(path.relative_to(store.good)) if kind != "key file" else ""
                    outcome = damage.outcome(store, lambda data, keys: change(one, place, data, keys))
                    found[one.how].add(self.judge(store, outcome))
                    tried += 1
            cells = [" or ".join(sorted(found[how])) or "the same" for how in COLUMNS]
            lines.append(f"| {kind} | {tried} | {' | '.join(cells)} |")
            total += tried
        return "\n".join([*lines, "", f"{total} damaged copies."]) + "\n"

    def test_no_damage_is_served_and_none_is_silent(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            store = damage.make(SERVER, pathlib.Path(folder))
            table = self.try_all(store)
            self.rows_of_another_day(store)
        text = PAGE.read_text(encoding="utf-8")
        before, _, rest = text.partition(BEGIN)
        stands, _, after = rest.partition(END)
        if WRITE:
            PAGE.write_text(before + BEGIN + table + END + after, encoding="utf-8")
        else:
            self.assertEqual(stands, table, "scripts/damage writes the table anew")

    def rows_of_another_day(self, store: damage.Store) -> None:
        """All of the database from an older copy, beside what was acknowledged since."""
        def put_back(data: pathlib.Path, _: Optional[pathlib.Path]) -> None:
            shutil.rmtree(data / "rows")
            shutil.copytree(store.older / "rows", data / "rows")

        outcome = damage.outcome(store, put_back)
        self.assertEqual(self.judge(store, outcome), "start")
        assert outcome.start
        self.assertIn("acknowledged facts are missing", outcome.start[1])
        self.assertIn("acknowledged facts are missing", outcome.check[1])


if __name__ == "__main__":
    SERVER = sys.argv.pop(1)
    WRITE = "--write" in sys.argv
    unittest.main(argv=[one for one in sys.argv if one != "--write"])
