"""Somebody deletes the store under a run, or under a program that keeps running."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.end_to_end.command import KEY, SHOP, shop_event, started, write_config
from tests.end_to_end.server import hosting, http
from tests.shell.fake import Fake

from walkeros_klaviyo.destination import Destination, DestinationClosedError


def test_a_run_whose_store_is_deleted_stops_and_says_so(tmp_path: Path) -> None:
    """Not exit 0 with lines that are recorded nowhere."""
    config = write_config(tmp_path / "shop.json", SHOP)
    with (
        hosting(http("202 Accepted")) as host,
        started("run", "-", "-c", config, "--host", host.url) as process,
    ):
        assert process.stdin is not None and process.stderr is not None
        for number in range(2):
            process.stdin.write(json.dumps(shop_event(number)).encode() + b"\n")
            process.stdin.flush()
            assert host.heard.wait(30)
            (tmp_path / "walkeros-klaviyo.db").unlink(missing_ok=True)
        code = process.wait(30)
        err = process.stderr.read().decode()
    assert code == 2, err
    assert f"{tmp_path / 'walkeros-klaviyo.db'} is gone: " in err
    assert "Traceback" not in err


def test_a_push_into_a_store_that_is_gone_is_not_taken(tmp_path: Path) -> None:
    """Whoever pushed is told, and may push again elsewhere."""
    config = {"settings": {"apiKey": KEY}}
    with Destination(config, store=tmp_path / "s.db", klaviyo=Fake()) as destination:
        destination.push(shop_event(1))
        (tmp_path / "s.db").unlink()
        with pytest.raises(DestinationClosedError) as caught:
            destination.push(shop_event(2))
    assert "is gone" in str(caught.value.__cause__)
