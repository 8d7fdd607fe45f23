"""The README says what is so: its commands, examples, outputs and tables are run and compared."""

from __future__ import annotations

import doctest
import re
import subprocess
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from blocks import README, SECONDS, Block, blocks, files, produce

PAGE = README.read_text(encoding="utf-8")
OUTPUTS = [block for block in blocks(PAGE) if block.kind == "output"]


@pytest.mark.parametrize("block", OUTPUTS, ids=lambda block: block.name)
def test_an_output_in_the_readme_is_what_its_command_makes(block: Block, tmp_path: Path) -> None:
    files(PAGE, tmp_path)
    assert SECONDS.sub("1.0 s", block.body) == produce(block.name, tmp_path)


def test_every_mark_in_the_readme_stands_before_a_block() -> None:
    assert len(re.findall(r"<!-- (?:output|file): ", PAGE)) == len(list(blocks(PAGE)))


def test_the_python_in_the_readme_does_what_it_shows() -> None:
    results = doctest.testfile(str(README), module_relative=False, verbose=False)
    assert results.attempted > 10
    assert results.failed == 0


def fences() -> list[str]:
    return re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL)


def test_the_first_two_fences_are_one_command_each() -> None:
    first, second = (fence.strip() for fence in fences()[:2])
    assert first.endswith("walkeros-klaviyo demo")
    assert second.endswith("pytest -n 2 --dist worksteal")
    assert "\n" not in first + second


def test_the_first_two_fences_of_any_kind_are_those_commands() -> None:
    opened = re.findall(r"^```(\w*)$", PAGE, re.MULTILINE)
    assert opened[0] == "sh"
    assert [fence for fence in opened if fence][:2] == ["sh", "sh"]


def commands() -> list[str]:
    done = subprocess.run(
        [sys.executable, "-m", "walkeros_klaviyo", "--help"], capture_output=True, text=True
    )
    return re.findall(r"^  ([a-z]+) ", done.stdout.split("Commands:")[1], re.MULTILINE)


def test_every_command_stands_in_the_table_of_commands() -> None:
    assert {f"| `{name}" for name in commands()} <= set(re.findall(r"\| `[a-z]+", PAGE))


@pytest.mark.parametrize("command", commands())
def test_every_option_of_a_command_is_documented(command: str) -> None:
    words = ["preset", "show"] if command == "preset" else [command]
    done = subprocess.run(
        [sys.executable, "-m", "walkeros_klaviyo", *words, "--help"],
        capture_output=True,
        text=True,
    )
    options = set(re.findall(r"(--[a-z-]+)", done.stdout)) - {"--help"}
    section = PAGE.split("## From the command line")[1]
    assert options or command in ("codes", "schema")
    assert {option for option in options if option not in section} == set()
