"""The interactive mode and the pager, in a real terminal.

    session_test.py SERVER CLIENT
"""
# Also tests: clients/cli/session.cc clients/cli/editor.cc clients/cli/live.cc clients/cli/pager.cc

import json
import pathlib
import subprocess
import sys
import unittest
from typing import Any

from terminal import Server, Terminal

SERVER, CLIENT = sys.argv[1:3]
BSN = "999990019"


def event(number: int, **data: Any) -> dict[str, Any]:
    return {"source": "exchange", "eventId": f"c-{number}", "data": {
        "channel": "CHANNEL_PHONE", "occurredAt": f"2025-03-{number:02d}T09:14:05Z",
        "subject": f"Onderwerp {number}", **data}}


def person(bsn: str, name: str, day: int) -> list[dict[str, Any]]:
    return [{"details": {"surname": name, "birthDate": {"year": 1984, "month": 4, "day": day},
                         "address": {"postcode": "9945NJ", "houseNumber": 22}},
             "identifiers": [{"type": "IDENTIFIER_TYPE_BSN", "value": bsn,
                              "verified": "VERIFIED_BY_ID_DOCUMENT"}]}]


class SessionTest(unittest.TestCase):
    server: Server

    @classmethod
    def setUpClass(cls) -> None:
        cls.server = Server(SERVER, CLIENT)
        cls.addClassCleanup(cls.server.close)
        events = [event(n, parties=person(BSN, "Essen", 12), note=f"Notitie van {n}.")
                  for n in range(1, 15)]
        events.append(event(20, channel="CHANNEL_COUNTER", parties=person(BSN, "Essen", 12)))
        events.append(event(15, parties=person("999990020", "Bakker", 13)))
        cls.record(*events)

    @classmethod
    def record(cls, *events: dict[str, Any]) -> None:
        done = cls.server.run("record -", "\n".join(json.dumps(one) for one in events))
        if done.returncode != 0:
            raise AssertionError(done.stderr)

    def terminal(self, arguments: str = "", **more: Any) -> Terminal:
        environment = self.server.environment(**more.pop("environment", {}))
        terminal = Terminal(f"{CLIENT} {arguments}", environment, **more)
        self.addCleanup(terminal.close)
        return terminal

    def open(self, key: str = BSN, **more: Any) -> Terminal:
        terminal = self.terminal(**more)
        terminal.wait_for("klant>")
        terminal.type(key)
        terminal.wait_for("m toont meer")
        return terminal

    def test_a_key_gives_the_citizen_and_numbers_open_contacts(self) -> None:
        terminal = self.open()
        screen = terminal.wait_for("Contacten 15")
        self.assertIn("Gezocht op: BSN", screen)
        self.assertIn("Essen, geboren 12-04-1984, BSN ******019", screen)
        self.assertIn("1   20-03-2025 10:14  ⌂ Balie", screen)
        for line in screen.split("\n"):
            self.assertLessEqual(len(line), 80, line)
        terminal.type("2")
        screen = terminal.wait_for("Notitie       Notitie van 14.")
        self.assertIn("Bron          exchange/c-14", screen)
        terminal.clear()
        terminal.type("m")
        terminal.wait_for("15  01-03-2025")
        terminal.type("99")
        terminal.wait_for("Dat nummer staat er niet.")
        terminal.type("?")
        terminal.wait_for("volgt de klant live")
        terminal.type("q")
        terminal.wait_for("EXIT 0")

    def test_filters_by_channel_words_and_period(self) -> None:
        terminal = self.open()
        terminal.clear()
        terminal.type("/balie")
        screen = terminal.wait_for("1  20-03-2025")
        self.assertNotIn("Telefoon", screen)
        terminal.clear()
        terminal.type("/onderwerp 3")
        screen = terminal.wait_for("1  03-03-2025")
        self.assertNotIn("20-03-2025", screen)
        terminal.type("/phone 1h")
        terminal.wait_for("Geen contacten met dit filter.")
        terminal.clear()
        terminal.type("/")
        terminal.wait_for("m toont meer")

    def test_note_is_added_to_what_was_noted(self) -> None:
        terminal = self.open()
        terminal.type("n")
        terminal.wait_for("Open eerst een contact")
        terminal.type("4")
        terminal.wait_for("Notitie van 12.")
        terminal.type("n")
        terminal.wait_for("\nNotitie:")
        terminal.type("Belt morgen terug, café.")
        terminal.wait_for("(lege regel bewaart)")
        terminal.type("")
        screen = terminal.wait_for("Notitie bewaard.")
        screen = terminal.wait_for("                Belt morgen terug, café.")
        self.assertIn("Notitie       Notitie van 12.", screen)
        found = json.loads(self.server.run(f"find {BSN} -o json").stdout)["citizens"][0]["id"]
        shown = self.server.run(f"timeline {found} --all -o csv --fields contact.data.note").stdout
        self.assertIn('"Notitie van 12.\nBelt morgen terug, café."', shown)

    def test_ctrl_c_breaks_off_a_line_and_a_note(self) -> None:
        terminal = self.open()
        terminal.type("1")
        terminal.wait_for("Bron ")
        terminal.type("n")
        terminal.wait_for("\nNotitie:")
        terminal.press("C-c")
        terminal.wait_for("Geen notitie bewaard.")
        terminal.press("x")
        terminal.press("C-c")
        terminal.type("?")
        terminal.wait_for("volgt de klant live")
        terminal.press("C-d")
        terminal.wait_for("EXIT 0")

    def test_history_holds_commands_and_no_keys(self) -> None:
        terminal = self.open()
        for line in ("1", "/telefoon 90000d", f"/{BSN}"):
            terminal.clear()
            terminal.type(line)
            terminal.wait_for("Bron " if line == "1" else
                              "Geen contacten met dit filter." if BSN in line else "m toont meer")
        terminal.clear()
        terminal.press("Up")
        terminal.wait_for("klant> /telefoon 90000d")
        terminal.press("Up")
        terminal.wait_for("klant> 1")
        terminal.press("Up")
        # There is nothing before it: the line stays, and what is typed goes behind.
        terminal.type("23")
        screen = terminal.wait_for("Dat nummer staat er niet.")
        self.assertIn("klant> 123", screen)
        self.assertNotIn(BSN, screen)
        self.assertEqual([path.name for path in self.server.folder.iterdir()
                          if path.name.startswith(".")], [])

    def test_tables_follow_the_window(self) -> None:
        terminal = self.open()
        terminal.resize(60)
        terminal.clear()
        terminal.type("/telefoon")
        for line in terminal.wait_for("m toont meer").split("\n"):
            self.assertLessEqual(len(line), 60)
        self.assertIn("14-03-2025 10:14", terminal.screen())

    def test_line_editing_knows_more_than_ascii(self) -> None:
        terminal = self.terminal()
        terminal.wait_for("klant>")
        terminal.send("é99990019")
        terminal.press("Home")
        terminal.press("DC")
        terminal.type("9")
        terminal.wait_for("BSN ******019")

    def test_many_are_chosen_from_or_told_apart(self) -> None:
        terminal = self.terminal()
        terminal.wait_for("klant>")
        terminal.type("9945NJ 22")
        screen = terminal.wait_for("2 klanten gevonden. Kies een nummer, of geef de geboortedatum")
        self.assertIn("1  Essen", screen)
        terminal.type("2")
        terminal.wait_for("Bakker, geboren 13-04-1984")
        terminal.clear()
        terminal.type("9945NJ 22")
        terminal.wait_for("2 klanten gevonden.")
        terminal.type("13-04-1984")
        terminal.wait_for("Bakker, geboren 13-04-1984")
        terminal.clear()
        terminal.type("Essen")
        terminal.wait_for("Geboortedatum")
        terminal.type("12-04-1984")
        terminal.wait_for("Contacten 15")
        terminal.type("0600000000")
        terminal.wait_for("Geen klant gevonden voor 'telefoonnummer'")

    def test_more_than_ten_ask_for_the_next_key(self) -> None:
        home = {"postcode": "1234AB", "houseNumber": 7}
        elsewhere = {"postcode": "1234AB", "houseNumber": 9}
        people = [(day, home) for day in range(1, 13)] + [(2, elsewhere)]
        self.record(*[event(number, occurredAt="2025-02-01T10:00:00Z", parties=[
            {"details": {"firstNames": "Wilhelmina" if number == 113 else f"Kind{number}", "surname": "Smit", "address": address,
                         "birthDate": {"year": 2010, "month": 5, "day": day}},
             "identifiers": [{"type": "IDENTIFIER_TYPE_CUSTOMER", "value": f"k-{number}"}]}])
                      for number, (day, address) in enumerate(people, 101)])
        self.assertIn("2 klanten gevonden", self.server.run("find Smit 02-05-2010").stderr)
        terminal = self.terminal()
        terminal.wait_for("klant>")
        terminal.type("1234AB 7")
        terminal.wait_for("Geef ook naam en geboortedatum.")
        terminal.type("Smit 02-05-2010")
        terminal.wait_for("Kind102 Smit, geboren 02-05-2010")
        terminal.clear()
        terminal.type("Smit 02-05-2010")
        terminal.wait_for("2 klanten gevonden.")  # The address went with that one only.
        terminal = self.terminal("find --no-pager 1234AB 7")
        terminal.wait_for("Geef ook naam en geboortedatum:")
        terminal.type("Smit 02-05-2010")
        self.assertIn("Kind102 Smit, geboren 02-05-2010", terminal.wait_for("EXIT 0"))

    def test_watch_shows_what_comes_in_and_comes_back(self) -> None:
        self.record(event(21, parties=person("999990032", "Vos", 14)))
        terminal = self.terminal()
        terminal.wait_for("klant>")
        terminal.type("999990032")
        terminal.wait_for("Contacten 1 ")
        terminal.type("w")
        terminal.wait_for("Enter gaat terug")
        terminal.wait_for("21 maart 2025")
        self.record(event(22, parties=person("999990032", "Vos", 14)))
        terminal.wait_for("Onderwerp 22")
        terminal.clear()
        terminal.type("")
        terminal.wait_for("Contacten 2 ")
        terminal.clear()
        terminal.type("w")
        terminal.wait_for("Enter gaat terug")
        terminal.press("C-c")
        terminal.wait_for("Contacten 2 ")
        terminal.type("2")
        terminal.wait_for("exchange/c-21")

    def test_the_start_can_be_measured(self) -> None:
        self.record(event(23, parties=[{"identifiers": [
            {"type": "IDENTIFIER_TYPE_PHONE", "value": "0501234567"}]}]))
        showcase = self.server.folder / "showcase.json"
        showcase.write_text(json.dumps({"bsn": BSN, "phone": "0501234567"}))
        script = pathlib.Path(__file__).parents[1] / "bench/tool_start.py"
        done = subprocess.run([sys.executable, "-B", script, CLIENT, showcase, "--runs", "2"],
                              capture_output=True, text=True, env=self.server.environment())
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("find phone", done.stdout)

    def test_another_key_instead_of_the_birth_date(self) -> None:
        terminal = self.terminal()
        terminal.wait_for("klant>")
        terminal.type("Essen")
        terminal.wait_for("Geboortedatum (dd-mm-jjjj):")
        terminal.type(BSN)
        terminal.wait_for("Gezocht op: BSN")
        terminal.clear()
        terminal.type("Essen")
        terminal.wait_for("Geboortedatum (dd-mm-jjjj):")
        terminal.type("12-4-1984")
        terminal.wait_for("Gezocht op: naam en geboortedatum")
        terminal.clear()
        terminal.type("Essen")
        terminal.wait_for("Geboortedatum (dd-mm-jjjj):")
        terminal.type("q")
        terminal.wait_for("EXIT 0")

    def test_server_that_is_gone_ends_nothing(self) -> None:
        terminal = self.terminal("--timeout 300ms --server unix:/nonexistent/socket")
        terminal.wait_for("klant>")
        terminal.type(BSN)
        terminal.wait_for("Geen verbinding met de server")
        terminal.type("q")
        terminal.wait_for("EXIT 0")

    def test_find_asks_on_a_terminal(self) -> None:
        terminal = self.terminal("find --no-pager")
        terminal.wait_for("Zoek een klant:")
        terminal.type("Essen")
        terminal.wait_for("Geboortedatum")
        terminal.type("12-04-1984")
        terminal.wait_for("EXIT 0")
        terminal = self.terminal("find '9945NJ 22' --no-pager")
        terminal.wait_for("2 klanten gevonden. Kies een nummer")
        terminal.type("9")
        # Typed before it asks again, the answer would stand above the question.
        screen = terminal.wait_for("Kies een nummer", times=2)
        self.assertIn("Dat nummer staat er niet.", screen)
        terminal.type("12-04-1984")
        self.assertIn("Essen, geboren 12-04-1984", terminal.wait_for("EXIT 0"))
        terminal = self.terminal("find --no-input")
        terminal.wait_for("EXIT 2")

    def test_long_output_goes_through_the_pager(self) -> None:
        found = json.loads(self.server.run(f"find {BSN} -o json").stdout)["citizens"][0]["id"]
        terminal = self.terminal(f"timeline {found}", lines=12)
        screen = terminal.wait_for("20 maart 2025")
        self.assertNotIn("1 maart 2025\n", screen)
        self.assertNotIn("EXIT", screen)
        terminal.press("C-c")  # Is the pager's, which goes on.
        terminal.press_until("q", "EXIT 0")
        short = self.terminal(f"timeline {found} --page-size 1", lines=12)
        short.wait_for("EXIT 0")
        plain = self.terminal(f"timeline {found} --no-pager", lines=12)
        plain.wait_for("EXIT 0")
        own = self.terminal(f"timeline {found}", environment={"KLANTBEELD_PAGER": "sed s/Onderwerp/Gelezen/"})
        own.wait_for("Gelezen 1")
        missing = self.terminal(f"show {found}", environment={"PAGER": "no-such-pager"})
        self.assertIn("Onderwerp 14", missing.wait_for("EXIT 0"))


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
