"""How is a proposed configuration written?"""

from __future__ import annotations

import json

from walkeros_klaviyo.core.shown import visible
from walkeros_klaviyo.document.write import comment, toml_of
from walkeros_klaviyo.proposal.draft import Proposal

CHECK = "CHECK: "
"""Marks what is proposed but for the user to decide."""


def as_toml(proposal: Proposal, source: str) -> str:
    """As TOML, with notes, questions and decisions as comments."""
    head = [f"A first configuration, proposed from {source}. What says CHECK is for you to decide."]
    head += [f"OPEN: {one}." for one in proposal.open]
    head += [f"Note: {one}." for one in proposal.said]
    lines = "#\n".join(comment(visible(one)) for one in head)
    asks = "" if "consent" in proposal.config else "# consent = { marketing = true } # CHECK\n"
    return f"{lines}{asks}\n{toml_of(proposal.config, proposal.remarks)}"


def as_json(proposal: Proposal) -> str:
    """As JSON, which has no comments: decisions are listed separately (`checks_of`)."""
    return json.dumps(proposal.config, indent=2, ensure_ascii=False) + "\n"


def checks_of(proposal: Proposal) -> tuple[str, ...]:
    """What is for the user to decide, with its place.

    >>> checks_of(Proposal({}, {("consent",): "CHECK: is it this one?", ("mapping",): "2 events."}))
    ('consent: is it this one?',)
    """
    return tuple(
        f"{'.'.join(place)}: {remark.partition(CHECK)[2].rstrip('.')}"
        for place, remark in proposal.remarks.items()
        if CHECK in remark
    )
