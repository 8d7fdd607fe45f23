"""Do the notebooks still say what they say?

Each is executed as a reader would find it: on a clean kernel, in an empty folder, without an
account and without a network. What it shows must be what is committed; where it is not,
`python -m tests.notebooks.refresh` writes it anew, and the difference is there to be read.
"""

from __future__ import annotations

import re
import sys
from copy import deepcopy
from pathlib import Path
from statistics import median
from typing import Any

import pytest
from nbformat.v4 import new_code_cell, new_notebook
from tests.notebooks import refresh
from tests.spark.session import missing, refuse

PATHS = refresh.notebooks()
MAY_DIFFER = ("metadata",)
"""Of an output: how a front end may fold it, no content."""
PLOT = "image/svg+xml"
MOST_BYTES = 300_000
"""Of a notebook, its plots included."""


def each_notebook(test: Any) -> Any:
    """Run a test for every notebook, named by its file."""
    return pytest.mark.parametrize("path", PATHS, ids=[path.stem for path in PATHS])(test)


def cells(notebook: Any, kind: str) -> list[Any]:
    """The notebook's cells of a kind."""
    return [cell for cell in notebook.cells if cell.cell_type == kind]


def shown(cell: Any) -> list[dict[str, Any]]:
    """What stands below a cell: every output, in all its forms; of a plot what it says."""
    return [
        {key: said(value) for key, value in output.items() if key not in MAY_DIFFER}
        for output in cell.get("outputs", [])
    ]


def said(value: Any) -> Any:
    """An output's forms; of a plot its words, and how many marks: the rest is the plotter's."""
    if not isinstance(value, dict) or PLOT not in value:
        return value
    plot = value[PLOT]
    return {**value, PLOT: (said_by(plot), plot.count("<path"), plot.count("<use"))}


def said_by(plot: str) -> list[str]:
    """The words of a plot."""
    return re.findall("<text[^>]*>([^<]*)</text>", plot)


def drift(committed: Any, fresh: Any) -> dict[str, tuple[Any, Any]]:
    """Cells that show something else than what is committed, by their ids."""
    return {
        old.id: (shown(old), shown(new))
        for old, new in zip(committed.cells, fresh.cells, strict=True)
        if shown(old) != shown(new) or old.get("execution_count") != new.get("execution_count")
    }


def run(*sources: str) -> list[Any]:
    """The outputs of cells that are allowed to fail, a list a cell."""
    notebook = new_notebook(cells=[new_code_cell(source) for source in sources])
    return [cell.outputs for cell in refresh.execute(notebook, allow_errors=True).cells]


def words(cell: Any) -> int:
    """How long a cell's sentence is; headings and the targets of links do not count."""
    lines = [line for line in cell.source.splitlines() if not line.startswith("#")]
    return len(re.sub(r"\]\([^)]*\)", "]", " ".join(lines)).split())


def test_there_is_a_notebook() -> None:
    """Nothing to run would be nothing to fail."""
    assert [path.stem for path in PATHS] != []


ON_SPARK = "embed"
"""The notebook that starts a Spark, if there is one."""


@pytest.mark.parametrize(
    "path",
    [
        pytest.param(path, id=path.stem, marks=pytest.mark.whole if path.stem == ON_SPARK else ())
        for path in PATHS
    ],
)
def test_what_is_committed_is_what_it_shows(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if path.stem == ON_SPARK and (why := missing()):
        refuse(why)
    monkeypatch.setenv("KLAVIYO_API_KEY", "pk_of_whoever_runs_the_tests")
    committed = refresh.read(path)
    assert drift(committed, refresh.execute(committed)) == {}


@each_notebook
def test_no_cell_fails(path: Path) -> None:
    for cell in cells(refresh.read(path), "code"):
        assert "error" not in [output.output_type for output in cell.outputs], cell.id
        assert "stderr" not in [output.get("name") for output in cell.outputs], cell.id


@each_notebook
def test_every_cell_of_code_shows_a_result(path: Path) -> None:
    for cell in cells(refresh.read(path), "code"):
        assert cell.outputs, cell.id


@each_notebook
def test_no_cell_is_empty(path: Path) -> None:
    for cell in refresh.read(path).cells:
        assert cell.source.strip(), cell.id


@each_notebook
def test_a_sentence_then_code_and_again(path: Path) -> None:
    kinds = [cell.cell_type for cell in refresh.read(path).cells]
    assert kinds == ["markdown", "code"] * (len(kinds) // 2) + ["markdown"]


@each_notebook
def test_sentences_and_code_stay_short(path: Path) -> None:
    notebook = refresh.read(path)
    lengths = {cell.id: words(cell) for cell in cells(notebook, "markdown")}
    assert {name: length for name, length in lengths.items() if not 5 <= length <= 25} == {}
    assert median(lengths.values()) <= 18
    lines = {cell.id: len(cell.source.splitlines()) for cell in cells(notebook, "code")}
    assert {name: length for name, length in lines.items() if length > 20} == {}
    assert median(lines.values()) <= 10


@each_notebook
def test_a_notebook_says_nothing_of_the_machine_it_ran_on(path: Path) -> None:
    """Then a change in version control is a change of what a reader sees."""
    notebook = refresh.read(path)
    assert notebook.metadata == refresh.METADATA
    assert all(cell.metadata == {} for cell in notebook.cells)
    names = [cell.id for cell in notebook.cells]
    assert len(set(names)) == len(names)
    assert [name for name in names if not re.fullmatch("[a-z]+(-[a-z]+)*", name)] == []
    text = path.read_text("utf-8")
    for trace in (str(Path.home()) + "/", sys.prefix, str(refresh.FOLDER.parent), " at 0x"):
        assert trace not in text
    assert text == refresh.text_of(notebook)


@each_notebook
def test_a_notebook_stays_small(path: Path) -> None:
    assert path.stat().st_size < MOST_BYTES


def plots() -> list[Any]:
    """Every plot of every notebook, as a case of a test."""
    return [
        pytest.param(output.data[PLOT], id=f"{path.stem}-{cell.id}")
        for path in PATHS
        for cell in cells(refresh.read(path), "code")
        for output in cell.outputs
        if PLOT in output.get("data", {})
    ]


@pytest.mark.parametrize("plot", plots())
def test_a_plot_can_be_read_on_any_page(plot: str) -> None:
    """It has words for a title, and a white ground, for the page may be dark."""
    assert max(map(len, said_by(plot))) >= 20
    assert re.search(r'<g id="patch_1">\s*<path [^>]*style="fill: #ffffff', plot)


def test_another_plot_is_seen() -> None:
    """A word or a mark more; a path that another release bends otherwise is none."""
    plot = plots()[0].values[0]
    assert said({PLOT: plot}) == said({PLOT: plot.replace("width=", "width =")})
    for other in (plot.replace("</text>", "!</text>", 1), plot.replace("<path", "<path/><path", 1)):
        assert said({PLOT: plot}) != said({PLOT: other})


def test_a_changed_output_is_seen() -> None:
    """Plain text, a table or its place: whatever a reader would see differently."""
    committed = refresh.read(PATHS[0])
    assert drift(committed, committed) == {}
    shows_table = [cell.id for cell in committed.cells if "text/html" in str(shown(cell))]
    assert shows_table
    for cell in cells(committed, "code"):
        changes = [output["data"] for output in cell.outputs if "data" in output]
        for form in {form for data in changes for form in data}:
            changed = deepcopy(committed)
            (other,) = (one for one in changed.cells if one.id == cell.id)
            other.outputs[0]["data"][form] += " "
            assert list(drift(committed, changed)) == [cell.id]


def test_a_notebook_finds_no_account_and_no_names(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of the runner's: no key, no files, no habits, and nothing imported beforehand."""
    monkeypatch.setenv("KLAVIYO_API_KEY", "pk_real")
    monkeypatch.setenv("IPYTHONDIR", "/nowhere")
    ((said,), (failed,)) = run(
        "import os; [sorted(k for k in os.environ if 'KLAVIYO' in k), os.listdir()]", "sys"
    )
    assert said.data["text/plain"] == "[[], []]"
    assert failed.ename == "NameError"


def test_a_notebook_that_reaches_for_the_network_fails() -> None:
    """Even on loopback, where somebody's sandbox might stand."""
    reaching = [
        "import socket; socket.create_connection(('127.0.0.1', 9))",
        "import socket; socket.getaddrinfo('a.klaviyo.com', 443)",
        "import socket; socket.socket(type=socket.SOCK_DGRAM).sendto(b'x', ('127.0.0.1', 9))",
        "import socket; socket.socket().bind(('127.0.0.1', 0))",
        "import urllib.request; urllib.request.urlopen('http://127.0.0.1:9')",
    ]
    for source, outputs in zip(reaching, run(*reaching), strict=True):
        assert [output.get("ename") for output in outputs] == ["NetworkUsedError"], source


def test_a_notebook_that_leaves_a_file_behind_is_refused() -> None:
    with pytest.raises(AssertionError, match=r"left files behind: out\.txt"):
        run("open('out.txt', 'w').close()")


def test_refreshing_writes_the_outputs_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(refresh, "FOLDER", tmp_path)
    path = tmp_path / "sum.ipynb"
    path.write_text(
        refresh.text_of(new_notebook(cells=[new_code_cell("1 + 1", id="sum")])), encoding="utf-8"
    )
    refresh.main([])
    assert capsys.readouterr().out == "sum: changed\n"
    (cell,) = refresh.read(path).cells
    assert (cell.id, cell.execution_count, cell.metadata) == ("sum", 1, {})
    assert cell.outputs[0].data == {"text/plain": "2"}
    refresh.main(["sum"])
    assert capsys.readouterr().out == "sum: unchanged\n"
    with pytest.raises(SystemExit, match="no notebook tour; there are: sum"):
        refresh.main(["tour"])
