"""What one server process works with, made once by `app.main` and shared by every request."""

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass, field
from typing import Any, TypeVar

from app.core.settings import Settings
from app.db.session import Database
from app.integrations.passwords import PasswordHasher
from app.integrations.signing_keys import KeyRing
from app.integrations.storage import Storage
from app.integrations.tokens import AccessTokens

T = TypeVar("T")


@dataclass(slots=True)
class Runtime:
    """The adapters of one process, and the commands that are still running."""

    settings: Settings
    database: Database
    keys: KeyRing
    tokens: AccessTokens
    passwords: PasswordHasher
    storage: Storage
    running: set[asyncio.Task[Any]] = field(default_factory=set)

    def start(self, command: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        """Run a command in a task of its own, which a caller's hanging up cannot cancel."""
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
