"""How well citizens are told apart, through a running server's own ingest; see docs/testing.md.

    evaluate.py --server S --client C --ask A [--json FILE] [--data DIR] [--bits X] [--model FILE] [MAPPING...]
"""

import argparse
import csv
import dataclasses
import json
import pathlib
import random
import re
import subprocess
import sys
import tempfile
import time
from typing import Any, Sequence

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "e2e"))
import dataset  # noqa: E402
import measures  # noqa: E402
import served  # noqa: E402
import tables  # noqa: E402

HERE = pathlib.Path(__file__).resolve().parent
# Ids depend on these and on the events alone, so that a run can be repeated.
KEYS = f"klantbeeld keys 1\nid {'3c' * 32}\nindex {'c3' * 32}\n"
ORDERS = 3
CURVE = (-2.0, -1.0, 0.0, 1.0, 2.0, 3.3, 5.0, 6.64)
# Bits from which suggestions are joined at the points beside the automatic one.
UNHINDERED = 1.9  # All but what is joined.
BITS = -2.0       # Whatever is suggested.
METRIC = "klantbeeld_identity_seconds"


@dataclasses.dataclass
class Tools:
    server: str
    client: str
    ask: str
    model: pathlib.Path | None = None  # That citizens are told apart by; None: the server's own.


@dataclasses.dataclass
class Answers:
    parties: list[measures.Party]
    suggestions: dict[str, list[measures.Suggestion]]
    further: dict[str, list[measures.Suggestion]]  # That are none, and found by a search.
    model: str | None
    refused: dict[str, int]
    micros: dict[str, float | None]  # Of the server's own time per event.


def lines_of(command: Sequence[str], text: str) -> list[list[str]]:
    done = subprocess.run(command, input=text, stdout=subprocess.PIPE, text=True, check=True)
    return [line.split("\t") for line in done.stdout.splitlines()]


def ask(tools: Tools, address: str, ids: Sequence[str], suggestions: bool) -> Answers:
    command = [tools.ask, "--server", address, "--source", dataset.SOURCE]
    found: dict[str, measures.Party] = {}
    others: dict[str, dict[str, list[measures.Suggestion]]] = {"suggestion": {}, "further": {}}
    model = None
    for kind, *cells in lines_of(command + ["--suggestions"] * suggestions,
                                 "".join(f"{event}\n" for event in ids)):
        if kind == "contact":
            found[cells[0]] = measures.Party(cells[1], cells[2] == "1", cells[3] == "1", cells[4])
        elif kind in others:
            others[kind].setdefault(cells[0], []).append(
                measures.Suggestion(cells[1], float(cells[2]), cells[3], float(cells[4])))
        else:
            model = cells[0]
    return Answers([found[event] for event in ids], others["suggestion"], others["further"], model, {}, {})


def micros(figures: dict[str, float]) -> dict[str, float | None]:
    """Of the server's histogram of what identity costs an event; None where it has none."""
    buckets = sorted((float(match[1]), value) for name, value in figures.items()
                     if (match := re.fullmatch(rf'{METRIC}_bucket\{{.*le="([^"]+)".*\}}', name)))
    def at(wanted: float) -> float | None:
        seconds = measures.quantile(buckets, wanted)
        return None if seconds is None else seconds * 1e6
    return {"us_p50": at(0.5), "us_p99": at(0.99)}


def begin_with(tools: Tools, folder: str) -> None:
    """A store that has adopted the model before anything is recorded."""
    places = ["--data", f"{folder}/data", "--keys", f"{folder}/keys"]
    for command in (["init"], ["model", "adopt", "--model", str(tools.model), "--reason", "To measure it"]):
        done = subprocess.run([tools.server, *command, *places], capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise dataset.Wrong(f"{tools.model}: {done.stderr.strip()}")


def ingest(tools: Tools, data: dataset.DataSet, order: Sequence[int], suggestions: bool) -> Answers:
    """A new store takes the events in this order; what it answers when the last is acknowledged."""
    with tempfile.TemporaryDirectory(dir="/var/tmp") as name:
        folder = pathlib.Path(name)
        (folder / "keys").write_text(KEYS, encoding="ascii")
        (folder / "keys").chmod(0o600)
        (folder / "mapping.toml").write_text(data.mapping, encoding="utf-8")
        data.write(folder / "events.csv", order)
        more: list[str] = []
        if data.registry is not None:
            data.write_registry(folder / "registry.csv")
            more = ["--registry-file", str(folder / "registry.csv")]
        if tools.model:
            begin_with(tools, name)
        port = served.free_port()
        with served.serving(tools.server, name, "--metrics", f"127.0.0.1:{port}", *more) as address:
            done = subprocess.run(
                [tools.client, "--server", address, "--lang", "en", "-q", "import", "csv",
                 str(folder / "events.csv"), "--mapping", str(folder / "mapping.toml"), "-o", "json"],
                capture_output=True, text=True, check=False)
            if done.returncode not in (0, 7):  # 7: some were refused, and are counted.
                raise dataset.Wrong(f"{data.name} could not be imported: {done.stderr.strip()[-2000:]}")
            answers = ask(tools, address, data.ids, suggestions)
            answers.refused = json.loads(done.stdout)["rejectedBy"]
            answers.micros = micros(served.scrape(port))
            return answers


def orders(data: dataset.DataSet) -> list[list[int]]:
    """As in the file, and shuffled in ways that do not depend on the file's own order."""
    by_id = sorted(range(len(data.ids)), key=lambda at: data.ids[at])
    return [list(range(len(data.ids))),
            *(random.Random(seed).sample(by_id, len(by_id)) for seed in range(1, ORDERS))]


def better(points: dict[str, measures.Figures], precision_min: float) -> str:
    """The point with the highest F1 among those that are precise enough; else the automatic one."""
    precise = [point for point, found in points.items() if found.precision >= precision_min]
    return max(precise or ["automatic"], key=lambda point: points[point].f1)


def write_citizens(path: pathlib.Path, data: dataset.DataSet, partitions: Sequence[Sequence[Any]]) -> None:
    """Each event with who it is of and the citizen at either point: for finding out what went wrong."""
    with path.open("w", encoding="utf-8", newline="") as file:
        out = csv.writer(file)
        out.writerow(["person", "automatic", "joined", *data.header])
        for person, automatic, joined, row in zip(data.truth, *partitions, data.rows):
            out.writerow([person, automatic, joined, *row])


def evaluate(tools: Tools, data: dataset.DataSet, bits: float,
             citizens: pathlib.Path | None) -> dict[str, Any]:
    first, *rest = [ingest(tools, data, order, suggestions=at == 0)
                    for at, order in enumerate(orders(data))]
    partitions = [measures.clusters_of(answers.parties) for answers in (first, *rest)]
    numbers = [party.number for party in first.parties]

    def joined(proposed: list[measures.Proposed]) -> list[measures.Cluster]:
        return measures.joined(first.parties, partitions[0], data.ids, proposed)

    def figures(partition: Sequence[measures.Cluster]) -> measures.Figures:
        return measures.figures(data.truth, partition, numbers)

    automatic = figures(partitions[0])
    more = joined(measures.firsts(first.suggestions, bits))
    points = {"automatic": automatic,
              "unhindered": figures(joined(measures.unhindered(first.suggestions, UNHINDERED))),
              "joined": figures(more),
              "whole": figures(joined(measures.whole(first.suggestions, first.further, bits)))}
    curve = {least: figures(joined(measures.firsts(first.suggestions, least))) for least in CURVE}
    if citizens:
        citizens.mkdir(parents=True, exist_ok=True)
        write_citizens(citizens / f"{data.name}.csv", data, (partitions[0], more))
    point = better(points, data.precision_min)
    wrong, linked = measures.wrong_links(data.truth, first.parties, partitions[0])
    shares = measures.shares(data.truth, first.parties, data.asked, first.suggestions)
    return {
        **dataclasses.asdict(points[point]),
        "order_pairs": max(measures.differing_pairs(one, other)
                           for at, one in enumerate(partitions) for other in partitions[:at]),
        "wrong_auto": wrong,
        "auto_share": measures.share(shares.automatic, shares.events),
        "auto_or_suggested": measures.share(shares.automatic + shares.suggested, shares.events),
        "list_mean": measures.share(shares.suggestions, shares.listed),
        **first.micros,
        "model": first.model, "population": data.population, "events": len(data.ids),
        "persons": len(set(data.truth)), "refused": first.refused,
        "point": point, "bits": bits, "unhindered_bits": UNHINDERED, "precision_min": data.precision_min,
        **{name: dataclasses.asdict(found) for name, found in points.items()},
        "curve": [[least, at.precision, at.recall, at.f1] for least, at in curve.items()],
        "links": linked, "wrong_auto_upper95": measures.upper_bound(wrong, linked),
        "wrong_events_upper95": measures.upper_bound(automatic.wrong_events, len(data.ids)),
        "shares_of": shares.events,
    }


def main() -> int:
    parser = argparse.ArgumentParser(description="How well citizens are told apart.")
    for tool in ("server", "client", "ask"):
        parser.add_argument(f"--{tool}", required=True)
    parser.add_argument("--json", type=pathlib.Path, help="write the figures too")
    parser.add_argument("--data", type=pathlib.Path, default=HERE.parents[2] / "shared/data",
                        help="directory that the mappings' files are in")
    parser.add_argument("--bits", type=float, default=BITS,
                        help="from how many bits the last point joins a suggestion (default: %(default)s)")
    parser.add_argument("--citizens", type=pathlib.Path, metavar="DIR",
                        help="write NAME.csv there: the events, with who they are of and their citizens")
    parser.add_argument("--model", type=pathlib.Path, metavar="FILE",
                        help="tell citizens apart by this model (default: that of the server)")
    parser.add_argument("mappings", nargs="*", type=pathlib.Path, metavar="MAPPING",
                        help="default: those of tests/eval/mappings")
    options = parser.parse_args()
    tools = Tools(options.server, options.client, options.ask, options.model)
    results: dict[str, dict[str, Any]] = {}
    try:
        sets = [data for mapping in options.mappings or sorted((HERE / "mappings").glob("*.toml"))
                for data in dataset.read(mapping, options.data)]
        names = [data.name for data in sets]
        if len(set(names)) < len(names):
            raise dataset.Wrong(f"two data sets have one name: {', '.join(sorted(names))}")
        for data in sets:
            began = time.monotonic()
            results[data.name] = evaluate(tools, data, options.bits, options.citizens)
            print(f"{data.name}: {time.monotonic() - began:.0f} s", file=sys.stderr)
    except (dataset.Wrong, OSError) as wrong:
        print(wrong, file=sys.stderr)
        return 1
    print(tables.text(results))
    if options.json:
        models = {result["model"] for result in results.values()}
        model = models.pop() if len(models) == 1 else None
        options.json.write_text(json.dumps({"model": model, "datasets": results}, indent=1) + "\n",
                                encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
