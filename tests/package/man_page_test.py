"""Man pages: all that --help tells stands in them, scdoc takes them; and what `cmake --install` puts where.

    man_page_test.py BUILD_DIR SOURCE_DIR
"""
# Also tests: scripts/package/man_page.py

import gzip
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

BUILD = pathlib.Path(sys.argv[1])
SOURCE = pathlib.Path(sys.argv[2])
sys.path.insert(0, str(SOURCE / "scripts/package"))

import man_page  # noqa: E402

TOOL = [str(BUILD / "clients/klantbeeld"), "--lang", "en"]
SERVER = [str(BUILD / "service/klantbeeld-server")]


def output(*command: str) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def rendered(page: str) -> str:
    """The page without roff's marks."""
    roff = gzip.decompress((BUILD / "scripts/package" / f"{page}.gz").read_bytes()).decode()
    return re.sub(r"\\f[A-Z]|\\&|\\", "", roff)


def commands(program: list[str]) -> list[str]:
    """By their own reading of the help: a name at the left, in the list of commands."""
    listed = re.split(r"^(?:Commands|Subcommands):\n", output(*program, "--help"), flags=re.M)[1]
    return [name for names in re.findall(r"^ {2}(\S[^ ]*(?:, ?\S+)*)", listed, re.M)
            for name in re.split(r",\s*", names)]


class ManPageTest(unittest.TestCase):
    def check(self, page: str, program: list[str]) -> None:
        text = rendered(page)
        names = [[name] for name in commands(program)]
        self.assertGreater(len(names), 5)
        under = [["model", name] for name in commands([*program, "model"])] if ["model"] in names else []
        for name in [[], *names, *under]:
            shown = output(*program, *name, "--help")
            for word in [" ".join(name), *re.findall(r"(?<![\w-])--[a-z][a-z-]*", shown)]:
                self.assertTrue(word in text, f"{page} says nothing of {word} of {name}")

    def test_every_command_and_option_of_the_tool(self) -> None:
        self.check("klantbeeld.1", TOOL)

    def test_every_command_and_option_of_the_server(self) -> None:
        self.check("klantbeeld-server.8", SERVER)

    def test_no_option_is_without_its_meaning(self) -> None:
        for program in (TOOL, SERVER):
            for name in ["", *commands(program)]:
                help_ = man_page.read([*program, *([name] if name else [])])
                for option, what in help_.arguments + help_.options:
                    self.assertTrue(what, f"{name} {option}")

    def test_every_key_of_the_configuration(self) -> None:
        text, table = rendered("klantbeeld-server.8"), ""
        shown = output(*SERVER, "check-config", "--data", "/d", "--keys", "/k", "--socket", "/s",
                       "--socket-group", "g", "--tcp", "127.0.0.1:1", "--backups", "/b",
                       "--metrics", "127.0.0.1:2")
        keys = []
        for line in shown.splitlines():
            if match := re.match(r"\[(\w+)\]", line):
                table = match[1] + "."
            elif match := re.match(r"(\w+) =", line.strip()):
                keys.append(table + match[1])
        self.assertGreater(len(keys), 20)
        for key in keys:
            self.assertTrue(key in text, key)

    def test_every_option_of_a_mapping(self) -> None:
        text = rendered("klantbeeld-import.5")
        source = (SOURCE / "clients/adapters/mapping.cc").read_text()
        options = re.findall(r'name == "(\w+)"', source)
        self.assertGreater(len(options), 12)
        for option in options:
            self.assertTrue(option in text, option)

    def test_help_of_any_shape_is_read(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            program = pathlib.Path(folder, "program")
            program.write_text("""#!/bin/sh
cat <<'END'
Does *this*
Usage: klantbeeld do [OPTIONS] file

Positionals:
  file TEXT                   What_to read

Options:
  -h,--help                   This help
  --an-option-with-a-long-name TEXT REQUIRED
                          Stands below it
                          and goes on

Commands:
  one, een                    First

Examples:
  klantbeeld do it
END
""")
            program.chmod(0o755)
            help_ = man_page.read([str(program)])
        self.assertEqual(help_.about, "Does *this*")
        self.assertEqual(help_.options[1], ("--an-option-with-a-long-name TEXT REQUIRED", "Stands below it and goes on"))
        self.assertEqual(help_.commands, [("one, een", "First")])
        self.assertEqual(help_.examples, ["klantbeeld do it"])
        self.assertEqual(man_page.option(*help_.options[1]),
                         "*\\-\\-an\\-option\\-with\\-a\\-long\\-name* TEXT\n\tStands below it and goes on")
        self.assertEqual(man_page.plain("a_b *c*"), "a\\_b \\*c\\*")

    def test_keys_are_read_from_the_document(self) -> None:
        self.assertEqual(man_page.configuration("| key | default |\n|---|---|\n| `a.b_c` | `1` | wait `x`, **not** y |\n"),
                         "*a.b\\_c* (1)\n\twait x, not y")


class InstallTest(unittest.TestCase):
    def test_everything_has_its_place(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            subprocess.run(["cmake", "--install", str(BUILD), "--prefix", "/usr"], check=True, capture_output=True,
                           env={"DESTDIR": folder, "PATH": "/usr/bin:/bin"})
            root = pathlib.Path(folder)
            for name in ("usr/bin/klantbeeld", "usr/sbin/klantbeeld-server", "etc/klantbeeld/server.toml",
                         "usr/lib/systemd/system/klantbeeld-server.service",
                         "usr/share/man/man1/klantbeeld.1.gz", "usr/share/man/man5/klantbeeld-import.5.gz",
                         "usr/share/man/man8/klantbeeld-server.8.gz", "usr/share/doc/klantbeeld/copyright"):
                self.assertTrue((root / name).is_file(), name)
            self.assertEqual(output(str(root / "usr/bin/kb"), "--version"), output(*TOOL, "--version"))
            self.assertEqual(str((root / "usr/share/man/man1/kb.1.gz").readlink()), "klantbeeld.1.gz")
            # The configuration as it comes is right.
            output(*SERVER, "check-config", "--config", str(root / "etc/klantbeeld/server.toml"))
            made = {path.name for path in (BUILD / "scripts/package/completions").iterdir()} - {"made"}
            for shell, name in (("bash", "bash-completion/completions/klantbeeld"),
                                ("zsh", "zsh/vendor-completions/_klantbeeld"),
                                ("fish", "fish/vendor_completions.d/klantbeeld.fish")):
                self.assertEqual((root / "usr/share" / name).exists(), shell in made, name)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
