"""README and reference say what is so: what they show is run, and their tables compared."""

from __future__ import annotations

import doctest
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings
from tests.end_to_end.command import inside

sys.path.insert(0, str(Path(__file__).parent))

from blocks import PAGES, README, REFERENCE, SECONDS, Block, blocks, produce, write_files

PAGE = README.read_text(encoding="utf-8")
TEXTS = [path.read_text(encoding="utf-8") for path in PAGES]
OUTPUTS = [block for text in TEXTS for block in blocks(text) if block.kind == "output"]


@pytest.mark.parametrize("block", OUTPUTS, ids=lambda block: block.name)
def test_an_output_in_the_readme_is_what_its_command_makes(block: Block, tmp_path: Path) -> None:
    write_files(tmp_path)
    assert SECONDS.sub("1.0 s", block.body) == produce(block.name, tmp_path)


def test_every_mark_stands_before_a_block() -> None:
    for text in TEXTS:
        assert len(re.findall(r"<!-- (?:output|file): ", text)) == len(list(blocks(text)))


@pytest.fixture
def readers_examples() -> Iterator[None]:
    """As many as hypothesis tries for a reader, or more."""
    ours = settings.get_current_profile_name()
    settings.load_profile("more")
    yield
    settings.load_profile(ours)


@pytest.mark.usefixtures("readers_examples")
@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_the_python_on_a_page_does_what_it_shows(path: Path) -> None:
    results = doctest.testfile(str(path), module_relative=False, verbose=False)
    assert results.attempted > 10
    assert results.failed == 0


def test_the_readme_is_read_in_five_minutes() -> None:
    assert PAGE.count("\n") <= 300


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_every_link_leads_somewhere(path: Path) -> None:
    """To a file of the project, and where it names a heading, to one that is there."""
    for target in re.findall(r"\]\((?!https?:)([^)]+)\)", path.read_text("utf-8")):
        name, _, anchor = target.partition("#")
        page = (path.parent / name).resolve() if name else path
        assert page.exists(), target
        if anchor:
            heads = re.findall(r"^#+ (.*)$", page.read_text("utf-8"), re.MULTILINE)
            slugs = {re.sub(r"[^\w -]", "", head.lower()).replace(" ", "-") for head in heads}
            assert anchor in slugs, target


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


def help_of(*words: str) -> str:
    said = inside(*words, "--help")
    assert said.code == 0
    return said.out


def commands(*words: str) -> list[str]:
    listed = help_of(*words).partition("Commands:")[2]
    return re.findall(r"^  ([a-z]+) ", listed, re.MULTILINE)


def test_every_command_stands_in_the_table_of_commands() -> None:
    table = REFERENCE.read_text("utf-8").split("## The configuration")[0]
    assert {f"| `{name}" for name in commands()} <= set(re.findall(r"\| `[a-z]+", table))


@pytest.mark.parametrize("command", commands())
def test_every_option_of_a_command_is_documented(command: str) -> None:
    said = help_of(command) + "".join(help_of(command, one) for one in commands(command))
    options = set(re.findall(r"(--[a-z-]+)", said)) - {"--help"}
    section = REFERENCE.read_text("utf-8").split("## The configuration")[0]
    assert options or command in ("codes", "schema")
    assert {option for option in options if option not in section} == set()
