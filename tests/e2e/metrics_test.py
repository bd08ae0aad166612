# Also tests: service/metrics.cc
"""What Prometheus reads of the real server: metrics_test.py SERVER CLIENT

docs/operating.md lists the metrics; each is there, no other of ours is, and they say what happened.
"""

import json
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

import served

ROOT = pathlib.Path(__file__).resolve().parents[2]
SERVER = CLIENT = ""


def calls(figures: dict[str, float], metric: str, method: str, **labels: str) -> float:
    wanted = [f'grpc_method="{method}"', *(f'{name}="{value}"' for name, value in labels.items())]
    return sum(value for name, value in figures.items()
               if name.startswith(metric + "{") and all(label in name for label in wanted))


class MetricsTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls) -> None:
        with tempfile.TemporaryDirectory() as folder, served.measured(SERVER, folder) as (address, port):
            def client(*arguments: str, text: str = "") -> None:
                subprocess.run([CLIENT, "--server", address, "-q", *arguments], input=text,
                               capture_output=True, text=True, check=False)

            cls.before = served.scrape(port)
            events = [{"source": "t", "eventId": str(number), "data": {
                "channel": "CHANNEL_WEB", "occurredAt": "2025-03-03T10:00:00Z"}} for number in range(5)]
            ahead = {**events[0], "eventId": "ahead"}
            ahead["data"] = {**ahead["data"], "occurredAt": "2999-03-03T10:00:00Z"}
            client("record", "-", text="".join(json.dumps(event) + "\n" for event in (*events, ahead)))
            client("show", "0" * 32)
            follower = subprocess.Popen([CLIENT, "--server", address, "follow", "--from", "0"],
                                        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
            for _ in range(5):
                assert follower.stdout and follower.stdout.readline()
            cls.after = served.scrape(port)
            follower.terminate()
            follower.communicate()

    def test_head_commits_and_followers(self) -> None:
        self.assertEqual((self.before["klantbeeld_head"], self.after["klantbeeld_head"]), (0, 5))
        self.assertEqual(self.after["klantbeeld_commit_facts_total"], 5)
        self.assertTrue(1 <= self.after["klantbeeld_commits_total"] <= 5)
        self.assertGreater(self.after["klantbeeld_commit_seconds_total"], 0)
        self.assertEqual((self.before["klantbeeld_followers"], self.after["klantbeeld_followers"]), (0, 1))
        self.assertEqual(self.after["klantbeeld_queue_facts"], 0)
        self.assertEqual(self.after["klantbeeld_writes_stopped"], 0)
        self.assertGreater(self.after["klantbeeld_disk_free_bytes"], 0)
        self.assertEqual(self.after["klantbeeld_disk_reserve_bytes"], 512 << 20)

    def test_registry_by_outcome(self) -> None:
        for name in ("asked_total", 'answered_total{found="true"}', 'answered_total{found="false"}',
                     'failed_total{reason="timeOut"}', 'failed_total{reason="denied"}', "waiting"):
            self.assertEqual(self.after[f"klantbeeld_registry_{name}"], 0)

    def test_calls_by_method_and_code(self) -> None:
        after = self.after
        self.assertEqual(calls(after, "grpc_server_started_total", "RecordContactEvents"), 1)
        self.assertEqual(calls(after, "grpc_server_handled_total", "RecordContactEvents", grpc_code="OK"), 1)
        self.assertEqual(calls(after, "grpc_server_handled_total", "GetCitizen", grpc_code="NotFound"), 1)
        self.assertEqual(calls(after, "grpc_server_handling_seconds_count", "GetCitizen"), 1)
        self.assertEqual(calls(after, "grpc_server_started_total", "Follow"), 1)
        self.assertEqual(calls(after, "grpc_server_handled_total", "Follow"), 0)
        self.assertGreater(calls(after, "grpc_server_msg_sent_total", "Follow"), 0)

    def test_refused_events_of_a_stream_that_goes_on(self) -> None:
        name = 'klantbeeld_stream_events_refused_total{grpc_code="InvalidArgument"}'
        self.assertEqual((self.before[name], self.after[name]), (0, 1))

    def test_the_page_for_operators_lists_them_all(self) -> None:
        page = (ROOT / "docs/operating.md").read_text(encoding="utf-8")
        listed = set(re.findall(r"`((?:klantbeeld|grpc_server)_\w+)", page))
        given = {re.sub(r"_(bucket|sum|count)$", "", name.split("{")[0]) for name in self.after
                 if name.startswith(("klantbeeld_", "grpc_server_"))}
        self.assertEqual(listed, given)


if __name__ == "__main__":
    SERVER, CLIENT = sys.argv.pop(1), sys.argv.pop(1)
    unittest.main()
