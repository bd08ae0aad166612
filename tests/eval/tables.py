"""The figures of an evaluation as tables for people."""

from typing import Any, Sequence

Result = dict[str, Any]


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Columns as wide as they need; the first and the last are text, those between are numbers."""
    widths = [max(len(row[at]) for row in (head, *rows)) for at in range(len(head))]
    return "\n".join("  ".join(cell.ljust(width) if at in (0, len(head) - 1) else cell.rjust(width)
                               for at, (cell, width) in enumerate(zip(row, widths))).rstrip()
                     for row in (head, *rows))


def number(value: float | None, digits: int = 4) -> str:
    if value is None:
        return "-"
    return f"{value:.{digits}f}" if isinstance(value, float) else str(value)


def partitions(results: dict[str, Result]) -> str:
    """The points, where they differ; the one that counts is marked."""
    rows = []
    for name, result in results.items():
        labels = {"automatic": name, "unhindered": f"  … unhindered, from {result['unhindered_bits']:g} bits",
                  "joined": f"  … firsts, from {result['bits']:g} bits",
                  "whole": f"  … households whole, from {result['bits']:g} bits"}
        for point, label in labels.items():
            figures = result[point]
            first = point == "automatic"
            if not first and figures == result["automatic"]:
                continue
            mark = " *" if point == result["point"] and any(
                result[other] != result["automatic"] for other in labels) else ""
            rows.append([
                label + mark, str(result["events"]) if first else "",
                str(sum(result["refused"].values())) if first else "",
                *(number(figures[key]) for key in (
                    "precision", "recall", "f1", "b3_f", "mixed", "wrong_events", "largest", "two_bsn")),
                str(result["order_pairs"]) if first else "",
                number(result["us_p50"], 1) if first else "", number(result["us_p99"], 1) if first else "",
                (result["model"] or "-") if first else ""])
    return table(("data set", "events", "refused", "P", "R", "F1", "B3", "mixed", "wrong", "largest",
                  "two BSN", "order", "µs p50", "p99", "model"), rows)


def shares(results: dict[str, Result]) -> str:
    rows = [[name, str(result["shares_of"]), number(result["auto_share"]),
             number(result["auto_or_suggested"]), number(result["list_mean"], 2)]
            for name, result in results.items() if result["shares_of"]]
    return table(("without a number, of somebody with a verified one", "events", "linked",
                  "or suggested", "names listed"), rows) if rows else ""


def percent(rate: float | None) -> str:
    return "-" if rate is None else f"{100 * rate:.3f} %"


def errors(results: dict[str, Result]) -> str:
    rows = []
    for name, result in results.items():
        for what, count, of, bound in (
                ("wrong automatic links", result["wrong_auto"], result["links"], result["wrong_auto_upper95"]),
                ("wrong events, automatic level", result["automatic"]["wrong_events"], result["events"],
                 result["wrong_events_upper95"])):
            rows.append([f"{name}: {what}", str(count), str(of), percent(count / of if of else None),
                         percent(bound), result["population"]])
    return table(("errors", "count", "of", "rate", "at most (95 %)", "holds for"), rows)


def text(results: dict[str, Result]) -> str:
    parts = (partitions(results), shares(results), errors(results))
    return "\n\n".join(part for part in parts if part)
