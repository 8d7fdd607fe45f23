"""The endpoint as a command: what if it is killed, and who may hold it up?"""

from __future__ import annotations

import json
import signal
import socket
from contextlib import ExitStack, closing
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

from tests.end_to_end.command import Result, apart, rows_of, sandbox, started
from tests.serve.kills import run

from walkeros_klaviyo.shell.serve import listen


def test_what_was_answered_is_recorded_once_though_it_is_killed(tmp_path: Path) -> None:
    found = run(kills=2, seed=1, folder=tmp_path)
    assert found.holds, found


def test_who_brings_no_headers_is_sent_away_and_keeps_nobody_waiting(tmp_path: Path) -> None:
    config = tmp_path / "shop.json"
    config.write_text("{}")
    command = ("serve", "-c", str(config), "--sandbox", "--port", "0")
    with ExitStack() as stack, started(*command, cwd=tmp_path) as server:
        assert server.stdout is not None
        url = urlsplit(server.stdout.readline().decode().strip())
        assert url.hostname is not None
        idle = [socket.create_connection((url.hostname, url.port or 0)) for _ in range(200)]
        for at, one in enumerate(idle):
            one.sendall(b"POST /collect HTTP/1.1\r\nhost: x"[: at % 30])
        connection = stack.enter_context(closing(HTTPConnection(url.netloc, timeout=5)))
        connection.request("POST", "/collect", json.dumps({"name": "a b", "user": {"id": "u"}}))
        assert connection.getresponse().status == 200
        idle[29].settimeout(listen.HEADER_SECONDS + 10)
        assert idle[29].recv(100).startswith(b"HTTP/1.1 408")
        for one in idle:
            one.close()
        server.send_signal(signal.SIGTERM)
        assert server.wait(20) == 0


def test_an_outage_costs_no_sender_anything(tmp_path: Path) -> None:
    config = tmp_path / "shop.json"
    config.write_text("{}")
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        host = f"http://127.0.0.1:{nobody.getsockname()[1]}"
        common = ("-c", str(config), "--store", str(tmp_path / "shop.db"), "--limits", "off")
        with (
            ExitStack() as stack,
            started("serve", *common, "--port", "0", "--host", host) as server,
        ):
            assert server.stdout is not None
            url = urlsplit(server.stdout.readline().decode().strip())
            connection = stack.enter_context(closing(HTTPConnection(url.netloc, timeout=5)))
            for number in range(20):
                event = {"name": "a b", "id": f"e{number}", "user": {"id": "u"}}
                connection.request("POST", "/collect", json.dumps(event))
                answer = connection.getresponse()
                assert (answer.status, json.loads(answer.read())["id"]) == (200, f"e{number}")
            server.send_signal(signal.SIGTERM)
            assert server.wait(30) == 0
    status = apart("store", "status", "--json", "--store", str(tmp_path / "shop.db"))
    assert json.loads(status.out)["events"]["pending"] == 20


def test_a_mistake_is_told_without_a_traceback(tmp_path: Path) -> None:
    config = tmp_path / "shop.json"
    config.write_text("{}")

    def told(*more: str) -> Result:
        return apart("serve", "-c", str(config), *more, cwd=tmp_path)

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        for result, words in (
            (told("--port", port, "--sandbox"), f"--bind 127.0.0.1 --port {port}: "),
            (told("--path", "collect", "--sandbox"), "--path collect: begins with a slash"),
            (told("--bind", "nowhere.invalid", "--sandbox"), "--bind nowhere.invalid"),
            (told("--host", "http://x", "--sandbox"), "exclude each other"),
        ):
            assert (result.code, words in result.err) == (2, True), result.err
            assert "Traceback" not in result.err


def test_the_pixel_and_the_batch_arrive(tmp_path: Path) -> None:
    config = tmp_path / "shop.json"
    config.write_text("{}")
    with sandbox("--limits", "off") as host:
        common = ("-c", str(config), "--store", str(tmp_path / "shop.db"), "--limits", "off")
        with (
            ExitStack() as stack,
            started("serve", *common, "--port", "0", "--host", host) as server,
        ):
            assert server.stdout is not None
            url = urlsplit(server.stdout.readline().decode().strip())
            connection = stack.enter_context(closing(HTTPConnection(url.netloc, timeout=5)))
            connection.request("GET", "/collect?name=page%20view&id=p1&user[id]=u1")
            connection.getresponse().read()
            batch = [{"name": "a b", "id": f"e{n}", "user": {"id": "u"}} for n in range(1_000)]
            connection.request("POST", "/collect", json.dumps({"batch": batch}))
            assert json.loads(connection.getresponse().read())["processed"] == 1_000
            server.send_signal(signal.SIGTERM)
            assert server.wait(30) == 0
        found = {event["unique_id"] for event in rows_of(f"{host}/sandbox/events.jsonl")}
        assert found == {"p1", *(f"e{n}" for n in range(1_000))}
