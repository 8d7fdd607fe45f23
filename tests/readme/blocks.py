"""Which parts of the README and the reference are made by running something?

A comment `<!-- output: COMMAND -->` stands before a block or table that a command makes; `<!--
file: NAME -->` before a block that the commands find as a file. `refresh.py` writes the outputs,
`test_readme.py` compares them.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

from attrs import frozen

from walkeros_klaviyo import CODES
from walkeros_klaviyo.core.schema import config_schema
from walkeros_klaviyo.core.walkeros.functions import FUNCTIONS
from walkeros_klaviyo.verify.findings import KINDS

README = Path(__file__).parents[2] / "README.md"
REFERENCE = Path(str(files("walkeros_klaviyo") / "REFERENCE.md"))
PAGES = (README, REFERENCE)
MARKED = re.compile(
    r"<!-- (?P<kind>output|file): (?P<name>[^\n]+?) -->\n"
    r"(?P<body>```\w*\n.*?\n?```\n|(?:\|[^\n]*\n)+)",
    re.DOTALL,
)
SECONDS = re.compile(r"\d+\.\d s\b")
PROGRESS = re.compile(r"^laws: generated examples: .*\n", re.MULTILINE)
"""Told now and then, where it takes long."""


@frozen
class Block:
    """A marked part: what makes it, and how it stands in the page."""

    kind: str
    name: str
    body: str
    start: int
    end: int


def blocks(page: str) -> Iterator[Block]:
    """Every marked part of the page, in order."""
    for found in MARKED.finditer(page):
        yield Block(found["kind"], found["name"], found["body"], *found.span("body"))


def write_files(folder: Path) -> None:
    """Write the pages' files into a folder; where both have one of a name, they must agree."""
    for page in PAGES:
        for block in blocks(page.read_text("utf-8")):
            if block.kind == "file":
                text, path = content(block.body), folder / block.name
                assert not path.exists() or path.read_text("utf-8") == text, block.name
                path.write_text(text, encoding="utf-8")


def content(body: str) -> str:
    """A fenced block without its fences."""
    return "".join(body.splitlines(keepends=True)[1:-1])


def produce(name: str, folder: Path, python: str = sys.executable) -> str:
    """What stands in the page when it is made now, by the package that this Python has."""
    command, *words = shlex.split(name)
    if command == "tables":
        return TABLES[words[0]]()
    foreign = ("KLAVIYO_API_KEY", "COLUMNS")
    environment = {key: value for key, value in os.environ.items() if key not in foreign}
    done = subprocess.run(
        [python, "-m", "walkeros_klaviyo", *words],
        cwd=folder,
        capture_output=True,
        text=True,
        encoding="utf-8",
        env={**environment, "PYTHONIOENCODING": "utf-8"},
        timeout=120,
    )
    lines = (done.stdout + PROGRESS.sub("", done.stderr)).splitlines()
    text = "\n".join(line.rstrip() for line in lines).strip("\n")
    return f"```text\n{SECONDS.sub('1.0 s', text)}\n```\n"


def diagnostics() -> str:
    """The table of diagnostic codes."""
    rows = (
        f"| `{code}` | {row.severity} | {row.meaning} | {row.remedy} |\n"
        for code, row in CODES.items()
    )
    return "| code | severity | meaning | what to do |\n|---|---|---|---|\n" + "".join(rows)


def findings() -> str:
    """The table of what `verify` finds."""
    rows = (
        f"| `{code}` | {kind.severity} | {escape(kind.why)} | {escape(kind.remedy)} |\n"
        for code, kind in KINDS.items()
    )
    return "| code | severity | why it matters | what to do |\n|---|---|---|---|\n" + "".join(rows)


def _fields(prefix: str, schema: dict[str, Any]) -> str:
    """A row a field that the schema describes, without those that do nothing."""
    rows = (
        f"| `{prefix}{name}` | {escape(field.get('description', ''))} |\n"
        for name, field in schema["properties"].items()
        if not field.get("deprecated") and name != "settings"
    )
    return "".join(rows)


def _object(schema: dict[str, Any]) -> dict[str, Any]:
    """The one form of a value that is an object with named fields."""
    return next(option for option in schema["anyOf"] if "properties" in option)


def settings() -> str:
    """The table of the destination's settings."""
    schema = config_schema()["properties"]["settings"]
    return "| setting | meaning |\n|---|---|\n" + _fields("", _object(schema))


def rules() -> str:
    """The table of a rule's fields, its settings last."""
    rule = config_schema()["$defs"]["rule"]
    inner = _object(rule["properties"]["settings"])
    return "| field | meaning |\n|---|---|\n" + _fields("", rule) + _fields("settings.", inner)


def values() -> str:
    """The table of a mapping value's keys."""
    value = _object(config_schema()["$defs"]["value"])
    return "| key | meaning |\n|---|---|\n" + _fields("", value)


def escape(text: str) -> str:
    """Text for a cell of a table."""
    return text.replace("|", "\\|").replace("\n", " ")


def functions() -> str:
    """The table of the functions that a file may name."""
    rows = (f"| `{escape(one.spelling)}` | {one.sentence} |\n" for one in FUNCTIONS.values())
    return "| function | makes |\n|---|---|\n" + "".join(rows)


TABLES = {
    "functions": functions,
    "diagnostics": diagnostics,
    "findings": findings,
    "settings": settings,
    "rules": rules,
    "values": values,
}
