#!/usr/bin/env python3
"""Makes the contacts of Lindewaard, a municipality that does not exist.

The same seed gives the same bytes. One event per line, in the order in which
the systems sent them, as `klantbeeld record` reads them. Nothing lies after
the end date, which is fixed.
"""

import argparse
import datetime as dt
import json
import pathlib
import random
import sys

from clock import DAY, at, local, next_open
from events import Product, Systems, products
from people import Citizen, populate

END = at(dt.date(2025, 10, 31), 15 * 3600 + 1800)  # A Friday afternoon, half past three.
START = at(dt.date(2024, 5, 1), 0)
CALLS = (8 * 3600 + 1800, 17 * 3600)
DESKS = (9 * 3600, 16 * 3600 + 1800)


class Town:
    """Citizens with their matters: visits, calls that follow them, counters."""

    def __init__(self, seed: int, citizens: int) -> None:
        self.rng = random.Random(seed)
        self.citizens = populate(self.rng, citizens)
        self.systems = Systems(self.rng, END)
        self.products = products()

    def contacts(self) -> int:
        return sum(self.systems.contacts.values())

    def session(self) -> str:
        return f"s{self.rng.getrandbits(64):016x}"

    def somewhen(self) -> int:
        """Any moment; fewer at the weekend and by night."""
        rng = self.rng
        while True:
            moment = rng.randrange(START, END)
            day, seconds = local(moment)
            if 6 * 3600 < seconds < 23 * 3600 and (day.weekday() < 5 or rng.random() < 0.4):
                return moment

    def wait(self, moment: int, patience: float) -> tuple[int, bool]:
        """Seconds in the telephone queue, and whether the caller gave up."""
        day, seconds = local(moment)
        mean = 110 + (160 if day.weekday() == 0 else 0) + (120 if seconds < 11 * 3600 else 0)
        waits, stays = self.rng.expovariate(1 / mean), self.rng.expovariate(1 / patience)
        return int(min(waits, stays)) + 5, stays < waits

    def calls(self, who: Citizen, product: Product, moment: int, session: str | None,
              subject: str | None = None) -> int:
        """Calls until somebody answers or the caller gives up for good."""
        rng = self.rng
        line = who.home.landline if who.home.landline and rng.random() < 0.4 else who.mobile
        caller = line if rng.random() < 0.95 else None
        for attempt in range(4):
            moment = next_open(moment, *CALLS, rng.randint(0, 5400))
            wait, gave_up = self.wait(moment, 700)
            talk = 0 if gave_up else int(rng.lognormvariate(5.4, 0.6)) + 20
            call = self.systems.call(who, product, moment, wait=wait, talk=talk,
                                     session=session, caller=caller)
            if not gave_up:
                if rng.random() < 0.78 and moment + wait + talk < END - 1200:
                    verified = rng.choices(("CONTROL_QUESTIONS", "TYPED", None), (25, 15, 60))[0]
                    self.systems.note(who, product, moment + wait + talk + rng.randint(30, 240),
                                      ("exchange", call), verified=verified, subject=subject)
                return moment + wait + talk
            if rng.random() < 0.3:
                break
            moment += wait + rng.randint(240, 5400)
            session = None
        return moment

    def matter(self, who: Citizen, product: Product) -> None:
        """One thing that a citizen needs, over all the channels that it takes."""
        rng, systems = self.rng, self.systems
        moment = self.somewhen()
        if rng.random() < {"w": 0.9, "c": 0.65, "p": 0.4}[product.kind]:
            logged_in = rng.random() < (0.6 if product.kind == "w" else 0.25)
            submitted = logged_in and rng.random() < 0.6
            session = self.session()
            moment = systems.visit(
                who, product, moment, rng.randint(40, 1500), logged_in=logged_in,
                submitted=submitted, session=session,
                stopped_at=rng.choice(("Gegevens", "Bijlagen", "Betalen"))
                if logged_in and not submitted else None)
            if submitted and rng.random() < 0.25:  # Looks how far it is.
                systems.visit(who, product, moment + rng.randint(2, 20) * DAY, rng.randint(30, 300),
                              logged_in=True, submitted=False, session=self.session())
            if rng.random() < (0.18 if submitted else 0.45):  # Channel switch.
                moment += int(rng.lognormvariate(7.4, 1.2)) + 60
                moment = self.calls(who, product, moment,
                                    session if logged_in and rng.random() < 0.5 else None)
        elif product.kind != "c" or rng.random() < 0.5:
            moment = self.calls(who, product, moment, None)
        if product.kind == "c":
            self.counter(who, product, moment)
        while rng.random() < 0.2:  # Calls again.
            moment = self.calls(who, product, moment + rng.randint(1, 12) * DAY, None, "Voortgang")

    def counter(self, who: Citizen, product: Product, moment: int) -> None:
        rng, systems = self.rng, self.systems
        place = rng.choices(range(len(systems.locations)), (45, 25, 20, 10))[0]
        wait, talk = int(rng.expovariate(1 / 420)), rng.randint(120, 1500)
        start = next_open(moment + rng.randint(1, 14) * DAY, *DESKS, rng.randint(0, 20_000))
        visit = None
        if rng.random() < 0.6:
            start -= start % 900
            visit = systems.appointment(who, product, moment + 60, start)
            wait //= 3
        systems.counter(who, product, start, wait=wait, talk=talk, place=place, visit=visit,
                        no_show=visit is not None and rng.random() < 0.06)
        if product.kind == "c" and rng.random() < 0.5:  # Fetches the document.
            later = next_open(start + rng.randint(5, 9) * DAY, *DESKS, rng.randint(0, 20_000))
            systems.counter(who, product, later, wait=int(rng.expovariate(1 / 300)),
                            talk=rng.randint(60, 300), place=place)

    def live(self) -> None:
        """People who sit in the town hall at the end."""
        rng = self.rng
        for _ in range(9):
            self.systems.counter(
                rng.choice(self.citizens[1:]), rng.choice(self.products), END - rng.randint(60, 1500),
                wait=rng.randint(200, 1400), talk=rng.randint(1500, 2400), place=0)

    def showcase(self) -> tuple[Citizen, str]:
        """One citizen whose timeline has everything in it, and the visit going on."""
        who = self.citizens[0]
        who.first, who.prefix, who.surname, who.birth, who.female = "Noor", "van", "Essen", (1984, 4, 12), True
        product = next(p for p in self.products if p.code == "parkeervergunning")
        passport = next(p for p in self.products if p.code == "paspoort")
        systems, session = self.systems, self.session()
        day = lambda back: local(END - back * DAY)[0]
        clock = lambda hour, minute: hour * 3600 + minute * 60

        visit = systems.appointment(who, passport, at(day(60), clock(20, 14)), at(day(52), clock(10, 15)))
        systems.counter(who, passport, at(day(52), clock(10, 9)), wait=410, talk=780, place=1, visit=visit)
        systems.counter(who, passport, at(day(45), clock(11, 2)), wait=95, talk=130, place=1)
        systems.visit(who, product, at(day(23), clock(9, 31)), 540, logged_in=True, submitted=False,
                      session=session, stopped_at="Kenteken")
        systems.call(who, product, at(day(23), clock(9, 44)), wait=402, talk=0,
                     session=session, caller=who.mobile)
        call = systems.call(who, product, at(day(23), clock(10, 20)), wait=131, talk=287,
                            session=session, caller=who.mobile)
        systems.note(who, product, at(day(23), clock(10, 29)), ("exchange", call),
                     verified="CONTROL_QUESTIONS", subject="Kenteken wijzigen", outcome="Zelf afgehandeld")
        systems.visit(who, product, at(day(22), clock(19, 40)), 380, logged_in=True, submitted=True,
                      session=self.session())
        systems.visit(who, product, at(day(2), clock(21, 5)), 75, logged_in=True, submitted=False,
                      session=self.session())
        live = systems.counter(who, product, at(day(0), clock(15, 12)), wait=840, talk=1800,
                               place=0, scanned=True)
        return who, live

    def live_through(self, contacts: int) -> None:
        """Everybody needs something once, some people much more often."""
        others = self.citizens[1:]
        weights = [c.activity for c in others]
        kinds = [p.weight for p in self.products]
        for who in others:
            self.matter(who, self.rng.choices(self.products, kinds)[0])
        while self.contacts() < contacts:
            for who in self.rng.choices(others, weights, k=200):
                self.matter(who, self.rng.choices(self.products, kinds)[0])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--out", type=pathlib.Path, help="file for the events; default: standard output")
    parser.add_argument("--showcase", type=pathlib.Path, help="file that names the citizen to show")
    parser.add_argument("--seed", type=int, default=2025)
    parser.add_argument("--citizens", type=int, default=14_000)
    parser.add_argument("--contacts", type=int, default=104_000)
    options = parser.parse_args()

    town = Town(options.seed, options.citizens)
    who, live = town.showcase()
    town.live_through(options.contacts)
    town.live()
    events = sorted(town.systems.events, key=lambda event: event[:2])
    out = options.out.open("w", encoding="utf-8") if options.out else sys.stdout
    with out:
        for _, _, event in events:
            out.write(json.dumps(event, ensure_ascii=False, separators=(",", ":")) + "\n")
    if options.showcase:
        options.showcase.write_text(json.dumps(
            {"bsn": who.bsn, "phone": who.mobile, "visit": live,
             "name": " ".join(filter(None, (who.first, who.prefix, who.surname)))}) + "\n")
    counts = ", ".join(f"{kind} {count:,}" for kind, count in town.systems.contacts.items())
    print(f"{len(town.citizens):,} citizens, {town.contacts():,} contacts ({counts}), "
          f"{len(events):,} events", file=sys.stderr)


if __name__ == "__main__":
    main()
