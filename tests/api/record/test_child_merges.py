"""Two files of one pupil: made one, read as one, and taken apart exactly."""

import asyncio
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import pytest

from app.core import clock
from app.core.ids import new_id
from app.core.words import Role
from app.db.repositories.exchange.past_import_children import proposed
from app.db.repositories.record.child_merges import BESIDES, Place, places
from app.domain.record.child_merges.commands import settle_merges
from tests.api.record.test_concern_corrections import correct
from tests.api.records import a_concern, a_contact, a_status, classify
from tests.around_children import created, verbs
from tests.owners import HOLDERS, NO_CLOCK, Plot
from tests.past import Past, csv_of, row, upn
from tests.rosters import Roster, package, pupils
from tests.unit.formats.roster_packages import user
from tests.world import Api, School, World

UPNS = (upn(1), upn(2))
REASON = "Same pupil: the teacher typed him in before the roster came."
WAITING = """
select count(*) from pg_stat_activity
where wait_event_type = 'Lock' and datname = current_database() and query ilike %s
"""
SINCE = ("version", "changed_at", "stated_at")
LATER = {"child_merge", "child_merge_row", "fact_change", "conflict"}
NOT_OF_ONE_CHILD = {"frozen_file", "bereavement_case", "file_lock", "safety_record"}


async def merge(
    school: School, child: UUID, into: UUID, by: Api | None = None, **more: Any
) -> httpx.Response:
    version = school.world.version("child", child)
    body = {"into": str(into), "reason": REASON}
    return await (by or school.lead).post(
        f"/v1/children/{child}/merge", body, **{"version": version, **more}
    )


async def merged(school: School, child: UUID, into: UUID) -> dict[str, Any]:
    """Asked by one lead, carried out by another."""
    other = await school.world.a_person(school.id, Role.DSL)
    await merge(school, child, into, Api(school.world, other.token))
    answer = await merge(school, child, into)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    assert found["state"] == "merged", found
    return found


async def unmerge(school: School, child: UUID, by: Api | None = None) -> httpx.Response:
    version = school.world.version("child", child)
    return await (by or school.lead).post(
        f"/v1/children/{child}/unmerge", {"reason": "They are cousins."}, version=version
    )


async def unmerged(school: School, child: UUID) -> dict[str, Any]:
    answer = await unmerge(school, child)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    assert found["state"] == "undone"
    return found


async def two(school: School, **columns: Any) -> tuple[UUID, UUID]:
    """The pupil as a teacher typed them in, and as the roster has them."""
    day = {"date_of_birth": date(2014, 3, 2), "year_group": "7", **columns}
    return await school.child("Jak", "Marsh", **day), await school.child("Jack", "Marsh", **day)


async def ids_in(by: Api, path: str) -> set[str]:
    answer = await by.get(path)
    assert answer.status_code == 200, answer.text
    return {one["id"] for one in answer.json()["items"]}


async def names_found(by: Api, name: str) -> list[str]:
    answer = await by.post("/v1/children/search", {"q": name})
    return [one["id"] for one in answer.json()["items"]]


def naming(world: World, place: Place, child: UUID) -> list[UUID]:
    ways = {"child_ids": "%s = any(t.child_ids)", "pupils": "t.pupils ? %s::text"}
    condition = ways.get(place.column, f"t.{place.column} = %s")
    return [row[0] for row in world.sql(f"select id from {place.table} t where {condition}", child)]  # noqa: S608


def rows(world: World, school: School) -> dict[str, list[Any]]:
    """Every row of the school that may name a child, and the children; not who was asked."""
    tables = {"child", "child_name_token", *(one.table for one in places())} - LATER
    return {
        table: sorted(
            (
                {name: value for name, value in row.items() if name not in SINCE}
                for (row,) in world.sql(
                    f"select to_jsonb(t) from {table} t where school_id = %s",  # noqa: S608
                    school.id,
                )
                if row.get("kind") != "child_merge"
            ),
            key=str,
        )
        for table in sorted(tables)
    }


class TestEveryKind:
    async def test_moves_and_comes_back(self, world: World, school: School) -> None:
        """Each kind of record that there is, planted about the child who is merged."""
        child, kept = await two(school)
        lead = school[Role.DSL].id
        plot = Plot(world, school, child)
        for noun in dict.fromkeys(
            ("concern", "incoming_transfer", *NO_CLOCK, *sum(HOLDERS.values(), ()))
        ):
            if noun not in ("adult_concern", "bereavement_case", "failed_job", "transfer"):
                plot.plant(noun, lead)
        before = rows(world, school)

        answer = await merged(school, child, kept)

        for place in places():
            assert naming(world, place, child) == [] or place.table == "fact_change", place
        moved = {one["table"]: one["count"] for one in answer["moved"]}
        assert {"concern_child", "share", "referral", "review", "task", "contact"} <= moved.keys()
        assert (await unmerged(school, child))["not_restored"] == []
        assert rows(world, school) == before

    async def test_is_known_to_the_database(self, world: World) -> None:
        """A new table about a child either moves or says why it does not."""
        for place in places():
            (may,) = world.sql(
                "select has_column_privilege('cairn_merger', %s, %s, 'update')",
                place.table, place.column,
            )[0]  # fmt: skip
            assert may, place
        granted = world.sql(
            "select table_name, column_name from information_schema.column_privileges "
            "where grantee = 'cairn_merger' and privilege_type = 'UPDATE'"
        )
        listed = {(one.table, one.column) for one in places()} | {*BESIDES}
        assert set(granted) == listed | {("safety_plan", "number")}


class TestMerge:
    async def test_is_read_under_the_child_who_goes_on(self, world: World, school: School) -> None:
        child, kept = await two(school)
        concern = await a_concern(school, child)
        contact = await a_contact(world, school, child)
        await a_status(world, school, child)
        entries = await ids_in(school.lead, f"/v1/children/{child}/chronology")
        await merged(school, child, kept)
        assert await ids_in(school.lead, f"/v1/children/{kept}/chronology") >= entries
        assert contact in await ids_in(school.lead, f"/v1/children/{kept}/contacts")
        opened = (await school.lead.get(f"/v1/concerns/{concern}")).json()
        assert [one["id"] for one in opened["children"]] == [str(kept)]
        assert await names_found(school.lead, "Marsh") == [str(kept)]

    async def test_answers_the_former_id(self, school: School) -> None:
        child, kept = await two(school)
        await merged(school, child, kept)
        opened = (await school.lead.get(f"/v1/children/{child}")).json()
        assert (opened["id"], opened["merged_into"]) == (str(kept), str(kept))
        own = (await school.lead.get(f"/v1/children/{kept}")).json()
        assert (own["merged_into"], own["merged_from"]) == (None, [str(child)])
        for path in ("contacts", "chronology", "statuses", "access-log"):
            answer = await school.lead.get(f"/v1/children/{child}/{path}")
            assert (answer.status_code, answer.json()["code"]) == (404, "child_merged"), path
            assert answer.json()["merged_into"] == str(kept)

    async def test_answers_every_number(self, world: World, school: School) -> None:
        child, kept = await two(school)
        for one, own, mis in ((child, UPNS[0], "77"), (kept, UPNS[1], "78")):
            for system, value in (("mis_id", mis), ("upn", own)):
                body = {"system": system, "value": value}
                answer = await school.api(Role.SCHOOL_ADMIN).post(
                    f"/v1/children/{one}/identifiers", body
                )
                assert answer.status_code == 201, answer.text
        before = rows(world, school)["child_identifier"]
        await merged(school, child, kept)
        for number in (*UPNS, "77", "78"):
            found = (await school.lead.post("/v1/look-up", {"q": number})).json()["items"]
            assert [one["id"] for one in found] == [str(kept)], number
        opened = (await school.lead.get(f"/v1/children/{kept}")).json()["identifiers"]
        live = {one["value"] for one in opened if one["valid_to"] is None}
        assert live == {UPNS[1], "77", "78"}
        await unmerged(school, child)
        assert rows(world, school)["child_identifier"] == before

    async def test_takes_a_report_about_the_former_id(self, school: School) -> None:
        child, kept = await two(school)
        await merged(school, child, kept)
        for named in ((child, kept), (kept, child)):
            concern = await a_concern(school, *named)
            opened = (await school.lead.get(f"/v1/concerns/{concern}")).json()
            found = [(one["id"], one["role"]) for one in opened["children"]]
            assert found == [(str(kept), "subject")]

    async def test_lets_an_entry_about_both_be_taken_up(self, world: World) -> None:
        past = Past(await world.a_school())
        child, kept = await past.child(1, "Jak"), await past.child(2, "Jack")
        both = f"witness=upn:{upn(1)};subject=upn:{upn(2)}"
        await past.bring(csv_of(row("1", both, open="true")))
        await merged(past.school, child, kept)
        entry = past.entries()[0][0]
        body = {"immediacy": "today"}
        taken = await past.lead.post(f"/v1/past-entries/{entry}/take-up", body, version=1)
        assert taken.status_code == 200, taken.text
        opened = (await past.lead.get(f"/v1/concerns/{taken.json()['followed_by']}")).json()
        found = [(one["id"], one["role"]) for one in opened["children"]]
        assert found == [(str(kept), "subject")]

    async def test_shows_who_looked_at_either(self, school: School) -> None:
        child, kept = await two(school)
        await school.lead.get(f"/v1/children/{child}")
        await merged(school, child, kept)
        log = (await school.lead.get(f"/v1/children/{kept}/access-log")).json()["items"]
        assert [one["verb"] for one in log if one["about"]["id"] == str(child)] == [
            "child.merged", "child.merge_asked", "child.opened", "child.added",
        ]  # fmt: skip

    async def test_that_was_just_carried_out_says_so(self, world: World, school: School) -> None:
        """Two people carry out at once what a third asked for; the later one hears of it."""
        child, kept = await two(school)
        asker, other = [await world.a_person(school.id, Role.DSL) for _ in range(2)]
        await merge(school, child, kept, Api(world, asker.token))
        version = world.version("child", child)
        async with world.work(school.id) as work:
            await work.children.lock_two(child, kept, whole=True)
            both = [
                asyncio.create_task(merge(school, child, kept, by, version=version))
                for by in (school.lead, Api(world, other.token))
            ]
            while world.sql(WAITING, "%from child%for update%") != [(2,)]:  # noqa: ASYNC110 - another program's state
                await asyncio.sleep(0.05)
        answers = [await one for one in both]
        first, second = sorted(answers, key=lambda one: one.status_code)
        assert first.status_code == 200, first.text
        assert (second.status_code, second.json()["code"]) == (404, "child_merged"), second.text
        assert second.json()["merged_into"] == str(kept)

    async def test_is_in_the_trail_of_both_and_the_log_stays_whole(
        self, world: World, school: School
    ) -> None:
        child, kept = await two(school)
        await a_concern(school, child)
        await merged(school, child, kept)
        await unmerged(school, child)
        for one in (child, kept):
            assert verbs(world, str(one))[-2:] == ["child.merged", "child.unmerged"]

    async def test_unites_bars(self, world: World, school: School) -> None:
        child, kept = await two(school)
        barred = await a_contact(
            world,
            school,
            child,
            name="Sam Hill",
            email="sam@example.org",
            alleged_source_of_harm=True,
        )
        same = await a_contact(world, school, kept, name="Sam Hill", email="sam@example.org")
        await merged(school, child, kept)
        listed = (await school.lead.get(f"/v1/children/{kept}/contacts")).json()["items"]
        told = {one["id"]: one["may_be_told"]["value"] for one in listed}
        assert (told[barred], told[same]) == (False, False)

    async def test_makes_one_of_a_contact_that_one_source_knows_of_both(
        self, world: World, school: School
    ) -> None:
        child, kept = await two(school)
        one = await a_contact(world, school, child, source_id="g1", contact_allowed="no")
        other = await a_contact(world, school, kept, source_id="g1")
        before = rows(world, school)["contact"]
        await merged(school, child, kept)
        listed = (await school.lead.get(f"/v1/children/{kept}/contacts")).json()["items"]
        found = {row["id"]: row for row in listed}
        assert found[one]["merged_into"] == other
        assert found[other]["contact_allowed"] == "no"
        await unmerged(school, child)
        assert rows(world, school)["contact"] == before

    async def test_fills_gaps_and_puts_them_back(self, world: World, school: School) -> None:
        child = await school.child("Jak", "Marsh", ethnicity="WBRI", date_of_birth=date(2014, 3, 2))
        kept = await school.child("Jack", "Marsh", roll_status="left", date_of_birth=None)
        before = rows(world, school)["child"]
        await merged(school, child, kept)
        (now,) = world.sql(
            "select ethnicity, date_of_birth::text, roll_status from child where id = %s", kept
        )
        assert now == ("WBRI", "2014-03-02", "on_roll")
        await unmerged(school, child)
        assert rows(world, school)["child"] == before


class TestSight:
    async def test_of_staff_who_are_locked_out_from_one_ends_for_both(
        self, world: World, school: School
    ) -> None:
        child, kept = await two(school)
        concern = await a_concern(school, kept)
        deputy = school[Role.DEPUTY_DSL]
        body = {"child_id": str(child), "staff_id": str(deputy.id), "reason": "His aunt."}
        await created(school.lead, "/v1/conflicts", body)
        assert (await school.api(Role.DEPUTY_DSL).get(f"/v1/concerns/{concern}")).status_code == 200
        await merged(school, child, kept)
        assert (await school.api(Role.DEPUTY_DSL).get(f"/v1/concerns/{concern}")).status_code == 404
        answer = await school.api(Role.DEPUTY_DSL).get(f"/v1/children/{child}")
        assert answer.json()["code"] == "conflict_of_interest"
        await unmerged(school, child)
        assert (await school.api(Role.DEPUTY_DSL).get(f"/v1/concerns/{concern}")).status_code == 200

    async def test_grows_for_nobody_by_cohort(self, world: World, school: School) -> None:
        child, kept = await two(school)
        world.sql("update child set year_group = null where id = %s", child)
        await world.a_person(
            school.id, Role.PASTORAL, cohort={"year_groups": ["7"], "registration_groups": []}
        )
        answer = await merge(school, child, kept)
        assert (answer.status_code, answer.json()["code"]) == (409, "merge_blocked")
        assert answer.json()["blocked_by"] == ["cohort"]
        world.sql("update child set year_group = '7' where id = %s", child)
        await merged(school, child, kept)

    async def test_grows_for_nobody_by_grant(self, world: World, school: School) -> None:
        child, kept = await two(school)
        Plot(world, school, kept).put(
            "access_grant", kind="grant", staff_id=school[Role.STAFF].id, child_id=kept,
            classes=["K3"], reason="x", granted_by=school[Role.DSL].id, valid_from=clock.now(),
            valid_to=clock.now() + timedelta(days=1), created_at=clock.now(),
        )  # fmt: skip
        assert (await merge(school, child, kept)).json()["blocked_by"] == ["granted"]

    async def test_is_asked_for_beside_emergency_access_that_is_not_shown(
        self, world: World, school: School
    ) -> None:
        child, kept = await two(school)
        Plot(world, school, child).plant("break_glass", school[Role.DSL].id)
        world.sql(
            "update access_grant set valid_to = now() + interval '1 hour' where child_id = %s",
            child,
        )
        asked = await merge(school, child, kept, school.api(Role.DEPUTY_DSL))
        assert (asked.status_code, asked.json()["state"]) == (200, "asked"), asked.text
        assert (await merge(school, child, kept, school.lead)).json()["blocked_by"] == ["granted"]

    @pytest.mark.parametrize("sealed", [False, True])
    async def test_needs_a_second_person_always(
        self, world: World, school: School, *, sealed: bool
    ) -> None:
        """Whether something is sealed shows nowhere: not in the state, nor in what moved."""
        child, kept = await two(school)
        concern, deputy = await a_concern(school, child), school.api(Role.DEPUTY_DSL)
        if sealed:
            await classify(world, concern, "K5")
        asked = await merge(school, child, kept)
        assert (asked.status_code, asked.json()["state"]) == (200, "asked"), asked.text
        again = await merge(school, child, kept)
        assert again.json()["code"] == "second_person_needed"
        done = await merge(school, child, kept, deputy)
        assert done.json()["state"] == "merged", done.text
        assert done.json()["approved_by"]["id"] == str(school[Role.DEPUTY_DSL].id)
        opened = await deputy.get(f"/v1/children/{child}/merge")
        assert (done.json()["moved"], opened.json()["moved"]) == ([], [])
        whole = await school.lead.get(f"/v1/children/{child}/merge")
        assert {"table": "concern_child", "count": 1} in whole.json()["moved"]
        refused = await unmerge(school, child, deputy)
        assert refused.json()["code"] == "permission_missing"
        assert (await unmerged(school, child))["not_restored"] == []

    async def test_tells_a_deputy_nothing_of_what_is_sealed(self, school: School) -> None:
        """Their request is always one that a lead carries out."""
        child, kept = await two(school)
        asked = await merge(school, child, kept, school.api(Role.DEPUTY_DSL))
        assert asked.json()["state"] == "asked"
        other = await school.world.a_person(school.id, Role.DEPUTY_DSL)
        refused = await merge(school, child, kept, Api(school.world, other.token))
        assert refused.json()["code"] == "second_person_needed"
        assert (await merge(school, child, kept)).json()["state"] == "merged"

    async def test_takes_back_what_was_asked(self, world: World, school: School) -> None:
        child, kept = await two(school)
        await merge(school, child, kept, school.api(Role.DEPUTY_DSL))
        answer = await unmerge(school, child)
        assert answer.json()["state"] == "undone"
        assert world.sql(
            "select count(*) from task where child_id = %s and ended_at is null", child
        ) == [(0,)]

    @pytest.mark.parametrize("role", [Role.STAFF, Role.PASTORAL, Role.SCHOOL_ADMIN])
    async def test_needs_the_permission(self, school: School, role: Role) -> None:
        child, kept = await two(school)
        assert (await merge(school, child, kept, school.api(role))).status_code == 403

    async def test_crosses_no_school(self, school: School, other_school: School) -> None:
        child, _ = await two(school)
        elsewhere = await other_school.child()
        assert (await merge(school, child, elsewhere)).status_code == 422
        assert (await merge(school, elsewhere, child)).status_code == 404


class TestBlocked:
    async def test_by_what_says_that_they_are_two(self, world: World, school: School) -> None:
        child, kept = await two(school)
        await a_concern(school, child, kept)
        assert (await merge(school, child, kept)).json()["blocked_by"] == ["named_together"]
        one, other = await two(school)
        body = {"other_child_id": str(other), "kind": "twin"}
        await created(school.lead, f"/v1/children/{one}/relationships", body)
        assert (await merge(school, one, other)).json()["blocked_by"] == ["related"]

    async def test_of_a_file_that_is_locked_or_frozen(self, world: World, school: School) -> None:
        child, kept = await two(school)
        for one in (child, kept):
            id_ = _lock(world, school, one)
            answer = await merge(school, child, kept)
            assert answer.json()["code"] == "file_locked", answer.text
            world.sql(
                "update file_lock set unlocked_at = now(), unlocked_because = 'x' where id = %s",
                id_,
            )

    async def test_twice_and_in_rings(self, school: School) -> None:
        child, kept = await two(school)
        third = await school.child("Jack", "Marsh", year_group="7")
        await merged(school, child, kept)
        answer = await merge(school, child, third)
        assert answer.json()["code"] == "child_merged"
        assert (await merge(school, kept, child)).status_code == 422
        await merged(school, kept, third)
        opened = (await school.lead.get(f"/v1/children/{child}")).json()
        assert opened["id"] == str(third)
        assert (await unmerge(school, child)).json()["code"] == "state_conflict"
        await unmerged(school, kept)
        await unmerged(school, child)


def _lock(world: World, school: School, child: UUID) -> UUID:
    plot = Plot(world, school, child)
    transfer = plot.plant("transfer", school[Role.DSL].id)
    world.sql("update transfer set ended_at = now(), state = 'rejected' where id = %s", transfer)
    world.sql(
        "update deadline set ended_at = now(), ended_reason_code = 'closed' where thing_id = %s",
        transfer,
    )
    return plot.put("file_lock", child_id=child, transfer_id=transfer, locked_at=clock.now())


class TestUnmerge:
    async def test_leaves_and_lists_what_people_changed_since(
        self, world: World, school: School
    ) -> None:
        child, kept = await two(school, ethnicity=None)
        world.sql("update child set ethnicity = 'WBRI' where id = %s", child)
        concern, other = await a_concern(school, child), await a_concern(school, child)
        third = await school.child("Bea", "Marsh")
        await merged(school, child, kept)
        version = world.version("child", kept)
        await school.lead.patch(f"/v1/children/{kept}", {"ethnicity": "MWAS"}, version=version)
        comment = {"text": "Seen by the nurse.", "id": str(new_id())}
        await school.lead.post(f"/v1/concerns/{concern}/comments", comment)
        later = await a_concern(school, kept)
        assert (await correct(school.lead, other, kept, third)).status_code == 200

        back = await unmerged(school, child)

        listed = {(one["table"], one["reason_code"]) for one in back["not_restored"]}
        assert ("concern_child", "elsewhere") in listed
        assert ("chronology_entry", "added") in listed
        assert ("child", "field") in listed
        entries = "select kind, concern_id::text from chronology_entry where child_id = %s"
        assert sorted(world.sql(entries, child)) == [("comment", concern), ("concern", concern)]
        assert world.sql(entries, kept) == [("concern", later)]
        assert world.sql("select ethnicity from child where id = %s", kept) == [("MWAS",)]

    async def test_opens_as_it_was(self, school: School) -> None:
        child, kept = await two(school)
        answer = await school.lead.get(f"/v1/children/{child}/merge")
        assert answer.status_code == 404
        await merged(school, child, kept)
        answer = await school.lead.get(f"/v1/children/{child}/merge")
        assert answer.json()["state"] == "merged"
        assert answer.json()["permissions"] == ["unmerge_child"]
        await unmerged(school, child)
        assert (await school.lead.get(f"/v1/children/{child}")).json()["merged_into"] is None
        assert await names_found(school.lead, "Jak") == [str(child)]


class TestPossibleDuplicates:
    async def test_are_proposed_with_reasons(self, school: School) -> None:
        child, kept = await two(school)
        namesake = await school.child("Jack", "Marsh", date_of_birth=date(2012, 1, 1))
        path = f"/v1/children/{kept}/possible-duplicates"
        found = (await school.lead.get(path)).json()["items"]
        assert [(one["id"], one["reason_codes"]) for one in found] == [
            (str(child), ["date_of_birth"]),
        ]  # fmt: skip
        assert str(namesake) not in str(found)
        await merged(school, child, kept)
        assert (await school.lead.get(path)).json()["items"] == []

    async def test_of_a_past_import_are_never_merged_children(self, school: School) -> None:
        child, kept = await two(school)
        async with school.world.work(school.id) as work:
            words = ["jak", "jack", "marsh"]
            found = await proposed(await work.driver(), school.id, words, None)
            assert {one["id"] for one in found} == {child, kept}
        await merged(school, child, kept)
        async with school.world.work(school.id) as work:
            found = await proposed(await work.driver(), school.id, words, None)
        assert [one["id"] for one in found] == [kept]


def pupil(source_id: str, **cells: str) -> str:
    return user(
        sourcedId=source_id, username=source_id, givenName="Jack", familyName="Marsh", **cells
    )


def parent(source_id: str, of: str) -> str:
    return user(
        sourcedId=source_id, username=source_id, role="parent", givenName="Pat",
        familyName="Marsh", agentSourcedIds=of,
    )  # fmt: skip


class TestRoster:
    def _children(self, roster: Roster) -> tuple[UUID, UUID]:
        return UUID(roster.child("s1")["id"]), UUID(roster.child("s2")["id"])

    def _links(self, roster: Roster) -> set[Any]:
        return set(
            roster.sql(
                "select source_id, local_id from roster_link where school_id = %s "
                "and kind = 'child' and source_id in ('s1', 's2')",
                roster.school.id,
            )
        )

    async def test_of_either_id_goes_to_the_child_who_goes_on(self, school: School) -> None:
        roster = Roster(school)
        users = (pupil("s1"), pupil("s2"), parent("g1", "s1"), parent("g2", "s2"), *pupils(30))
        await roster.bring(package(*users))
        child, kept = self._children(roster)
        await merged(school, child, kept)
        assert self._links(roster) == {("s1", kept), ("s2", kept)}
        for one in ("s1", "s2"):
            done = await roster.bring(package(pupil(one, middleName="Ray"), *users[2:]))
            assert done["state"] == "applied"
            (now,) = roster.sql(
                "select roll_status, middle_names, (select count(*) from enrolment e "
                "where e.child_id = c.id and e.valid_to is null) > 0 from child c where id = %s",
                kept,
            )
            assert now == ("on_roll", "Ray", True), one
            assert roster.one("select count(*) from child where school_id = %s") == 32
            open_contacts = "select count(*) from contact where child_id = %s and valid_to is null"
            assert roster.sql(open_contacts, kept) == [(1,)], one

    async def test_of_both_ids_lets_the_row_of_the_one_who_goes_on_count(
        self, school: School
    ) -> None:
        roster = Roster(school)
        shared = parent("g1", "s1,s2").replace("s1,s2", '"s1,s2"')
        users = (pupil("s1"), pupil("s2"), shared, *pupils(30))
        await roster.bring(package(*users))
        child, kept = self._children(roster)
        before = rows(school.world, school)
        await merged(school, child, kept)
        for middle in ("Ray", "Lee"):
            both = (pupil("s1", middleName="Other"), pupil("s2", middleName=middle))
            done = await roster.bring(package(*both, *users[2:]))
            assert done["state"] == "applied"
            (now,) = roster.sql("select middle_names, roll_status from child where id = %s", kept)
            assert now == (middle, "on_roll")
            codes = {one["code"] for one in await roster.problems(done["id"])}
            assert "roster.record_kept" in codes
            live = "select count(*) from contact where child_id = %s and valid_to is null"
            assert roster.sql(live, kept) == [(1,)]
        await roster.bring(package(*users))
        assert (await unmerged(school, child))["state"] == "undone"
        now = rows(school.world, school)
        assert {one["id"]: one["child_id"] for one in now["contact"]} == {
            one["id"]: one["child_id"] for one in before["contact"]
        }
        assert now["enrolment"] == before["enrolment"]
        await roster.bring(package(*users))
        assert {one["roll_status"] for one in rows(school.world, school)["child"]} == {"on_roll"}


class TestSettle:
    async def test_takes_what_was_written_about_the_former_id(
        self, world: World, school: School
    ) -> None:
        child, kept = await two(school)
        await merged(school, child, kept)
        late = await a_contact(world, school, child)
        async with world.work(school.id) as work:
            assert await settle_merges(work) == 1
        assert late in await ids_in(school.lead, f"/v1/children/{kept}/contacts")
        async with world.work(school.id) as work:
            assert await settle_merges(work) == 0
        await unmerged(school, child)
        assert late in await ids_in(school.lead, f"/v1/children/{child}/contacts")


class TestTheFunction:
    """The application cannot say of a share that it is about somebody else, but by a merge."""

    async def test_moves_nothing_without_a_merge_of_the_school(
        self, world: World, school: School, other_school: School
    ) -> None:
        child, kept = await two(school)
        contact = await a_contact(world, school, child)
        move = "select move_child_rows($1, 'contact', 'child_id', $2::uuid[], false, 0)"
        await merged(school, child, kept)
        (merge_id,) = world.sql("select id from child_merge where merged_id = %s", child)[0]
        for scope, id_ in ((school, new_id()), (other_school, merge_id)):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                async with world.work(scope.id) as work:
                    await (await work.driver()).rows(move, id_, [UUID(contact)])

    @pytest.mark.parametrize(
        ("table", "column"),
        [("concern", "reporter_id"), ("contact", "name"), ("trail", "child_id"), ("child", "id")],
    )
    async def test_changes_no_other_column(
        self, world: World, school: School, table: str, column: str
    ) -> None:
        child, kept = await two(school)
        await merged(school, child, kept)
        (merge_id,) = world.sql("select id from child_merge where merged_id = %s", child)[0]
        move = "select move_child_rows($1, $2, $3, $4::uuid[], false, 0)"
        with pytest.raises(asyncpg.PostgresError):
            async with world.work(school.id) as work:
                await (await work.driver()).rows(move, merge_id, table, column, [child])
