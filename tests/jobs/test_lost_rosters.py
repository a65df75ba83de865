"""A roster file that our own store has lost: our fault, tried again, never the sender's."""

from collections.abc import AsyncIterator

import pytest

from app.core.words import Role
from app.jobs.imports import IMPORT_ROSTER
from app.jobs.runner import TryLater
from tests.rosters import Roster, package, pupils
from tests.world import School


async def one_piece(content: bytes) -> AsyncIterator[bytes]:
    yield content


class TestALostFile:
    async def test_fails_the_import_and_is_tried_again_until_it_is_there(
        self, school: School
    ) -> None:
        roster, content = Roster(school), package(*pupils(3))
        storage = school.world.runtime.storage
        import_id = await roster.send(content)
        key = roster.one(
            "select key from roster_import where school_id = %s and id = %s", import_id
        )
        await storage.delete(key)
        for _ in range(2):
            with pytest.raises(TryLater, match="the stored file of the import is not there"):
                await roster.run(import_id)
            found = await roster.get(import_id)
            assert found["state"] == "failed"
            assert found["fault"]["code"] == "file_lost"
            assert found["ended_at"]
        assert not IMPORT_ROSTER.retry.is_spent(0)
        problems = await school.api(Role.SCHOOL_ADMIN).get(
            f"/v1/roster/imports/{import_id}/problems"
        )
        assert problems.json()["items"] == []
        await storage.put(key, one_piece(content), limit=1_000_000)
        await roster.run(import_id)
        again = await roster.get(import_id)
        assert again["state"] == "applied"
        assert again["fault"] is None
