"""A search for children leaves one entry of the trail, however many letters it was typed in."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from app.core import clock
from app.core.words import Permission, Role
from app.domain.access.child_searches import rules
from app.jobs.queue import build_queue
from app.jobs.runner import Run, adapters_of
from app.jobs.sweeps import END_SEARCHES
from tests.api.record.test_child_merges import merged
from tests.api.record.test_children import SEARCH, add
from tests.security.capture import captured
from tests.world import Api, School, World

SECOND = timedelta(seconds=1)


async def typing(api: Api, *typed: str, **filters: Any) -> list[list[str]]:
    """The ids shown at each key."""
    shown = []
    for text in typed:
        answer = await api.post(SEARCH, {"q": text, **filters})
        assert answer.status_code == 200, answer.text
        shown.append([one["id"] for one in answer.json()["items"]])
    return shown


def searches(world: World, school: School) -> list[dict[str, Any]]:
    """What the trail says of searches, the oldest first."""
    rows = world.sql(
        "select id, actor_id, actor_role, session_id, after_hash, details from trail "
        "where school_id = %s and verb = 'child.searched' order by seq", school.id,
    )  # fmt: skip
    names = ("id", "actor_id", "actor_role", "session_id", "after_hash", "details")
    return [dict(zip(names, row, strict=True)) for row in rows]


async def ended(world: World, school: School) -> list[dict[str, Any]]:
    """The same after the job that ends searches, once their pause is over."""
    with clock.shifted(rules.PAUSE + SECOND):
        await run(world)
    return searches(world, school)


async def run(world: World) -> None:
    """The job that ends searches."""
    adapters = adapters_of(world.runtime.settings)
    await END_SEARCHES.run(Run(adapters, build_queue(adapters), {}))
    await adapters.database.close()


@pytest.fixture
async def zoes(school: School) -> list[str]:
    """Two children whose names begin alike, and one other."""
    return [
        (await add(school.lead, given, family))["id"]
        for given, family in (("Zoe", "Quill"), ("Zoltan", "Quist"), ("Adam", "Marsh"))
    ]


class TestOneEntry:
    async def test_of_what_was_typed_letter_by_letter(
        self, world: World, school: School, zoes: list[str]
    ) -> None:
        shown = await typing(school.staff, "z", "zo", "zoe", "zoe ", "zoe q", "zoe")
        (entry,) = await ended(world, school)
        assert sorted(entry["details"]["children"]) == sorted({*shown[0], *shown[-1]})
        assert entry["details"]["searches"] == 6
        teacher = school[Role.STAFF]
        assert (entry["actor_id"], entry["actor_role"]) == (teacher.id, "staff")
        assert entry["session_id"] == teacher.session_id

    async def test_says_what_the_longest_was_that_found_somebody(
        self, world: World, school: School, zoes: list[str]
    ) -> None:
        await typing(school.staff, "zoe quill")
        (alone,) = await ended(world, school)
        await typing(school.staff, "zo", "zoe quill", "zoe quill wwwwwwwwww", "z")
        _, typed = await ended(world, school)
        assert typed["after_hash"] == alone["after_hash"] is not None
        assert zoes[0] in typed["details"]["children"]

    async def test_of_each_page_that_was_turned(self, world: World, school: School) -> None:
        for number in range(5):
            await add(school.lead, f"Given{number}", "Same")
        asked: dict[str, Any] = {"q": "same", "limit": 2}
        while asked.get("cursor", "") is not None:
            found = (await school.staff.post(SEARCH, asked)).json()
            asked["cursor"] = found["next"]
        (entry,) = await ended(world, school)
        assert (entry["details"]["found"], entry["details"]["searches"]) == (5, 3)
        assert len(set(entry["details"]["children"])) == 5

    async def test_holds_no_name_and_nothing_is_left_beside_it(
        self, world: World, school: School, zoes: list[str]
    ) -> None:
        await typing(school.staff, "zoe", "zoe qu")
        (entry,) = await ended(world, school)
        assert "zoe" not in str(entry).lower()
        assert world.sql("select * from child_search where school_id = %s", school.id) == []

    async def test_costs_no_statement_more_however_much_was_typed(
        self, world: World, school: School, zoes: list[str]
    ) -> None:
        await typing(school.staff, "z")
        asked = []
        for text in ("zo", "zoe", "adam", "zoe q"):
            async with captured(world) as statements:
                await typing(school.staff, text)
            asked.append(len(statements))
        assert max(asked) == min(asked), asked

    async def test_of_a_look_at_a_class_says_by_what(
        self, world: World, school: School, zoes: list[str]
    ) -> None:
        for _ in range(2):
            await school.staff.post(SEARCH, {"year_group": "7", "registration_group": "7A"})
        (entry,) = await ended(world, school)
        assert entry["details"]["filters"] == ["registration_group", "year_group"]
        assert (entry["details"]["by_name"], entry["after_hash"]) == (False, None)


class TestSeveral:
    @pytest.mark.parametrize(
        "typed",
        [("zoe", "adam"), ("zoe", "zol"), ("zoe", "zo", "zol"), ("zoe", "z", "a")],
    )
    async def test_where_it_is_another_name(
        self, world: World, school: School, zoes: list[str], typed: tuple[str, ...]
    ) -> None:
        shown = await typing(school.staff, *typed)
        entries = await ended(world, school)
        assert len(entries) == 2
        told = {child for one in entries for child in one["details"]["children"]}
        assert told == {child for part in shown for child in part}

    async def test_no_empty_search_ties_two_names_together(
        self, world: World, school: School, zoes: list[str]
    ) -> None:
        await typing(school.staff, "zoe")
        await school.staff.post(SEARCH, {})
        await typing(school.staff, "adam")
        assert [one["details"]["found"] for one in await ended(world, school)] == [1, 3, 1]

    async def test_after_a_pause(self, world: World, school: School, zoes: list[str]) -> None:
        await typing(school.staff, "zo")
        with clock.shifted(rules.PAUSE + SECOND):
            await typing(school.staff, "zoe")
        with clock.shifted(2 * rules.PAUSE):
            assert len(await ended(world, school)) == 2

    async def test_of_one_that_never_pauses(
        self, world: World, school: School, zoes: list[str]
    ) -> None:
        for step in range(14):
            with clock.shifted(step * (rules.PAUSE / 2)):
                await typing(school.staff, "zo" if step % 2 else "zoe")
        with clock.shifted(rules.LONGEST + SECOND):
            await run(world)
        first, *_ = searches(world, school)
        assert first["details"]["searches"] == 10

    async def test_where_more_children_are_seen_than_one_holds(
        self, world: World, school: School, zoes: list[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(rules, "MOST_CHILDREN", 3)
        await typing(school.staff, "z", "zo")
        assert [one["details"]["found"] for one in await ended(world, school)] == [2, 2]

    async def test_of_two_people_two_schools_a_program_and_another_class(
        self, world: World, school: School, other_school: School, zoes: list[str]
    ) -> None:
        _, token = await world.a_service_key(school.id, Permission.CHILD_SEARCH)
        for api in (school.staff, school.lead, Api(world, token), other_school.staff):
            await typing(api, "zo")
        await typing(school.staff, "zo", year_group="7")
        assert len(await ended(world, school)) == 4
        (there,) = searches(world, other_school)
        assert there["details"]["children"] == []
        assert there["actor_id"] == other_school[Role.STAFF].id

    async def test_of_two_windows_that_type_at_once_none_is_lost(
        self, world: World, school: School, zoes: list[str]
    ) -> None:
        await asyncio.gather(
            *(typing(school.staff, *typed) for typed in (("z", "zo", "zoe"), ("a", "ad", "adam")))
        )
        entries = await ended(world, school)
        assert sum(one["details"]["searches"] for one in entries) == 6
        told = {child for one in entries for child in one["details"]["children"]}
        assert told == set(zoes)


class TestNothingIsHidden:
    async def test_from_who_reads_the_audit_log_at_once(
        self, school: School, zoes: list[str]
    ) -> None:
        await typing(school.staff, "z", "zo")
        (entry,) = await told_to(school.lead)
        assert entry["actor_id"] == str(school[Role.STAFF].id)
        assert sorted(entry["details"]["children"]) == sorted(zoes[:2])
        await typing(school.staff, "zoe")
        assert len(await told_to(school.lead)) == 2, "what comes after begins another"

    async def test_from_who_asks_who_looked_at_a_child(
        self, world: World, school: School, zoes: list[str]
    ) -> None:
        """In the audit log and the access log, page by page, each look once."""
        child = zoes[0]
        for typed in ("zo", "adam", "zoe", "quill"):
            await typing(school.staff, typed)
        await typing(school.lead, "zo")
        await school.lead.get(f"/v1/children/{child}")
        for path, more in (
            (f"/v1/children/{child}/access-log", {"kind": "look"}),
            ("/v1/audit", {"child_id": child}),
        ):
            looks = await paged(school.lead, path, **more)
            found = [one for one in looks if one["verb"] == "child.searched"]
            assert len({one["id"] for one in found}) == len(found) == 3, path
            assert "child.opened" in {one["verb"] for one in looks}
        (other,) = await told_to(school.lead, child_id=zoes[2])
        assert other["details"]["children"] == [zoes[2]]

    async def test_from_who_asks_who_looked_at_a_child_that_was_merged(
        self, school: School, zoes: list[str]
    ) -> None:
        await typing(school.staff, "zoe")
        await merged(school, UUID(zoes[0]), UUID(zoes[1]))
        log = await paged(school.lead, f"/v1/children/{zoes[1]}/access-log", verb="child.searched")
        assert len(log) == 1

    async def test_of_another_school_from_nobody_there(
        self, school: School, other_school: School, zoes: list[str]
    ) -> None:
        await typing(school.staff, "zoe")
        assert await told_to(other_school.lead, child_id=zoes[0]) == []
        assert len(await told_to(school.lead, child_id=zoes[0])) == 1

    async def test_by_signing_out(self, world: World, school: School, zoes: list[str]) -> None:
        await typing(school.staff, "zoe")
        session = school[Role.STAFF].session_id
        gone = await school.staff.request("DELETE", f"/v1/me/sessions/{session}")
        assert gone.is_success, gone.text
        (entry,) = await ended(world, school)
        assert entry["details"]["children"] == [zoes[0]]

    async def test_by_an_idempotency_key(
        self, world: World, school: School, zoes: list[str]
    ) -> None:
        """Whoever sends a search again looks again, and somebody may have come meanwhile."""
        shown = [await school.staff.post(SEARCH, {"q": "zo"}, key="again")]
        zoes.append((await add(school.lead, "Zora", "Quine"))["id"])
        shown.append(await school.staff.post(SEARCH, {"q": "zo"}, key="again"))
        assert [len(one.json()["items"]) for one in shown] == [2, 3]
        (entry,) = await ended(world, school)
        assert (entry["details"]["searches"], entry["details"]["found"]) == (2, 3)

    async def test_by_a_refused_search(self, world: World, school: School) -> None:
        answer = await school.api(Role.GOVERNOR).post(SEARCH, {"q": "zoe"})
        assert answer.status_code == 403
        assert await ended(world, school) == []

    async def test_from_a_reader_who_is_barred_from_a_child_that_it_showed(
        self, world: World, school: School, zoes: list[str]
    ) -> None:
        await typing(school.staff, "zo")
        await typing(school.staff, "adam")
        aunt = await world.a_person(school.id, Role.DSL)
        body = {"staff_id": str(aunt.id), "child_id": zoes[0], "reason": "An aunt."}
        assert (await school.lead.post("/v1/conflicts", body)).status_code == 201
        assert len(await told_to(school.lead)) == 2
        (entry,) = await told_to(Api(world, aunt.token))
        assert entry["details"]["children"] == [zoes[2]]
        path = f"/v1/children/{zoes[1]}/access-log"
        assert len(await paged(school.lead, path, verb="child.searched")) == 1
        assert await paged(Api(world, aunt.token), path, verb="child.searched") == []
        assert await told_to(Api(world, aunt.token), child_id=zoes[1]) == []

    async def test_of_a_number(self, world: World, school: School, zoes: list[str]) -> None:
        body = {"system": "mis_id", "value": "MIS-77"}
        path = f"/v1/children/{zoes[0]}/identifiers"
        assert (await school.lead.post(path, body)).status_code == 201
        await school.staff.post("/v1/look-up", {"q": "MIS-77"})
        (entry,) = searches(world, school)
        assert entry["details"]["children"] == [zoes[0]]


async def told_to(api: Api, **asked: str) -> list[dict[str, Any]]:
    """Searches that the audit log shows somebody, the newest first."""
    answer = await api.get("/v1/audit", params={"verb": "child.searched", **asked})
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


async def paged(api: Api, path: str, **asked: str) -> list[dict[str, Any]]:
    """Every entry of a log, two at a time."""
    items: list[dict[str, Any]] = []
    cursor: str | None = ""
    while cursor is not None:
        params = {**asked, "limit": "2"} | ({"cursor": cursor} if cursor else {})
        answer = await api.get(path, params=params)
        assert answer.status_code == 200, answer.text
        items += answer.json()["items"]
        cursor = answer.json()["next"]
    return items
