"""Completion, by the shells themselves.

    completion_test.py SERVER CLIENT
"""
# Also tests: clients/cli/completion.cc

import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

from terminal import Terminal

CLIENT = sys.argv[2]
COMMANDS = {"find", "zoek", "show", "timeline", "watch", "follow", "record", "link", "unlink",
            "status", "ping", "import", "help", "version", "completion"}


def script(shell: str) -> str:
    return subprocess.run([CLIENT, "completion", shell, "--lang", "en"], check=True,
                          capture_output=True, text=True).stdout


class CompletionTest(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        os.symlink(CLIENT, self.folder / "klantbeeld")
        (self.folder / "contacten.jsonl").touch()

    def environment(self) -> dict[str, str]:
        return {"PATH": f"{self.folder}:{os.environ['PATH']}", "HOME": str(self.folder)}

    def bash(self, line: str, program: str = "klantbeeld") -> set[str]:
        """What bash's own completion gets for a line."""
        words = line.split(" ")
        asked = f"""
            COMP_WORDS=({" ".join(repr(word) for word in [program, *words])})
            COMP_CWORD={len(words)}
            function=$(complete -p {program} | sed 's/.* -F \\([^ ]*\\) .*/\\1/')
            $function {program}
            printf '%s\\n' "${{COMPREPLY[@]}}"
        """
        done = subprocess.run(["bash", "--norc", "-c", script("bash") + asked], check=True,
                              capture_output=True, text=True, env=self.environment())
        self.assertEqual(done.stderr, "")
        return set(done.stdout.split())

    def fish(self, line: str) -> set[str]:
        (self.folder / "script.fish").write_text(script("fish"))
        done = subprocess.run(
            ["fish", "--no-config", "-c",
             f"source {self.folder}/script.fish; complete -C 'klantbeeld {line}'"],
            check=True, capture_output=True, text=True, cwd=self.folder, env=self.environment())
        self.assertEqual(done.stderr, "")
        return {found.split("\t")[0] for found in done.stdout.splitlines()}

    def test_bash_completes_commands_options_and_words(self) -> None:
        self.assertLessEqual(COMMANDS, self.bash(""))
        self.assertEqual(self.bash("ti"), {"timeline", "tijdlijn"})
        self.assertEqual(self.bash("find --ki"), {"--kind"})
        self.assertEqual(self.bash("zoek --kind p"), {"phone", "postcode"})
        self.assertEqual(self.bash("show x --out"), {"--output"})
        self.assertEqual(self.bash("show -o "), {"table", "json", "ndjson", "csv"})
        self.assertEqual(self.bash("completion "), {"bash", "zsh", "fish"})
        self.assertLessEqual(COMMANDS - {"zoek"}, self.bash("help "))
        self.assertEqual(self.bash("--lang e"), {"en"})
        self.assertEqual(self.bash("timeline x --channel p"), {"phone", "post"})
        self.assertEqual(self.bash("follow --kind "),
                         {"contact", "link", "unlink", "registry", "adopt-model", "rederive"})
        self.assertEqual(self.bash("fin", "kb"), {"find"})

    def test_bash_offers_files_where_a_word_may_be_anything(self) -> None:
        terminal = Terminal("bash --norc", self.environment(), columns=100)
        self.addCleanup(terminal.close)
        terminal.wait_for("bash-")
        terminal.type(f"cd {self.folder}; source <(klantbeeld completion bash)")
        terminal.type("echo ready")
        terminal.wait_for("\nready")
        terminal.send("klantbeeld rec\tconta\t")
        terminal.wait_for("klantbeeld record contacten.jsonl")

    def test_fish_completes_commands_options_and_words(self) -> None:
        self.assertLessEqual(COMMANDS, self.fish(""))
        self.assertEqual(self.fish("fin"), {"find"})
        self.assertEqual(self.fish("find --ki"), {"--kind"})
        self.assertEqual(self.fish("find --kind p"), {"phone", "postcode"})
        self.assertEqual(self.fish("show -o n"), {"ndjson"})
        self.assertEqual(self.fish("completion "), {"bash", "zsh", "fish"})
        self.assertIn("contacten.jsonl", self.fish("record conta"))

    def test_zsh_completes_commands_options_and_words(self) -> None:
        terminal = Terminal("zsh -f", self.environment(), columns=100)
        self.addCleanup(terminal.close)
        terminal.type("PS1='ask> '; autoload -Uz compinit; compinit -u -D; LISTMAX=1000")
        terminal.type(f"cd {self.folder}; source <(klantbeeld completion zsh --lang en)")
        terminal.wait_for("ask>")
        for typed, shown in (("klantbeeld fi\t", "klantbeeld find"),
                             ("klantbeeld find --ki\t", "klantbeeld find --kind"),
                             ("klantbeeld zoek --kind pos\t", "klantbeeld zoek --kind postcode"),
                             ("klantbeeld show -o nd\t", "klantbeeld show -o ndjson"),
                             ("klantbeeld completion f\t", "klantbeeld completion fish"),
                             ("klantbeeld record conta\t", "klantbeeld record contacten.jsonl"),
                             ("klantbeeld tij\t", "klantbeeld tijdlijn")):
            terminal.clear()
            terminal.press("C-u")
            terminal.send(typed)
            terminal.wait_for(shown)
        terminal.press("C-u")
        terminal.send("klantbeeld sho\t\t --con\t")
        terminal.wait_for("--contacts")


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
