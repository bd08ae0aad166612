"""The demo municipality: repeatable, large enough, plausible, and never ahead of now."""

import collections
import datetime as dt
import json
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest
from typing import Any

import clock
import contract
import generate
import people

SCRIPT = contract.ROOT / "scripts/demo/generate.py"
TIME = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")


def make(folder: str, name: str, *options: str) -> pathlib.Path:
    out = pathlib.Path(folder, name)
    subprocess.run([sys.executable, "-B", str(SCRIPT), "--out", str(out),
                    "--showcase", str(out) + ".showcase", *options],
                   check=True, stderr=subprocess.DEVNULL)
    return out


def times(value: Any) -> list[str]:
    """Every time that stands anywhere in an event."""
    if isinstance(value, dict):
        return [time for one in value.values() for time in times(one)]
    if isinstance(value, list):
        return [time for one in value for time in times(one)]
    return [value] if isinstance(value, str) and TIME.match(value) else []


class DemoTest(unittest.TestCase):
    folder: tempfile.TemporaryDirectory[str]
    lines: list[str]
    events: list[dict[str, Any]]

    @classmethod
    def setUpClass(cls) -> None:
        cls.folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.folder.cleanup)
        cls.path = make(cls.folder.name, "demo.jsonl")
        cls.lines = cls.path.read_text(encoding="utf-8").splitlines()
        cls.events = [json.loads(line) for line in cls.lines]
        cls.showcase = json.loads(pathlib.Path(str(cls.path) + ".showcase").read_text())

    def contacts(self) -> dict[tuple[str, str], list[dict[str, Any]]]:
        out: dict[tuple[str, str], list[dict[str, Any]]] = collections.defaultdict(list)
        for event in self.events:
            own = {"source": event["source"], "id": event["eventId"]}
            ref = event.get("contact", own)
            out[ref["source"], ref["id"]].append(event)
        return out

    def identifiers(self, kind: str) -> list[tuple[str, str]]:
        return [(one["value"], one.get("verified", "")) for event in self.events
                for party in event["data"].get("parties", []) for one in party.get("identifiers", [])
                if one["type"] == f"IDENTIFIER_TYPE_{kind}"]

    def test_same_seed_gives_same_bytes_and_another_does_not(self) -> None:
        small = ("--citizens", "300", "--contacts", "1000")
        a, b = (make(self.folder.name, name, *small).read_bytes() for name in "ab")
        self.assertEqual(a, b)
        self.assertNotEqual(a, make(self.folder.name, "c", *small, "--seed", "7").read_bytes())

    def test_is_as_large_as_promised(self) -> None:
        contacts = self.contacts()
        self.assertGreaterEqual(len(contacts), 100_000)
        verified = {value for value, how in self.identifiers("BSN")
                    if how in ("VERIFIED_BY_DIGID", "VERIFIED_BY_ID_DOCUMENT")}
        self.assertGreaterEqual(len(verified), 10_000)
        channels = collections.Counter(
            event["data"]["channel"] for events in contacts.values()
            for event in events if "channel" in event["data"])
        for channel in ("WEB", "PHONE", "COUNTER"):
            self.assertGreater(channels[f"CHANNEL_{channel}"], 10_000)

    def test_every_bsn_is_of_the_test_range_and_passes_the_eleven_test(self) -> None:
        for value, _ in set(self.identifiers("BSN")):
            self.assertTrue(value.startswith("9") and people.bsn_valid(value), value)

    def test_no_time_lies_after_the_end_which_is_past(self) -> None:
        end = clock.iso(generate.END)
        self.assertLess(end, dt.datetime.now(dt.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"))
        latest = max(time for event in self.events for time in times(event))
        self.assertLessEqual(latest, end)
        first = min(event["data"]["occurredAt"] for event in self.events if "occurredAt" in event["data"])
        self.assertLess(first, "2024-06-01")  # Eighteen months before the end.
        self.assertGreaterEqual(first, "2024-04-30")

    def test_events_are_what_the_contract_reads(self) -> None:
        for line in self.lines[::50] + [line for line in self.lines if self.showcase["bsn"] in line]:
            event = contract.event(line)
            data = event.data
            if data.HasField("ended_at"):
                self.assertLessEqual(data.occurred_at.ToSeconds(), data.ended_at.ToSeconds())
            self.assertTrue(event.HasField("revised_at") or data.HasField("occurred_at"), line)

    def test_event_ids_are_unique(self) -> None:
        self.assertEqual(len({(e["source"], e["eventId"]) for e in self.events}), len(self.events))

    def test_only_the_desk_speaks_of_contacts_of_another_source(self) -> None:
        for (source, _), events in self.contacts().items():
            self.assertIn(source, {event["source"] for event in events})
            self.assertLessEqual({event["source"] for event in events} - {source}, {"desk"})

    def test_has_the_behaviours_that_it_shows(self) -> None:
        contacts = self.contacts()
        last = {}
        for ref, events in contacts.items():
            for event in events:
                last[ref] = event["data"].get("state", last.get(ref))
        states = collections.Counter(state for state in last.values() if state)
        self.assertGreater(states["CONTACT_STATE_ABANDONED"], 5_000)
        self.assertGreater(states["CONTACT_STATE_NO_SHOW"], 100)
        open_ones = states["CONTACT_STATE_WAITING"] + states["CONTACT_STATE_IN_PROGRESS"]
        self.assertTrue(3 <= open_ones <= 40, open_ones)
        self.assertGreater(sum("note" in event["data"] for event in self.events), 10_000)
        self.assertGreater(sum(len(events) > 2 for events in contacts.values()), 5_000)
        sessions: dict[str, set[str]] = collections.defaultdict(set)
        for event in self.events:
            for party in event["data"].get("parties", []):
                for one in party.get("identifiers", []):
                    if one["type"] == "IDENTIFIER_TYPE_SESSION":
                        sessions[one["value"]].add(event["data"].get("channel", ""))
        switched = sum({"CHANNEL_WEB", "CHANNEL_PHONE"} <= channels for channels in sessions.values())
        self.assertGreater(switched, 500)

    def test_the_citizen_to_show_has_every_channel_and_a_live_visit(self) -> None:
        self.assertTrue(people.bsn_valid(self.showcase["bsn"]))
        mine = [event["data"] for event in self.events
                if self.showcase["bsn"] in json.dumps(event) or self.showcase["phone"] in json.dumps(event)]
        self.assertLessEqual({"CHANNEL_WEB", "CHANNEL_PHONE", "CHANNEL_COUNTER"},
                             {data.get("channel") for data in mine})
        self.assertIn("CONTACT_STATE_ABANDONED", {data.get("state") for data in mine})
        self.assertIn("CONTACT_STATE_WAITING", {data.get("state") for data in mine})
        self.assertTrue(any("note" in data for data in mine))


class ClockTest(unittest.TestCase):
    def test_wall_clock_turns_on_the_last_sundays(self) -> None:
        for day, utc in ((dt.date(2025, 3, 29), "11"), (dt.date(2025, 3, 30), "10"),
                         (dt.date(2025, 10, 25), "10"), (dt.date(2025, 10, 26), "11")):
            moment = clock.at(day, 12 * 3600)
            self.assertIn(f"T{utc}:00:00Z", clock.iso(moment))
            self.assertEqual(clock.local(moment), (day, 12 * 3600))

    def test_office_opens_on_the_next_working_day(self) -> None:
        friday, monday = dt.date(2025, 10, 24), dt.date(2025, 10, 27)
        late = clock.at(friday, 18 * 3600)
        self.assertEqual(clock.next_open(late, 9 * 3600, 17 * 3600, 60), clock.at(monday, 9 * 3600 + 60))
        self.assertEqual(clock.next_open(clock.at(monday, 36_000), 9 * 3600, 17 * 3600, 0),
                         clock.at(monday, 36_000))


if __name__ == "__main__":
    unittest.main()
