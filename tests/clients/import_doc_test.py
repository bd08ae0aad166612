"""docs/import.md shows what `klantbeeld import` really prints.

    import_doc_test.py CLIENT SERVER            compares
    import_doc_test.py CLIENT SERVER --write    writes the page's output anew
"""

import os
import pathlib
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
DOC = ROOT / "docs/import.md"
MADE = ROOT / "tests/clients/adapters"
MAPPINGS = ROOT / "clients/adapters/csv/mappings"
FILES = {
    "city.tsv": MADE / "csv/made_city_311.tsv", "city.toml": MADE / "csv/made_city_311.toml",
    "contacts.csv": MADE / "csv/made_generic.csv", "generic.toml": MAPPINGS / "generic.toml",
    "cdr.csv": MADE / "asterisk/made_cdr_custom.csv", "queue_log": MADE / "asterisk/made_queue_log",
    "visits.jsonl": MADE / "qmatic/made_visits.jsonl", "matomo.json": MADE / "matomo/made_visits.json",
    "ga4.jsonl": MADE / "ga4/made_events.jsonl", "events.jsonl": MADE / "events/made_events.jsonl",
    "cloudevents.jsonl": MADE / "cloudevents/made_events.jsonl"}
BLOCK = re.compile(r"```\n(\$ (?:klantbeeld|cat) [^\n]*)\n(.*?)```", re.S)
RATE = re.compile(r"\(\d+ a second\)")


class Page:
    """Runs the page's commands in a directory with its files, beside a server."""

    def __init__(self, client: str, server: str) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.dir = pathlib.Path(self.folder.name)
        self.client = client
        for name, path in FILES.items():
            shutil.copy(path, self.dir / name)
        wrong = (self.dir / "generic.toml").read_text(encoding="utf-8")
        (self.dir / "wrong.toml").write_text(wrong.replace("= \"{rij}\"", "= \"{wachtrij}\""), encoding="utf-8")
        places = ["--data", str(self.dir / "data"), "--keys", str(self.dir / "keys")]
        subprocess.run([server, "init", *places], check=True, capture_output=True)
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ready:
            ready.bind(str(self.dir / "ready"))
            ready.settimeout(30)
            self.server = subprocess.Popen(
                [server, *places, "--socket", str(self.dir / "s")], stderr=subprocess.DEVNULL,
                env={**os.environ, "NOTIFY_SOCKET": str(self.dir / "ready")})
            assert b"READY=1" in ready.recv(256)

    def close(self) -> None:
        self.server.kill()
        self.server.wait()
        self.folder.cleanup()

    def run(self, command: str) -> str:
        words = command.removeprefix("$ ").split()
        if words[0] == "klantbeeld":
            words = [self.client, "--lang", "en", *words[1:]]
        ran = subprocess.run(words, cwd=self.dir, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                             env={"PATH": "/usr/bin:/bin", "HOME": str(self.dir),
                                  "KLANTBEELD_SERVER": f"unix:{self.dir}/s"})
        return ran.stdout.replace("\r\n", "\n")


class ImportDocTest(unittest.TestCase):
    client = server = ""

    def test_page_shows_what_is_printed(self) -> None:
        page = Page(self.client, self.server)
        self.addCleanup(page.close)
        blocks = BLOCK.findall(DOC.read_text(encoding="utf-8"))
        self.assertGreater(len(blocks), 10)
        for command, shown in blocks:
            with self.subTest(command):
                self.assertEqual(RATE.sub("(N a second)", shown), RATE.sub("(N a second)", page.run(command)))


def write(client: str, server: str) -> None:
    page = Page(client, server)
    text = BLOCK.sub(lambda block: f"```\n{block[1]}\n{page.run(block[1])}```", DOC.read_text(encoding="utf-8"))
    page.close()
    DOC.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    programs = [str(pathlib.Path(name).resolve()) for name in sys.argv[1:3]]
    ImportDocTest.client, ImportDocTest.server = programs
    if "--write" in sys.argv:
        write(*programs)
    else:
        unittest.main(argv=sys.argv[:1])
