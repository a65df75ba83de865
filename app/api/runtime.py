"""The services of one server process: `app.main` makes them once and every request shares them."""

import asyncio
import time
from collections.abc import Coroutine
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, TypeVar
from uuid import UUID

from app.api.limits import Limits
from app.api.streams.hub import Hub
from app.core.ids import NIL
from app.core.settings import Settings
from app.core.words import Actor
from app.db.reading import open_reading
from app.db.repositories import holds
from app.db.session import Database
from app.domain.duty.lead_availability.rules import Call
from app.domain.exchange.events.queries import Cursors
from app.integrations.images import ConfinedPictures, Pictures
from app.integrations.oidc import ProviderKeys
from app.integrations.passkeys import WebAuthn
from app.integrations.passwords import PasswordHasher
from app.integrations.place_key import PlaceKey
from app.integrations.signing_keys import KeyRing
from app.integrations.storage import Storage
from app.integrations.tokens import AccessTokens
from app.integrations.vault import Vault

T = TypeVar("T")
ASK_SOON, ASK_LATER = 5.0, 60.0
"""Seconds until the next check whether this is a held copy."""


@dataclass(slots=True)
class Runtime:
    """The adapters of one process, and its running commands."""

    settings: Settings
    database: Database
    keys: KeyRing
    tokens: AccessTokens
    passwords: PasswordHasher
    storage: Storage
    vault: Vault
    passkeys: WebAuthn
    providers: ProviderKeys
    pictures: Pictures = field(default_factory=ConfinedPictures)
    running: set[asyncio.Task[Any]] = field(default_factory=set)
    phones: dict[UUID, tuple[Call, ...]] = field(default_factory=dict)
    """Numbers to phone in each school, for when the database cannot be reached."""
    limits: Limits = field(init=False)
    cursors: Cursors = field(init=False)
    hub: Hub = field(init=False)
    _held: bool = False
    _ask_again: float = 0.0

    def __post_init__(self) -> None:
        self.limits = Limits(self.database, self.settings)
        self.cursors = Cursors(PlaceKey(self.settings.keys_dir))
        self.hub = Hub(self.database, self.settings, self.cursors)

    async def is_held(self) -> bool:
        """Whether this is a restored copy that nobody has released.

        Checks again every few seconds while held, otherwise once a minute: a hold begins before any
        server of the copy runs.
        """
        now = time.monotonic()
        if now < self._ask_again:
            return self._held
        self._ask_again = now + ASK_SOON
        with suppress(Exception):  # other checks report a database that does not answer
            async with (
                asyncio.timeout(1),
                open_reading(self.database, Actor.system(NIL)) as reading,
            ):
                self._held = await holds.is_held(reading.driver)
            self._ask_again = now + (ASK_SOON if self._held else ASK_LATER)
        return self._held

    def start(self, command: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        """Run a command in a separate task, which a caller's hang-up cannot cancel."""
        task = asyncio.create_task(command)
        self.running.add(task)
        task.add_done_callback(self._finished)
        return task

    def _finished(self, task: asyncio.Task[Any]) -> None:
        self.running.discard(task)
        if not task.cancelled():
            task.exception()  # the caller may have hung up; the failure was logged where it arose

    async def drain(self) -> None:
        """Wait for the commands that are still running."""
        while self.running:
            await asyncio.wait(tuple(self.running))
