"""What does the configuration in a file say?

JSON, TOML or a walkerOS flow.json; whatever is wrong with it comes out as one error that names the
file and, for every fault, the place and the remedy. Source: design "Files".
"""

from __future__ import annotations

import os
from codecs import BOM_UTF8
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from attrs import evolve

from walkeros_klaviyo.core.config import Config, parse_config
from walkeros_klaviyo.core.diagnostics import Diagnostic, Diagnostics
from walkeros_klaviyo.core.faults import ConfigError, Fault, did_you_mean, join
from walkeros_klaviyo.core.shown import visible
from walkeros_klaviyo.document.flow import Found, find_config
from walkeros_klaviyo.document.lines import line_at, lines_of
from walkeros_klaviyo.document.text import FOREIGN, form_of, parse_document

from .python_code import load_functions

PathLike = str | os.PathLike[str]


class FileError(ConfigError):
    """A configuration file cannot be used; `faults` lists every reason.

    >>> print(FileError("shop.toml", [Fault("settings.emial", "unknown key")]))
    shop.toml: 1 fault
      settings.emial  unknown key
    >>> print(FileError("shop.toml", [Fault("", "no such file")]))
    shop.toml: no such file
    """

    def __init__(self, path: PathLike, faults: Iterable[Fault]) -> None:
        super().__init__(faults)
        self.path = Path(path)

    def __str__(self) -> str:
        if len(self.faults) == 1 and not self.faults[0].path:
            return visible(f"{self.path}: {self.faults[0].message}")
        return f"{visible(str(self.path))}: {super().__str__()}"

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.path, self.faults)


def read_config(
    path: PathLike,
    *,
    flow: str | None = None,
    destination: str | None = None,
    allow_python: bool = False,
    env: Mapping[str, str] = os.environ,
    needs_key: bool = True,
) -> Config:
    """Read a configuration from a file; raise FileError, which lists every fault.

    `flow` and `destination` pick one of a flow.json; `allow_python` lets `$py:` import. Where
    nothing is sent (`needs_key=False`) an API key that is not at hand is no fault: a pull
    request has no secrets.
    """
    found = _read(path, flow, destination, allow_python, env)
    if not needs_key:
        found = _without_missing_key(found)
    faults = list(found.faults)
    warnings = list(found.warnings)
    try:
        config = parse_config(found.config or {})
    except ConfigError as error:
        noted = {fault.path for fault in faults}
        inner = [Fault(_within(found, fault.path), fault.message) for fault in error.faults]
        faults += (fault for fault in inner if not _follows(fault, noted))
    else:
        warnings += (
            Diagnostic(note.code, _within(found, note.path), note.message)
            for note in config.warnings
        )
    _raise(path, found, faults)
    return evolve(config, warnings=_concealed(found, warnings))


def read_raw_config(
    path: PathLike,
    *,
    flow: str | None = None,
    destination: str | None = None,
    allow_python: bool = False,
    env: Mapping[str, str] = os.environ,
) -> tuple[dict[str, Any], Diagnostics]:
    """The configuration before it is parsed, its references looked up; and what is doubtful."""
    found = _read(path, flow, destination, allow_python, env)
    _raise(path, found, found.faults)
    return found.config or {}, _concealed(found, found.warnings)


def config_lines(
    path: PathLike, *, flow: str | None = None, destination: str | None = None
) -> Callable[[str], int | None]:
    """A function from a place in a configuration to its line in the file it was read from.

    What can be read only once, such as a pipe, has no lines.
    """
    file = Path(path)
    try:
        text = _read_text(file)
        document = _read_document(file)[0]
    except FileError:
        return lambda place: None
    lines = lines_of(text, form_of(file.suffix.lower(), text))
    where = find_config(document, env={}, flow=flow, destination=destination).where

    def line(place: str) -> int | None:
        inside = join(where, place)
        is_whole = place.startswith(where) or (place in lines and inside not in lines)
        return line_at(lines, place if is_whole else inside)

    return line


def _read(
    path: PathLike,
    flow: str | None,
    destination: str | None,
    allow_python: bool,
    env: Mapping[str, str],
) -> Found:
    """The configuration as far as it can be read; raise FileError where there is none."""
    document, flaws = _read_document(Path(path))
    found = find_config(document, env=env, flow=flow, destination=destination)
    if found.config is None:
        raise FileError(path, (*flaws, *found.faults))
    config, faults = load_functions(
        found.config, found.where, allow_python=allow_python, foreign=found.origins
    )
    return evolve(found, config=config, faults=(*flaws, *found.faults, *faults))


def _read_document(file: Path) -> tuple[Any, tuple[Fault, ...]]:
    suffix = file.suffix.lower()
    if suffix in FOREIGN:
        raise FileError(file, [Fault("", FOREIGN[suffix])])
    text = _read_text(file)
    try:
        document, faults = parse_document(text, form_of(suffix, text))
    except RecursionError:
        document, faults = None, (Fault("", "nested too deeply to be a configuration"),)
    if faults and document is None:
        raise FileError(file, faults)
    return document, faults


def _read_text(file: Path) -> str:
    try:
        data = file.read_bytes()
    except (OSError, ValueError) as error:
        raise FileError(file, [Fault("", _why_unreadable(file, error))]) from None
    try:
        return data.removeprefix(BOM_UTF8).decode("utf-8")
    except UnicodeDecodeError as error:
        start = error.start + (len(BOM_UTF8) if data.startswith(BOM_UTF8) else 0)
        line = data.count(b"\n", 0, start) + 1
        message = f"byte {start} (line {line}) is not UTF-8; save the file as UTF-8"
        raise FileError(file, [Fault("", message)]) from None


def _why_unreadable(file: Path, error: Exception) -> str:
    if isinstance(error, FileNotFoundError | NotADirectoryError):
        return _why_missing(file)
    if isinstance(error, IsADirectoryError):
        return "is a directory; name a file in it"
    if isinstance(error, PermissionError):
        return "may not be read; check its permissions"
    reason = error.strerror if isinstance(error, OSError) else None
    return f"cannot be read: {reason or error}"


def _why_missing(file: Path) -> str:
    folder = file.parent
    try:
        names = sorted(entry.name for entry in folder.iterdir())
    except OSError:
        return f"no such file, for there is no folder {folder}"
    hint = did_you_mean(file.name, names)
    return f"no such file{hint}" if "did you mean" in hint else f"no such file in {folder}"


def _within(found: Found, path: str) -> str:
    return join(found.where, path) if path else found.where


def _without_missing_key(found: Found) -> Found:
    """Without the fault of a key whose reference leads nowhere; the key itself is out already."""
    where = _within(found, "settings.apiKey")
    faults = tuple(fault for fault in found.faults if fault.path != where)
    return evolve(found, faults=faults)


def _follows(fault: Fault, noted: set[str]) -> bool:
    """Is it only there because a reference at its place could not be looked up?"""
    return fault.path in noted or any(path.startswith(f"{fault.path}[") for path in noted)


def _raise(path: PathLike, found: Found, faults: Iterable[Fault]) -> None:
    concealed = [Fault(f.path, found.conceal(f.path, f.message)) for f in faults]
    if concealed:
        raise FileError(path, concealed)


def _concealed(found: Found, notes: Iterable[Diagnostic]) -> Diagnostics:
    return tuple(evolve(note, message=found.conceal(note.path, note.message)) for note in notes)
