"""Is the table of codes complete, and is none of them idle?"""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

import walkeros_klaviyo
from walkeros_klaviyo import CODES, Diagnostic

SOURCE = Path(walkeros_klaviyo.__file__).parent
CODE = re.compile(r"[a-z]+(?:-[a-z]+)*\.[a-z]+(?:-[a-z]+)*")
FAMILIES = frozenset(code.partition(".")[0] for code in CODES)


def uses(text: str) -> set[str]:
    """Every code that a module gives to a diagnostic, read from its source.

    Told by where it stands, so that a path such as `data.id` is none: the first argument of a
    call, a `code=`, or a member of a tuple, with a family of the table or a call that takes codes.
    """
    found: set[str] = set()
    for node in ast.walk(ast.parse(text)):
        given: list[ast.expr] = []
        if isinstance(node, ast.Call):
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            if name in ("Diagnostic", "EventError", "warn"):
                found |= set(_texts(node.args[:1]))
            given = [*node.args, *(word.value for word in node.keywords)]
        elif isinstance(node, ast.Tuple):
            given = node.elts
        elif (
            isinstance(node, ast.Return | ast.Yield | ast.Assign | ast.AnnAssign)
            and node.value is not None
        ):
            given = [node.value]
        found |= {text for text in _texts(given) if text.partition(".")[0] in FAMILIES - {"event"}}
    return {code for code in found if CODE.fullmatch(code)}


GIVING = ast.Return | ast.Yield | ast.Assign | ast.AnnAssign


def _texts(given: list[ast.expr]) -> list[str]:
    return [one.value for one in given if isinstance(one, ast.Constant) and type(one.value) is str]


TABLE = frozenset({"core/diagnostics.py", "core/codes.py"})
"""Where the codes are defined, which is no use of them."""
MODULES = sorted(
    path
    for path in SOURCE.rglob("*.py")
    if not {"sandbox", "verify", "proposal"} & set(path.parts)
    and path.relative_to(SOURCE).as_posix() not in TABLE
)


@cache
def used() -> dict[str, Path]:
    """Every code that some module gives to a diagnostic, and the last that does."""
    return {code: path for path in MODULES for code in uses(path.read_text("utf-8"))}


def test_every_code_that_a_module_uses_is_in_the_table() -> None:
    """A code that is missing there would raise a KeyError when somebody asks how bad it is."""
    assert {code: path for code, path in used().items() if code not in CODES} == {}


def used_somewhere(code: str) -> bool:
    """Does any module outside the table name the code?"""
    return code in used()


@pytest.mark.parametrize("code", CODES)
def test_every_code_of_the_table_is_used(code: str) -> None:
    """An idle row would be documentation of nothing."""
    assert used_somewhere(code)


def test_the_table_itself_is_no_use() -> None:
    """Else every row would be used by being there: no module read here writes most of the table."""
    for path in MODULES:
        written = {code for code in CODES if f'"{code}"' in path.read_text("utf-8")}
        assert len(written) < len(CODES) // 2, path


def test_the_reader_of_sources_can_fail() -> None:
    """It finds planted codes wherever they may stand, and takes no path for a code."""
    planted = """
notes.append(Diagnostic("made.up", "data.id", "text"))
findings.warn("config.made-up", where, "text")
raise EventError("event.made-up", "name", "text")
def f():
    return None, "revenue.made-up", "reason"
TABLE = (("kx", "_kx", "kx.made-up", judge),)
code = "value.made-up"
path = compile_path("data.id", "event.id", findings)
"""
    assert uses(planted) == {
        "made.up",
        "config.made-up",
        "event.made-up",
        "revenue.made-up",
        "kx.made-up",
        "value.made-up",
    }
    assert not used_somewhere("made.up")


def test_the_reader_of_sources_finds_most_of_the_table() -> None:
    """Should the sources be written otherwise one day, it must not fall silent."""
    assert set(CODES) <= used().keys()
    assert len(used()) >= 40


@pytest.mark.parametrize("code", CODES)
def test_a_row_says_how_bad_what_and_what_to_do(code: str) -> None:
    """Stable codes of two parts; sentences with an end."""
    assert CODE.fullmatch(code)
    row = CODES[code]
    assert row.severity in ("error", "warning", "info")
    assert row.meaning.endswith(".")
    assert row.remedy.endswith(".")
    assert row.meaning != row.remedy


def test_the_table_cannot_be_changed() -> None:
    with pytest.raises(TypeError):
        CODES["made.up"] = CODES["event.name"]  # type: ignore[index]


@pytest.mark.parametrize(("path", "text"), [("data.id", "data.id: is bad"), ("", "is bad")])
def test_a_diagnostic_reads_as_place_and_fault(path: str, text: str) -> None:
    one = Diagnostic("email.invalid", path, "is bad")
    assert str(one) == text
    assert one.to_dict() == {
        "code": "email.invalid",
        "path": path,
        "message": "is bad",
        "severity": "warning",
    }


def test_a_diagnostic_with_a_code_outside_the_table_has_no_severity() -> None:
    """So a slip is found by the first test that looks at it."""
    with pytest.raises(KeyError):
        _ = Diagnostic("made.up", "", "").severity


def test_diagnostics_are_values() -> None:
    """Equal by content, usable in a set."""
    one = Diagnostic("email.invalid", "a", "b")
    assert {one, Diagnostic("email.invalid", "a", "b")} == {one}
