"""Events from an SQS queue to Klaviyo: an AWS Lambda around the bare core and the bare SDK.

    # app.py, the function's module; its handler is `app.handler`
    api = KlaviyoAPI(os.environ["KLAVIYO_API_KEY"], max_retries=1)
    transform = pipeline(read_config("shop.toml"))
    handler = handler_of(transform, sender(api), KeptStates(redis.get, redis.set))

With `ReportBatchItemFailures` on the event source, only what failed comes again. What no try can
deliver comes until the queue's redrive policy puts it aside, so give the queue a dead-letter queue:
nothing is lost, and somebody looks. A FIFO queue whose message group is the person keeps their
events in order and two Lambdas from working on one person; after a failure the rest of its group
waits. A message that comes again records nothing twice, for its events keep their `unique_id`.

What the SDK (klaviyo-api 25) makes of a call's body, as a test beside this file holds it against:
nothing is dropped; `time` and `consented_at` are spelt `+00:00` in place of `Z`; `backfill: false`
and `historical_import: false` are added where a body says nothing, which means the same. It drops
keys that its models do not have, without a word: a plan's calls have none, a stage of your own may.
It has no time-out unless given one, and waits inside the Lambda between tries, so it gets one try
here. It raises for an answer that its models do not know, though Klaviyo took the call: that goes
again. There is no pace, no breaker, no repair of refused identifiers: for these, `run` or `serve`.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Mapping
from typing import Any, NotRequired, TypedDict

from klaviyo_api import KlaviyoAPI

from walkeros_klaviyo import Transform, settle
from walkeros_klaviyo.kept import KeptStates

TIMEOUT = 10.0
"""Seconds; less than the Lambda's own."""
LOG = logging.getLogger(__name__)

Send = Callable[[str, Mapping[str, Any]], object]
"""Sends a body by a method of the SDK, such as "events.create_event"; raises where it fails."""


class Record(TypedDict):
    """A message of SQS, as far as it is looked at."""

    messageId: str
    body: str
    attributes: NotRequired[Mapping[str, str]]


class Batch(TypedDict):
    """What a Lambda is given."""

    Records: list[Record]


class Failure(TypedDict):
    """A message that shall come again."""

    itemIdentifier: str


class Answer(TypedDict):
    """What a Lambda gives back."""

    batchItemFailures: list[Failure]


def sender(api: KlaviyoAPI) -> Send:
    """The SDK as one function."""
    apis = {"events": api.Events, "profiles": api.Profiles}  # the SDK makes them anew at each look

    def send(name: str, body: Mapping[str, Any]) -> object:
        part, _, method = name.partition(".")
        return getattr(apis[part], method)(body, _request_timeout=TIMEOUT)

    return send


def handler_of(
    transform: Transform,
    send: Send,
    states: KeptStates,
    clock: Callable[[], float] = time.time,
) -> Callable[[Batch, object], Answer]:
    """The Lambda's handler: plans each message, sends its calls, names what shall come again."""

    def handler(batch: Batch, context: object) -> Answer:
        failures: list[Failure] = []
        waiting: set[str] = set()
        for record in batch["Records"]:
            group = record.get("attributes", {}).get("MessageGroupId", record["messageId"])
            if group in waiting or not is_done(record):
                waiting.add(group)
                failures.append({"itemIdentifier": record["messageId"]})
        return {"batchItemFailures": failures}

    def is_done(record: Record) -> bool:
        try:
            why = deliver(json.loads(record["body"]))
        except Exception as error:
            why = f"{type(error).__name__} {getattr(error, 'status', '')}"  # its text names people
        if why:
            LOG.warning("message %s comes again: %s", record["messageId"], why)
        return not why

    def deliver(event: object) -> str:
        """Empty, or why it could not be sent."""
        plan = transform.plan(event)
        now = clock() * 1_000
        plan, changes = settle(plan, states.under(plan.state_keys), now)
        states.doubt(changes)  # should this end half way, nothing counts as told
        for call in plan.calls:
            if not call.refusal:
                send(call.name, call.body)
        refused = [one.code for call in plan.calls for one in call.refusal]
        if plan.outcome == "invalid" or plan.outcome == "refused" or refused:
            return " ".join([plan.outcome, *refused])
        states.keep(changes)
        return ""

    return handler
