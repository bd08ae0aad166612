"""Alert rules, dashboard and runbook: watching_test.py SERVER

The rules fire when they should and not otherwise, every figure that they and the
dashboard ask for is one that the server gives, and the runbook has an answer to
every alert, every reason, and every refusal to start.
"""

import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
from typing import Iterator

import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/e2e"))
import served  # noqa: E402  (Beside the other tests of the server.)

RULES = ROOT / "docs/operating/klantbeeld.rules.yml"
DASHBOARD = ROOT / "docs/operating/klantbeeld.dashboard.json"
RUNBOOK = (ROOT / "docs/runbook.md").read_text(encoding="utf-8")
TESTS = [ROOT / "tests/operating" / name for name in ("rules_test.yml", "rules_of_days_test.yml")]
# Prometheus's own figure of whether it reaches the server.
OF_PROMETHEUS = {"up"}
# Where a start is refused for what the operator gave.
REFUSES = ("store/open.cc", "store/journal.cc", "store/keys.cc", "store/manifest.cc",
           "service/listener.cc")
# What is said to whoever makes a backup, puts one back, or looks for damage.
OF_BACKUPS = ("store/backup.cc", "store/restore.cc", "store/scrub.cc", "service/commands.cc",
              "service/scrub_command.cc", "service/maintenance_handler.cc")
# Made of what RocksDB says.
OF_ROCKSDB = "A file of the store is missing, damaged or not readable"
SERVER = ""


def promtool(*arguments: str) -> "subprocess.CompletedProcess[str]":
    own = ROOT / ".build/promtool/promtool"  # As scripts/install puts it there.
    program = str(own) if own.exists() else shutil.which("promtool")
    assert program, "promtool is missing; scripts/install test brings it"
    return subprocess.run([program, *arguments], capture_output=True, text=True, check=False)


def alerts() -> list[dict[str, str]]:
    return [rule for group in yaml.safe_load(RULES.read_text())["groups"] for rule in group["rules"]]


def expressions(of: str = "alerts and dashboard") -> Iterator[tuple[str, str]]:
    """Where it stands, and what it asks."""
    for rule in alerts() if "alerts" in of else ():
        yield rule["alert"], rule["expr"]
    for panel in json.loads(DASHBOARD.read_text())["panels"]:
        for target in panel.get("targets", []):
            yield panel["title"], target["expr"]


def series(expression: str) -> set[str]:
    """Names of figures in it: words before braces, or of ours."""
    plain = re.sub(r'"[^"]*"', '""', expression)
    return set(re.findall(r"\b([a-z_]+)\{", plain)) | set(re.findall(r"\b(?:klantbeeld|grpc_server)_\w+", plain))


def headings() -> list[str]:
    return re.findall(r"^### (.+)$", RUNBOOK, re.M)


def refusals(text: str) -> Iterator[str]:
    """The fixed words of each message that ends a start or a command, but for those of a wrong command line."""
    codes = "FailedPrecondition|DataLoss|ResourceExhausted|NotFound|OutOfRange|Unavailable"
    for call in re.findall(rf"(?:absl::(?:{codes})Error|\bError)\((.*?)\);\n", text, re.S):
        if text := "".join(re.findall(r'"((?:\\.|[^"\\])*)"', call)):
            yield text


class RulesTest(unittest.TestCase):
    def test_promtool_finds_no_fault(self) -> None:
        done = promtool("check", "rules", str(RULES))
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_each_fires_when_it_should_and_not_otherwise(self) -> None:
        done = promtool("test", "rules", *map(str, TESTS))
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        names = {test["name"] for path in TESTS for test in yaml.safe_load(path.read_text())["tests"]}
        self.assertEqual(names, {f"{rule['alert']} {how}" for rule in alerts() for how in ("fires", "is quiet")})

    def failing(self, expression: str) -> set[str]:
        """Tests that fail when every alert asks this instead."""
        rules = yaml.safe_load(RULES.read_text())
        for rule in rules["groups"][0]["rules"]:
            rule["expr"] = expression
        with tempfile.TemporaryDirectory() as folder:
            pathlib.Path(folder, "rules.yml").write_text(yaml.safe_dump(rules))
            changed = []
            for path in TESTS:
                tests = yaml.safe_load(path.read_text()) | {"rule_files": ["rules.yml"]}
                changed.append(pathlib.Path(folder, path.name))
                changed[-1].write_text(yaml.safe_dump(tests, sort_keys=False))
            done = promtool("test", "rules", *map(str, changed))
        return set(re.findall(r"name: (\w+ (?:fires|is quiet)),", done.stdout + done.stderr))

    def test_the_tests_notice_what_never_and_what_always_fires(self) -> None:
        names = {rule["alert"] for rule in alerts()}
        self.assertEqual(self.failing("vector(0) > 1"), {f"{name} fires" for name in names})
        self.assertLessEqual({f"{name} is quiet" for name in names}, self.failing("vector(1)"))


class DashboardTest(unittest.TestCase):
    def test_each_panel_asks_something_that_promtool_reads(self) -> None:
        rules = [{"record": f"panel:{number}", "expr": re.sub(r"\$__rate_interval", "5m", asked)}
                 for number, (_, asked) in enumerate(expressions())]
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder, "panels.yml")
            path.write_text(yaml.safe_dump({"groups": [{"name": "panels", "rules": rules}]}))
            done = promtool("check", "rules", str(path))
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_panels_have_their_own_number_and_place(self) -> None:
        panels = json.loads(DASHBOARD.read_text())["panels"]
        self.assertEqual(len({panel["id"] for panel in panels}), len(panels))
        cells = [(x, y) for panel in panels for place in [panel["gridPos"]]
                 for x in range(place["x"], place["x"] + place["w"])
                 for y in range(place["y"], place["y"] + place["h"])]
        self.assertEqual(len(cells), len(set(cells)))
        self.assertLess(max(x for x, _ in cells), 24)
        self.assertTrue(all(panel.get("targets") for panel in panels if panel["type"] != "row"))

    def test_each_figure_of_the_operators_page_is_on_it(self) -> None:
        page = (ROOT / "docs/operating.md").read_text(encoding="utf-8")
        shown = {name for _, asked in expressions("dashboard") for name in series(asked)}
        self.assertEqual({name for name in re.findall(r"`((?:klantbeeld|grpc_server)_\w+)", page)
                          if not any(one.removesuffix("_bucket") == name for one in shown)}, set())


class FiguresTest(unittest.TestCase):
    def test_what_is_asked_is_what_the_server_gives(self) -> None:
        with tempfile.TemporaryDirectory() as folder, served.measured(SERVER, folder) as (_, port):
            given = served.scrape(port)
        names = {name.split("{")[0] for name in given} | OF_PROMETHEUS
        labels = {pair for name in given for pair in re.findall(r'(\w+)="([^"]*)"', name)}
        for where, asked in expressions():
            self.assertTrue(series(asked), where)
            self.assertLessEqual(series(asked), names, where)
            for label, operator, value in re.findall(r'(\w+)(=~?)"([^"$]+)"', asked):
                if label != "job":
                    for one in value.split("|") if operator == "=~" else [value]:
                        self.assertIn((label, one), labels, where)

    def test_a_figure_that_is_not_there_is_seen(self) -> None:
        self.assertEqual(series('rate(klantbeeld_heed[5m]) / up{job="klantbeeld_x"}'), {"klantbeeld_heed", "up"})


class RunbookTest(unittest.TestCase):
    def test_each_alert_and_each_reason_has_its_heading_once(self) -> None:
        proto = (ROOT / "proto/klantbeeld/v1/error_reason.proto").read_text(encoding="utf-8")
        reasons = set(re.findall(r"^  ERROR_REASON_(\w+) = [1-9]", proto, re.M))
        names = [rule["alert"] for rule in alerts()]
        self.assertEqual(sorted(name for name in headings() if re.fullmatch(r"[A-Z0-9_]+", name)), sorted(reasons))
        self.assertEqual([name for name in headings() if re.fullmatch(r"Klantbeeld\w+", name)], names)
        for rule in alerts():
            self.assertEqual(rule["annotations"]["runbook"], f"runbook.md#{rule['alert'].lower()}")

    def test_each_says_what_to_do_and_when_it_is_over(self) -> None:
        for chapter in re.split(r"^## ", RUNBOOK, flags=re.M)[1:]:
            shared, *entries = re.split(r"^### ", chapter, flags=re.M)
            for entry in entries:
                for word in ("Means", "Do", "Over"):
                    self.assertTrue(f"**{word}**" in entry or f"**{word}**" in shared, entry.split("\n")[0])

    def test_each_refusal_to_start_has_its_heading(self) -> None:
        self.assertIn(OF_ROCKSDB, (ROOT / "store/db.cc").read_text(encoding="utf-8"))
        self.answered("Start-up refusals", REFUSES, {OF_ROCKSDB})

    def test_each_refusal_of_a_backup_restore_or_scrub_has_its_heading(self) -> None:
        self.answered("Backup, restore and scrub refuse", OF_BACKUPS, set())

    def answered(self, title: str, files: tuple[str, ...], met: set[str]) -> None:
        """Each message of the files has a heading in that chapter, and each heading a message."""
        chapter = RUNBOOK.split(f"\n## {title}\n")[1].split("\n## ")[0]
        known = re.findall(r"^### (.+)$", chapter, re.M)
        for name in files:
            for message in refusals((ROOT / name).read_text(encoding="utf-8")):
                found = [heading for heading in known if heading in message]
                self.assertTrue(found, f"{name}: {message}")
                met.update(found)
        self.assertEqual(met, set(known), "a heading of a message that nothing says")


if __name__ == "__main__":
    SERVER = sys.argv.pop(1)
    unittest.main()
