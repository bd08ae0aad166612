"""Fills in options and commands of a man page from the program's own --help, and
the keys of the configuration from the table in docs/operating.md.

    man_page.py PAGE.scd PROGRAM [ARGUMENT...]     prints the page as scdoc reads it

So no option can be missing or out of date. ARGUMENTs go before --help.
"""

import pathlib
import re
import subprocess
import sys
from typing import NamedTuple

# A line indented further than this goes on with the entry above it.
ENTRY_INDENT_MAX = 8


class Help(NamedTuple):
    about: str
    usage: str
    arguments: list[tuple[str, str]]
    options: list[tuple[str, str]]
    commands: list[tuple[str, str]]
    examples: list[str]


def rows(block: str) -> list[tuple[str, str]]:
    """(name, what it does) for each entry of a list in CLI11's help."""
    found: list[tuple[str, str]] = []
    for line in block.splitlines():
        if line.startswith(" " * ENTRY_INDENT_MAX) and found:
            found[-1] = (found[-1][0], f"{found[-1][1]} {line.strip()}".strip())
        elif match := re.match(r" {2}(\S.*?)(?: {2,}(\S.*))?$", line):
            found.append((match[1], match[2] or ""))
    return found


def read(program: list[str]) -> Help:
    text = subprocess.run([*program, "--help"], check=True, capture_output=True, text=True).stdout
    about, _, rest = text.partition("Usage: ")
    usage, _, rest = rest.partition("\n")
    blocks = {name: body for name, body in re.findall(
        r"^(Positionals|Options|Commands|Subcommands):\n((?:  .*\n?)+)", rest, re.M)}
    # Behind the last list, or before the usage, stand the examples.
    examples = re.findall(r"^  (klantbeeld\b.*)$", about + rest, re.M)
    return Help(re.split(r"\n\s*Examples:", about)[0].strip(), usage, rows(blocks.get("Positionals", "")),
                rows(blocks.get("Options", "")),
                rows(blocks.get("Commands", "") or blocks.get("Subcommands", "")), examples)


def plain(text: str) -> str:
    """So that scdoc takes no character as a mark."""
    return re.sub(r"([\\_*#<>`~\[\]@+-])", r"\\\1", text)


def option(name: str, what: str) -> str:
    """`-o,--output TEXT` with both spellings in bold."""
    words, _, value = name.partition(" ")
    spelled = ", ".join(f"*{plain(word)}*" for word in words.split(","))
    value = value.replace(" REQUIRED", "").replace("VERPLICHT", "")
    return f"{spelled}{' ' + plain(value) if value else ''}\n\t{plain(what)}"


def options(help_: Help) -> str:
    return "\n".join(option(*row) for row in help_.arguments + help_.options)


def command(program: list[str], names: str, under: str = "") -> str:
    name, *aliases = re.split(r",\s*", names)
    help_ = read([*program, name])
    about = re.sub(r"\s+", " ", help_.about).rstrip(".")
    lines = [f"## {plain(under + name)}", "", f"{plain(about)}."]
    if aliases:
        lines[-1] += f" Also: {', '.join(f'*{plain(one)}*' for one in aliases)}."
    lines += ["", f"*{plain(help_.usage)}*", ""]
    own = help_._replace(options=[row for row in help_.options if not row[0].startswith("-h,")])
    if own.arguments or own.options:
        lines += [options(own), ""]
    if help_.examples:
        lines += ["```", *help_.examples, "```", ""]
    lines += [command([*program, name], one, f"{under}{name} ") for one, _ in help_.commands]
    return "\n".join(lines)


def configuration(markdown: str) -> str:
    """Of each row of the table: the key, its default, and what it means."""
    table = re.findall(r"^\| `([a-z_.]+)` \| (.+?) \| (.+?) \|$", markdown, re.M)
    unmarked = [(key, re.sub(r"[`*]", "", default), re.sub(r"[`*]", "", what)) for key, default, what in table]
    return "\n".join(f"*{plain(key)}* ({plain(default)})\n\t{plain(what)}" for key, default, what in unmarked)


def page(path: pathlib.Path, program: list[str]) -> str:
    text = path.read_text(encoding="utf-8")
    help_ = read(program)
    if "@CONFIGURATION@" in text:
        operating = path.parent.parent / "operating.md"
        text = text.replace("@CONFIGURATION@", configuration(operating.read_text(encoding="utf-8")))
    text = text.replace("@OPTIONS@", options(help_))
    return text.replace("@COMMANDS@", "\n".join(command(program, names) for names, _ in help_.commands))


if __name__ == "__main__":
    sys.stdout.write(page(pathlib.Path(sys.argv[1]), sys.argv[2:]))
