"""scripts/install: quick when all is there, plain about what is missing, polite with sudo."""

import os
import pathlib
import subprocess
import tempfile
import unittest

import contract


class InstallTest(unittest.TestCase):
    def run_install(self, tools: dict[str, str], *args: str) -> "subprocess.CompletedProcess[str]":
        """Runs it with these programs instead of the machine's."""
        with tempfile.TemporaryDirectory() as folder:
            for name in ("bash", "env", "dirname", "grep", "sed"):
                os.symlink(f"/usr/bin/{name}", f"{folder}/{name}")
            for name, text in tools.items():
                path = pathlib.Path(folder, name)
                path.write_text(f"#!/bin/bash\n{text}\n")
                path.chmod(0o755)
            return subprocess.run(["/bin/bash", str(contract.ROOT / "scripts/install"), *args],
                                  env={"PATH": folder}, capture_output=True, text=True)

    NONE = {"dpkg-query": "exit 1", "apt-get": 'echo "$(id -u) apt-get $*" >&2'}
    ALL = {"dpkg-query": 'for p in "${@:3}"; do echo "$p installed"; done', "apt-get": "echo called >&2; exit 1"}

    def test_nothing_missing_calls_no_apt(self) -> None:
        done = self.run_install(self.ALL, "run")
        self.assertEqual((done.returncode, done.stderr), (0, ""))

    def test_root_installs_what_is_missing_and_waits_for_the_lock(self) -> None:
        done = self.run_install({**self.NONE, "id": "echo 0"}, "run")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("DPkg::Lock::Timeout=", done.stderr)
        self.assertIn("librocksdb-dev", done.stderr)

    def test_user_installs_with_sudo(self) -> None:
        done = self.run_install({**self.NONE, "id": "echo 1000", "sudo": 'echo "sudo $*" >&2; exec "$@"'}, "run")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("sudo env DEBIAN_FRONTEND=noninteractive apt-get", done.stderr)

    def test_user_without_sudo_is_told_what_is_missing(self) -> None:
        done = self.run_install({**self.NONE, "id": "echo 1000"}, "run")
        self.assertEqual(done.returncode, 1)
        self.assertIn("neither root nor sudo", done.stderr)
        self.assertIn("apt-get install --no-install-recommends g++ ", done.stderr)

    def test_failed_install_says_so(self) -> None:
        done = self.run_install({**self.NONE, "id": "echo 0", "apt-get": "exit 100"}, "run")
        self.assertEqual(done.returncode, 1)
        self.assertIn("Could not install: ", done.stderr)

    def test_newer_node_from_elsewhere_will_do(self) -> None:
        done = self.run_install({**self.ALL, "node": "echo v20.1.0", "npm": "", "promtool": ""}, "test")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        done = self.run_install({**self.NONE, "id": "echo 0", "node": "echo v16.0.0", "npm": ""}, "test")
        self.assertIn(" nodejs npm", done.stderr)


if __name__ == "__main__":
    unittest.main()
