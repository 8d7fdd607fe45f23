"""What does `import walkeros_klaviyo` bring along? Nothing that only some users need.

The time itself is a benchmark, `tests/benchmarks/import_time.py`; this looks at the modules.
"""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

HEAVY = """
    klaviyo_api openapi_client starlette uvicorn hypothesis phonenumbers typer rich orjson pydantic
    sqlite3 toolz
""".split()
PLAN = """
from walkeros_klaviyo import parse_config, pipeline
user = {"id": "u1", "phone": "+15551234567"}
event = {"name": "page view", "timestamp": 1795518160712, "user": user}
"""


def modules_after(code: str) -> frozenset[str]:
    """The top-level modules that a fresh interpreter has loaded after some code."""
    tail = "\nimport json, sys; print(json.dumps(sorted(sys.modules)))"
    ran = subprocess.run(
        [sys.executable, "-c", code + tail], capture_output=True, text=True, check=True
    )
    return frozenset(name.partition(".")[0] for name in json.loads(ran.stdout))


@pytest.fixture(scope="module")
def imported() -> frozenset[str]:
    """What the bare import loads."""
    return modules_after("import walkeros_klaviyo")


@pytest.fixture(scope="module")
def planned() -> frozenset[str]:
    """What planning an event loads, where no phone number is mapped."""
    return modules_after(PLAN + "print(end=pipeline(parse_config({})).plan(event).outcome[:0])")


@pytest.mark.parametrize("module", HEAVY)
def test_the_import_leaves_it_aside(imported: frozenset[str], module: str) -> None:
    """It is imported when it is used: a Lambda that only plans should not pay for the SDK."""
    assert module not in imported


@pytest.mark.parametrize("module", HEAVY)
def test_planning_leaves_it_aside(planned: frozenset[str], module: str) -> None:
    assert module not in planned


@pytest.mark.parametrize("module", ["walkeros_klaviyo", "attrs"])
def test_the_import_does_bring_what_it_stands_on(imported: frozenset[str], module: str) -> None:
    """The reading of modules itself works."""
    assert module in imported


def test_who_maps_a_phone_number_gets_phonenumbers() -> None:
    """Late, but then it is there: the absence above is not that of a library nobody has."""
    code = 'pipeline(parse_config({"settings": {"phoneNumber": "user.phone"}})).plan(event)'
    assert "phonenumbers" in modules_after(PLAN + code)
