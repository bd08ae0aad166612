"""The architecture, checked: who includes whom, what may not print, what mirrors what.

    tidy.py [ROOT]     prints one line per fault, and fails if there is one
"""

import pathlib
import re
import subprocess
import sys
from typing import Callable, Iterator

LINES_MAX = 500
ROOT_CMAKE_LINES_MAX = 80
TOP_LEVEL = {
    "CMakeLists.txt", "CMakePresets.json", "LICENSE", "README.md", "clients", "docs", "proto",
    "publiccode.yml", "scripts", "service", "store", "tests"}

# What a folder may include of ours. Generated messages come from proto/.
MAY_INCLUDE = {
    "store": ("store/", "klantbeeld/v1/", "google/"),
    "service": ("service/", "store/", "klantbeeld/v1/", "google/", "grpc/", "grpcpp/"),
    "clients": ("clients/", "klantbeeld/v1/", "google/", "grpc/", "grpcpp/"),
}
OURS = re.compile(r"^(store|service|clients|tests|klantbeeld|google|grpc|grpcpp)/")
INCLUDE = re.compile(r'^\s*#\s*include\s*[<"]([^>"]+)[>"]', re.M)

# Sources whose test stands under another name. A test that covers further
# sources says so itself: "// Also tests: store/apply.cc store/commit.cc".
TESTED_ELSEWHERE: dict[str, str] = {
    "service/main.cc": "tests/e2e",  # Wiring only; the real process is tested.
    "clients/cli/main.cc": "tests/e2e",
}

ALSO_TESTS = re.compile(r"^(?://|#) Also tests: (.+)$", re.M)
PRINTS = re.compile(
    r"\boperator<<\s*\(|\bAbslStringify\b|\b(?:Short|Utf8)?DebugString\s*\(|\bPrintTo\s*\(")
STDOUT = re.compile(r"\bstd::(?:cout|cerr|clog)\b|\b(?:f?printf|puts)\s*\(")
SLEEPS = re.compile(r"\b(?:sleep" r"_for|Sleep" r"For)\b|\b(?:u|nano)?sleep\s*\(")
LEFT_BEHIND = re.compile(r"\b(?:TO" r"DO|FIX" r"ME|XX" r"X|HA" r"CK)\b")

Fault = tuple[str, str]


def tracked(root: pathlib.Path) -> list[pathlib.PurePosixPath]:
    """What git knows of, and what it would take in; every file outside a repository."""
    if (root / ".git").exists():
        names = subprocess.run(
            ["git", "-C", str(root), "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            check=True, capture_output=True, text=True).stdout.split("\0")
    else:
        names = [str(p.relative_to(root)) for p in root.rglob("*") if p.is_file()]
    return sorted(pathlib.PurePosixPath(n) for n in names if n and (root / n).is_file())


class Tree:
    def __init__(self, root: pathlib.Path) -> None:
        self.root = root
        self.files = tracked(root)

    def read(self, path: pathlib.PurePosixPath) -> str:
        return (self.root / path).read_text(encoding="utf-8", errors="replace")

    def code(self, *folders: str) -> Iterator[tuple[pathlib.PurePosixPath, str]]:
        """C++ files in these folders, without comments and text in quotes."""
        for path in self.files:
            if path.parts[0] in folders and path.suffix in (".cc", ".h", ".inc"):
                yield path, self.read(path)


def bare(text: str) -> str:
    """Code only: a rule is about calls, not about words."""
    return re.sub(r'//[^\n]*|"(?:\\.|[^"\\\n])*"', '""', text)


def include_direction(tree: Tree) -> Iterator[Fault]:
    for path, text in tree.code(*MAY_INCLUDE):
        folder = path.parts[0]
        for name in INCLUDE.findall(text):
            if OURS.match(name) and not name.startswith(MAY_INCLUDE[folder]):
                yield str(path), f"{folder}/ may not include {name}"
            if folder == "store" and (name.startswith(("grpc", "grpcpp")) or name.endswith(".grpc.pb.h")):
                yield str(path), f"store/ knows no gRPC: {name}"
            if name.startswith("rocksdb/") and not re.fullmatch(r"store/db(_\w+)?\.(cc|h)", str(path)):
                yield str(path), f"only store/db.* includes RocksDB: {name}"


def nothing_prints_people(tree: Tree) -> Iterator[Fault]:
    for path, text in tree.code("store", "service"):
        for match in PRINTS.finditer(bare(text)):
            yield str(path), f"types that hold personal data do not print: {match.group().strip()}"


def no_standard_output(tree: Tree) -> Iterator[Fault]:
    """The server speaks through its log; only its main may answer a command."""
    for path, text in tree.code("store", "service"):
        if path.name == "main.cc" or path.name.endswith(("_command.cc", "commands.cc")):
            continue
        for match in STDOUT.finditer(bare(text)):
            yield str(path), f"writes past the log: {match.group().strip()}"


def no_test_sleeps(tree: Tree) -> Iterator[Fault]:
    for path in tree.files:
        if path.parts[0] == "tests" and path.suffix in (".cc", ".h", ".py", ".sh"):
            for match in SLEEPS.finditer(bare(tree.read(path))):
                yield str(path), f"a test that sleeps: {match.group().strip()}"


def tests_mirror_sources(tree: Tree) -> Iterator[Fault]:
    known = {str(path) for path in tree.files}
    also: dict[str, str] = {}
    for path in tree.files:
        if path.parts[0] == "tests" and re.search(r"_test\.(cc|py)$", path.name):
            for names in ALSO_TESTS.findall(tree.read(path)):
                also.update({name: str(path) for name in names.split()})
    for name, test in also.items():
        if name not in known:
            yield test, f"says that it tests {name}, which is absent"
    for path in tree.files:
        if path.suffix == ".cc" and path.parts[0] in MAY_INCLUDE:
            want = f"tests/{path.with_suffix('')}_test.cc"
            if str(path) in TESTED_ELSEWHERE or str(path) in also or want in known:
                continue
            yield str(path), f"has no {want}, and no test says '// Also tests: {path}'"
    for path, elsewhere in TESTED_ELSEWHERE.items():
        if path in known and f"tests/{path[:-3]}_test.cc" in known:
            yield path, f"has a test now; take it off the list that points at {elsewhere}"
    for path in tree.files:
        match = re.fullmatch(r"tests/((?:store|service|clients)/.+)_test\.cc", str(path))
        if match and str(path) not in also.values() and not any(
                f"{match[1]}{end}" in known for end in (".cc", ".h")):
            yield str(path), f"tests no source: {match[1]}.cc and .h are absent, and it names no other"


def tests_are_built(tree: Tree) -> Iterator[Fault]:
    """A test that exists but is not built is worse than none."""
    lists = "".join(tree.read(p) for p in tree.files
                    if p.parts[0] == "tests" and (p.suffix == ".cmake" or p.name == "CMakeLists.txt"))
    for path in tree.files:
        if path.parts[0] == "tests" and re.search(r"_test\.(cc|py)$", path.name):
            # By its whole name, or by the name that a loop puts before "_test".
            name = re.escape(path.stem.removesuffix("_test"))
            if not re.search(rf"(?<![\w.]){name}(?:_test\b|(?![\w.]))", lists):
                yield str(path), "is not in any tests.cmake"


def sizes(tree: Tree) -> Iterator[Fault]:
    for path in tree.files:
        if path.suffix in (".cc", ".h", ".proto", ".py", ".ts", ".tsx"):
            lines = tree.read(path).count("\n")
            if lines > LINES_MAX:
                yield str(path), f"{lines} lines, more than {LINES_MAX}: is it two ideas?"
        if (tree.root / path).stat().st_size > 1 << 20:
            yield str(path), "larger than 1 MiB"
        if str(path) == "CMakeLists.txt" and tree.read(path).count("\n") >= ROOT_CMAKE_LINES_MAX:
            yield str(path), f"not under {ROOT_CMAKE_LINES_MAX} lines"


def top_level(tree: Tree) -> Iterator[Fault]:
    for name in sorted({path.parts[0] for path in tree.files}):
        if name not in TOP_LEVEL and not name.startswith("."):
            yield name, "is not in the agreed layout"


def nothing_left_behind(tree: Tree) -> Iterator[Fault]:
    for path in tree.files:
        if path.suffix in (".json", ".binpb"):
            continue
        for match in LEFT_BEHIND.finditer(tree.read(path)):
            yield str(path), f"left behind: {match.group()}"


RULES: tuple[Callable[[Tree], Iterator[Fault]], ...] = (
    include_direction, nothing_prints_people, no_standard_output, no_test_sleeps,
    tests_mirror_sources, tests_are_built, sizes, top_level, nothing_left_behind)


def faults(root: pathlib.Path) -> list[str]:
    tree = Tree(root)
    return [f"{rule.__name__}: {path}: {what}" for rule in RULES for path, what in rule(tree)]


if __name__ == "__main__":
    found = faults(pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ".").resolve())
    print("\n".join(found) or "The architecture holds.")
    sys.exit(1 if found else 0)
