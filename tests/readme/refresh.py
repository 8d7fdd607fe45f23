"""Write the README's outputs anew: `python tests/readme/refresh.py`."""

from __future__ import annotations

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

sys.path.insert(0, str(Path(__file__).parent))

from blocks import README, blocks, files, produce


def refreshed(page: str, folder: Path) -> str:
    """The page with every output as it is made now."""
    files(page, folder)
    for block in reversed(list(blocks(page))):
        if block.kind == "output":
            page = page[: block.start] + produce(block.name, folder) + page[block.end :]
    return page


if __name__ == "__main__":
    with TemporaryDirectory() as folder:
        README.write_text(refreshed(README.read_text(encoding="utf-8"), Path(folder)), "utf-8")
