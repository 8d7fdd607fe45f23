"""What is proposed so far, and what is to be said and asked of it?"""

from __future__ import annotations

from collections.abc import Iterator

from attrs import Factory, define, frozen

from walkeros_klaviyo.core.faults import join

from .rules import Raw
from .sample import Sample

Place = tuple[str, ...]
"""Keys from the configuration's top down."""


@frozen
class Proposal:
    """A configuration, and what is to be said of it."""

    config: Raw
    remarks: dict[Place, str]
    """By the place in the configuration that each stands at."""
    said: tuple[str, ...] = ()
    """What could not be proposed, and why."""
    open: tuple[str, ...] = ()
    """What must be answered before it is fit to go live."""


@define
class Draft:
    """What is written so far."""

    sample: Sample
    config: Raw = Factory(lambda: {"consent": None, "settings": {}, "mapping": {}})
    remarks: dict[Place, str] = Factory(dict)
    said: list[str] = Factory(list)
    open: list[str] = Factory(list)

    @property
    def rules(self) -> Iterator[tuple[str, str, str, Raw]]:
        """Each with its place, entity and action."""
        for entity, actions in self.config["mapping"].items():
            for action, rule in actions.items():
                yield join(join("mapping", entity), action), entity, action, rule

    def proposal(self) -> Proposal:
        """It, as it stands."""
        config = {
            key: one for key, one in self.config.items() if one or (key == "consent" and one == {})
        }
        return Proposal(config, self.remarks, tuple(self.said), tuple(self.open))
