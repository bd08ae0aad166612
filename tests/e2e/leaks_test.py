"""What goes in stands nowhere but in the store: leaks_test.py SERVER CLIENT [--markers N] [--write]

Values of nobody that cannot be mistaken go through every method, every command, every error and
a crash. Then they are looked for wherever a program may leave something behind. With --write
(scripts/leaks) the table of docs/reliability.md is written anew.
"""

import pathlib
import shutil
import signal
import sys
import tempfile
import unittest

import contract
import leaks
from leaks_drive import AS_ARGUMENTS, ROOT, Drive

PAGE = ROOT / "docs/reliability.md"
BEGIN, END = "<!-- Made by scripts/leaks -->\n", "<!-- End -->\n"
SERVER = CLIENT = ""
MARKERS = 600
WRITE = False


def table(drive: Drive, stored: set[str], files: int, wider: int) -> str:
    kinds = ", ".join(f"{count:,} {kind}" for kind, count in drive.planted.counts().items())
    lines = [f"{len(drive.planted):,} values ({kinds}), of which {len(stored):,} stand in the store; "
             f"{drive.refused:,} calls and events were refused, {drive.commands} commands run, "
             f"{drive.crashes} processes killed at work.", "",
             "| looked at | bytes | values found |", "| --- | --- | --- |"]
    for place, size in drive.looked.bytes.items():
        lines.append(f"| {place} | {size:,} | {len(drive.looked.found[place])} |")
    lines.append(f"| core files | of {drive.crashes} processes | {drive.cores} |")
    lines.append(f"| rights wider than the input's, or for others than the owner | of {files} files | {wider} |")
    return "\n".join(lines) + "\n"


class LeaksTest(unittest.TestCase):
    drive: Drive

    @classmethod
    def setUpClass(cls) -> None:
        folder = pathlib.Path(tempfile.mkdtemp(prefix="klantbeeld-leaks-"))
        cls.addClassCleanup(shutil.rmtree, folder)
        cls.drive = drive = Drive(SERVER, CLIENT, folder)
        drive.server("init")
        with drive.serving() as client:
            known, caller = drive.event(), drive.event()
            del caller.data.parties[0].identifiers[0]  # So that the two may be linked.
            for event in (known, caller):
                client.call(drive.methods["RecordContactEvent"],
                            contract.message("RecordContactEventRequest")(event=event))
            drive.every_method(client)
            drive.unknown_paths(client)
            drive.imports()
            drive.imports_that_stop()
            drive.commands_of_all_kinds()
            drive.everybody(client, len(drive.planted) + MARKERS)
            drive.histories()
        for end in (signal.SIGKILL, signal.SIGABRT, signal.SIGSEGV):
            drive.crash(end)
        with drive.serving() as client:
            drive.everything_read(client)
            cls.stored = drive.planted.found_in(drive.exports())
        drive.commands_of_the_server()
        cls.wider = drive.look_at_files()
        made = table(drive, cls.stored, len(list(leaks.rights(folder))), len(cls.wider))
        print(made)
        if WRITE:
            before, _, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
            PAGE.write_text(before + BEGIN + made + END + rest.partition(END)[2], encoding="utf-8")

    stored: set[str]
    wider: list[str]

    def test_the_values_were_there_to_be_found(self) -> None:
        self.assertGreaterEqual(len(self.drive.planted), MARKERS)
        self.assertGreater(len(self.drive.people), MARKERS / 2)
        self.assertEqual(self.drive.people - self.stored, set())

    def test_nothing_is_found(self) -> None:
        for place, found in self.drive.looked.found.items():
            if place == AS_ARGUMENTS:
                continue
            with self.subTest(place=place):
                self.assertEqual(len(found), 0, self.drive.looked.example.get(place))

    def test_files_have_no_wider_rights(self) -> None:
        self.assertEqual(self.wider, [])
        self.assertEqual(self.drive.masks, {"0077"})

    def test_no_core_is_written(self) -> None:
        self.assertEqual(self.drive.crashes, 7)
        self.assertEqual(self.drive.cores, 0)


if __name__ == "__main__":
    SERVER, CLIENT = sys.argv.pop(1), sys.argv.pop(1)
    if "--markers" in sys.argv:
        at = sys.argv.index("--markers")
        MARKERS = int(sys.argv[at + 1])
        del sys.argv[at:at + 2]
    WRITE = "--write" in sys.argv
    unittest.main(argv=[one for one in sys.argv if one != "--write"])
