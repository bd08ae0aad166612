"""Data sets with their answer key, and what a server may see of them."""

import collections
import csv
import dataclasses
import datetime
import hashlib
import pathlib
import re
import sys
import tomllib
from typing import Any, Sequence

import tomli_w

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "scripts/demo"))
from people import bsn_valid  # noqa: E402

# Columns of the server's registry file that a data set can fill; docs/operating.md has them all.
REGISTRY_COLUMNS = ("bsn", "first_names", "initials", "prefix", "surname", "birth_date", "street",
                    "house_number", "house_letter", "addition", "postcode", "city")
SOURCE = "evaluation"
ROW_COLUMN = "evaluation_row"  # Of the file that is imported: an id that says nothing.


class Wrong(Exception):
    """A mapping file or data set that cannot be evaluated."""


@dataclasses.dataclass
class DataSet:
    name: str
    population: str
    precision_min: float          # Of the point that is reported.
    ids: list[str]                # Of the events, by their content alone.
    truth: list[str]
    asked: list[bool]             # Events that the shares are of.
    header: list[str]             # Of the file as it is imported.
    rows: list[list[str]]
    mapping: str                  # The importer's, TOML.
    registry: list[dict[str, str]] | None = None

    def write(self, path: pathlib.Path, order: Sequence[int]) -> None:
        with path.open("w", encoding="utf-8", newline="") as file:
            out = csv.writer(file)
            out.writerow(self.header)
            out.writerows(self.rows[at] for at in order)

    def write_registry(self, path: pathlib.Path) -> None:
        with path.open("w", encoding="utf-8", newline="") as file:
            out = csv.DictWriter(file, REGISTRY_COLUMNS, restval="")
            out.writeheader()
            out.writerows(self.registry or [])


def separator_of(header: str) -> str:
    return max(",;\t|", key=header.count)


def read_table(path: pathlib.Path, file: dict[str, str]) -> tuple[list[str], list[list[str]]]:
    with path.open(encoding=file.get("encoding", "utf-8-sig"), newline="") as opened:
        first = opened.readline()
        opened.seek(0)
        lines = csv.reader(opened, delimiter=file.get("separator") or separator_of(first))
        header = [cell.strip() for cell in next(lines)]
        return header, [row for row in lines if row]


def row_ids(rows: Sequence[Sequence[str]]) -> list[str]:
    """The same for the same cells wherever the row and its columns stand; equal rows are numbered."""
    seen: collections.Counter[str] = collections.Counter()
    ids = []
    for row in rows:
        name = hashlib.sha256("\0".join(sorted(cell.strip() for cell in row)).encode()).hexdigest()[:24]
        ids.append(f"{name}-{seen[name]}")
        seen[name] += 1
    return ids


def truth_of(spec: str | dict[str, str], header: list[str], rows: list[list[str]]) -> list[str]:
    """A column, or what the first group of `match` finds in it."""
    column = spec if isinstance(spec, str) else spec["column"]
    match = "(.*)" if isinstance(spec, str) else spec["match"]
    at = position(header, column)
    truth = []
    for number, row in enumerate(rows, 2):
        found = re.search(match, row[at].strip())
        if not found or not found[1]:
            raise Wrong(f"row {number} says nothing of who it is in column '{column}'")
        truth.append(found[1])
    return truth


def position(header: list[str], column: str) -> int:
    if column not in header:
        raise Wrong(f"there is no column '{column}'; there are: {', '.join(header)}")
    return header.index(column)


def for_importer(document: dict[str, Any], header: list[str]) -> str:
    """The mapping without what is not the importer's, with ids that say nothing."""
    event = dict(document["event"], source=SOURCE, event_id=f"{{{ROW_COLUMN}}}")
    event.pop("contact", None)
    kept = {name: value for name, value in document.items() if name not in ("evaluation", "file")}
    if "drop" in kept:
        kept["drop"] = [column for column in kept["drop"] if column in header]
    return tomli_w.dumps(kept | {"event": event})


def clean(field: str, text: str) -> str:
    """A value as a register would have it; empty where it would not."""
    text = text.strip()
    if field == "bsn":
        return text if bsn_valid(text) else ""
    if field == "house_number":
        return text if re.fullmatch(r"[1-9]\d{0,4}", text) else ""
    if field == "postcode":
        return text if re.fullmatch(r"[1-9]\d{3} ?[A-Za-z]{2}", text) else ""
    if field == "birth_date":
        digits = text.replace("-", "")
        try:
            return datetime.datetime.strptime(digits, "%Y%m%d").date().isoformat()
        except ValueError:
            return ""
    return text


def registry_of(columns: dict[str, str], header: list[str], rows: list[list[str]],
                truth: list[str]) -> list[dict[str, str]]:
    """One row per number: of each person the commonest value of each field.

    A number that two persons give belongs to whoever gives it most. Of equally common values the
    lowest is taken, whatever stands first in the file.
    """
    unknown = set(columns) - set(REGISTRY_COLUMNS)
    if unknown or "bsn" not in columns:
        raise Wrong(f"[evaluation.registry] needs bsn and may have: {', '.join(REGISTRY_COLUMNS)}")
    at = {field: position(header, column) for field, column in columns.items()}
    said: dict[str, dict[str, collections.Counter[str]]] = {}
    for person, row in zip(truth, rows):
        fields = said.setdefault(person, {field: collections.Counter() for field in at})
        for field, place in at.items():
            if value := clean(field, row[place]):
                fields[field][value] += 1
    owners: dict[str, tuple[int, str]] = {}
    for person, fields in said.items():
        if number := commonest(fields["bsn"]):
            owners[number] = max(owners.get(number, (0, "")), (fields["bsn"][number], person))
    return [{field: commonest(values) for field, values in said[person].items()}
            for _, (_, person) in sorted(owners.items())]


def commonest(values: collections.Counter[str]) -> str:
    return min(values, key=lambda value: (-values[value], value), default="")


def read(mapping: pathlib.Path, data: pathlib.Path) -> list[DataSet]:
    """The data sets that a mapping file names; files are relative to `data`."""
    with mapping.open("rb") as file:
        try:
            document = tomllib.load(file)
        except tomllib.TOMLDecodeError as error:
            raise Wrong(f"{mapping}: {error}") from error
    about = document.get("evaluation", {})
    known = {"truth", "files", "remove", "shares", "precision_min", "population", "registry"}
    if "event" not in document or not {"truth", "files"} <= set(about) or not set(about) <= known:
        raise Wrong(f"{mapping} needs [event] and [evaluation] with truth and files; "
                    f"[evaluation] may have: {', '.join(sorted(known))}")
    sets = []
    for name, place in about["files"].items():
        try:
            sets += data_sets(name, data / place, document)
        except (Wrong, OSError) as error:
            raise Wrong(f"{mapping}: {name}: {error}") from error
    return sets


def data_sets(name: str, path: pathlib.Path, document: dict[str, Any]) -> list[DataSet]:
    about = document["evaluation"]
    header, rows = read_table(path, document.get("file", {}))
    uneven = next((number for number, row in enumerate(rows, 2) if len(row) != len(header)), 0)
    if uneven:
        raise Wrong(f"row {uneven} has another number of columns than the first line")
    truth = truth_of(about["truth"], header, rows)
    ids = row_ids(rows)
    secret = about["truth"] if isinstance(about["truth"], str) else about["truth"]["column"]
    hidden = {position(header, column) for column in (secret, *about.get("remove", ()))}
    seen = [at for at in range(len(header)) if at not in hidden]
    asked = [True] * len(rows)
    if "shares" in about:
        at, values = position(header, about["shares"]["column"]), set(about["shares"]["values"])
        asked = [row[at].strip() in values for row in rows]
    without = DataSet(
        name=name, population=about.get("population", name),
        precision_min=float(about.get("precision_min", 0)), ids=ids, truth=truth, asked=asked,
        header=[ROW_COLUMN, *(header[at] for at in seen)],
        rows=[[event, *(row[at] for at in seen)] for event, row in zip(ids, rows)],
        mapping=for_importer(document, [header[at] for at in seen]))
    if "registry" not in about:
        return [without]
    registry = registry_of(about["registry"], header, rows, truth)
    return [without, dataclasses.replace(without, name=f"{name}_registry", registry=registry)]
