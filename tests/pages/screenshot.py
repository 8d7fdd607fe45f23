"""The picture in the README: the shop's day on the sandbox's page, made anew with

python -m tests.pages.screenshot
"""

from __future__ import annotations

import subprocess
from pathlib import Path

from tests.end_to_end.command import started
from tests.pages.browser import chromium, look, until

PICTURE = Path(__file__).with_name("sandbox.png")


def main() -> None:
    """Run the demo, and look at it."""
    with started("demo", "--open", stderr=subprocess.DEVNULL) as demo, chromium() as driver:
        assert demo.stdout is not None
        told = (line.decode() for line in demo.stdout)
        url = next(line.split()[3] for line in told if "sandbox's page: http" in line)
        look(driver, url, width=1040, height=740)
        until(lambda: driver.find_element("id", "pause").is_displayed())
        driver.save_screenshot(str(PICTURE))
        print(f"{PICTURE}: {PICTURE.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
