"""Writes kept for when there is a connection: encrypted, and each done exactly once.

An entry's name is the idempotency key with which it is sent and, where the operation takes one, the
id of the new record. So it may be added, sent and deleted again after any crash.
"""

import asyncio
import json
import os
import re
import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Concatenate, Literal, ParamSpec, Protocol
from urllib.parse import urlencode

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from cairn_client._ids import new_id
from cairn_client._operations import TAKES_ID
from cairn_client._problems import Conflict, NoAnswer, Problem
from cairn_client._wire import Call, Caller, Wire, pattern_of

P = ParamSpec("P")

FORMAT = b"\x01"
ENDING = ".entry"
NAMES = re.compile(r"[\w-]+")
OPERATIONS = [(method, pattern_of(path)) for method, path in TAKES_ID]


class Store(Protocol):
    """Where a queue is kept. `put` and `delete` must be safe on disk when they answer."""

    def names(self) -> list[str]:
        """The names of everything that is kept."""

    def get(self, name: str) -> bytes | None:
        """One content."""

    def put(self, name: str, content: bytes) -> None:
        """Replace what is there, whole or not at all."""

    def delete(self, name: str) -> None:
        """Forget one."""


@dataclass(frozen=True)
class Entry:
    """One write that is kept."""

    name: str
    state: Literal["waiting", "conflict", "refused"]
    """`waiting`: to be sent. `conflict`, `refused`: a person decides (`retry` or `discard`)."""
    method: str
    path: str
    body: Any
    content_type: str | None
    etag: str | None
    """The version that the person saw."""
    owner: str
    """Who wrote it; only they send it."""
    at: str
    tries: int = 0
    """How often it may have reached the server."""
    problem: Mapping[str, Any] | None = None
    """Of `refused` and `conflict`: what the server said."""
    theirs: Any = None
    """Of `conflict`: the record as it is now. `body` is the other version."""
    their_etag: str | None = None


@dataclass(frozen=True)
class Outcome:
    """What became of an entry."""

    name: str
    state: Literal["sent", "waiting", "conflict", "refused"]
    answer: Any = None
    """What the server answered to an entry that was sent."""
    problem: Problem | NoAnswer | None = None


class Queue:
    """The writes of a device. `key`: 32 bytes; the caller keeps it, and it opens everything."""

    def __init__(self, wire: Wire, store: Store, key: bytes) -> None:
        self._wire, self._store, self._cipher = wire, store, AESGCM(key)
        self._flushing = asyncio.Lock()

    async def add(
        self,
        operation: Callable[Concatenate[Caller, P], Awaitable[object]],
        name: str,
        /,
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> Entry:
        """Keep a call of an operation: `queue.add(raise_concern, new_id(), body=...)`.

        It is safe once this answers. With the name of an earlier call the same entry is kept again:
        make one when the form opens, and nothing is done twice, whenever the program ends.
        """
        owner = self._wire.session.owner
        if owner is None:
            raise ValueError("Nobody is signed in whose entry this would be.")
        entry = self._entry_of(await _captured(operation, *args, **kwargs), name, owner)
        await self._put(entry)
        return entry

    async def entries(self) -> list[Entry]:
        """Everything that is kept, the oldest first."""
        names = await asyncio.to_thread(self._store.names)
        found = [await self._get(name) for name in sorted(names)]
        return [entry for entry in found if entry is not None]

    async def discard(self, name: str) -> None:
        """Forget an entry, whatever its state."""
        await asyncio.to_thread(self._store.delete, name)

    async def retry(self, name: str, *, body: Any = None, etag: str | None = None) -> Entry:
        """Send what was refused or in conflict again: changed, by default over the new version."""
        old = await self._get(name)
        if old is None:
            raise KeyError(name)
        entry = replace(
            old, name=new_id(), state="waiting", tries=0, problem=None, theirs=None,
            their_etag=None, body=old.body if body is None else body,
            etag=etag or old.their_etag or old.etag,
        )  # fmt: skip
        await self._put(entry)  # first: killed here there are both, and the old one is not sent
        await self.discard(name)
        return entry

    async def flush(self) -> list[Outcome]:
        """Send what the signed-in person has waiting, in order.

        Stops at the first entry that cannot be answered now, and when somebody else signs in; the
        entry stays, and its outcome has the reason.
        """
        outcomes: list[Outcome] = []
        async with self._flushing:
            owner = self._wire.session.owner
            for known in await self.entries():
                entry = await self._get(known.name)  # an earlier one may have changed its version
                if self._wire.session.owner != owner:
                    break
                if entry is None or entry.state != "waiting" or entry.owner != owner:
                    continue
                outcomes.append(await self._sent(entry))
                if outcomes[-1].state == "waiting":
                    break
        return outcomes

    async def _sent(self, entry: Entry) -> Outcome:
        entry = replace(entry, tries=entry.tries + 1)
        await self._put(entry)
        headers = {"Idempotency-Key": entry.name}
        if entry.etag is not None:
            headers["If-Match"] = entry.etag
        call = Call(entry.method, entry.path, {}, headers, entry.body, entry.content_type)
        try:
            answer = await self._wire.send(call, entry.owner)
        except Conflict as conflict:
            return await self._conflict(entry, conflict)
        except NoAnswer as problem:
            return Outcome(entry.name, "waiting", problem=problem)
        except Problem as problem:
            return await self._refused(entry, problem)
        await self._pass(entry, answer.headers.get("ETag"))
        await self.discard(entry.name)
        is_json = "json" in answer.headers.get("Content-Type", "") and answer.content
        return Outcome(entry.name, "sent", answer.json() if is_json else None)

    async def _conflict(self, entry: Entry, conflict: Conflict) -> Outcome:
        if entry.tries > 1 and entry.method == "PATCH" and _holds(conflict.theirs, entry.body):
            await self._pass(entry, conflict.etag)
            await self.discard(entry.name)  # our own change, whose answer was lost
            return Outcome(entry.name, "sent", conflict.theirs)
        found = replace(entry, theirs=conflict.theirs, their_etag=conflict.etag)
        await self._put(replace(found, state="conflict", problem=conflict.body))
        return Outcome(entry.name, "conflict", problem=conflict)

    async def _refused(self, entry: Entry, problem: Problem) -> Outcome:
        running = problem.code == "idempotency_key_in_progress"
        if problem.status in {401, 429} or problem.status >= 500 or running:
            return Outcome(entry.name, "waiting", problem=problem)
        if entry.tries > 1 and problem.code == "already_exists":
            await self.discard(entry.name)  # ours: the server forgot the key, but not the record
            return Outcome(entry.name, "sent")
        await self._put(replace(entry, state="refused", problem=problem.body))
        return Outcome(entry.name, "refused", problem=problem)

    async def _pass(self, entry: Entry, etag: str | None) -> None:
        """Later changes of the same record were made on top of this one: they get its version."""
        record = self._wire.aim(entry.method, entry.path).record
        if record is None or etag is None:
            return
        for later in await self.entries():
            same = self._wire.aim(later.method, later.path).record == record
            waits = later.name > entry.name and later.state == "waiting"
            if same and waits and later.etag == entry.etag:
                await self._put(replace(later, etag=etag))

    def _entry_of(self, call: Call, name: str, owner: str) -> Entry:
        if call.body is not None and not call.is_json:
            raise ValueError("Files cannot be queued.")
        path = call.path + (f"?{urlencode(call.query, doseq=True)}" if call.query else "")
        body = call.body
        takes = any(
            one == call.method and pattern.fullmatch(call.path) for one, pattern in OPERATIONS
        )
        if takes and isinstance(body, dict):
            body = {"id": name, **body}
        record = self._wire.aim(call.method, call.path).record
        etag = call.headers.get("If-Match") or (record and self._wire.etag(record))
        at = datetime.now(UTC).isoformat()  # noqa: TID251
        return Entry(
            name, "waiting", call.method, path, body, call.content_type, etag or None, owner, at
        )

    async def _put(self, entry: Entry) -> None:
        nonce = secrets.token_bytes(12)
        plain = json.dumps(asdict(entry)).encode()
        sealed = self._cipher.encrypt(nonce, plain, entry.name.encode())
        await asyncio.to_thread(self._store.put, entry.name, FORMAT + nonce + sealed)

    async def _get(self, name: str) -> Entry | None:
        """One entry. Raises `InvalidTag` where the key is another, or what is kept was changed."""
        content = await asyncio.to_thread(self._store.get, name)
        if content is None:
            return None
        if content[:1] != FORMAT:
            raise ValueError("This queue was written by another version.")
        plain = self._cipher.decrypt(content[1:13], content[13:], name.encode())
        return Entry(**json.loads(plain))


class MemoryStore:
    """Keeps a queue in memory: for tests."""

    def __init__(self) -> None:
        self._kept: dict[str, bytes] = {}

    def names(self) -> list[str]:
        """The names of everything that is kept."""
        return list(self._kept)

    def get(self, name: str) -> bytes | None:
        """One content."""
        return self._kept.get(name)

    def put(self, name: str, content: bytes) -> None:
        """Replace what is there."""
        self._kept[name] = content

    def delete(self, name: str) -> None:
        """Forget one."""
        self._kept.pop(name, None)


class FolderStore:
    """Keeps a queue in a folder, one file for each entry; every change is on the disk at once."""

    def __init__(self, folder: str | Path) -> None:
        self._folder = Path(folder)
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    def names(self) -> list[str]:
        """The names of everything that is kept."""
        return [one.name.removesuffix(ENDING) for one in self._folder.glob(f"*{ENDING}")]

    def get(self, name: str) -> bytes | None:
        """One content."""
        try:
            return self._file(name).read_bytes()
        except FileNotFoundError:
            return None

    def put(self, name: str, content: bytes) -> None:
        """Replace what is there, whole or not at all."""
        draft = self._file(name).with_suffix(f".{os.getpid()}")
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with open(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(handle)
        draft.replace(self._file(name))
        self._sync()

    def delete(self, name: str) -> None:
        """Forget one."""
        self._file(name).unlink(missing_ok=True)
        self._sync()

    def _file(self, name: str) -> Path:
        if not NAMES.fullmatch(name):
            raise ValueError("This is no name of an entry.")
        return self._folder / f"{name}{ENDING}"

    def _sync(self) -> None:
        if os.name == "nt":
            return  # there a folder cannot be synced, nor needs to be
        handle = os.open(self._folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


class _Captured(Exception):
    def __init__(self, call: Call) -> None:
        self.call = call


class _Capturing:
    async def call(self, call: Call) -> Any:
        raise _Captured(call)


async def _captured(
    operation: Callable[Concatenate[Caller, P], Awaitable[object]],
    *args: P.args,
    **kwargs: P.kwargs,
) -> Call:
    """The call an operation would make."""
    try:
        await operation(_Capturing(), *args, **kwargs)
    except _Captured as captured:
        return captured.call
    raise ValueError("The operation sends nothing.")


def _holds(record: object, patch: object) -> bool:
    """Whether a record has everything that a merge patch sets."""
    if not isinstance(patch, dict):
        return record == patch
    held = record if isinstance(record, dict) else {}
    return all(_holds(held.get(name), value) for name, value in patch.items())
