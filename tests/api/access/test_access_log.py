"""The access log of a child's file: who looked at what or changed it, and why they could."""

from typing import Any
from uuid import UUID

from app.core.words import Role
from app.domain.access.child_searches.commands import end_searches
from tests.api.record.test_concerns import raise_one
from tests.api.records import classify
from tests.security.scenes import soon
from tests.world import School, World


async def log_of(school: School, child: UUID, role: Role = Role.DSL, **asked: str) -> list[Any]:
    answer = await school.api(role).get(f"/v1/children/{child}/access-log", params=asked)
    assert answer.status_code == 200, answer.text
    rows: list[Any] = answer.json()["items"]
    return rows


class TestReadAccessLog:
    async def test_says_who_did_what_in_which_role_and_why(
        self, world: World, school: School
    ) -> None:
        child, other = await school.child(), await school.child("Other")
        concern = (await raise_one(school.staff, other, child))["id"]
        await school.api(Role.DEPUTY_DSL).get(f"/v1/concerns/{concern}")
        await school.staff.get(f"/v1/concerns/{concern}")
        await school.api(Role.HEADTEACHER).get(f"/v1/children/{child}/chronology")
        await school.lead.post(f"/v1/concerns/{concern}/comments", {"text": "Seen."})
        rows = [
            (one["verb"], one["role"], one["reason_code"]) for one in await log_of(school, child)
        ]
        assert rows == [
            ("comment.added", "dsl", None),
            ("chronology.read", "headteacher", "reach"),
            ("concern.opened", "staff", "own"),
            ("concern.opened", "deputy_dsl", "class"),
            ("concern.raised", "staff", None),
            ("child.added", "system", None),
        ]
        (first, *_) = await log_of(school, child)
        assert (first["verb"], first["kind"]) == ("access_log.read", "look")
        assert first["by"]["id"] == str(school[Role.DSL].id)
        assert first["session_id"] == str(school[Role.DSL].session_id)

    async def test_names_grants_and_broken_glass(self, world: World, school: School) -> None:
        child = await school.child(year_group="9")
        concern = (await raise_one(school.lead, child))["id"]
        await classify(world, concern, "K5")
        body = {
            "staff_id": str(school[Role.DEPUTY_DSL].id), "concern_id": concern, "reason": "x",
            "classes": ["K5"], "valid_to": soon(days=1),
        }  # fmt: skip
        await school.lead.post("/v1/access/grants", body)
        taken = {"child_id": str(child), "reason": "Nobody knows where he is now."}
        await school.api(Role.PASTORAL).post("/v1/access/break-glass", taken)
        await school.api(Role.DEPUTY_DSL).get(f"/v1/concerns/{concern}")
        await school.api(Role.PASTORAL).get(f"/v1/concerns/{concern}")
        await school.api(Role.PASTORAL).get(f"/v1/children/{child}")
        rows = [(one["verb"], one["role"], (one["reason_code"] or "")[:5])
                for one in await log_of(school, child)]  # fmt: skip
        assert rows[:5] == [
            ("child.opened", "pastoral", "break"), ("concern.opened", "pastoral", "break"),
            ("concern.opened", "deputy_dsl", "grant"), ("break_glass.opened", "pastoral", ""),
            ("access.granted", "dsl", ""),
        ]  # fmt: skip

    async def test_leaves_out_what_the_reader_may_not_see(
        self, world: World, school: School
    ) -> None:
        child = await school.child()
        sealed = (await raise_one(school.lead, child))["id"]
        await classify(world, sealed, "K5")
        await school.lead.get(f"/v1/concerns/{sealed}")
        await school.lead.post(f"/v1/concerns/{sealed}/comments", {"text": "Seen."})
        seen = [one["verb"] for one in await log_of(school, child, Role.HEADTEACHER)]
        assert seen == ["child.added"]
        assert len(await log_of(school, child)) == 5
        named = (await raise_one(school.staff, child))["id"]
        await school.staff.post(
            f"/v1/concerns/{named}/named-staff", {"staff_id": str(school[Role.DSL].id)}
        )
        assert named not in {one["about"]["id"] for one in await log_of(school, child)}

    async def test_is_refused_to_a_relative(self, school: School) -> None:
        child = await school.child()
        await school.lead.post("/v1/conflicts", {"child_id": str(child), "reason": "My son."})
        answer = await school.lead.get(f"/v1/children/{child}/access-log")
        assert answer.json()["code"] == "conflict_of_interest"

    async def test_takes_filters_and_pages(self, school: School) -> None:
        child = await school.child()
        for _ in range(3):
            await school.api(Role.DEPUTY_DSL).get(f"/v1/children/{child}")
        deputy = str(school[Role.DEPUTY_DSL].id)
        assert len(await log_of(school, child, staff_id=deputy)) == 3
        assert [one["verb"] for one in await log_of(school, child, kind="change")] == [
            "child.added"
        ]
        assert len(await log_of(school, child, verb="child.opened")) == 3
        assert await log_of(school, child, since=soon(minutes=1)) == []
        found: list[str] = []
        cursor: str | None = None
        while True:
            params = {"limit": "2", "kind": "look"} | ({"cursor": cursor} if cursor else {})
            params["staff_id"] = deputy
            page = (await school.lead.get(
                f"/v1/children/{child}/access-log", params=params)).json()  # fmt: skip
            found += [one["id"] for one in page["items"]]
            cursor = page["next"]
            if cursor is None:
                break
        assert len(found) == len(set(found)) == 3

    async def test_finds_no_child_of_another_school(
        self, school: School, other_school: School
    ) -> None:
        child = await other_school.child()
        answer = await school.lead.get(f"/v1/children/{child}/access-log")
        assert answer.status_code == 404


class TestTraces:
    async def test_a_search_keeps_a_hash_and_never_the_name(
        self, world: World, school: School
    ) -> None:
        await school.child("Quentin", "Marsh")
        for asked in ({"q": "quent"}, {"q": "Quent "}, {"year_group": "7"}):
            await school.staff.post("/v1/children/search", asked)
        async with world.work(school.id) as work:
            await end_searches(work, every=True)
        rows = world.sql(
            "select after_hash, details, details::text from trail where school_id = %s "
            "and verb = 'child.searched' order by seq", school.id,
        )  # fmt: skip
        assert [row[1]["found"] for row in rows] == [1, 1]
        assert [row[1]["by_name"] for row in rows] == [True, False]
        assert rows[0][0] is not None
        assert rows[1][0] is None
        assert not [row for row in rows if "quent" in row[2].lower()]

    async def test_my_actions_leave_one(self, world: World, school: School) -> None:
        await school.staff.get("/v1/actions")
        rows = world.sql(
            "select details from trail where school_id = %s and verb = 'action.opened'", school.id
        )
        assert rows == [({"part": "own", "found": 0},)]
