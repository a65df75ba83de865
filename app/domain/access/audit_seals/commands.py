"""Seal the entries of each school into its log, in batches, without delaying writers."""

from bisect import bisect_right
from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from app.core import clock
from app.core.ids import NIL
from app.core.words import Actor
from app.db.models import TrailCheckpoint
from app.db.reading import open_reading
from app.db.repositories.access import audit_seals
from app.db.repositories.access.audit_seals import LOGS, TrailLog
from app.db.session import Database, Driver
from app.db.unit_of_work import open_work
from app.formats.trail_log.entries import canonical
from app.formats.trail_log.merkle import EMPTY_ROOT, Frontier, joined, leaf_hash
from app.formats.trail_log.notes import (
    Checkpoint,
    NoteRefused,
    PublicKey,
    Signer,
    origin_of,
    read_signed,
    signed,
)

BATCH = 5_000
LONGEST_COMMAND = timedelta(minutes=10)
"""An entry bears the time at which its command began; its transaction gets a number later."""
LOOKS_KEPT = 20_000
MOST_FAILURES = 3
"""More failures than this end a pass: one school holds up no other, a lost database does."""

Keep = Callable[[Sequence[str]], Awaitable[None]]
"""Puts signed notes where the database cannot reach them."""


class LogRefused(Exception):
    """A log's last checkpoint is not one of ours, so nothing may build on it."""

    def __init__(self, origin: str) -> None:
        super().__init__(f"the last checkpoint of {origin} is not what was signed")
        self.origin = origin


@dataclass(frozen=True, slots=True)
class Keys:
    """The key that signs now, and the public part of every key that ever did, by name."""

    signer: Signer
    public: Mapping[str, PublicKey]


@dataclass(slots=True)
class Pass:
    """Results of one pass over all schools."""

    sealed: int = 0
    checkpoints: int = 0
    refused: list[str] = field(default_factory=list)
    """Origins whose last checkpoint is forged."""
    cut: list[str] = field(default_factory=list)
    """Origins whose log is shorter than the copy kept outside."""
    failed: list[Exception] = field(default_factory=list)


class Now(NamedTuple):
    """The oldest transaction that still runs, and a number greater than all given so far."""

    horizon: int
    next_xid: int


@dataclass(slots=True)
class Looks:
    """The next free transaction number at each time this process looked."""

    numbers: deque[int] = field(default_factory=lambda: deque(maxlen=LOOKS_KEPT))
    times: deque[datetime] = field(default_factory=lambda: deque(maxlen=LOOKS_KEPT))

    def add(self, next_xid: int, at: datetime) -> None:
        """Remember a look. Of several at one number, the last says most."""
        if self.numbers and next_xid < self.numbers[-1]:
            self.numbers.clear()
            self.times.clear()
        if self.numbers and self.numbers[-1] == next_xid:
            self.times[-1] = at
            return
        self.numbers.append(next_xid)
        self.times.append(at)

    def before(self, xid: int) -> datetime | None:
        """Latest known time at which a transaction had not begun yet."""
        index = bisect_right(self.numbers, xid)
        return self.times[index - 1] if index else None


@dataclass(frozen=True, slots=True)
class Beginning:
    """Where the next batch begins: after the last checkpoint, or at the start."""

    number: int
    size: int
    root: bytes
    peaks: Sequence[bytes]
    epoch: int
    since: int
    now: Now
    origin: str
    opening: bool

    @classmethod
    def after(
        cls, last: Any, now: Now, origin: str, keys: Mapping[str, PublicKey], batch: int
    ) -> "Beginning":
        """Begin after a stored checkpoint, once it is proved to be ours. Raises `LogRefused`.

        If the server has not yet given the sealed numbers, the database was restored on another
        server: a new epoch begins, and every entry without a leaf is still to be sealed.
        """
        if last is None:
            return cls(0, 0, EMPTY_ROOT, (), 1, 0, now, origin, opening=True)
        proved = _proved(last, origin, keys)
        counted_anew = now.next_xid < proved.horizon
        return cls(
            number=proved.number,
            size=proved.size,
            root=proved.root,
            peaks=last["peaks"],
            epoch=proved.epoch + counted_anew,
            since=0 if counted_anew else proved.horizon,
            now=now,
            origin=origin,
            opening=counted_anew or (proved.opening and last["batch"] >= batch),
        )


class Sealer:
    """Seals all logs of all schools.

    `newest` holds the newest checkpoint numbers outside, by origin. The sealer remembers between
    passes which schools may have new entries.
    """

    def __init__(self, database: Database, keep: Keep, newest: dict[str, int]) -> None:
        self._database = database
        self._keep = keep
        self._newest = newest
        self._looks = Looks()
        self._since: dict[str, int] = {}
        self._waiting: dict[str, set[UUID]] = {log.name: set() for log in LOGS}
        self._known: set[str] = set()
        self._due: list[tuple[Checkpoint, str]] = []

    async def seal(self, keys: Keys, *, batch: int = BATCH) -> Pass:
        """Run one pass: seal everything that can be sealed now."""
        done = Pass()
        for log in LOGS:
            horizon, schools = await self._find_schools(log)
            waiting = self._waiting[log.name]
            waiting.update(schools)
            self._since[log.name] = horizon
            for school_id in sorted(waiting):
                if len(done.failed) > MOST_FAILURES:
                    break
                if await self._seal_school(school_id, log, keys, batch, done):
                    waiting.discard(school_id)
        await self._put_outside()
        return done

    async def _find_schools(self, log: TrailLog) -> tuple[int, list[UUID]]:
        """The horizon, and the schools with an entry that was not sealed at the last look."""
        async with open_reading(self._database, Actor.system(NIL)) as reading:
            horizon, next_xid = await audit_seals.moment(reading.driver)
            self._looks.add(next_xid, reading.now)
            since = self._since.get(log.name)
            if since is not None and next_xid < since:
                since = None
            return horizon, await audit_seals.schools_since(reading.driver, log, since)

    async def _seal_school(
        self, school_id: UUID, log: TrailLog, keys: Keys, batch: int, done: Pass
    ) -> bool:
        """Seal one log. False if another sealer has it, it is refused, or it fails."""
        while True:
            try:
                sealed = await self._seal_batch(school_id, log, keys, batch, done)
            except LogRefused as refused:
                done.refused.append(refused.origin)
                return False
            except Exception as error:
                done.failed.append(error)
                return False
            if sealed is None:
                return False
            done.sealed += sealed
            done.checkpoints += sealed > 0
            if sealed < batch:
                return True

    async def _seal_batch(
        self, school_id: UUID, log: TrailLog, keys: Keys, batch: int, done: Pass
    ) -> int | None:
        """Seal one batch in one transaction, then queue its note; None if another has the log."""
        async with open_work(self._database, Actor.system(school_id)) as work:
            driver = await work.driver()
            if not await audit_seals.claim(driver, school_id, log):
                return None
            last = await audit_seals.last_checkpoint(driver, school_id, log)
            await self._catch_up(driver, school_id, log, last, keys, done)
            now = Now(*await audit_seals.moment(driver))
            begun = Beginning.after(last, now, origin_of(school_id, log.name), keys.public, batch)
            rows = await _waiting(driver, school_id, log, begun, batch)
            if not rows:
                return 0
            early = await self._not_before(driver, school_id, log, begun, rows[0]["xid"])
            sealed = Sealed.of(begun, rows, len(rows) == batch, early)
            note = signed(sealed.checkpoint, keys.signer)
            await _store(driver, school_id, log, begun.size, rows, sealed)
            await audit_seals.add_checkpoint(
                driver, sealed.row(school_id, log, keys.signer.name, note)
            )
        self._known.discard(sealed.checkpoint.origin)
        self._due.append((sealed.checkpoint, note))
        return len(rows)

    async def _put_outside(self) -> None:
        """Store the pass's notes outside together: one disk wait per school would be too slow.

        Until its newest note is there, the end of a log counts as not known outside.
        """
        if self._due:
            await self._keep([note for _, note in self._due])
        for checkpoint, _ in self._due:
            self._known.add(checkpoint.origin)
            self._newest[checkpoint.origin] = checkpoint.number
        self._due = []

    async def _catch_up(
        self, driver: Driver, school_id: UUID, log: TrailLog, last: Any, keys: Keys, done: Pass
    ) -> None:
        """Once for each log, store outside what a crash kept inside, and detect missing entries."""
        origin = origin_of(school_id, log.name)
        number = last["number"] if last else 0
        known = self._newest.get(origin, 0)
        if number < known and origin not in done.cut:
            done.cut.append(origin)
        if origin in self._known or any(due.origin == origin for due, _ in self._due[-1:]):
            return
        self._known.add(origin)
        if 0 < known < number:
            notes = await audit_seals.notes_after(driver, school_id, log, known)
            await self._keep([note for note in notes if _is_ours(note, keys.public)])
            self._newest[origin] = number

    async def _not_before(
        self, driver: Driver, school_id: UUID, log: TrailLog, begun: "Beginning", xid: int
    ) -> datetime | None:
        """The earliest time that an entry of this or a later transaction can have."""
        if begun.opening:
            return None
        seen = self._looks.before(xid)
        seen_then = await audit_seals.seen_before(driver, school_id, log, begun.epoch, xid)
        ats = [at for at in (seen, seen_then) if at is not None]
        return max(ats) - LONGEST_COMMAND if ats else None


def _is_ours(note: str, keys: Mapping[str, PublicKey]) -> bool:
    try:
        read_signed(note, keys)
    except NoteRefused:
        return False
    return True


def _proved(last: Any, origin: str, keys: Mapping[str, PublicKey]) -> Checkpoint:
    try:
        checkpoint = read_signed(last["note"], keys)
    except NoteRefused:
        raise LogRefused(origin) from None
    saved = (origin, last["number"], last["size"], last["root"], last["epoch"], last["horizon"])
    if saved != (
        checkpoint.origin,
        checkpoint.number,
        checkpoint.size,
        checkpoint.root,
        checkpoint.epoch,
        checkpoint.horizon,
    ):
        raise LogRefused(origin)
    peaks = last["peaks"]
    if len(peaks) != checkpoint.size.bit_count() or joined(peaks) != checkpoint.root:
        raise LogRefused(origin)
    return checkpoint


@dataclass(frozen=True, slots=True)
class Sealed:
    """A batch added to the tree, and what to sign about it."""

    checkpoint: Checkpoint
    tree: Frontier
    leaves: Sequence[bytes]

    @classmethod
    def of(
        cls, begun: Beginning, rows: Sequence[Any], full: bool, early: datetime | None
    ) -> "Sealed":
        """Add entries in their order. More may wait behind a full batch, so it covers less."""
        tree = Frontier(begun.size, begun.peaks)
        leaves = [leaf_hash(canonical(row)) for row in rows]
        for leaf in leaves:
            tree.append(leaf)
        horizon = begun.now.horizon
        checkpoint = Checkpoint(
            origin=begun.origin,
            size=tree.size,
            root=tree.root(),
            number=begun.number + 1,
            previous=begun.root,
            sealed_at=clock.now(),
            epoch=begun.epoch,
            horizon=min(horizon, rows[-1]["xid"]) if full else horizon,
            next_xid=begun.now.next_xid,
            not_before=early,
            opening=begun.opening,
        )
        return cls(checkpoint, tree, leaves)

    def row(self, school_id: UUID, log: TrailLog, key_name: str, note: str) -> TrailCheckpoint:
        """The row of the checkpoint."""
        checkpoint = self.checkpoint
        return TrailCheckpoint(
            school_id=school_id,
            log=log.name,
            number=checkpoint.number,
            size=checkpoint.size,
            root=checkpoint.root,
            previous=checkpoint.previous,
            peaks=self.tree.peaks,
            sealed_at=checkpoint.sealed_at,
            epoch=checkpoint.epoch,
            horizon=checkpoint.horizon,
            next_xid=checkpoint.next_xid,
            not_before=checkpoint.not_before,
            key_name=key_name,
            note=note,
        )


async def _waiting(
    driver: Driver, school_id: UUID, log: TrailLog, begun: Beginning, batch: int
) -> list[Any]:
    """List the next entries; at an opening, also those that a restore brought from elsewhere."""
    now = begun.now
    rows = await audit_seals.waiting(driver, school_id, log, begun.since, now.horizon, batch)
    if begun.opening and len(rows) < batch:
        rows += await audit_seals.waiting(
            driver, school_id, log, now.next_xid, audit_seals.AFTER_ALL, batch - len(rows)
        )
    return rows


async def _store(
    driver: Driver, school_id: UUID, log: TrailLog, first: int, rows: Sequence[Any], sealed: Sealed
) -> None:
    entries = [(row["id"], leaf) for row, leaf in zip(rows, sealed.leaves, strict=True)]
    await audit_seals.add_leaves(driver, school_id, log, first, entries)
    blocks = [(block.level, block.index, block.hash) for block in sealed.tree.blocks]
    await audit_seals.add_nodes(driver, school_id, log, blocks)
