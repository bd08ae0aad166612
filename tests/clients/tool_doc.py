"""docs/tool.md, with the output of its commands as they print it now.

    tool_doc.py SERVER CLIENT [--write]     compares, or writes it anew
"""

import difflib
import os
import pathlib
import re
import shlex
import subprocess
import sys

from terminal import Server, Terminal

HERE = pathlib.Path(__file__).parent
DOCUMENT = HERE.parents[1] / "docs/tool.md"
BLOCK = re.compile(r"```(console|session)\n(.*?)```", re.S)
PROMPTS = ("klant> ", "Notitie: ", "  (lege regel bewaart) ")
# Keys of this store only, so that the ids in the document stay the same.
KEYS = f"klantbeeld keys 1\nid {'5a' * 32}\nindex {'a5' * 32}\n"
# The reader's clock: contacts are then as old as the document says.
NOW = {"FAKETIME": "@2025-11-03 10:10:00", "TZ": "UTC", "DONT_FAKE_MONOTONIC": "1"}


def faketime_library() -> str:
    listed = subprocess.run(["dpkg", "-L", "libfaketime"], check=True, capture_output=True, text=True)
    return next(line for line in listed.stdout.splitlines() if line.endswith("libfaketimeMT.so.1"))


class Writer:
    def __init__(self, server: Server) -> None:
        self.server = server
        self.environment = server.environment(LD_PRELOAD=faketime_library(), COLUMNS="80", **NOW)
        bin_folder = server.folder / "bin"
        bin_folder.mkdir()
        os.symlink(server.client, bin_folder / "klantbeeld")
        self.environment["PATH"] = f"{bin_folder}:{self.environment['PATH']}"
        found = server.run("find -", "999990019\n").stdout
        self.environment["NOOR"] = re.search("[0-9a-f]{32}", found).group()  # type: ignore[union-attr]

    def console(self, block: str) -> str:
        """Every line with `$ `, and under it what it prints."""
        text = ""
        for line in block.splitlines():
            if not line.startswith("$ "):
                continue
            done = subprocess.run(["bash", "--norc", "-c", line[2:]], text=True, env=self.environment,
                                  stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                  stderr=subprocess.STDOUT, cwd=self.server.folder)
            text += f"{line}\n{done.stdout}".replace("\r\n", "\n").rstrip("\n") + "\n\n"
        return text.rstrip("\n") + "\n"

    def session(self, block: str) -> str:
        """The screen after typing what stands behind the prompts."""
        typed = [line[len(prompt):] for line in block.splitlines()
                 for prompt in PROMPTS if f"{line} ".startswith(prompt)]
        terminal = Terminal("klantbeeld", self.environment, columns=80, lines=100)
        try:
            for count, text in enumerate(typed, 1):
                terminal.wait_for_prompt(PROMPTS, count)
                terminal.type(text)
            screen = terminal.wait_for("EXIT 0")
        finally:
            terminal.close()
        return screen[:screen.index("\nEXIT")].lstrip("\n") + "\n"

    def rendered(self, document: str) -> str:
        def block(match: "re.Match[str]") -> str:
            kind, text = match.groups()
            return f"```{kind}\n{self.console(text) if kind == 'console' else self.session(text)}```"
        return BLOCK.sub(block, document)


def main() -> int:
    server = Server(*sys.argv[1:3], keys=KEYS)
    try:
        seed = server.run(f"record {shlex.quote(str(HERE / 'tool_doc.jsonl'))}", LD_PRELOAD="")
        if seed.returncode != 0:
            raise SystemExit(seed.stderr)
        before = DOCUMENT.read_text()
        after = Writer(server).rendered(before)
    finally:
        server.close()
    if "--write" in sys.argv:
        DOCUMENT.write_text(after)
        return 0
    changes = list(difflib.unified_diff(before.splitlines(), after.splitlines(), "docs/tool.md",
                                        "as it is now", lineterm=""))
    if changes:
        print("\n".join(changes), "Run scripts/tool-doc and look at what changed.", sep="\n")
    return 1 if changes else 0


if __name__ == "__main__":
    sys.exit(main())
