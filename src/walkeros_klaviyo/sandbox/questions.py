"""How are GET requests answered?

Those for the account, its metrics, a list, an import job and its errors.
"""

from __future__ import annotations

from urllib.parse import parse_qs

from . import lists
from .account import Account, accounts, mapped_metrics
from .endpoints import Outcome
from .issue import Issue
from .jobs import MOST, PAGE, asked, document, errors_page
from .routes import Route
from .work import State


def tell(
    state: State, account: Account, route: Route, asked_id: str, query: str, now: float
) -> Outcome:
    """Answer a GET request; polling a job moves it on."""
    if route.call == "accounts.get_accounts":
        return Outcome(200, accounts(account, state.host))
    if route.call == "metrics.get_mapped_metrics":
        return Outcome(200, mapped_metrics(state.host))
    if route.call == "lists.get_list":
        if not lists.exists(state.lists, asked_id):
            return Outcome(404, issues=(lists.absent(asked_id),))
        return Outcome(200, lists.document(asked_id, state.host))
    job = state.jobs.get(asked_id)
    if job is None:
        issue = Issue(f"No import job has the id {asked_id}.", None, "not_found", 404)
        return Outcome(404, issues=(issue,))
    if route.call == "profiles.get_bulk_import_profiles_job":
        asked(job, now)
        return Outcome(200, document(job, state.host))
    asked_for = parse_qs(query)
    size = _whole(asked_for.get("page[size]", [str(PAGE)])[0])
    start = _whole(asked_for.get("page[cursor]", ["0"])[0])
    if size is None or not 1 <= size <= MOST or start is None:
        issue = Issue(f"page[size] must be 1 to {MOST}; page[cursor] as given.")
        return Outcome(400, issues=(issue,))
    return Outcome(200, errors_page(job, state.host, size, start, state.pointers))


def _whole(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None
