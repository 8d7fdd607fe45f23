"""Are core and delivery pure? No clock, luck, file, network or salted hash, read off the sources.

Ruff's bans catch names that are written out; this looks at calls and imports as Python parses them.
"""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import walkeros_klaviyo

PACKAGE = Path(walkeros_klaviyo.__file__).parent
MODULES = {
    path.relative_to(PACKAGE).as_posix(): path.read_text("utf-8")
    for layer in ("core", "delivery")
    for path in sorted((PACKAGE / layer).glob("**/*.py"))
}

CALLS = frozenset("hash open print input id eval exec compile __import__ breakpoint".split())
"""Built-in functions that act, or whose result differs from one process to the next."""

CLOCKS = frozenset("now utcnow today".split())
"""Methods of datetime and date that read the clock."""

IMPORTS = frozenset(
    """
    __future__ collections datetime decimal difflib enum functools hashlib html itertools json
    marshal math re types typing unicodedata attrs toolz phonenumbers walkeros_klaviyo
    """.split()
)
"""What may be imported; everything else needs an entry below."""

FORBIDDEN = frozenset(
    """
    time random os io logging pathlib socket subprocess uuid secrets sqlite3 klaviyo_api
    openapi_client urllib3 requests threading asyncio tempfile shutil
    """.split()
)
"""What nothing excuses."""

ALLOWED = {
    (
        "core/walkeros/properties.py",
        "id()",
    ): "objects are told apart within one call, and no longer",
    (
        "core/stages.py",
        "id()",
    ): "a rule's way is found by which object it is, for as long as both live",
    (
        "core/shortcut.py",
        "id()",
    ): "a rule's way is found by which object it is, for as long as both live",
    (
        "core/reused.py",
        "hash()",
    ): "calls are compared within one stream; what is said of them holds no hash",
    ("delivery/verdict.py", "import email"): "email.utils reads the date of a Retry-After",
}
"""Exceptions, each with its reason."""


def impurities(module: str, text: str) -> set[str]:
    """Every call and import in a module that a pure one does not need."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Call):
            function = node.func
            if isinstance(function, ast.Name) and function.id in CALLS:
                found.add(f"{function.id}()")
            if isinstance(function, ast.Attribute) and function.attr in CLOCKS:
                found.add(f".{function.attr}()")
        elif isinstance(node, ast.Import):
            found |= {_import(alias.name) for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add(_relative(module, node) if node.level else _import(node.module or ""))
    return {one for one in found if one}


def _import(name: str) -> str:
    parts = name.split(".")
    if parts[0] == "walkeros_klaviyo" and parts[1:2] not in (["core"], ["delivery"]):
        return f"import {name}"
    return "" if parts[0] in IMPORTS else f"import {parts[0]}"


def _relative(module: str, node: ast.ImportFrom) -> str:
    """Core imports core; delivery imports core and delivery; nothing imports a layer above."""
    if node.level == 1:
        return ""
    below = module.startswith("delivery/") and (node.module or "").partition(".")[0] == "core"
    return "" if below and node.level == 2 else f"import {'.' * node.level}{node.module or ''}"


@pytest.mark.parametrize("module", MODULES)
def test_a_module_does_nothing_but_compute(module: str) -> None:
    """Time, luck and answers are arguments; what to do comes back as values."""
    excused = {what for where, what in ALLOWED if where == module}
    assert impurities(module, MODULES[module]) - excused == set()


@pytest.mark.parametrize(("module", "what"), ALLOWED)
def test_no_exception_is_idle(module: str, what: str) -> None:
    """An exception that nothing needs would let the next one in."""
    assert what in impurities(module, MODULES[module])


@pytest.mark.parametrize("name", sorted(IMPORTS))
def test_no_permission_is_idle(name: str) -> None:
    """What nothing imports any more has no place in the list."""
    assert any(name in imported(text) for text in MODULES.values())


def imported(text: str) -> set[str]:
    """The packages that a module's absolute imports name."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            found.add((node.module or "").partition(".")[0])
    return found


def test_nothing_excuses_the_forbidden() -> None:
    assert IMPORTS.isdisjoint(FORBIDDEN)
    assert {what.removeprefix("import ") for _, what in ALLOWED}.isdisjoint(FORBIDDEN)


def test_the_modules_are_found() -> None:
    """An empty list of modules would pass everything above."""
    core = [name for name in MODULES if name.startswith("core/")]
    assert len(core) >= 30
    assert {"core/pipeline.py", "core/walkeros/event.py", "core/settle.py"} <= set(core)
    assert sum(map(len, MODULES.values())) > 100_000


@pytest.mark.parametrize("name", sorted(FORBIDDEN))
@pytest.mark.parametrize(
    "write",
    [
        "import {name}",
        "import {name} as x",
        "from {name} import x",
        "import {name}.x",
        "from {name}.x import y",
        "import json, {name}",
        "def f():\n    import {name}",
        "try:\n    import {name}\nexcept ImportError:\n    pass",
        "if TYPE_CHECKING:\n    from {name} import x",
    ],
)
def test_a_planted_import_is_found(write: str, name: str) -> None:
    """Wherever it stands, also late and within a function."""
    assert impurities("core/planted.py", write.format(name=name)) == {f"import {name}"}


@pytest.mark.parametrize("name", sorted(CALLS))
@pytest.mark.parametrize(
    "write", ["{name}(1)", "x = [{name}(y) for y in z]", "def f(a={name}(1)): ...", "f({name}(1))"]
)
def test_a_planted_call_is_found(write: str, name: str) -> None:
    assert impurities("core/planted.py", write.format(name=name)) == {f"{name}()"}


@pytest.mark.parametrize(
    "text", ["datetime.now(UTC)", "datetime.datetime.utcnow()", "date.today()"]
)
def test_a_planted_clock_is_found(text: str) -> None:
    (found,) = impurities("core/planted.py", text)
    assert found.strip(".()") in CLOCKS


@pytest.mark.parametrize(
    ("module", "text", "found"),
    [
        ("core/a.py", "from ..shell import store", {"import ..shell"}),
        ("core/a.py", "from ..delivery import sender", {"import ..delivery"}),
        ("core/a.py", "from .. import curried", {"import .."}),
        ("core/a.py", "from walkeros_klaviyo.shell import x", {"import walkeros_klaviyo.shell"}),
        ("core/a.py", "import walkeros_klaviyo", {"import walkeros_klaviyo"}),
        ("core/a.py", "from .event import Event", set()),
        ("core/a.py", "from walkeros_klaviyo.core.walkeros.event import Event", set()),
        ("delivery/a.py", "from ..core.limits import ENDPOINTS", set()),
        ("delivery/a.py", "from ..shell import store", {"import ..shell"}),
        ("delivery/a.py", "from ..sandbox import app", {"import ..sandbox"}),
    ],
)
def test_a_planted_arrow_upwards_is_found(module: str, text: str, found: set[str]) -> None:
    """Core knows no layer above it, delivery only core."""
    assert impurities(module, text) == found


@pytest.mark.parametrize(
    "text",
    [
        "import json",
        "from hashlib import blake2b",
        "event.get('id')",
        "settings.id",
        "Config(id=1, hash=2)",
        "now + 1",
        "def plan(now): ...",
        "'open(print)'",
        "value.hash",
    ],
)
def test_a_pure_snippet_passes(text: str) -> None:
    """A check that cries at everything would be switched off."""
    assert impurities("core/planted.py", text) == set()
