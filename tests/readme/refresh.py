"""Write the outputs of the README and the reference anew: `python tests/readme/refresh.py`."""

from __future__ import annotations

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

sys.path.insert(0, str(Path(__file__).parent))

from blocks import PAGES, blocks, produce, write_files


def refreshed(page: str, folder: Path) -> str:
    """The page with every output as it is made now."""
    for block in reversed(list(blocks(page))):
        if block.kind == "output":
            page = page[: block.start] + produce(block.name, folder) + page[block.end :]
    return page


if __name__ == "__main__":
    with TemporaryDirectory() as folder:
        write_files(Path(folder))
        for path in PAGES:
            path.write_text(refreshed(path.read_text(encoding="utf-8"), Path(folder)), "utf-8")
