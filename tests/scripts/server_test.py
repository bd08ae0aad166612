"""scripts/lib/server.sh: where the socket goes, waiting until it answers, stopping only its own."""

import pathlib
import subprocess
import tempfile
import unittest

import contract

# Answers `init`, then serves until it is told to stop; `status` fails twice first.
SERVER = """#!/bin/bash
if [ "$1" = init ]; then mkdir "$3"; exit; fi
{before}
trap 'echo stopped by TERM; exit 0' TERM
while :; do read -rt 1 <> <(:); done
"""
CLIENT = """#!/bin/bash
echo x >> "{folder}/asked"
[ "$(wc -l < "{folder}/asked")" -gt 2 ] || { echo "not yet" >&2; exit 6; }
"""


class ServerTest(unittest.TestCase):
    def run_script(self, folder: str, text: str, before: str = "") -> "subprocess.CompletedProcess[str]":
        for name, body in (("server", SERVER.replace("{before}", before)),
                           ("client", CLIENT.replace("{folder}", folder))):
            path = pathlib.Path(folder, name)
            path.write_text(body)
            path.chmod(0o755)
        lib = contract.ROOT / "scripts/lib"
        return subprocess.run(
            ["bash", "-c", f"source {lib}/common.sh; source {lib}/server.sh; "
             f"SERVER={folder}/server; CLIENT={folder}/client; {text}"],
            capture_output=True, text=True, timeout=60)

    def test_waits_until_the_server_answers_and_stops_it(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            done = self.run_script(folder, f'start_server {folder}; echo "$KLANTBEELD_SERVER"; stop_server')
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertEqual(done.stdout, f"unix:{folder}/klantbeeld.sock\n")
            self.assertEqual(len(pathlib.Path(folder, "asked").read_text().split()), 3)
            self.assertIn("stopped by TERM", pathlib.Path(folder, "server.log").read_text())

    def test_leaves_other_servers_alone(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            done = self.run_script(
                folder, f'{folder}/server other & other=$!; start_server {folder}; stop_server; '
                        f'kill -0 $other && echo alive; kill $other')
            self.assertIn("alive", done.stdout)

    def test_socket_of_a_deep_directory_goes_elsewhere_and_is_taken_away(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            deep = pathlib.Path(folder, "d" * 60, "e" * 60)
            deep.mkdir(parents=True)
            done = self.run_script(
                folder, f'choose_socket {deep}; echo "$SOCKET"; [ -d "$(dirname "$SOCKET")" ] && stop_server; '
                        f'[ ! -e "$(dirname "$SOCKET")" ]')
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertLess(len(done.stdout.strip()), 108)

    def test_server_that_stops_at_once_shows_its_last_words(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            done = self.run_script(folder, f"start_server {folder}", before="echo other keys; exit 1")
            self.assertEqual(done.returncode, 1)
            self.assertIn("stopped while starting", done.stderr)
            self.assertIn("other keys", done.stderr)


if __name__ == "__main__":
    unittest.main()
