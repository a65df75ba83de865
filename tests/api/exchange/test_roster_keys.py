"""What a service key does with rosters: its own, and nobody else's."""

from typing import Any
from uuid import UUID

import pytest

from app.core.words import Permission
from app.domain.exchange.roster_changes.commands import run_undo
from tests.rosters import ZIP, Roster, package, pupils
from tests.world import Api, School, World

CONTENT = package(*pupils(3))


async def a_key(world: World, school: School) -> tuple[UUID, Roster]:
    """A service key that imports rosters, and the rosters as it handles them."""
    key_id, token = await world.a_service_key(school.id, Permission.ROSTER_IMPORT)
    roster = Roster(school)
    roster.api = Api(world, token)
    return key_id, roster


async def send(roster: Roster, source: str) -> Any:
    return await roster.api.request(
        "POST", "/v1/roster/imports", content=CONTENT, headers=ZIP, params={"source": source}
    )


class TestKeys:
    async def test_do_what_they_need_with_imports_of_their_own(
        self, world: World, school: School
    ) -> None:
        _, roster = await a_key(world, school)
        done = await roster.bring(CONTENT, source="mis")
        path = f"/v1/roster/imports/{done['id']}"
        assert (await roster.api.get(f"{path}/changes")).status_code == 200
        assert await roster.problems(done["id"]) == []
        listed = (await roster.api.get("/v1/roster/imports")).json()["items"]
        assert [one["id"] for one in listed] == [done["id"]]
        etag = (await roster.api.get(path)).headers["etag"]
        undone = await roster.api.post(f"{path}/undo", headers={"If-Match": etag})
        assert undone.status_code == 200
        await run_undo(world.runtime.database, school.id, UUID(done["id"]))

    @pytest.mark.parametrize("by", ["person", "key"])
    async def test_know_of_no_other_import(self, world: World, school: School, by: str) -> None:
        theirs = Roster(school) if by == "person" else (await a_key(world, school))[1]
        done = await theirs.bring(CONTENT, source="mis")
        _, mine = await a_key(world, school)
        path = f"/v1/roster/imports/{done['id']}"
        for part in ("", "/problems", "/changes"):
            answer = await mine.api.get(f"{path}{part}")
            assert (answer.status_code, answer.json()["code"]) == (404, "import_not_found")
        assert (await mine.api.get("/v1/roster/imports")).json()["items"] == []
        before = mine.fingerprint()
        etag = (await theirs.api.get(path)).headers["etag"]
        for step in ("undo", "approve"):
            answer = await mine.api.post(f"{path}/{step}", headers={"If-Match": etag})
            assert (answer.status_code, answer.json()["code"]) == (404, "import_not_found")
        assert mine.fingerprint() == before
        assert (await theirs.get(done["id"]))["state"] == "applied"

    async def test_approve_no_plan_of_another(self, world: World, school: School) -> None:
        _, theirs = await a_key(world, school)
        held = await theirs.bring(CONTENT, source="mis", plan_only="true")
        assert held["state"] == "held"
        _, mine = await a_key(world, school)
        path = f"/v1/roster/imports/{held['id']}"
        etag = (await theirs.api.get(path)).headers["etag"]
        answer = await mine.api.post(f"{path}/approve", headers={"If-Match": etag})
        assert answer.status_code == 404
        assert (await theirs.get(held["id"]))["state"] == "held"

    async def test_bring_nothing_into_the_source_of_another_key(
        self, world: World, school: School
    ) -> None:
        other, theirs = await a_key(world, school)
        await theirs.bring(CONTENT, source="mis")
        _, mine = await a_key(world, school)
        answer = await send(mine, "mis")
        assert (answer.status_code, answer.json()["code"]) == (409, "source_of_another_key")
        assert (await send(mine, "arbor")).status_code == 202
        world.sql("update service_key set revoked_at = now() where id = %s", other)
        assert (await send(mine, "mis")).status_code == 202

    async def test_go_on_with_a_source_that_a_person_began(
        self, world: World, school: School
    ) -> None:
        await Roster(school).bring(CONTENT, source="mis")
        _, mine = await a_key(world, school)
        assert (await send(mine, "mis")).status_code == 202

    async def test_leave_people_free_to_see_and_undo_all(
        self, world: World, school: School
    ) -> None:
        _, theirs = await a_key(world, school)
        done = await theirs.bring(CONTENT, source="mis")
        person = Roster(school)
        assert (await person.get(done["id"]))["state"] == "applied"
        path = f"/v1/roster/imports/{done['id']}"
        etag = (await person.api.get(path)).headers["etag"]
        assert (
            await person.api.post(f"{path}/undo", headers={"If-Match": etag})
        ).status_code == 200
