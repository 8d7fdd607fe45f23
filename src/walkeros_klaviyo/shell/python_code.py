"""Which Python functions does a configuration name?

`"$py:package.module:function"` as `condition`, `fn` or `validate` becomes the function itself, but
only with permission: importing runs code, which a configuration file must not do unasked.
Source: ours (`--allow-python`).
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Container
from pathlib import Path
from typing import Any, Final

from attrs import define

from walkeros_klaviyo.core.compose import kept_back
from walkeros_klaviyo.core.config import Config
from walkeros_klaviyo.core.faults import Fault
from walkeros_klaviyo.core.pipeline import Transform
from walkeros_klaviyo.core.walkeros.path import ABSENT
from walkeros_klaviyo.document.overlay import CODE_KEYS
from walkeros_klaviyo.document.site import Keys, is_meaningless, spell

PREFIX: Final = "$py:"


class CodeError(ValueError):
    """The named function cannot be loaded; the message says why and what to do."""


def load_functions(
    configuration: Any, where: str, *, allow_python: bool, foreign: Container[str] = ()
) -> tuple[Any, tuple[Fault, ...]]:
    """A copy with each named function loaded, and faults for those that cannot be.

    `foreign` holds the paths of strings from the environment, which must never name code.

    >>> load_functions({"data": {"fn": "$py:math:tau"}}, "", allow_python=True)[1][0].message
    '$py:math:tau is a float, not a function (value, event)'
    """
    loader = _Loader(where, allow_python, foreign, [])
    return loader.load(configuration, ()), tuple(loader.faults)


def find_function(text: str) -> Callable[..., Any]:
    """Import what `$py:package.module:function` names; raise CodeError if that fails.

    The current directory is importable, as it is for `python script.py`.

    >>> find_function("$py:math:sqrt")(9)
    3.0
    """
    found = _find(text, "$py:package.module:function")
    if not callable(found):
        raise CodeError(f"{text} is a {type(found).__name__}, not a function (value, event)")
    function: Callable[..., Any] = found
    return function


def find_transform(text: str, config: Config, *, takes_config: bool = False) -> Transform:
    """Load a custom transform by `package.module:name`; raise CodeError if there is none.

    The name is that of a transform, or of a function that makes one from the configuration; only
    the latter will do if the command changes the configuration (`takes_config`).

    >>> from walkeros_klaviyo import parse_config
    >>> find_transform("walkeros_klaviyo:pipeline", parse_config({})).plan(7).outcome
    'invalid'
    """
    found = _find(text, "package.module:name")
    if takes_config and isinstance(found, Transform):
        raise CodeError(
            f"{text} is ready, with a configuration of its own that --backfill cannot change; name "
            "a function that takes the configuration and returns it"
        )
    if callable(found) and not isinstance(found, Transform):
        try:
            found = found(config)
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # a user's function may raise anything
            message = f"{text}, called with the configuration, raised {type(error).__name__}"
            raise CodeError(message) from None
    if isinstance(found, Transform):
        return kept_back(found)
    raise CodeError(
        f"{text} is of type {type(found).__name__}, and no transform; name one that pipeline, "
        "before, after or route made, or a function that takes the configuration and returns one"
    )


def _find(text: str, spelling: str) -> Any:
    name, _, attribute = text.removeprefix(PREFIX).partition(":")
    parts = (*name.split("."), *attribute.split("."))
    if not all(part.isidentifier() for part in parts):
        raise CodeError(f'{text} is not spelled like "{spelling}"')
    found: Any = _import(name, text)
    for part in attribute.split("."):
        try:
            found = getattr(found, part)
        except AttributeError:
            raise CodeError(
                f'{text}: the module has no "{attribute}"{_near(part, found)}'
            ) from None
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # a module's own __getattr__ may raise anything
            raise CodeError(f"{text}: looking it up raised {type(error).__name__}") from None
    return found


def _import(name: str, text: str) -> Any:
    here = str(Path.cwd())
    if here not in sys.path and "" not in sys.path:
        sys.path.insert(0, here)
    importlib.invalidate_caches()
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name is not None and (name == error.name or name.startswith(f"{error.name}.")):
            message = f'there is no module "{error.name}"; looked in {here} and among the installed'
            raise CodeError(f"{text}: {message}") from None
        raise CodeError(
            f'{text}: the module imports "{error.name}", which is missing; install it'
        ) from None
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # a user's module may raise anything
        raise CodeError(f"{text}: importing the module raised {type(error).__name__}") from None


def _near(word: str, holder: Any) -> str:
    import difflib  # only a faulty configuration needs it

    near = difflib.get_close_matches(word, (n for n in dir(holder) if n[:1] != "_"), n=1)
    return f'; did you mean "{near[0]}"?' if near else ""


@define
class _Loader:
    where: str
    allow_python: bool
    foreign: Container[str]
    faults: list[Fault]

    def load(self, value: Any, keys: Keys) -> Any:
        if is_meaningless(keys):
            return value
        if isinstance(value, str):
            return self._function(value, keys) if value.startswith(PREFIX) else value
        if isinstance(value, dict):
            found = {key: self.load(member, (*keys, key)) for key, member in value.items()}
            return {key: member for key, member in found.items() if member is not ABSENT}
        if isinstance(value, list):
            items = [self.load(item, (*keys, index)) for index, item in enumerate(value)]
            return [None if item is ABSENT else item for item in items]
        return value

    def _function(self, text: str, keys: Keys) -> Any:
        path = spell(self.where, keys)
        try:
            if path in self.foreign:
                raise CodeError("$py: may not come from the environment; write it into the file")
            if keys[-1] not in CODE_KEYS:
                raise CodeError(
                    f'$py: works only as {", ".join(CODE_KEYS)}; write {{"fn": "{text}"}}'
                )
            if not self.allow_python:
                raise CodeError(f"{text} names code to run; allow it with --allow-python")
            return find_function(text)
        except CodeError as error:
            self.faults.append(Fault(path, str(error)))
            return ABSENT
