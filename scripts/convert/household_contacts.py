#!/usr/bin/env python3
"""Turns the table of household contacts into contact events, one JSON line each.

Columns: event_id, ts, channel (phone, counter, web_digid, web_anon), bsn,
first_name, initials, last_name, dob, postcode_street, house_number, phone,
email, cookie, ticket, truth, household.

- Times run from 2020 to 2040; each is set 21 years back, same month and day
  (29 February becomes 28 February), so that none lies ahead.
- A BSN was logged in with (web), read from a document (counter) or given in
  answer to control questions (phone). One that fails the eleven test is left out.
- `postcode_street` is a street, not a Dutch postcode. A house number or birth
  date that the contract does not allow is left out.
- `truth` and `household` are the answer key and are not sent.

What was left out is counted on standard error.
"""

import argparse
import collections
import csv
import json
import pathlib
import random
import re
import sys
from typing import Any, Iterable, Iterator

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "demo"))
from people import bsn_valid, populate  # noqa: E402

YEARS_BACK = 21
COLUMNS = ("event_id", "ts", "channel", "bsn", "first_name", "initials", "last_name", "dob",
           "postcode_street", "house_number", "phone", "email", "cookie", "ticket", "truth", "household")
CHANNELS = {"phone": ("CHANNEL_PHONE", "CONTROL_QUESTIONS"),
            "counter": ("CHANNEL_COUNTER", "ID_DOCUMENT"),
            "web_digid": ("CHANNEL_WEB", "DIGID"),
            "web_anon": ("CHANNEL_WEB", "TYPED")}

Row = dict[str, str]
LeftOut = collections.Counter[str]


def shifted(ts: str) -> str:
    """The same moment of the year, 21 years earlier."""
    year, rest = int(ts[:4]) - YEARS_BACK, ts[4:]
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    if rest.startswith("-02-29") and not leap:
        rest = "-02-28" + rest[6:]
    return f"{year:04d}{rest}"


def birth_date(text: str) -> dict[str, int] | None:
    """A date of which month and day may be missing; None if it is no date."""
    match = re.fullmatch(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?", text)
    if not match:
        return None
    year, month, day = (int(part or 0) for part in match.groups())
    if year < 1000:
        return None
    out = {"year": year}
    if month:
        if month > 12:
            return None
        out["month"] = month
        if day:
            leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
            if day > (31, 29 if leap else 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)[month - 1]:
                return None
            out["day"] = day
    return out


def earlier(date: dict[str, int]) -> dict[str, int]:
    """A birth date as much earlier as the times: some of them were born while the contacts ran."""
    year = date["year"] - YEARS_BACK
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    return date | {"year": year} | ({"day": 28} if (date.get("month"), date.get("day")) == (2, 29) and not leap else {})


def details(row: Row, left_out: LeftOut) -> dict[str, Any]:
    out: dict[str, Any] = {}
    for column, field in (("first_name", "firstNames"), ("initials", "initials"), ("last_name", "surname")):
        if row[column]:
            out[field] = row[column]
    if row["dob"]:
        date = birth_date(row["dob"])
        if date and date["year"] <= int(row["ts"][:4]):  # Nobody calls who is yet to be born.
            out["birthDate"] = earlier(date)
        else:
            left_out["birth date"] += 1
    address: dict[str, Any] = {}
    if row["postcode_street"]:
        address["street"] = row["postcode_street"]
    if row["house_number"]:
        number = row["house_number"]
        if number.isdigit() and 1 <= int(number) <= 99999:
            address["houseNumber"] = int(number)
        else:
            left_out["house number"] += 1
    if address:
        out["address"] = address
    return out


def identifiers(row: Row, verified: str, left_out: LeftOut) -> list[dict[str, str]]:
    out = []
    for column, kind, how in (
            ("bsn", "BSN", verified), ("phone", "PHONE", "CALLER_LINE" if row["channel"] == "phone" else "TYPED"),
            ("email", "EMAIL", "TYPED"), ("cookie", "COOKIE", None), ("ticket", "TICKET", None)):
        value = row[column].strip()
        if not value:
            continue
        if column == "bsn" and not bsn_valid(value):
            left_out["BSN"] += 1
            continue
        if column == "phone" and not re.fullmatch(r"\+\d{9,15}|0[1-9]\d{8}", value):
            left_out["phone"] += 1
            continue
        one = {"type": f"IDENTIFIER_TYPE_{kind}", "value": value}
        if how:
            one["verified"] = f"VERIFIED_BY_{how}"
        out.append(one)
    return out


def event(row: Row, left_out: LeftOut) -> dict[str, Any]:
    channel, verified = CHANNELS[row["channel"]]
    data: dict[str, Any] = {"channel": channel, "channelName": row["channel"], "occurredAt": shifted(row["ts"])}
    party: dict[str, Any] = {}
    found = identifiers(row, verified, left_out)
    if found:
        party["identifiers"] = found
    stated = details(row, left_out)
    if stated:
        party["details"] = stated
    if party:
        data["parties"] = [party]
    if channel == "CHANNEL_COUNTER" and row["ticket"]:
        data["counter"] = {"ticket": row["ticket"]}
    if channel == "CHANNEL_WEB":
        data["web"] = {"loggedIn": row["channel"] == "web_digid"}
    return {"source": "household", "eventId": row["event_id"], "data": data}


def stand_in(count: int) -> Iterator[Row]:
    """Rows of the same kind, for where the table is absent."""
    rng = random.Random(20)
    people = populate(rng, max(2, count // 3))
    for number in range(count):
        who = rng.choice(people)
        channel = rng.choices(tuple(CHANNELS), (40, 20, 25, 15))[0]
        row = dict.fromkeys(COLUMNS, "")
        row.update(event_id=f"e{number:06d}", channel=channel, truth=who.bsn, household=who.home.street,
                   ts=f"{rng.randint(2020, 2040)}-{rng.randint(1, 12):02d}-{rng.randint(1, 28):02d}"
                      f"T{rng.randint(8, 22):02d}:{rng.randint(0, 59):02d}:00Z")
        year, month, day = who.birth
        if channel in ("counter", "web_digid") or rng.random() < 0.1:
            row["bsn"] = who.bsn
        if channel != "web_digid":
            row.update(initials=who.first[0].lower(), last_name=who.surname.lower())
        if channel in ("phone", "counter"):
            row["dob"] = "-".join([str(year)] + [f"{part:02d}" for part in (month, day) if part])
        if channel == "phone":
            row.update(phone="+31" + (who.home.landline or who.mobile)[1:], first_name=who.first.lower(),
                       postcode_street=who.home.street.lower(),
                       house_number=rng.choice((str(who.home.number), str(who.home.number) + "a")))
        if channel.startswith("web"):
            row["cookie"] = who.home.tablet or who.cookie
        if channel == "web_anon" and rng.random() < 0.5:
            row["email"] = who.email
        if channel == "counter":
            row["ticket"] = f"T{number:05d}"
        yield row


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("table", nargs="?", type=pathlib.Path)
    source.add_argument("--stand-in", type=int, metavar="ROWS", help="rows made up here instead of a table")
    options = parser.parse_args()

    left_out: LeftOut = collections.Counter()
    count = 0
    rows: Iterable[Row]
    if options.table:
        handle = options.table.open(newline="", encoding="utf-8")
        reader = csv.DictReader(handle)
        if tuple(reader.fieldnames or ()) != COLUMNS:
            sys.exit(f"{options.table}: the columns are {reader.fieldnames}, expected are {list(COLUMNS)}")
        rows = reader
    else:
        rows = stand_in(options.stand_in)
    for row in rows:
        if row["channel"] not in CHANNELS:
            left_out["row, channel unknown"] += 1
            continue
        sys.stdout.write(json.dumps(event(row, left_out), ensure_ascii=False, separators=(",", ":")) + "\n")
        count += 1
    print(f"{count:,} events; left out: "
          + (", ".join(f"{number:,} × {what}" for what, number in sorted(left_out.items())) or "nothing"),
          file=sys.stderr)


if __name__ == "__main__":
    main()
