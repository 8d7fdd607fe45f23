"""Which outputs do the notebooks have now?

Maintainers run this after changing a notebook or what it shows, from the checkout's root:

    python -m tests.notebooks.refresh               every notebook
    python -m tests.notebooks.refresh first_tour    this one

It executes each on a clean kernel, writes the outputs into it, and says which changed. Metadata is
kept to the kernel's name, so that a difference in version control is a difference in what a reader
sees. `test_notebooks.py` executes them in the same way and compares.
"""

from __future__ import annotations

import os
import sys
from copy import deepcopy
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import nbformat
from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient

FOLDER = Path(__file__).parents[2] / "notebooks"
OFFLINE = Path(__file__).with_name("offline.py")
METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}
TIMEOUT_SECONDS = 300


class ThisPython(KernelSpecManager):
    """Gives the Python that runs here, whatever kernels are installed besides."""

    def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
        """The interpreter that runs here as a kernel, its network shut before the first cell."""
        shut = f"__import__('runpy').run_path({str(OFFLINE)!r}, run_name='__main__') and None"
        launch = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
        argv = [*launch, f"--IPKernelApp.exec_lines={shut}", "--IPKernelApp.log_level=ERROR"]
        return KernelSpec(argv=argv, display_name="Python 3", language="python")


def notebooks() -> list[Path]:
    """Every notebook, by name."""
    return sorted(FOLDER.glob("*.ipynb"))


def read(path: Path) -> Any:
    """A notebook as it is committed."""
    return nbformat.read(path, as_version=4)


def execute(notebook: Any, *, allow_errors: bool = False) -> Any:
    """The notebook with fresh outputs; the one given stays as it is.

    On a kernel of its own, in an empty folder, without an account, without a network, and without
    the habits of whoever runs it; `hosts` are found, as from the notebooks' own folder.
    """
    fresh = deepcopy(notebook)
    manager = AsyncKernelManager(kernel_name="python3", kernel_spec_manager=ThisPython())
    client = NotebookClient(
        fresh,
        km=manager,
        timeout=TIMEOUT_SECONDS,
        record_timing=False,
        coalesce_streams=True,
        allow_errors=allow_errors,
    )
    with TemporaryDirectory() as folder:
        work, profile = Path(folder, "work"), Path(folder, "profile")
        work.mkdir()
        client.execute(cwd=str(work), env=_environment(profile), cleanup_kc=True)
        left = sorted(path.name for path in work.iterdir())
    if left:
        raise AssertionError(f"the notebook left files behind: {', '.join(left)}")
    fresh.metadata = nbformat.from_dict(METADATA)
    return fresh


def _environment(profile: Path) -> dict[str, str]:
    ours = (
        "KLAVIYO",
        "WALKEROS",
        "IPYTHON",
        "JUPYTER",
        "MPL",
        "MATPLOTLIB",
        "PYTHONSTARTUP",
        "PYTHONWARNINGS",
    )
    kept = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    homes = ("IPYTHONDIR", "MPLCONFIGDIR", "HYPOTHESIS_STORAGE_DIRECTORY")
    here = {"PYTHONPATH": str(FOLDER), "PYDEVD_DISABLE_FILE_VALIDATION": "1"}
    return {**kept, **dict.fromkeys(homes, str(profile)), **here}


def text_of(notebook: Any) -> str:
    """A notebook as it stands in its file."""
    return str(nbformat.writes(notebook)) + "\n"


def refresh(path: Path) -> bool:
    """Execute a notebook and write its outputs; did its file change?"""
    before = path.read_text("utf-8")
    after = text_of(execute(read(path)))
    path.write_text(after, encoding="utf-8", newline="\n")
    return after != before


def main(names: list[str]) -> None:
    """Refresh the named notebooks, or all."""
    paths = {path.stem: path for path in notebooks()}
    for name in names:
        if name not in paths:
            sys.exit(f"no notebook {name}; there are: {', '.join(paths)}")
    for name in names or paths:
        print(f"{name}: {'changed' if refresh(paths[name]) else 'unchanged'}")


if __name__ == "__main__":
    main(sys.argv[1:])
