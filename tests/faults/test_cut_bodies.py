"""A client that hangs up in the middle of a body: nothing of it is kept, and nothing is held."""

import asyncio
import json
from typing import Any
from uuid import uuid4

import pytest

from app.core.ids import made_by, new_id
from app.core.words import Role
from tests.api.record.test_attachments import stored_files
from tests.api.records import a_concern
from tests.faults.cutting import Asked
from tests.faults.test_hang_up import a_concern as body_of_one
from tests.faults.test_hang_up import calm, traces
from tests.world import School, World


class CutShort(Asked):
    """A request whose client sends some pieces of its body and then is gone."""

    def __init__(self, path: str, pieces: list[bytes], **request: Any) -> None:
        super().__init__("POST", path, token=request["token"], key=request.get("key"))
        self.scope["headers"] += [  # type: ignore[operator]
            (name.lower().encode(), value.encode()) for name, value in request["headers"].items()
        ]
        self._pieces = list(pieces)

    async def _receive(self) -> dict[str, Any]:
        await asyncio.sleep(0)
        if self._pieces:
            return {"type": "http.request", "body": self._pieces.pop(0), "more_body": True}
        return {"type": "http.disconnect"}

    async def done(self, application: Any) -> None:
        """Send it; what the application raises is a fault of its own."""
        await application(dict(self.scope), self._receive, self._send)


def beginnings(body: bytes, number: int) -> list[list[bytes]]:
    """What may have come of a body, in pieces: nothing, ever more of it, all but one byte."""
    size = max(1, len(body) // number)
    cuts = sorted({*range(0, len(body), size), len(body) - 1})
    return [[body[at : min(at + size, cut)] for at in range(0, cut, size)] for cut in cuts]


class TestAReport:
    @pytest.mark.parametrize("immediacy", ["routine", "immediate_danger"])
    async def test_that_is_cut_leaves_no_half_of_it(
        self, world: World, school: School, immediacy: str
    ) -> None:
        child, staff = await school.child(), school[Role.STAFF]
        before = world.sql("select count(*) from incomplete_report")
        sent, key = new_id(), str(uuid4())
        whole = json.dumps(body_of_one(str(sent), child) | {"immediacy": immediacy}).encode()
        for pieces in beginnings(whole, 5):
            asked = CutShort(
                "/v1/concerns", pieces, token=staff.token, key=key,
                headers={"Content-Type": "application/json", "Content-Length": str(len(whole))},
            )  # fmt: skip
            await asked.done(world.application)
            await calm(world)
            assert asked.status is None or asked.status < 500
            assert set(traces(world, str(made_by(staff.id, sent)), key)) == {0}
        again = await school.staff.request(
            "POST", "/v1/concerns", key=key, content=whole,
            headers={"Content-Type": "application/json"},
        )  # fmt: skip
        assert again.status_code == 201, again.text
        assert world.sql("select count(*) from incomplete_report") == before


class TestAFile:
    async def test_that_is_cut_is_nowhere(self, world: World, school: School) -> None:
        concern = await a_concern(school, await school.child())
        before, path = stored_files(world), f"/v1/concerns/{concern}/attachments"
        whole = b"What she said at the gate. " * 20_000
        headers = {
            "Content-Type": "text/plain", "Content-Length": str(len(whole)),
            "Content-Disposition": 'attachment; filename="note.txt"',
        }  # fmt: skip
        for pieces in beginnings(whole, 8):
            asked = CutShort(path, pieces, token=school[Role.STAFF].token, headers=headers)
            await asked.done(world.application)
            await calm(world)
            assert asked.status is None or asked.status < 500
        rows = world.sql("select count(*) from attachment where concern_id = %s", concern)
        assert rows == [(0,)]
        assert stored_files(world) == before
        done = await school.staff.request("POST", path, content=whole, headers=headers)
        assert done.status_code == 201, done.text
        assert len(stored_files(world) - before) >= 1
