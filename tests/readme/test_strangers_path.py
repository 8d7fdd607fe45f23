"""A stranger's path: the built package in a fresh environment, and the pages' blocks in order.

Nothing of the working tree is on the path: what is forgotten in the wheel or in its extras shows.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from blocks import README, REFERENCE, SECONDS, blocks, produce, write_files

ROOT = Path(__file__).parents[2]
EXTRA = re.compile(r'pip install[^\n]*?"\.\[([a-z,]+)\]"')
"""How a page says which extras it needs from there on."""

pytestmark = pytest.mark.whole


class Environment:
    """A fresh virtual environment, and a folder to work in."""

    def __init__(self, folder: Path) -> None:
        subprocess.run([sys.executable, "-m", "venv", str(folder / "venv")], check=True)
        self.python = str(folder / "venv/bin/python")
        self.work = folder / "work"
        self.work.mkdir()

    def install(self, *what: str) -> None:
        """By pip, as a person does it."""
        self.run("-m", "pip", "install", "-q", *what, seconds=900)

    def run(self, *words: str, code: int = 0, seconds: float = 300) -> str:
        """Python with these words; both of its outputs."""
        foreign = ("KLAVIYO_API_KEY", "PYTHONPATH", "COLUMNS")
        environment = {key: value for key, value in os.environ.items() if key not in foreign}
        done = subprocess.run(
            [self.python, *words],
            cwd=self.work,
            env=environment,
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
        )
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout + done.stderr

    def command(self, *words: str, code: int = 0) -> str:
        """The command itself, as it is installed."""
        program = "import os, sys; os.execv(sys.argv[1], sys.argv[1:])"
        path = str(Path(self.python).with_name("walkeros-klaviyo"))
        return self.run("-c", program, path, *words, code=code)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the wheel and the source distribution."""
    folder = tmp_path_factory.mktemp("built")
    maker = Environment(folder)
    maker.install("hatchling>=1.25")
    source, dist = folder / "source", str(folder / "dist")
    for name in ("src", "tests", "property_tests", "notebooks"):
        ignored = shutil.ignore_patterns("__pycache__", "*.pyc")
        shutil.copytree(ROOT / name, source / name, ignore=ignored)
    for name in ("README.md", "CHANGELOG.md", "LICENSE", "pyproject.toml", ".gitignore"):
        shutil.copy(ROOT / name, source)
    maker.work = source
    maker.run("-m", "hatchling", "build", "-t", "sdist", "-t", "wheel", "-d", dist)
    return Path(dist)


@pytest.fixture(scope="module")
def wheel(built: Path) -> str:
    """The wheel's path."""
    (found,) = built.glob("*.whl")
    return str(found)


@pytest.fixture(scope="module")
def bare(wheel: str, tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """The wheel without any extra."""
    found = Environment(tmp_path_factory.mktemp("bare"))
    found.install(wheel)
    return found


@pytest.fixture(scope="module")
def ready(wheel: str, tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """The wheel with what the notebooks need, without the tools of development."""
    found = Environment(tmp_path_factory.mktemp("ready"))
    found.install(f"{wheel}[notebook,verify,server]")
    write_files(found.work)
    return found


def test_the_wheel_holds_the_package_and_the_source_all_that_builds_it(built: Path) -> None:
    (wheel,), (source,) = built.glob("*.whl"), built.glob("*.tar.gz")
    names = set(zipfile.ZipFile(wheel).namelist())
    package = {
        str(path.relative_to(ROOT / "src"))
        for path in (ROOT / "src").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts and path.suffix != ".pyc"
    }
    assert {name for name in names if ".dist-info/" not in name} == package
    assert {"walkeros_klaviyo/py.typed", "walkeros_klaviyo/REFERENCE.md"} <= package
    with tarfile.open(source) as packed:
        inside = {name.partition("/")[2] for name in packed.getnames()}
    assert {f"src/{name}" for name in package} <= inside
    assert {"README.md", "CHANGELOG.md", "LICENSE", "pyproject.toml"} <= inside


def test_without_extras_the_core_and_the_commands_work(bare: Environment) -> None:
    """What needs an extra says which, in a sentence."""
    bare.run("-c", "import walkeros_klaviyo.curried")
    assert "Commands:" in bare.command("--help")
    day, config = json.loads(
        bare.run(
            "-c",
            "import json; from walkeros_klaviyo.shop import CONFIG, EVENTS; "
            "print(json.dumps([str(EVENTS), str(CONFIG)]))",
        )
    )
    assert str(ROOT) not in day
    plans = bare.command("plan", day, "--config", config, code=1).splitlines()
    assert len(plans) == 498
    bare.command("init", day, "--consent", "marketing", "-o", "first.toml")
    assert "Placed Order" in bare.command("plan", day, "--config", "first.toml", code=1)
    assert "send" in bare.command("explain", day, "--config", config, "--line", "58")
    for words in (("codes",), ("schema",), ("preset", "show")):
        assert len(bare.command(*words)) > 1_000
    for words, extra in {
        ("run", day, "--config", config, "--sandbox"): "server",
        ("demo",): "server",
        ("verify", day, "--config", config): "verify",
    }.items():
        said = bare.command(*words, code=2)
        assert f'pip install "walkeros-klaviyo[{extra}]"' in said
        assert said.count("\n") == 1


@pytest.mark.parametrize("page", [README, REFERENCE], ids=lambda page: page.name)
def test_a_pages_blocks_work_in_order_with_the_extras_that_it_names(
    page: Path, wheel: str, tmp_path: Path
) -> None:
    text = page.read_text("utf-8")
    stranger = Environment(tmp_path)
    # Who reads the reference has followed the first page.
    extras = ["server"] if page == README else ["server", "verify"]
    stranger.install(f"{wheel}[{','.join(extras)}]")
    write_files(stranger.work)
    named = [(found.start(), found[1]) for found in EXTRA.finditer(text)]
    for block in blocks(text):
        if block.kind != "output" or block.name.startswith("tables "):
            continue
        for at, extra in named:
            # The tests' environment has everything, and is another one.
            if at < block.start and extra not in (*extras, "dev"):
                stranger.install(f"{wheel}[{extra}]")
                extras.append(extra)
        assert SECONDS.sub("1.0 s", block.body) == produce(
            block.name, stranger.work, stranger.python
        )
    (stranger.work / "page.md").write_text(text, "utf-8")
    said = stranger.run("-m", "doctest", "-o", "NORMALIZE_WHITESPACE", "page.md")
    assert said == ""


EXECUTE = """
import sys
import nbformat
from nbclient import NotebookClient
notebook = nbformat.read(sys.argv[1], 4)
NotebookClient(notebook, timeout=300, kernel_name="python3").execute()
print("executed:", sum(cell.cell_type == "code" for cell in notebook.cells))
"""


@pytest.mark.parametrize("name", sorted(path.name for path in (ROOT / "notebooks").glob("*.ipynb")))
def test_a_notebook_runs_from_the_wheel(name: str, ready: Environment) -> None:
    shutil.copy(ROOT / "notebooks" / name, ready.work)
    shutil.copytree(ROOT / "notebooks/hosts", ready.work / "hosts", dirs_exist_ok=True)
    said = ready.run("-c", EXECUTE, name, seconds=600)
    assert int(said.partition("executed: ")[2].split()[0]) > 3


MANY = """
from many_processes import planned
from walkeros_klaviyo import pipeline, read_config
import json, pickle

if __name__ == "__main__":
    transform = pipeline(read_config("shop.toml", needs_key=False))
    events = [json.loads(line) for line in open("events.jsonl")] * 400
    ours = pickle.loads(pickle.dumps(transform))
    plans = list(planned(transform, events))
    assert [plan.to_dict() for plan in plans] == [ours.plan(event).to_dict() for event in events]
    print(len(plans))
"""


def test_a_pickled_transform_plans_in_other_processes(ready: Environment) -> None:
    shutil.copy(ROOT / "notebooks/hosts/many_processes.py", ready.work)
    (ready.work / "shop.py").write_text(MANY, "utf-8")
    assert ready.run("shop.py") == "1200\n"
