"""The Debian package and docs/operating.md, in a clean Debian: the commands of the
document are run there in their order, and after each section it is looked at
whether what it promises is so.

    package_test.py BUILD_DIR SOURCE_DIR
"""

import hashlib
import json
import os
import pathlib
import re
import shutil
import socket
import stat
import subprocess
import sys
import tempfile
import threading
import unittest
from typing import Optional

BUILD = pathlib.Path(sys.argv[1])
SOURCE = pathlib.Path(sys.argv[2])
NEXT_VERSION = "99.1"
UNIT = "klantbeeld-server.service"
ENVIRONMENT = {"PATH": "/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root", "LANG": "C.UTF-8",
               "DEBIAN_FRONTEND": "noninteractive"}

# Debian's systemd cannot run here. This asks the test to do what the unit says.
SYSTEMCTL = """#!/bin/sh
printf '%s\\n' "$*" >/run/systemctl.asked
read -r code </run/systemctl.answered
exit "$code"
"""


def run(*command: str, **more: object) -> str:
    done = subprocess.run(command, capture_output=True, text=True, **more)  # type: ignore[call-overload]
    if done.returncode != 0:
        raise AssertionError(f"{' '.join(command)}: {done.returncode}\n{done.stdout}\n{done.stderr}")
    return done.stdout


def make_package(version: str) -> pathlib.Path:
    folder = BUILD / "package" / version
    shutil.rmtree(folder, ignore_errors=True)
    run("cpack", "-B", str(folder), "-D", f"CPACK_PACKAGE_VERSION={version}", cwd=BUILD)
    return next(folder.glob("*.deb"))


def mirrors() -> list[str]:
    """Debian's own among what apt is configured for on this machine."""
    lines = run("apt-get", "indextargets", "--format", "$(REPO_URI) $(RELEASE) $(COMPONENT)",
                "Created-By: Packages", "Origin: Debian").splitlines()
    return sorted({f"deb {line}" for line in lines})


def clean_root(depends: str) -> pathlib.Path:
    """A tar of a minimal Debian with what the package depends on, and nothing of it."""
    packages = sorted(re.sub(r"[ (|].*", "", one.strip()) for one in depends.split(","))
    sources = mirrors()
    name = hashlib.sha256("\n".join([*sources, *packages]).encode()).hexdigest()[:16]
    tar = BUILD.parent / "package-root" / f"{name}.tar"
    if not tar.exists():
        tar.parent.mkdir(exist_ok=True)
        for old in tar.parent.iterdir():
            old.unlink()
        part = tar.with_suffix(".part.tar")
        run("mmdebstrap", "--variant=minbase", "--quiet", f"--include={','.join(packages)}",
            "bookworm", str(part), *sources)
        part.rename(tar)
    return tar


class Machine:
    """A clean root, and the one service that runs in it."""

    def __init__(self, tar: pathlib.Path) -> None:
        for left in (BUILD / "package").glob("root-*"):  # By a run that was killed.
            shutil.rmtree(left)
        self.folder = tempfile.mkdtemp(prefix="root-", dir=BUILD / "package")
        self.root = pathlib.Path(self.folder)
        run("tar", "-C", self.folder, "-xf", str(tar))
        self.service: Optional[subprocess.Popen[bytes]] = None
        for name in ("asked", "answered"):
            os.mkfifo(self.root / f"run/systemctl.{name}", 0o666)
        shim = self.root / "usr/local/bin/systemctl"
        shim.write_text(SYSTEMCTL)
        shim.chmod(0o755)
        self.notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        # By a name alone: a whole path may be longer than a socket's may be.
        here = os.getcwd()
        os.chdir(self.root / "run")
        self.notify.bind("notify")
        os.chdir(here)
        (self.root / "run/notify").chmod(0o666)
        self.notify.settimeout(60)
        threading.Thread(target=self.answer, daemon=True).start()

    def close(self) -> None:
        if self.service is not None:
            self.service.kill()
            self.service.wait()
        self.notify.close()
        shutil.rmtree(self.folder)

    def sh(self, script: str) -> str:
        done = subprocess.run(["chroot", self.folder, "sh", "-euc", f"cd /root; {script}"], env=ENVIRONMENT,
                              capture_output=True, text=True, timeout=120, stdin=subprocess.DEVNULL)
        if done.returncode != 0:
            raise AssertionError(f"{script}\n{done.returncode}\n{done.stdout}\n{done.stderr}\n{self.log()}")
        return done.stdout

    def log(self) -> str:
        path = self.root / "var/log/service"
        return path.read_text()[-2000:] if path.exists() else ""

    def answer(self) -> None:
        while True:
            asked = (self.root / "run/systemctl.asked").read_text().split()
            code = 0
            try:
                if asked[0] in ("stop", "restart", "disable"):
                    self.stop()
                if asked[0] in ("start", "restart", "enable"):
                    self.start()
            except (AssertionError, OSError, subprocess.SubprocessError) as error:
                print(error, self.log(), file=sys.stderr)
                code = 1
            (self.root / "run/systemctl.answered").write_text(f"{code}\n")

    def unit(self, key: str) -> str:
        text = (self.root / "usr/lib/systemd/system" / UNIT).read_text()
        return re.findall(rf"^{key}=(.*)$", text, re.M)[0]

    def start(self) -> None:
        user = self.unit("User")
        run("chroot", self.folder, "install", "-d", "-o", user, "-g", user, "-m",
            self.unit("RuntimeDirectoryMode"), f"/run/{self.unit('RuntimeDirectory')}")
        with open(self.root / "var/log/service", "ab") as log:
            self.service = subprocess.Popen(
                ["chroot", f"--userspec={user}:{self.unit('Group')}", self.folder,
                 *self.unit("ExecStart").split()],
                env={**ENVIRONMENT, "NOTIFY_SOCKET": "/run/notify"}, stdin=subprocess.DEVNULL,
                stdout=log, stderr=log)
        if self.notify.recv(64) != b"READY=1":
            raise AssertionError("the service did not say that it is ready")

    def stop(self) -> None:
        if self.service is None:
            return
        self.service.terminate()
        code = self.service.wait(timeout=60)
        self.service = None
        if code != 0:
            raise AssertionError(f"the service ended with {code}")
        self.notify.recv(64)  # STOPPING=1


def blocks() -> dict[str, list[str]]:
    """The commands of each section of the document, in its order."""
    text = (SOURCE / "docs/operating.md").read_text()
    found: dict[str, list[str]] = {}
    for section in re.split(r"^## ", text, flags=re.M)[1:]:
        title, _, body = section.partition("\n")
        if commands := re.findall(r"^```sh\n(.*?)^```$", body, re.M | re.S):
            found[title] = commands
    return found


class PackageTest(unittest.TestCase):
    def found(self, phone: str) -> list[int]:
        """Contacts of each citizen that is found by the number."""
        text = self.machine.sh(f"klantbeeld find --kind phone {phone} -o json || [ $? = 3 ]")
        citizens = json.loads(text)["citizens"] if "citizens" in text else []
        return [sum(int(count["contacts"]) for count in one["channelCounts"]) for one in citizens]

    def record(self, name: str, phone: str) -> None:
        self.machine.sh(f"klantbeeld record --source exchange --event-id {name} --channel phone "
                        f"--phone {phone} --occurred 2025-03-03T10:00:00Z -q")

    def do(self, section: str) -> str:
        self.assertIn(section, self.sections)
        return "".join(self.machine.sh(block) for block in self.sections.pop(section))

    def put(self, package: pathlib.Path) -> None:
        for old in (self.machine.root / "root").glob("*.deb"):
            old.unlink()
        shutil.copy(package, self.machine.root / "root")

    def installed(self, machine: Machine) -> None:
        root = machine.root
        self.assertIsNone(machine.service)
        self.assertEqual(list(root.glob(f"etc/systemd/system/*.wants/{UNIT}")), [], "enabled by itself")
        for name in ("usr/bin/klantbeeld", "usr/bin/kb", "usr/sbin/klantbeeld-server",
                     "usr/lib/systemd/system/" + UNIT, "etc/klantbeeld/server.toml",
                     "usr/share/klantbeeld/operating/klantbeeld.rules.yml", "usr/share/doc/klantbeeld/runbook.md",
                     "var/lib/klantbeeld/store/acknowledged"):
            self.assertTrue((root / name).exists(), name)
        keys = (root / "etc/klantbeeld/keys").stat()
        self.assertEqual(stat.S_IMODE(keys.st_mode), 0o600)
        self.assertEqual((root / "var/lib/klantbeeld").stat().st_uid, keys.st_uid)
        self.assertNotEqual(keys.st_uid, 0)
        self.assertEqual(stat.S_IMODE((root / "var/lib/klantbeeld").stat().st_mode), 0o700)

    def hardened(self, machine: Machine) -> None:
        # verify also looks at targets that a minimal root has not.
        run("systemd-analyze", "verify", f"--root={machine.folder}", "--recursive-errors=no", "--man=no",
            f"/usr/lib/systemd/system/{UNIT}")
        run("systemd-analyze", "security", "--offline=yes", f"--root={machine.folder}", "--threshold=25",
            UNIT)

    def test_document_holds_from_install_to_remove(self) -> None:
        first, second = make_package("0.1.0"), make_package(NEXT_VERSION)
        for package in (first, second):
            run("lintian", "--allow-root", "--fail-on=error", str(package))
        self.machine = Machine(clean_root(run("dpkg-deb", "-f", str(first), "Depends")))
        self.addCleanup(self.machine.close)
        self.sections = blocks()
        store = self.machine.root / "var/lib/klantbeeld/store"

        self.put(first)
        self.do("Install")
        self.installed(self.machine)
        self.hardened(self.machine)
        self.assertIn("draait", self.do("Start"))
        self.record("c-1", "0612345678")
        self.assertEqual(self.found("0612345678"), [1])

        self.assertIn("positie 1", self.do("Back up"))
        self.record("c-2", "0612345678")
        self.assertEqual(self.found("0612345678"), [2])
        self.assertIn("position 1 of", self.do("Restore"))
        self.assertEqual(self.found("0612345678"), [1])
        self.record("c-3", "0612345678")
        self.assertIn("2 facts", self.do("Look for damage"))

        self.put(second)
        self.assertIn(NEXT_VERSION, self.do("Upgrade"))
        self.machine.sh("systemctl restart klantbeeld-server")  # As the package has systemd do.
        self.assertEqual(self.found("0612345678"), [2])

        adopted = self.do("Another model")
        self.assertIn("0 made of several", adopted)
        self.assertIn("is in effect already", adopted)
        self.do("Remove")
        self.assertFalse((self.machine.root / "usr/sbin/klantbeeld-server").exists())
        self.assertTrue((store / "rows/CURRENT").exists())
        self.machine.sh("dpkg --purge klantbeeld")
        self.machine.sh("apt-get install ./klantbeeld_*.deb; systemctl start klantbeeld-server")
        self.assertEqual(self.found("0612345678"), [2])
        self.assertEqual(self.sections, {}, "sections that the test does not know")


if __name__ == "__main__":
    if os.geteuid() != 0:
        print("a clean root can be entered by root only")
        sys.exit(77)
    unittest.main(argv=sys.argv[:1])
