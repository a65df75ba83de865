"""SQL for idempotency keys: claimed first, in the transaction of the command they guard."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson

from app.db.session import Driver

CLAIM = """
insert into idempotency_key (school_id, actor_id, key, fingerprint, created_at)
values ($1, $2, $3, $4, $5)
on conflict (school_id, actor_id, key) do nothing
returning true
"""
FIND = """
select fingerprint, status, headers::text as headers, body from idempotency_key
where school_id = $1 and actor_id = $2 and key = $3
"""
EXPIRE = "delete from idempotency_key where school_id = $1 and created_at < $2"


@dataclass(frozen=True, slots=True)
class KeptAnswer:
    """The answer to the first request."""

    fingerprint: bytes
    status: int
    headers: dict[str, str]
    body: bytes


class IdempotencyRepository:
    """The keys of one actor in one school."""

    def __init__(self, driver: Driver, school_id: UUID, actor_id: UUID) -> None:
        self._driver = driver
        self._owner = (school_id, actor_id)

    async def claim(self, key: str, fingerprint: bytes, at: datetime) -> KeptAnswer | None:
        """Claim a key. If it is taken, wait for its first request to end and return that answer."""
        if await self._driver.write(CLAIM, *self._owner, key, fingerprint, at):
            return None
        row: Any = await self._driver.row(FIND, *self._owner, key)
        headers = orjson.loads(row["headers"])
        return KeptAnswer(row["fingerprint"], row["status"], headers, row["body"])

    async def expire(self, before: datetime) -> None:
        """Delete the school's keys older than a moment."""
        await self._driver.write(EXPIRE, self._owner[0], before)
