"""Where is delivery's state kept? On disk, in one SQLite file; start reading in `store`."""

from walkeros_klaviyo.shell.input.position import Position

from .errors import (
    StoreDamagedError,
    StoreDiskError,
    StoreError,
    StoreForkedError,
    StoreFullError,
    StoreGoneError,
    StoreHeldError,
    StoreMismatchError,
    StoreRefusedError,
)
from .forget import Forgotten
from .holder import Holder, holder_of
from .letters import Retried
from .rows import DAMAGED, Again, Body, Damaged, DeadLetter
from .status import Status, Waiting
from .store import DEFAULT_PATH, Store

__all__ = [
    "DAMAGED",
    "DEFAULT_PATH",
    "Again",
    "Body",
    "Damaged",
    "DeadLetter",
    "Forgotten",
    "Holder",
    "Position",
    "Retried",
    "Status",
    "Store",
    "StoreDamagedError",
    "StoreDiskError",
    "StoreError",
    "StoreForkedError",
    "StoreFullError",
    "StoreGoneError",
    "StoreHeldError",
    "StoreMismatchError",
    "StoreRefusedError",
    "Waiting",
    "holder_of",
]
