"""SQL for the answers kept for idempotency keys; `app.db.scope` claims a key."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import orjson

from app.db.faults import AnswerForgotten
from app.db.session import Driver

FIND = """
select fingerprint, status, headers::text as headers, body from idempotency_key
where school_id = $1 and actor_id = $2 and key = $3
"""
REPLAY = "select pg_logical_emit_message(true, 'cairn.replay', $1)"
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

    async def kept(self, key: str) -> KeptAnswer:
        """The answer to the first request with a key, which has ended. Raises `AnswerForgotten`."""
        row = await self._driver.row(FIND, *self._owner, key)
        if row is None:
            raise AnswerForgotten
        headers = orjson.loads(row["headers"])
        return KeptAnswer(row["fingerprint"], row["status"], headers, row["body"])

    async def touch_log(self, key: str) -> None:
        """Write one WAL record, so that a replayed answer reaches the standby like the first."""
        await self._driver.write(REPLAY, key)

    async def expire(self, before: datetime) -> None:
        """Delete the school's keys older than a moment."""
        await self._driver.write(EXPIRE, self._owner[0], before)
