"""From the start of the command line's process to its answer, on the demo municipality.

    tool_start.py CLIENT SHOWCASE [--runs N] [--limit MS]

The server is the one of KLANTBEELD_SERVER. One line per command: the median and
the 95th of a hundred, and the processor's time of its own. With --limit a
median above it is a failure.
"""

import argparse
import json
import os
import pathlib
import resource
import statistics
import subprocess
import sys
import time


def measure(client: str, arguments: list[str], given: str, runs: int) -> tuple[list[float], float]:
    """Milliseconds of each run, and of processor a run."""
    took = []
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    for _ in range(runs):
        began = time.perf_counter()
        done = subprocess.run([client, *arguments], input=given.encode(), capture_output=True)
        took.append(1e3 * (time.perf_counter() - began))
        if done.returncode != 0 or not done.stdout:
            raise SystemExit(f"{arguments}: {done.stderr.decode()}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return took, 1e3 * used / runs


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("client")
    parser.add_argument("showcase")
    parser.add_argument("--runs", type=int, default=100)
    parser.add_argument("--limit", type=float)
    options = parser.parse_args()
    who = json.loads(pathlib.Path(options.showcase).read_text())
    found = subprocess.run([options.client, "find", "-", "-o", "json"], input=who["bsn"].encode(),
                           check=True, capture_output=True).stdout
    citizen = json.loads(found)["citizens"][0]["id"]
    slow = False
    print(f"load {os.getloadavg()[0]:.1f}, {options.runs} runs each; milliseconds")
    print(f"{'command':<26}{'median':>8}{'p95':>8}{'processor':>11}")
    for name, arguments, given in (
            ("version", ["version"], ""),
            ("find BSN", ["find", "-"], who["bsn"]),
            ("find phone", ["find", who["phone"]], ""),
            ("show", ["show", citizen], ""),
            ("timeline, as a picture", ["timeline", citizen, "--picture"], ""),
            ("timeline, as json", ["timeline", citizen, "-o", "json"], "")):
        took, used = measure(options.client, arguments, given, options.runs)
        median = statistics.median(took)
        slow = slow or (options.limit is not None and median > options.limit)
        print(f"{name:<26}{median:>8.1f}{sorted(took)[int(0.95 * len(took))]:>8.1f}{used:>11.1f}")
    return 1 if slow else 0


if __name__ == "__main__":
    sys.exit(main())
