"""Does the core work where nothing but attrs and toolz is installed? In a Lambda layer, say."""

from __future__ import annotations

import subprocess
import sys

BARE = """
import sys

OURS = {"walkeros_klaviyo", "attr", "attrs", "toolz", "tlz", "phonenumbers"}

class Blocker:
    def find_spec(self, name, path=None, target=None):
        package = name.partition(".")[0]
        if package not in OURS and package not in sys.stdlib_module_names:
            raise ModuleNotFoundError("blocked: " + name, name=name)

sys.meta_path.insert(0, Blocker())
for package in ("klaviyo_api", "openapi_client", "orjson", "typer", "rich", "urllib3"):
    try:
        __import__(package)
        sys.exit(package + " is not blocked")
    except ModuleNotFoundError:
        pass

import json
import walkeros_klaviyo, walkeros_klaviyo.curried
from walkeros_klaviyo import (
    event_from_row, explain, parse_config, pipeline, read_config, remembered, scan, settle
)
from walkeros_klaviyo.kept import KeptStates
from walkeros_klaviyo.shop import CONFIG, EVENTS

for name in walkeros_klaviyo.__all__:
    getattr(walkeros_klaviyo, name)
config = read_config(CONFIG)
transform, day = pipeline(config), EVENTS.read_text("utf-8").splitlines()
steps = list(scan(transform, map(event_from_row, map(json.loads, day))))
kept = {}
KeptStates(kept.get, kept.__setitem__).keep(remembered({}, steps))
explain(parse_config({"settings": {"preset": "ecommerce"}}))(json.loads(day[0]))
settle(transform.plan(json.loads(day[0])), {})
print(sum(plan.outcome == "send" for plan, _ in steps))
"""


def test_the_core_plans_without_the_sdk_or_any_other_package_of_the_shell() -> None:
    """All of it, on the shop's day: what the shell needs is imported when the shell acts."""
    done = subprocess.run([sys.executable, "-c", BARE], capture_output=True, text=True, check=False)
    assert (done.stderr, done.returncode) == ("", 0)
    assert int(done.stdout) == 267
