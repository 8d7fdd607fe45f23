"""Which values have a display of their own?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from .view import View, pruned


class Displayed:
    """A value that notebooks display as HTML and rich as a tree; its repr stays short.

    >>> from walkeros_klaviyo import Plan
    >>> Plan("denied")._repr_html_()[:53]
    "<div><span style='color:#9a7200'>denied</span> <span "
    """

    __slots__ = ()

    def view(self) -> View:
        """The value for display, as a tree of lines."""
        raise NotImplementedError

    def _repr_html_(self) -> str:
        from .html import to_html

        return to_html(pruned(self.view()))

    def __rich_console__(self, console: Any, options: Any) -> Iterator[Any]:
        from .lines import to_lines

        return to_lines(pruned(self.view()), console, options)
