"""How is a configuration read from a file?

From JSON, TOML or a walkerOS flow.json; everything wrong with it is one error, which names the file
and, for every fault, the place and the remedy.
"""

from __future__ import annotations

import os
import re
from codecs import BOM_UTF8
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from attrs import evolve

from walkeros_klaviyo.core.config import Config, parse_config
from walkeros_klaviyo.core.faults import ConfigError, Fault, join
from walkeros_klaviyo.core.shown import visible
from walkeros_klaviyo.document.flow import Found, find_config
from walkeros_klaviyo.document.lines import Lines, line_at, lines_of
from walkeros_klaviyo.document.text import FOREIGN, FORMS, form_of, parse_document

from .problem import no_such_file
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
        files = dict.fromkeys(fault.file or str(self.path) for fault in self.faults)
        return f"{visible(', '.join(files))}: {super().__str__()}"

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.path, self.faults)


def read_config(
    path: PathLike,
    *,
    overlay: PathLike | None = None,
    flow: str | None = None,
    destination: str | None = None,
    allow_python: bool = False,
    env: Mapping[str, str] = os.environ,
    needs_key: bool = True,
) -> Config:
    """Read a configuration from a file; raise FileError (a ConfigError), which lists every fault.

    `overlay` is a second file laid over it: objects merge, null clears, anything else replaces.
    `flow` and `destination` pick one of a flow.json; `allow_python` lets `$py:` import. With
    `needs_key=False`, for when nothing is sent, an unresolved API key is no fault: CI for a pull
    request has no secrets.

    >>> from walkeros_klaviyo.shop import CONFIG
    >>> read_config(str(CONFIG)).settings.currency is None
    False
    """
    found, flaws = _find(path, overlay, flow, destination, env)
    if not needs_key:  # the key itself was removed above
        found = found.without("settings.apiKey")
    raw, faults = load_functions(
        found.config, found.where, allow_python=allow_python, foreign=found.origins
    )
    found = evolve(found, faults=(*found.faults, *faults))
    config, inner = None, tuple[Fault, ...]()
    try:
        config = None if found.config is None else parse_config(raw)
    except ConfigError as error:
        inner = error.faults
    told = (*flaws, *found.told(inner))
    if config is None or told:
        raise error_of(path, told)
    notes = (evolve(note, path=found.within(note.path)) for note in config.warnings)
    warnings = (
        evolve(one, message=found.conceal(one.path, one.message))
        for one in (*found.warnings, *notes)
    )
    return evolve(config, warnings=tuple(warnings))


def error_of(path: PathLike, faults: tuple[Fault, ...]) -> FileError:
    """One error for all faults, with their lines, naming their file or both files."""
    lines_in = cache(_lines)
    placed = [
        evolve(one, line=line_at(lines_in(one.file or str(path)), one.path)) for one in faults
    ]
    files = {one.file for one in placed}
    if len(files) == 1:
        return FileError(files.pop() or path, (evolve(one, file="") for one in placed))
    return FileError(path, (evolve(one, file=one.file or str(path)) for one in placed))


Place = tuple[str, int | None]
"""A file, and the line in it if known."""
PlaceOf = Callable[[str], Place]
"""From a path in a configuration, or in its file, to where it is written."""


def places_of(
    path: PathLike,
    overlay: PathLike | None = None,
    *,
    flow: str | None = None,
    destination: str | None = None,
    env: Mapping[str, str] = os.environ,
) -> PlaceOf:
    """A function from a path in a configuration to the file and line where that is written.

    An input that can be read only once, such as a pipe, has no lines.
    """
    try:
        found, _ = _find(path, overlay, flow, destination, env)
    except FileError:
        return lambda place: (str(path), None)
    lines, over, where = _lines(path), found.over, found.where
    over_lines = {} if overlay is None else _lines(overlay)

    def place_of(place: str) -> Place:
        if place.startswith("--"):  # an option
            return str(path), None
        if over is not None and over.has(place):
            return str(overlay), line_at(over_lines, over.own(place))
        inside = join(where, place)
        is_whole = place.startswith(where) or (place in lines and inside not in lines)
        return str(path), line_at(lines, place if is_whole else inside)

    return place_of


def places_of_faults(error: FileError) -> Callable[[Fault], Place]:
    """The same for an error's faults; a syntax error names its line itself."""

    def place_of(fault: Fault) -> Place:
        found = re.match(r"line (\d+), column", fault.path)
        return fault.file or str(error.path), fault.line if found is None else int(found[1])

    return place_of


def _lines(path: PathLike) -> Lines:
    file = Path(path)
    try:
        text = _read_text(file)
        read_document(file)
    except FileError:
        return {}
    return lines_of(text, form_of(file.suffix.lower(), text))


def _find(
    path: PathLike,
    overlay: PathLike | None,
    flow: str | None,
    destination: str | None,
    env: Mapping[str, str],
) -> tuple[Found, tuple[Fault, ...]]:
    """The configuration as far as it can be read, and faults of the files themselves."""
    document, flaws = read_document(Path(path))
    over, over_flaws = (None, ()) if overlay is None else read_document(Path(overlay))
    file = "" if overlay is None else str(overlay)
    found = find_config(
        document, env=env, flow=flow, destination=destination, over=over, over_file=file
    )
    return found, (*flaws, *(evolve(flaw, file=file) for flaw in over_flaws))


def read_document(file: Path) -> tuple[Any, tuple[Fault, ...]]:
    """Parse a file of JSON or TOML to (document, faults); FileError if it cannot be read at all."""
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
        here = "this folder" if file.parent == Path() else file.parent
        return no_such_file(file, FORMS, f" in {here}")
    if isinstance(error, IsADirectoryError):
        return "is a folder; name a file in it"
    if isinstance(error, PermissionError):
        return "may not be read; check its permissions"
    reason = error.strerror if isinstance(error, OSError) else None
    return f"cannot be read: {reason or error}"
