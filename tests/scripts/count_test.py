"""The closing line of scripts/test: no failure and no skip goes unseen."""

import contextlib
import io
import pathlib
import sys
import tempfile
import unittest

import count

PASS = '<testcase name="A" classname="S" status="run" result="completed"/>'
FAIL = '<testcase name="B" classname="S" status="run" result="completed"><failure/></testcase>'
SKIP = '<testcase name="C" classname="S" status="run" result="skipped"><skipped/></testcase>'
FILTERED = '<testcase name="D" classname="S" status="notrun" result="suppressed"/>'


class CountTest(unittest.TestCase):
    def close(self, programs: dict[str, str], cases: dict[str, str], shared: str = "absent") -> tuple[int, str]:
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder)
            (root / "cases").mkdir()
            (root / "tests.xml").write_text("<testsuite>" + "".join(
                f'<testcase name="{name}" status="{status}"/>' for name, status in programs.items()) + "</testsuite>")
            for name, text in cases.items():
                (root / "cases" / f"{name}.xml").write_text(f"<testsuites>{text}</testsuites>" if text else "<test")
            out, argv = io.StringIO(), sys.argv
            sys.argv = ["count.py", folder, "--shared", shared]
            try:
                with contextlib.redirect_stdout(out):
                    code = count.main()
            finally:
                sys.argv = argv
            return code, out.getvalue().splitlines()[-1]

    def test_cases_count_singly_and_other_programs_as_one(self) -> None:
        self.assertEqual(self.close({"x_test": "run", "script": "run"}, {"x_test": PASS + PASS + FILTERED}),
                         (0, "3 passed, 0 failed, 0 skipped (2 test programs)"))

    def test_failed_case_fails(self) -> None:
        self.assertEqual(self.close({"x_test": "fail"}, {"x_test": PASS + FAIL}),
                         (1, "1 passed, 1 failed, 0 skipped (1 test programs)"))

    def test_program_that_died_fails(self) -> None:
        for cases in ({}, {"x_test": ""}):
            self.assertEqual(self.close({"x_test": "fail"}, cases),
                             (1, "0 passed, 1 failed, 0 skipped (1 test programs)"))

    def test_program_that_died_after_its_cases_fails(self) -> None:
        self.assertEqual(self.close({"x_test": "fail"}, {"x_test": PASS}),
                         (1, "1 passed, 1 failed, 0 skipped (1 test programs)"))

    def test_skips_pass_only_where_the_shared_data_is_absent(self) -> None:
        self.assertEqual(self.close({"x_test": "run"}, {"x_test": PASS + SKIP}),
                         (0, "1 passed, 0 failed, 1 skipped (1 test programs)"))
        self.assertEqual(self.close({"x_test": "run"}, {"x_test": PASS + SKIP}, "present")[0], 1)
        self.assertEqual(self.close({"script": "notrun"}, {}, "present")[0], 1)

    def test_nothing_run_fails(self) -> None:
        self.assertEqual(self.close({}, {})[0], 1)


if __name__ == "__main__":
    unittest.main()
