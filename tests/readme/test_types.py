"""The code that the pages and the hosts show types: with mypy --strict, and with pyright."""

from __future__ import annotations

import doctest
import subprocess
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from blocks import PAGES

ROOT = Path(__file__).parents[2]
OWN = """
from collections.abc import Mapping
from typing import Any

from attrs import evolve

from walkeros_klaviyo import STAGES, Call, Event, Plan, Revenue, Rule, Settings, Transform
from walkeros_klaviyo import after, before, parse_config, pipeline, route

plain = pipeline(parse_config({}))


def with_market(event: Mapping[str, Any]) -> Event:
    return {**event, "globals": {"market": "eu"}}


def market(event: dict[str, Any]) -> str:
    return str(event["globals"]["market"])


def anything(event: object) -> object:
    return event


def net(rule: Rule[Settings], event: Event) -> tuple[Revenue | None, tuple[()]]:
    return Revenue(event["data"]["total"] / 1.19, "EUR"), ()


def muted(plan: Plan) -> Plan:
    return evolve(plan, diagnostics=())


shop: Transform = before(with_market, plain)
shop = before(lambda event: {**event, "user": {"id": event["data"]["customer"]}}, shop)
shop = before(anything, after(muted, shop))
shop = route(market, {"eu": shop})
shop = route(lambda event: event["globals"]["market"], {"eu": shop, "us": plain})
shop = after(lambda plan: evolve(plan, diagnostics=()), shop)
own = pipeline(parse_config({}), evolve(STAGES, revenue=net))
call: Call = own.plan({"name": "page view", "timestamp": 1}).calls[0]
"""
"""What people write: lambdas, and functions of an event by whichever type they know it."""


@pytest.fixture
def shown(tmp_path: Path) -> list[str]:
    """Each page's examples as a module, and what people write."""
    names = []
    for page in PAGES:
        examples = doctest.DocTestParser().get_examples(page.read_text("utf-8"))
        assert len(examples) > 10
        file = tmp_path / f"{page.stem.lower()}_page.py"
        file.write_text("".join(one.source for one in examples), "utf-8")
        names.append(str(file))
    (tmp_path / "own.py").write_text(OWN, "utf-8")
    return [*names, str(tmp_path / "own.py"), *map(str, (ROOT / "notebooks/hosts").glob("*.py"))]


def test_mypy_is_content_with_it(shown: list[str]) -> None:
    command = [sys.executable, "-m", "mypy", "--strict", "--cache-dir", str(ROOT / ".mypy_cache")]
    done = subprocess.run([*command, *shown], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


@pytest.mark.whole
def test_pyright_is_content_with_it(shown: list[str]) -> None:
    pyright = [sys.executable, "-m", "pyright"]
    can_run = subprocess.run([*pyright, "--version"], capture_output=True, text=True)
    if can_run.returncode != 0:
        pytest.skip("NOT TRIED: pyright fetches itself from the npm registry, which is not there")
    command = [*pyright, "--level", "error", "--pythonpath", sys.executable]
    done = subprocess.run([*command, *shown], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
