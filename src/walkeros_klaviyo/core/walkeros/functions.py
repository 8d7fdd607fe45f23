"""Which functions may a file name, as `"fn": "$fn:flatten"`?

Pure and total: what a function cannot take it says (`Misfit`), and the value is left out. Those of
one value take a list too, item by item; a list's holes stay holes. A list that ends up empty is
nothing. Amounts are worked out in decimals, so that 3 times 19.99 is 59.97.
Source: ours; a row of `FUNCTIONS` is all that another one needs.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from math import isfinite
from types import MappingProxyType
from typing import Any, Final, Literal

from attrs import frozen

from walkeros_klaviyo.core.canonical import digest
from walkeros_klaviyo.core.diagnostics import Diagnostic, Notes
from walkeros_klaviyo.core.faults import Findings, did_you_mean, is_function

from .event import kind_of
from .path import ABSENT, parse_path, step

_EXACT: Final = 2**53
"""From here on a float is a whole number anyway."""
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


@frozen
class Misfit:
    """Why a function cannot take a value; never what the value is."""

    reason: str


def text(value: Any) -> Any:
    """A number as text, in plain digits; text stays.

    >>> text(4107), text(1e-7), text("04107")
    ('4107', '0.0000001', '04107')
    """
    if isinstance(value, str):
        return value
    if not _is_number(value):
        return Misfit(f"is {kind_of(value)}, not a text or number")
    if isinstance(value, int):
        return str(value) if abs(value) < 10**400 else Misfit("has more than 400 digits")
    from decimal import Decimal

    return f"{Decimal(repr(value)).normalize():f}"


def number(value: Any) -> Any:
    """Text as a number, read strictly; a number stays.

    >>> number(" 12.50 "), number("7"), number("1,299.00").reason
    (12.5, 7, 'is no clean number such as 1299.00')
    >>> number("1.299").reason
    'may be a thousand, written with a point between the thousands'
    """
    if not isinstance(value, str):
        return value if _is_number(value) else Misfit(f"is {kind_of(value)}, not a number")
    written = value.strip()
    if len(written) > 400 or not re.fullmatch(r"[+-]?[0-9]+(\.[0-9]+)?", written):
        return Misfit("is no clean number such as 1299.00")
    if re.fullmatch(r"[+-]?[1-9][0-9]{0,2}\.[0-9]{3}", written):
        return Misfit("may be a thousand, written with a point between the thousands")
    found = float(written) if "." in written else int(written)
    return found if _is_number(found) else Misfit("is too large")


def cents(value: Any) -> Any:
    """An amount in cents as one in whole units.

    >>> cents(1999), cents("1999"), cents(19.99).reason
    (19.99, 19.99, 'holds parts of a cent')
    """
    found = number(value)
    if isinstance(found, Misfit):
        return found
    if found != int(found):
        return Misfit("holds parts of a cent")
    from decimal import Decimal

    return _plain(Decimal(int(found)).scaleb(-2, _context()))


def lower(value: Any) -> Any:
    """Text in small letters.

    >>> lower("EUR")
    'eur'
    """
    return value.lower() if isinstance(value, str) else _no_text(value)


def upper(value: Any) -> Any:
    """Text in capitals.

    >>> upper("eur")
    'EUR'
    """
    return value.upper() if isinstance(value, str) else _no_text(value)


def trim(value: Any) -> Any:
    """Text without the blanks around it; nothing where that is all.

    >>> trim(" a "), trim(" ")
    ('a', ABSENT)
    """
    return (value.strip() or ABSENT) if isinstance(value, str) else _no_text(value)


def split(value: Any, separator: str) -> Any:
    """The parts of a text, without blanks around them; empty ones are left out.

    >>> split("Men > Shirts >", ">")
    ['Men', 'Shirts']
    """
    if not isinstance(value, str):
        return _no_text(value)
    return [part.strip() for part in value.split(separator) if part.strip()] or ABSENT


def join(value: Any, separator: str) -> Any:
    """The texts and numbers of a list as one text; what is missing or blank is left out.

    >>> join(["Hauptstr.", 7, None], " ")
    'Hauptstr. 7'
    """
    if not isinstance(value, list):
        return _no_list(value)
    parts = [text(item) for item in value if item is not None]
    for part in parts:
        if isinstance(part, Misfit):
            return Misfit(f"an item {part.reason}")
    return separator.join(part for part in parts if part.strip()) or ABSENT


def flatten(value: Any) -> Any:
    """A list of all that is in a list and the lists in it, without holes; of one value that one.

    >>> flatten([["Tents", ["Camping"]], None, "Sale"]), flatten("Tents")
    (['Tents', 'Camping', 'Sale'], ['Tents'])
    """
    flat = []
    waiting = [value]
    while waiting:
        item = waiting.pop()
        if isinstance(item, list):
            waiting.extend(reversed(item))
        elif item is not None:
            flat.append(item)
    return flat or ABSENT


def unique(value: Any) -> Any:
    """A list's items, each once and where it stood first; holes go.

    >>> unique(["Tents", "Sale", "Tents", None, 1, True])
    ['Tents', 'Sale', 1, True]
    """
    if not isinstance(value, list):
        return _no_list(value)
    found: dict[Any, Any] = {}
    try:
        for item in value:
            if item is not None:  # a text is itself; all else by its JSON: true is not 1
                found.setdefault(item if type(item) is str else (digest(item),), item)
    except RecursionError:
        return Misfit("is nested too deeply")
    return list(found.values()) or ABSENT


def first(value: Any) -> Any:
    """The first item that is there.

    >>> first([None, "a", "b"]), first([])
    ('a', ABSENT)
    """
    if not isinstance(value, list):
        return _no_list(value)
    return next((item for item in value if item is not None), ABSENT)


def last(value: Any) -> Any:
    """The last item that is there.

    >>> last(["a", "b", None])
    'b'
    """
    return first(value[::-1]) if isinstance(value, list) else _no_list(value)


def only(value: Any) -> Any:
    """The item of a list that has just one; of more nobody knows which is meant.

    >>> only(["a"]), only(["a", "b"])
    ('a', ABSENT)
    """
    if not isinstance(value, list):
        return _no_list(value)
    return value[0] if len(value) == 1 and value[0] is not None else ABSENT


def where(value: Any, test: tuple[tuple[str, ...], tuple[str, ...]]) -> Any:
    """The items of a list in which a path leads to a text, or to one of several.

    >>> where([{"entity": "product"}, {"entity": "gift"}], (("entity",), ("product", "item")))
    [{'entity': 'product'}]
    """
    path, texts = test
    if not isinstance(value, list):
        return _no_list(value)
    return [item for item in value if get(item, path) in texts] or ABSENT


def complete(value: Any) -> Any:
    """The list, if nothing in it is missing.

    >>> complete(["O-1", "R-1"]), complete(["O-1", None])
    (['O-1', 'R-1'], ABSENT)
    """
    if not isinstance(value, list):
        return _no_list(value)
    return value if value and None not in value else ABSENT


def filled(value: Any) -> Any:
    """An object or a list that holds something; nothing in place of an empty one.

    >>> filled({"City": "Ulm"}), filled({})
    ({'City': 'Ulm'}, ABSENT)
    """
    if not isinstance(value, list | dict):
        return Misfit(f"is {kind_of(value)}, not an object or list")
    return value or ABSENT


def total(value: Any) -> Any:
    """The sum of a list's numbers; nothing where one is missing.

    >>> total([0.1, 0.2]), total([1, 2]), total([1, None])
    (0.3, 3, ABSENT)
    """
    return _worked_out(value, lambda exact, one, other: exact.add(one, other))


def subtract(value: Any) -> Any:
    """The first number of a list less all others; nothing where one is missing.

    >>> subtract([79.9, 39.95])
    39.95
    """
    return _worked_out(value, lambda exact, one, other: exact.subtract(one, other))


def multiply(value: Any) -> Any:
    """The product of a list's numbers; nothing where one is missing.

    >>> multiply([19.99, 3])
    59.97
    """
    return _worked_out(value, lambda exact, one, other: exact.multiply(one, other))


def positive(value: Any) -> Any:
    """A number above zero; nothing in place of any other.

    >>> positive(3), positive(0)
    (3, ABSENT)
    """
    if not _is_number(value):
        return Misfit(f"is {kind_of(value)}, not a number")
    return value if value > 0 else ABSENT


def round_to(value: Any, decimals: int) -> Any:
    """A number with so many decimals; halves go away from zero.

    >>> round_to(2.675, 2), round_to(-0.5, 0), round_to(7, 2)
    (2.68, -1, 7)
    """
    if not _is_number(value):
        return Misfit(f"is {kind_of(value)}, not a number")
    if isinstance(value, int) or abs(value) >= _EXACT:
        return value
    from decimal import ROUND_HALF_UP, Decimal

    finest = Decimal(1).scaleb(-decimals, _context())
    return _plain(Decimal(repr(value)).quantize(finest, ROUND_HALF_UP, _context()))


def query(value: Any, name: str) -> Any:
    """A parameter of an address; nothing where it has none of that name.

    >>> query("https://shop.example/?q=Zelt%20gr%C3%BCn&page=2#top", "q")
    'Zelt grün'
    """
    if not isinstance(value, str):
        return _no_text(value)
    found = re.search(rf"[?&]{re.escape(name)}=([^&#]*)", value.partition("#")[0])
    if found is None:
        return ABSENT
    written = found[1].replace("+", " ").encode(errors="replace")
    read = re.sub(rb"%([0-9A-Fa-f]{2})", lambda code: bytes([int(code[1], 16)]), written)
    return read.decode(errors="replace") or ABSENT


def url(value: Any) -> Any:
    """The address of a page; nothing in place of any other text.

    >>> url("https://shop.example/"), url("app")
    ('https://shop.example/', ABSENT)
    """
    if not isinstance(value, str):
        return _no_text(value)
    return value if re.match(r"https?://[^\s/]", value) else ABSENT


def iso_to_ms(value: Any) -> Any:
    """A time as ISO 8601 has it, in milliseconds since 1970; without a zone it is UTC.

    >>> iso_to_ms("2026-10-30T10:00:00+01:00"), iso_to_ms("yesterday").reason
    (1793350800000, 'is no time such as 2026-10-30T09:00:00Z')
    """
    if not isinstance(value, str):
        return _no_text(value)
    try:
        found = datetime.fromisoformat(value.strip())
        zoned = found if found.tzinfo is not None else found.replace(tzinfo=UTC)
        return (zoned - _EPOCH) // timedelta(milliseconds=1)
    except (ValueError, OverflowError):
        return Misfit("is no time such as 2026-10-30T09:00:00Z")


def get(value: Any, path: tuple[str, ...]) -> Any:
    """What stands at a path; `*` is each of a list's items.

    >>> get({"data": {"id": 7}}, ("data", "id")), get([{"a": 1}, {}], ("*", "a"))
    (7, [1, None])
    """
    for at, key in enumerate(path):
        if key == "*" and isinstance(value, list):
            found = [get(item, path[at + 1 :]) for item in value]
            return [None if item is ABSENT else item for item in found]
        value = step(value, key)
    return ABSENT if value is None else value


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and _is_finite(value)


def _is_finite(value: float) -> bool:
    return isinstance(value, int) or isfinite(value)


def _no_text(value: Any) -> Misfit:
    return Misfit(f"is {kind_of(value)}, not a text")


def _no_list(value: Any) -> Misfit:
    return Misfit(f"is {kind_of(value)}, not a list")


def _context() -> Any:
    """One of our own: decimal's usual one is a global that anybody may change."""
    from decimal import Context

    return Context(prec=700, Emax=999_999, Emin=-999_999, traps=[])


def _worked_out(value: Any, work: Callable[[Any, Any, Any], Any]) -> Any:
    """The numbers of a list put together from left to right, exactly."""
    if not isinstance(value, list):
        return _no_list(value)
    if not value or None in value:
        return ABSENT
    wrong = next((item for item in value if not _is_number(item)), None)
    if wrong is not None:
        return Misfit(f"an item is {kind_of(wrong)}, not a number")
    from decimal import Decimal

    exact = _context()
    numbers = [Decimal(repr(one) if isinstance(one, float) else one) for one in value]
    found = numbers[0]
    for one in numbers[1:]:
        found = work(exact, found, one)
    return _plain(found)


def _plain(exact: Any) -> Any:
    """A decimal as JSON has it: an integer where it is one."""
    if not exact.is_finite() or exact.adjusted() > 300:
        return Misfit("is too large")
    return int(exact) if exact == exact.to_integral_value() else float(exact)


@frozen
class Function:
    """A row of the table: the name in a file, what it does, and what stands in its parentheses."""

    name: str
    fn: Callable[..., Any]
    takes: Literal["", "text", "decimals", "path", "test"] = ""
    is_of_each: bool = False
    """Of a list each item."""

    @property
    def spelling(self) -> str:
        """As it is written, with what goes into its parentheses.

        >>> FUNCTIONS["split"].spelling
        '$fn:split(text)'
        """
        inside = {"test": "path=text|text"}.get(self.takes, self.takes)
        return f"$fn:{self.name}({inside})" if inside else f"$fn:{self.name}"

    @property
    def sentence(self) -> str:
        """What it does."""
        return (self.fn.__doc__ or "").partition("\n")[0]


FUNCTIONS: Final = MappingProxyType(
    {
        one.name: one
        for one in (
            Function("text", text, is_of_each=True),
            Function("number", number, is_of_each=True),
            Function("cents", cents, is_of_each=True),
            Function("lower", lower, is_of_each=True),
            Function("upper", upper, is_of_each=True),
            Function("trim", trim, is_of_each=True),
            Function("round", round_to, "decimals", is_of_each=True),
            Function("query", query, "text", is_of_each=True),
            Function("url", url, is_of_each=True),
            Function("iso_to_ms", iso_to_ms, is_of_each=True),
            Function("split", split, "text", is_of_each=True),
            Function("join", join, "text"),
            Function("flatten", flatten),
            Function("unique", unique),
            Function("first", first),
            Function("last", last),
            Function("only", only),
            Function("where", where, "test"),
            Function("complete", complete),
            Function("filled", filled),
            Function("sum", total),
            Function("subtract", subtract),
            Function("multiply", multiply),
            Function("positive", positive, is_of_each=True),
            Function("get", get, "path"),
        )
    }
)
"""By the name in a file."""


@frozen
class Step:
    """A function with what stands in its parentheses, and where the configuration has it."""

    where: str
    name: str
    argument: Any = None

    def __call__(self, value: Any, notes: Notes) -> Any:
        """What it makes of a value; nothing stays nothing.

        >>> Step("fn", "flatten")([["a"], "b"], [])
        ['a', 'b']
        """
        if value is ABSENT or value is None:
            return ABSENT
        known = FUNCTIONS[self.name]
        given = () if self.argument is None else (self.argument,)
        misfits: list[Misfit] = []

        def ask(one: Any) -> Any:
            found = known.fn(one, *given)
            if isinstance(found, Misfit):
                misfits.append(found)
                return ABSENT
            return found

        if known.is_of_each and isinstance(value, list):
            asked = (ABSENT if item is None else ask(item) for item in value)
            made: Any = [None if item is ABSENT else item for item in asked]
        else:
            made = ask(value)
        if misfits:
            message = f"$fn:{self.name} is given what {misfits[0].reason}"
            notes.append(Diagnostic("value.misfit", self.where, message))
        return made


def parse_steps(raw: Any, where: str, findings: Findings) -> tuple[Step, ...]:
    """`"$fn:…"`, or a list of them, which are piped.

    >>> parse_steps(["$fn:split(,)", "$fn:unique"], "fn", Findings())[0]
    Step(where='fn[0]', name='split', argument=',')
    """
    if not isinstance(raw, list):
        return tuple(_parsed([(raw, where)], findings))
    if not raw:
        findings.fault(where, 'expected functions, e.g. ["$fn:flatten", "$fn:unique"]')
    return tuple(_parsed(((one, f"{where}[{at}]") for at, one in enumerate(raw)), findings))


def _parsed(every: Iterable[tuple[Any, str]], findings: Findings) -> Iterable[Step]:
    for raw, where in every:
        found = _step(raw, where)
        if isinstance(found, Step):
            yield found
        else:
            findings.fault(where, found)


def _step(raw: Any, where: str) -> Step | str:
    """One function, or what is wrong with how it is written."""
    if not is_function(raw):
        return f'expected a function such as "$fn:flatten", got {kind_of(raw)}'
    written = re.fullmatch(r"\$fn:([^()]*)(?:\((.*)\))?", raw, re.DOTALL)
    known = None if written is None else FUNCTIONS.get(written[1])
    if written is None or known is None:
        name = raw.partition("(")[0]
        return f'"{name}" is no function{did_you_mean(name, (f"$fn:{one}" for one in FUNCTIONS))}'
    if not known.takes:
        return Step(where, known.name) if written[2] is None else f"takes nothing: $fn:{known.name}"
    argument = _ARGUMENTS[known.takes](written[2] or "")
    return f"write {known.spelling}" if argument is None else Step(where, known.name, argument)


def _decimals(written: str) -> int | None:
    return int(written) if re.fullmatch("[0-9]|10", written) else None


def _path(written: str) -> tuple[str, ...] | None:
    try:
        return parse_path(written)
    except ValueError:
        return None


def _test(written: str) -> tuple[tuple[str, ...], tuple[str, ...]] | None:
    name, _, texts = written.partition("=")
    path = _path(name)
    options = tuple(texts.split("|"))
    return (path, options) if path is not None and all(options) else None


_ARGUMENTS: Final[dict[str, Callable[[str], Any]]] = {
    "text": lambda written: written or None,
    "decimals": _decimals,
    "path": _path,
    "test": _test,
}
"""By what stands in the parentheses: what it says, None where it says nothing."""
