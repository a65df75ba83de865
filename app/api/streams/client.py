"""One open stream, as the hub sees it: who reads it, and what waits to be sent."""

import asyncio
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from app.api.streams.frames import about_stream
from app.core.words import Actor
from app.db.repositories.exchange.events import START, Place
from app.domain.exchange.event_audiences.queries import comparable_actor
from app.domain.exchange.events.queries import Cursors

MOST_WAITING = 1_000
"""Events that wait for one client at most; more are never kept."""


@dataclass(slots=True, eq=False)
class Client:
    """One stream. Its frames are shared with all others that are told the same."""

    actor: Actor
    cursors: Cursors
    kinds: frozenset[str] | None
    ends_at: datetime
    """When its token has expired, or it has lasted long enough."""
    reason_code: str
    """What that end is called."""
    after: Place = START
    """Nothing up to here is told again."""
    checked_at: float = 0.0
    """When the reader's rights were read last (the loop's time)."""
    told_at: float = 0.0
    """When something was put into the queue last (the loop's time)."""
    waiting: deque[bytes] = field(default_factory=deque)
    wake: asyncio.Event = field(default_factory=asyncio.Event)
    has_begun: bool = False
    is_over: bool = False
    like: Actor = field(init=False)

    def __post_init__(self) -> None:
        self.like = comparable_actor(self.actor)

    @property
    def school_id(self) -> UUID:
        """Whose events it reads."""
        return self.actor.school_id

    def cursor(self, place: Place) -> str:
        """A place as this client carries it."""
        return self.cursors.written(self.school_id, place)

    def know(self, actor: Actor, at: float) -> None:
        """Take what is known of the reader by now."""
        self.checked_at = at
        if actor != self.actor:
            self.actor = actor
            self.like = comparable_actor(actor)

    def tell(self, frames: Sequence[bytes], at: float, place: Place) -> None:
        """Put frames into the queue; a client that does not keep up is told so and let go."""
        if self.is_over or not frames:
            return
        if len(self.waiting) + len(frames) > MOST_WAITING:
            self.waiting.clear()
            self.end(about_stream("reset", cursor=self.cursor(place), reason_code="too_slow"))
            return
        self.told_at = at
        self.waiting.extend(frames)
        self.wake.set()

    def end(self, last: bytes = b"") -> None:
        """Nothing comes after this."""
        if not self.is_over:
            self.is_over = True
            self.waiting.append(last)
            self.wake.set()

    def take(self) -> bytes:
        """Everything that waits."""
        self.wake.clear()
        taken = b"".join(self.waiting)
        self.waiting.clear()
        return taken
