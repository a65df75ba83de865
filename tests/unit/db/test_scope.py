"""What it means that the statement that sets the scope did not end."""

from typing import NoReturn
from uuid import uuid4

import asyncpg
import pytest

from app.core.words import Actor
from app.db.scope import ClaimWaits, enter


@pytest.mark.parametrize(
    ("error", "raised"),
    [
        (asyncpg.LockNotAvailableError(), ClaimWaits),
        (asyncpg.QueryCanceledError(), asyncpg.QueryCanceledError),  # the server has too much to do
    ],
)
async def test_only_a_claimed_key_means_that_its_first_request_is_running(
    error: Exception, raised: type[Exception]
) -> None:
    """A report that meets a busy server would be told so, and its words would not be kept."""

    async def fetchrow(*_: object) -> NoReturn:
        raise error

    with pytest.raises(raised):
        await enter(fetchrow, Actor.system(uuid4()), ("key", b"fingerprint"))
