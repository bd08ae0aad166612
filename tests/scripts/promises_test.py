"""docs/testing.md: every mutant stands in its table of promises once, beside the test that
must fail by it; and scripts/mutants tries all of them in turn."""
# Also tests: scripts/mutants

import fnmatch
import importlib.machinery
import importlib.util
import pathlib
import re
import unittest
import unittest.mock
from typing import Any, Iterator

ROOT = pathlib.Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs/testing.md").read_text(encoding="utf-8")
TABLE = PAGE.split("\n## Promises, tests, mutants\n")[1]


def script() -> Any:
    loader = importlib.machinery.SourceFileLoader("mutants", str(ROOT / "scripts/mutants"))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("mutants", loader))  # type: ignore[arg-type]
    loader.exec_module(module)
    return module


MUTANTS = script()


def all_mutants() -> list[Any]:
    return [MUTANTS.Mutant(path.name) for path in sorted((ROOT / "tests/mutants").glob("*.patch"))]


def rows() -> Iterator[tuple[str, list[str], list[str]]]:
    for promise, tests, mutants in re.findall(r"^\| ([^|]+) \| ([^|]+) \|([^|]*)\|$", TABLE, re.M):
        if promise != "promise" and not promise.startswith("---"):
            yield promise, re.findall(r"`([^`]+)`", tests), re.findall(r"`([^`]+)`", mutants)


def cases(path: str) -> list[str]:
    """Names that a filter may give the cases of a file, those with parameters too."""
    found = re.findall(r"^TEST(_P|_F)?\((\w+),\s*(\w+)\)", (ROOT / path).read_text(encoding="utf-8"), re.M)
    return [f"x/{suite}.{name}/0" if kind == "_P" else f"{suite}.{name}" for kind, suite, name in found]


class PromisesTest(unittest.TestCase):
    def test_each_mutant_stands_in_the_table_once(self) -> None:
        named = [name for _, _, mutants in rows() for name in mutants]
        self.assertEqual(sorted(named), sorted(one.name for one in all_mutants()))

    def test_each_file_of_tests_exists_and_each_promise_has_one(self) -> None:
        self.assertGreater(len(list(rows())), 50)
        for promise, tests, _ in rows():
            self.assertTrue(tests, promise)
            for name in tests:
                self.assertTrue((ROOT / name).is_file(), f"{promise}: {name}")
        for name in re.findall(r"`(tests/[\w/.]+\.(?:cc|py))`", PAGE):
            self.assertTrue((ROOT / name).is_file(), name)

    def test_the_test_that_a_mutant_fails_is_in_a_file_of_its_row(self) -> None:
        known = {one.name: one for one in all_mutants()}
        for promise, tests, mutants in rows():
            here = [case for name in tests if name.endswith(".cc") for case in cases(name)]
            for name in mutants:
                patterns = known[name].test.split(":")
                self.assertTrue(known[name].test.split()[0] in tests or any(fnmatch.fnmatchcase(case, pattern) for case in here for pattern in patterns),
                                f"{promise}: none of its tests is {known[name].test}, of {name}")

    def test_what_fails_on_the_whole_tree_catches_nothing(self) -> None:
        outcomes = [("failed", ["A.B"]), ("passed", []), ("hung", [])]
        with unittest.mock.patch.object(MUTANTS, "run_test", side_effect=outcomes):
            tried = all_mutants()[:3]
            self.assertEqual(len({(one.target, one.test) for one in tried}), 3)
            self.assertEqual(MUTANTS.failing_unbroken(tried), [tried[0].test, tried[2].test])

    def test_days_choose_three_each_and_leave_none_out(self) -> None:
        mutants = all_mutants()
        days = -(-len(mutants) // 3)
        tried = [one.name for day in range(20_000, 20_000 + days) for one in MUTANTS.of_day(mutants, day)]
        self.assertEqual(sorted(tried), sorted(one.name for one in mutants))
        self.assertTrue(all(1 <= len(MUTANTS.of_day(mutants, day)) <= 3 for day in range(days)))
        self.assertEqual([one.name for one in MUTANTS.of_day(mutants, 7)],
                         [one.name for one in MUTANTS.of_day(mutants, 7 + days)])


if __name__ == "__main__":
    unittest.main()
