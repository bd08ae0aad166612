"""Says how many tests ran, failed and were skipped, cases of GoogleTest counted singly.

Where the shared data is present nothing may be skipped: then a skip is a failure.
"""

import argparse
import pathlib
import sys
import xml.etree.ElementTree as xml


def cases(path: pathlib.Path) -> tuple[str, list[str], list[str], int]:
    """Name of the program, failed cases, skipped cases, all cases that were asked for."""
    failed: list[str] = []
    skipped: list[str] = []
    count = 0
    for case in xml.parse(path).iter("testcase"):
        if case.get("status") == "notrun":  # Filtered away or disabled.
            continue
        count += 1
        name = f"{case.get('classname')}.{case.get('name')}"
        if case.find("failure") is not None:
            failed.append(name)
        elif case.get("result") == "skipped" or case.find("skipped") is not None:
            skipped.append(name)
    return path.stem, failed, skipped, count


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("results", type=pathlib.Path)
    parser.add_argument("--shared", choices=("present", "absent"), required=True)
    options = parser.parse_args()

    failed: list[str] = []
    skipped: list[str] = []
    total = 0
    counted: set[str] = set()
    for path in sorted((options.results / "cases").glob("*.xml")):
        try:
            name, bad, left, count = cases(path)
        except xml.ParseError:
            continue  # Cut off: its program failed and is counted below.
        counted.add(name)
        failed += [f"{name}: {case}" for case in bad]
        skipped += [f"{name}: {case}" for case in left]
        total += count

    programs = 0
    report = options.results / "tests.xml"
    for test in xml.parse(report).iter("testcase") if report.exists() else []:
        programs += 1
        name, status = test.get("name", ""), test.get("status")
        has_cases = name in counted
        total += not has_cases
        if status == "fail" and not any(line.startswith(name + ":") for line in failed):
            total += has_cases  # Died after its cases: one more than they show.
            failed.append(name)
        elif status in ("notrun", "disabled") and not has_cases:
            skipped.append(name)

    for title, names in (("failed", failed), ("skipped", skipped)):
        for name in names:
            print(f"{title}: {name}")
    print(f"{total - len(failed) - len(skipped)} passed, {len(failed)} failed, "
          f"{len(skipped)} skipped ({programs} test programs)")
    if skipped and options.shared == "present":
        print("The shared data is here, so nothing may be skipped.")
        return 1
    return 1 if failed or not programs else 0


if __name__ == "__main__":
    sys.exit(main())
