"""A typed client of Cairn, an open safeguarding record for schools."""

from cairn_client._cairn import Cairn
from cairn_client._events import Told
from cairn_client._ids import new_id
from cairn_client._pages import Page, items
from cairn_client._problems import Conflict, FieldFault, NoAnswer, Problem
from cairn_client._session import Tokens
from cairn_client._wire import Call, Caller, Retries
from cairn_client.queue import Entry, FolderStore, MemoryStore, Outcome, Queue, Store

__all__ = [
    "Cairn",
    "Call",
    "Caller",
    "Conflict",
    "Entry",
    "FieldFault",
    "FolderStore",
    "MemoryStore",
    "NoAnswer",
    "Outcome",
    "Page",
    "Problem",
    "Queue",
    "Retries",
    "Store",
    "Tokens",
    "Told",
    "items",
    "new_id",
]  # fmt: skip
