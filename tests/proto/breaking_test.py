"""scripts/contract: the contract passes, and a change that breaks callers does not."""

import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

import contract


def check(directory: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run([str(contract.ROOT / "scripts/contract"), directory], capture_output=True, text=True)


class BreakingTest(unittest.TestCase):
    def changed(self, file: str, pattern: str, replacement: str) -> "subprocess.CompletedProcess[str]":
        """Checks a copy of the contract in which one thing is different."""
        with tempfile.TemporaryDirectory() as folder:
            copy = pathlib.Path(folder, "proto")
            shutil.copytree(contract.ROOT / "proto", copy)
            path = copy / "klantbeeld/v1" / file
            text, count = re.subn(pattern, replacement, path.read_text(encoding="utf-8"), count=1, flags=re.S)
            self.assertEqual(count, 1, f"{file} has no {pattern}")
            path.write_text(text, encoding="utf-8")
            return check(str(copy))

    def refused(self, change: tuple[str, str, str], rule: str) -> None:
        done = self.changed(*change)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn(rule, done.stdout + done.stderr)

    def test_contract_as_it_stands_passes(self) -> None:
        done = check("proto")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_removed_field_fails(self) -> None:
        self.refused(("contact.proto", r"  // Queue \(wachtrij\).\n  optional string queue = 25[^;]*;\n", ""),
                     'field "25" with name "queue" on message "ContactData" was deleted')

    def test_renumbered_field_fails(self) -> None:
        self.refused(("contact.proto", r"queue = 25", "queue = 55"), 'field "25"')

    def test_changed_type_fails(self) -> None:
        self.refused(("identifier.proto", r"optional string value = 2", "optional bytes value = 2"),
                     'changed type from "string" to "bytes"')

    def test_removed_value_fails(self) -> None:
        self.refused(("channel.proto", r"  // Video call[^\n]*\n  CHANNEL_VIDEO = 9;\n", ""),
                     'enum value "9"')

    def test_removed_call_fails(self) -> None:
        self.refused(("info_service.proto", r"  // Version, log, head[^\n]*\n  rpc [^\n]*\n", ""), "GetServerInfo")

    def test_new_field_passes(self) -> None:
        done = self.changed("contact.proto", r"(  // Queue \(wachtrij\).\n)",
                            r"  // Weather outside.\n  optional string weather = 90;\n\1")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_field_without_comment_fails(self) -> None:
        self.refused(("contact.proto", r"  // Queue \(wachtrij\).\n", ""), "non-empty comment")


class CommentTest(unittest.TestCase):
    def test_every_field_and_value_says_what_it_means(self) -> None:
        seen = 0
        for file in contract.files().file:
            if file.package != "klantbeeld.v1":
                continue
            said = {tuple(at.path) for at in file.source_code_info.location if at.leading_comments.strip()}
            for at in file.source_code_info.location:
                # [4, message, 2, field] and [5, enum, 2, value], nested ones longer.
                if len(at.path) in (4, 6) and at.path[-2] == 2 and at.path[0] in (4, 5):
                    seen += 1
                    self.assertIn(tuple(at.path), said, f"{file.name}:{at.span[0] + 1} has no comment")
        self.assertGreater(seen, 300)


if __name__ == "__main__":
    unittest.main()
