"""At 80 columns nothing that a person copies is cut: options, codes, metrics and amounts."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console
from tests.end_to_end.command import Result, inside, write_config
from typer.main import get_command

from walkeros_klaviyo import shop
from walkeros_klaviyo.core.codes import CODES
from walkeros_klaviyo.core.diagnostics import Diagnostic
from walkeros_klaviyo.shell.cli import app
from walkeros_klaviyo.shell.send.tally import Tally
from walkeros_klaviyo.shell.show.report import dropped_table, letters_table, remarks_table
from walkeros_klaviyo.shell.store.letter import Letter, Origin
from walkeros_klaviyo.verify.findings import KINDS

WIDTH = 80
DAY = ("--config", str(shop.CONFIG))
EXAMPLES = ("    event: ", "    call: ")
"""Whole JSON, to be copied."""
HEAD = re.compile(r"(error|warning|info)\[|  instead: |\S+: \d")
"""Lines that programs read, and what is to be written in place of something."""


def all_commands(group: Any, words: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every command, with the words that call it."""
    yield words, group
    for name, one in getattr(group, "commands", {}).items():
        yield from all_commands(one, (*words, name))


COMMANDS = dict(all_commands(get_command(app)))


def narrow(*words: str) -> Result:
    """The command as it prints where there are 80 columns."""
    return inside(*words, columns=WIDTH)


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_a_commands_help_is_whole(words: tuple[str, ...]) -> None:
    """No line is too long, no sentence and no option is cut."""
    said = narrow(*words, "--help")
    assert said.code == 0
    _usage, *lines = said.out.splitlines()
    assert [line for line in lines if len(line) > WIDTH or line.rstrip().endswith("...")] == []
    options = {one for param in COMMANDS[words].params for one in param.opts if one[0] == "-"}
    assert options <= set(re.findall(r"(?<![\w-])--?[a-z][a-z-]*", said.out))


@pytest.mark.parametrize("table", [dropped_table, remarks_table])
def test_every_code_and_word_is_whole_in_the_tables_of_a_run(table: Any) -> None:
    tally = Tally()
    for number, (code, row) in enumerate(CODES.items(), 1):
        outcome = "refused" if row.severity == "error" else "send"
        tally.add(number, outcome, (Diagnostic(code, "user.email", "…"),) * 1_234)
    out = io.StringIO()
    Console(file=out, width=WIDTH, highlight=False).print(table(tally))
    lines = [line.rstrip() for line in out.getvalue().splitlines()]
    assert max(map(len, lines)) <= WIDTH
    shown = [code for code in CODES if any(code in line.split() for line in lines)]
    wanted = ["error"] if table is dropped_table else ["warning", "info"]
    assert {code for code, row in CODES.items() if row.severity in wanted} <= set(shown)
    words = set(" ".join(lines).split())
    part = "meaning" if table is dropped_table else "remedy"
    assert set(" ".join(getattr(CODES[code], part) for code in shown).split()) <= words
    severities = [CODES[code].severity for line in lines for code in CODES if code in line.split()]
    assert severities == sorted(severities, key=["error", "warning", "info"].index)


def test_a_dead_letters_place_and_code_are_whole() -> None:
    letter = Letter(
        origin=Origin(123_456, "e", b"{}"),
        call="profiles.create_or_update_profile",
        metric=None,
        status=409,
        code="duplicate_profile",
        detail="",
        pointer="/data/attributes/profile/data/attributes/phone_number",
    )
    out = io.StringIO()
    Console(file=out, width=WIDTH).print(letters_table([letter]))
    row = "123456 profile 409 duplicate_profile /profile/phone_number"
    assert row in [" ".join(line.split()) for line in out.getvalue().splitlines()]


def test_codes_fit_their_column_in_the_table_of_losses() -> None:
    """`show.findings` sets them in 24 characters."""
    assert max(map(len, (*CODES, *KINDS))) <= 24


def spoilt(folder: Path) -> str:
    """The shop's configuration with a mistake, and nothing that is meant."""
    text = shop.CONFIG.read_text("utf-8").partition("[verify]")[0]
    path = folder / "spoilt.toml"
    path.write_text(text.replace('"Placed Order"', '"Placed order"'), "utf-8")
    return str(path)


def test_what_the_commands_print_on_the_shops_day_is_whole(tmp_path: Path) -> None:
    """No line is too long but those that are copied as a whole; and errors come first."""
    day, other = str(shop.EVENTS), spoilt(tmp_path)
    dead = write_config(tmp_path / "dead.json", {"mapping": {"order": {"complete": {}}}})
    checking = ("verify", day, "--config", other, "--quiet", "--examples", "3")
    out: dict[tuple[str, ...], str] = {}
    for words in (
        ("run", day, *DAY, "--sandbox", "--quiet"),
        ("run", day, *DAY, "--dry-run"),
        ("run", day, "--config", dead, "--dry-run"),
        checking,
        ("diff", str(shop.CONFIG), other, "--events", day),
        ("explain", day, *DAY, "--line", "314"),
        ("codes",),
        ("codes", "revenue.not-a-number"),
    ):
        said = narrow(*words)
        out[words] = said.out
        lines = [line.rstrip() for line in said.out.splitlines()]
        assert len(lines) > 1, said
        long = [line for line in lines if len(line) > WIDTH and not line.startswith(EXAMPLES)]
        assert [line for line in long if not HEAD.match(line)] == [], words
        cut = [line for line in lines if line.endswith("…") and not line.startswith(EXAMPLES)]
        assert cut == [], words
    verified = out[checking]
    table = verified.split("What the events of the sample lose:")[1]
    assert table.splitlines()[2].startswith("  order complete"), "the rule with an error"
    found = re.findall(r"^(error|warning)\[", verified, re.MULTILINE)
    assert found == sorted(found)
