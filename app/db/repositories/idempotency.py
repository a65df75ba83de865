"""SQL for idempotency keys: claimed first, in the same transaction as what they guard."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

CLAIM = text("""
insert into idempotency_key (school_id, actor_id, key, fingerprint, created_at)
values (:school_id, :actor_id, :key, :fingerprint, :at)
on conflict (school_id, actor_id, key) do nothing
returning true
""")
FIND = text("""
select fingerprint, status, headers, body from idempotency_key
where school_id = :school_id and actor_id = :actor_id and key = :key
""")
STORE = text("""
update idempotency_key set status = :status, headers = cast(:headers as jsonb), body = :body
where school_id = :school_id and actor_id = :actor_id and key = :key
""")
EXPIRE = text("delete from idempotency_key where school_id = :school_id and created_at < :before")


@dataclass(frozen=True, slots=True)
class KeptAnswer:
    """The answer the first request got."""

    fingerprint: bytes
    status: int
    headers: dict[str, str]
    body: bytes


class IdempotencyRepository:
    """The keys of one actor in one school."""

    def __init__(self, session: AsyncSession, school_id: UUID, actor_id: UUID) -> None:
        self._session = session
        self._owner: dict[str, Any] = {"school_id": school_id, "actor_id": actor_id}

    async def claim(self, key: str, fingerprint: bytes, at: datetime) -> KeptAnswer | None:
        """Take a key; if it is taken, wait for its first request to end and return its answer."""
        claim = {**self._owner, "key": key, "fingerprint": fingerprint, "at": at}
        if await self._session.scalar(CLAIM, claim):
            return None
        kept = (await self._session.execute(FIND, {**self._owner, "key": key})).one()
        return KeptAnswer(kept.fingerprint, kept.status, kept.headers, kept.body)

    async def store(self, key: str, status: int, headers: dict[str, str], body: bytes) -> None:
        """Keep the answer for replays."""
        answer = {"status": status, "headers": orjson.dumps(headers).decode(), "body": body}
        await self._session.execute(STORE, {**self._owner, "key": key, **answer})

    async def expire(self, before: datetime) -> None:
        """Forget the school's keys older than a moment."""
        await self._session.execute(
            EXPIRE, {"school_id": self._owner["school_id"], "before": before}
        )
