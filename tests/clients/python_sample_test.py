"""The Python program of docs/python against the real server: python_sample_test.py SERVER"""

import os
import pathlib
import socket
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
SERVER = ""


class SampleTest(unittest.TestCase):
    def test_loses_a_reply_and_misses_nothing(self):
        with tempfile.TemporaryDirectory() as directory:
            store = ["--data", f"{directory}/data", "--keys", f"{directory}/keys"]
            subprocess.run([SERVER, "init", *store], check=True, capture_output=True)
            ready = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
            ready.bind(f"{directory}/ready")
            ready.settimeout(30)
            server = subprocess.Popen(
                [SERVER, *store, "--socket", f"{directory}/s"], stderr=subprocess.DEVNULL,
                env=os.environ | {"NOTIFY_SOCKET": f"{directory}/ready"})
            try:
                while b"READY=1" not in ready.recv(4096):
                    pass
                ran = subprocess.run(
                    [ROOT / "docs/python/run"], capture_output=True, text=True, timeout=120,
                    env=os.environ | {"KLANTBEELD_SERVER": f"unix:{directory}/s"})
            finally:
                server.kill()
                server.wait()
                ready.close()
        self.assertEqual(ran.returncode, 0, ran.stderr)
        self.assertIn("reply lost, sending again", ran.stdout)
        self.assertIn("nothing missed and nothing twice", ran.stdout)


if __name__ == "__main__":
    SERVER = sys.argv.pop(1)
    unittest.main()
