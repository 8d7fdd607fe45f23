"""The endpoint as a command: what if it is killed, and who may hold it up?"""

from __future__ import annotations

import json
import signal
import socket
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tests.end_to_end.command import Result, apart, rows_of, sandbox, started
from tests.serve.kills import run


@contextmanager
def serving(
    folder: Path, *options: str, config: Any = None, first: str = ""
) -> Iterator[HTTPConnection]:
    """A sender's connection to the command, which is told to end afterwards, and does."""
    (folder / "shop.json").write_text(json.dumps(config or {}))
    words = ("serve", "-c", "shop.json", "--port", "0", *options)
    with started(*words, cwd=folder, first=first) as server:
        assert server.stdout is not None
        url = urlsplit(server.stdout.readline().decode().strip())
        with closing(HTTPConnection(url.netloc, timeout=5)) as connection:
            yield connection
        server.send_signal(signal.SIGTERM)
        assert server.wait(30) == 0


def post(connection: HTTPConnection, value: Any) -> Any:
    """What is answered to it; it was taken."""
    connection.request("POST", "/collect", json.dumps(value))
    answer = connection.getresponse()
    assert answer.status == 200
    return json.loads(answer.read())


def event(number: int) -> dict[str, Any]:
    return {"name": "a b", "id": f"e{number}", "user": {"id": "u"}}


def test_what_was_answered_is_recorded_once_though_it_is_killed(tmp_path: Path) -> None:
    found = run(kills=2, seed=1, folder=tmp_path)
    assert found.holds, found


def test_who_brings_no_headers_is_sent_away_and_keeps_nobody_waiting(tmp_path: Path) -> None:
    soon = "from walkeros_klaviyo.shell.serve import listen; listen.HEADER_SECONDS = 2.0"
    with serving(tmp_path, "--sandbox", first=soon) as connection:
        place = (connection.host, connection.port)
        idle = [socket.create_connection(place) for _ in range(200)]
        for at, one in enumerate(idle):
            one.sendall(b"POST /collect HTTP/1.1\r\nhost: x"[: at % 30])
        post(connection, event(1))
        idle[29].settimeout(12)
        assert idle[29].recv(100).startswith(b"HTTP/1.1 408")
        for one in idle:
            one.close()


def test_an_outage_costs_no_sender_anything(tmp_path: Path) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        host = f"http://127.0.0.1:{nobody.getsockname()[1]}"
        soon = (
            "from walkeros_klaviyo import destination as d; d.Destination.close.__defaults__ = (1,)"
        )
        words = ("--host", host, "--store", "shop.db")
        with serving(tmp_path, *words, first=soon) as connection:
            for number in range(20):
                assert post(connection, event(number))["id"] == f"e{number}"
    status = apart("store", "status", "--json", "--store", "shop.db", cwd=tmp_path)
    assert json.loads(status.out)["events"]["pending"] == 20


def test_the_pixel_and_the_batch_arrive(tmp_path: Path) -> None:
    with sandbox("--limits", "off") as host:
        with serving(tmp_path, "--host", host, "--limits", "off") as connection:
            connection.request("GET", "/collect?name=page%20view&id=p1&user[id]=u1")
            connection.getresponse().read()
            batch = [event(number) for number in range(1_000)]
            assert post(connection, {"batch": batch})["processed"] == 1_000
        found = {row["unique_id"] for row in rows_of(f"{host}/sandbox/events.jsonl")}
        assert found == {"p1", *(one["id"] for one in batch)}


def test_a_mistake_is_told_without_a_traceback(tmp_path: Path) -> None:
    (tmp_path / "shop.json").write_text("{}")

    def told(*more: str) -> Result:
        return apart("serve", "-c", "shop.json", *more, cwd=tmp_path)

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        for result, words in (
            (told("--port", port, "--sandbox"), f"--bind, --port: port {port} of 127.0.0.1: "),
            (told("--path", "collect", "--sandbox"), "--path collect: begins with a slash"),
            (told("--bind", "nowhere.invalid", "--sandbox"), "of nowhere.invalid: "),
            (told("--host", "http://x", "--sandbox"), "exclude each other"),
        ):
            assert (result.code, words in result.err) == (2, True), result.err
            assert "Traceback" not in result.err


def test_what_is_no_http_behind_an_answer_is_cut_off_without_a_word(tmp_path: Path) -> None:
    (tmp_path / "shop.json").write_text("{}")
    last = b"GET /healthz HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n"
    with started("serve", "-c", "shop.json", "--port", "0", "--sandbox", cwd=tmp_path) as server:
        assert server.stdout is not None and server.stderr is not None
        url = urlsplit(server.stdout.readline().decode().strip())
        for raw in (b"\0\r\n\r\n\0", last + b"\0\0", last[:-4] + b"x: y\r\n\r\n\0\r\n\r\n" * 3):
            with socket.create_connection((url.hostname, url.port), timeout=10) as connection:
                connection.sendall(raw)
                connection.recv(9)
                with suppress(OSError):
                    connection.sendall(b"\0 \r\n\r\n")
                    while connection.recv(1_000):
                        pass
        server.send_signal(signal.SIGTERM)
        assert server.wait(30) == 0
        assert b"Traceback" not in server.stderr.read()
