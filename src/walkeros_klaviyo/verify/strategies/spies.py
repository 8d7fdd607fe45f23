"""A value that writes down what a function does with it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from .places import Path


class Notes:
    """What one run saw: constants by path. `answers` says how comparisons come out, in turn."""

    def __init__(self, found: dict[Path, list[Any]], answers: tuple[bool, ...]) -> None:
        self.found = found
        self.answers = answers
        self.asked = 0

    def answer(self, path: Path, constant: Any) -> bool:
        """Write a comparison down, and say how it comes out."""
        self.found.setdefault(path, []).append(constant)
        self.asked += 1
        return self.answers[(self.asked - 1) % len(self.answers)]


class Spy(dict[str, Any]):
    """An object, a list, a text and a number at once.

    >>> notes = Notes({}, (True,))
    >>> Spy((), notes)["data"].get("total") > 100, notes.found[("data", "total")]
    (True, [100])
    """

    def __init__(self, path: Path, notes: Notes) -> None:
        super().__init__()
        self._path = path
        self._notes = notes

    def _below(self, key: object) -> Spy:
        path = (*self._path, str(key))
        self._notes.found.setdefault(path, [])
        return Spy(path, self._notes)

    def __getitem__(self, key: Any) -> Any:
        return self if isinstance(key, slice) else self._below(key)

    def get(self, key: Any, default: Any = None) -> Any:
        """A member; what a default stands in for is another thing to try."""
        below = self._below(key)
        if isinstance(default, str | int | float):
            self._notes.found[below._path].append(default)
        return below

    def __contains__(self, key: object) -> bool:
        self._below(key)
        return self._notes.answer(self._path, key)

    def __iter__(self) -> Iterator[Any]:
        return iter([self._below("*")])

    def __len__(self) -> int:
        return 1

    def __bool__(self) -> bool:
        return self._notes.answer(self._path, True)

    def _compared(self, other: Any) -> bool:
        return self._notes.answer(self._path, other)

    __eq__ = __ne__ = __lt__ = __le__ = __gt__ = __ge__ = _compared

    def __hash__(self) -> int:  # type: ignore[override]  # an object here, a text there
        return 0

    def __float__(self) -> float:
        return 1.0

    def __int__(self) -> int:
        return 1

    def _itself(self, *others: Any) -> Any:
        for other in others:
            if isinstance(other, str | int | float):
                self._notes.answer(self._path, other)
        return self

    __add__ = __radd__ = __sub__ = __mul__ = __rmul__ = __truediv__ = __mod__ = _itself

    def __getattr__(self, name: str) -> Any:
        """The methods of texts: their arguments are worth trying, their results are spies."""
        if name.startswith("_"):
            raise AttributeError(name)
        return self._itself
