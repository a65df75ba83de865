"""Who learns nothing of linked concerns: who may not read a row, each child's record, the trust."""

import json
import re
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

import app
from app.core import clock
from app.core.ids import new_id
from app.core.words import Permission, Role
from app.jobs.linked_concerns import count_trust
from tests.api.linking import (
    a_child_group,
    a_link,
    a_linkable,
    linked_concerns,
    look_through,
    tasks_of,
)
from tests.api.records import a_contact, classify
from tests.transfers import elsewhere, prepared
from tests.world import Api, School, World

APP = Path(app.__file__).parent
TABLES = (
    "child_group", "child_group_member", "linked_concern", "linked_row", "named_content",
    "concern_mark",
    "linked_count",
)  # fmt: skip


class TestSight:
    async def test_t11_one_row_that_may_not_be_read_hides_the_whole(
        self, world: World, school: School
    ) -> None:
        linked, children, _ = await a_link(world, school)
        path, deputy = f"/v1/linked-concerns/{linked}", school.api(Role.DEPUTY_DSL)
        assert (await deputy.get(path)).status_code == 200
        said = {"child_id": str(children[0]), "reason": "My niece."}
        assert (await deputy.post("/v1/conflicts", said)).status_code == 201
        assert await linked_concerns(deputy) == []
        assert (await deputy.get(path)).status_code == 404
        for verb, body in (
            ("dismiss", {"reason": "x"}),
            ("joint-review", {"at": clock.now().isoformat(), "with_whom": "x", "follows": "x"}),
        ):
            assert (await deputy.post(f"{path}/{verb}", body, version=1)).status_code == 404
        ((task,),) = world.sql("select id from task where about_id = %s", linked)
        assert (await deputy.get(f"/v1/tasks/{task}")).status_code == 404
        shown = (await deputy.get("/v1/tasks")).text
        assert linked not in shown
        assert str(task) not in shown
        assert (await school.lead.get(path)).status_code == 200

    async def test_a_sealed_row_is_for_who_reads_the_class(
        self, world: World, school: School
    ) -> None:
        children = [await school.child("Alex", "Reed"), await school.child("Robin", "Dale")]
        concerns = [await a_linkable(school, child) for child in children]
        await classify(world, concerns[0], "K5")
        await a_child_group(school, "friend", *children, confirm=True)
        assert await look_through(world, school) == 1
        ((owner, linked, confidentiality),) = tasks_of(world, school)
        assert (owner, confidentiality) == (school[Role.DSL].id, "K5")
        assert [one["id"] for one in await linked_concerns(school.lead)] == [str(linked)]
        for role in (Role.DEPUTY_DSL, Role.HEADTEACHER):
            api = school.api(role)
            assert await linked_concerns(api) == []
            assert (await api.get(f"/v1/linked-concerns/{linked}")).status_code == 404
            assert str(linked) not in (await api.get("/v1/tasks")).text

    async def test_a_row_that_is_sealed_later_takes_the_rest_with_it(
        self, world: World, school: School
    ) -> None:
        linked, _, concerns = await a_link(world, school)
        await classify(world, concerns[1], "K5")
        assert await linked_concerns(school.api(Role.DEPUTY_DSL)) == []
        await look_through(world, school)
        ((_, _, confidentiality),) = tasks_of(world, school)
        assert confidentiality == "K5"
        assert str(linked) not in (await school.api(Role.DEPUTY_DSL).get("/v1/tasks")).text

    async def test_t11_a_lead_named_in_a_row_is_not_asked(
        self, world: World, school: School
    ) -> None:
        children = [await school.child("Alex", "Reed"), await school.child("Robin", "Dale")]
        await a_linkable(school, children[0], staff_named=[str(school[Role.DSL].id)])
        await a_linkable(school, children[1])
        await a_child_group(school, "friend", *children, confirm=True)
        assert await look_through(world, school) == 1
        ((owner, linked, _),) = tasks_of(world, school)
        ((task,),) = world.sql("select id from task where about_id = %s", linked)
        assert owner == school[Role.DEPUTY_DSL].id
        assert await linked_concerns(school.lead) == []
        assert (await school.lead.get(f"/v1/linked-concerns/{linked}")).status_code == 404
        assert str(linked) not in (await school.lead.get("/v1/tasks")).text
        seen = await school.lead.get("/v1/audit?limit=200")
        assert seen.status_code == 200, seen.text
        assert str(linked) not in seen.text
        assert str(task) not in seen.text

    async def test_programs_and_another_school_see_nothing(
        self, world: World, school: School, other_school: School
    ) -> None:
        linked, _, _ = await a_link(world, school)
        for scope in (Permission.ROSTER_IMPORT, Permission.ATTENDANCE_SEND):
            _, token = await world.a_service_key(school.id, scope)
            for path in ("/v1/linked-concerns", "/v1/child-groups", "/v1/linked-concerns/counts"):
                assert (await world.as_token(token).get(path)).status_code == 403
        path = f"/v1/linked-concerns/{linked}"
        assert (await other_school.lead.get(path)).status_code == 404
        assert await linked_concerns(other_school.lead) == []


class TestOneChildsRecord:
    async def test_says_nothing_of_the_others(self, world: World, school: School) -> None:
        linked, children, concerns = await a_link(world, school)
        await school.lead.get(f"/v1/linked-concerns/{linked}")
        body = {"at": clock.now().isoformat(), "with_whom": "The head", "follows": "We talk."}
        path = f"/v1/linked-concerns/{linked}/joint-review"
        assert (await school.lead.post(path, body, version=1)).status_code == 200
        child, other = children
        shown = [
            (await school.lead.get(f"/v1/children/{child}")).text,
            (await school.lead.get(f"/v1/children/{child}/chronology")).text,
            (await school.lead.get(f"/v1/children/{child}/access-log")).text,
            (await school.lead.get(f"/v1/children/{child}/relationships")).text,
            (await school.lead.get(f"/v1/concerns/{concerns[0]}")).text,
            (await school.lead.get(f"/v1/tasks?child_id={child}")).text,
            await self._share(world, school, str(child), concerns[0]),
            json.dumps(await prepared(school, elsewhere(child))),
        ]
        for text in shown:
            assert not re.search(f"{other}|{concerns[1]}|{linked}|Robin|Dale|linked", text)

    async def _share(self, world: World, school: School, child: str, concern: str) -> str:
        body = {
            "child_id": child,
            "recipient": {"via": "contact", "contact_id": await a_contact(world, school, child)},  # type: ignore[arg-type]
            "purpose": "inform_parent",
            "lawful_basis": "public_task",
            "items": [{"kind": "concern", "id": concern}],
        }
        answer = await school.lead.post("/v1/shares", body)
        assert answer.status_code == 201, answer.text
        return answer.text

    async def test_opening_leaves_a_trace_on_each_childs_record(
        self, world: World, school: School
    ) -> None:
        linked, children, _ = await a_link(world, school)
        await school.lead.get(f"/v1/linked-concerns/{linked}")
        for child in children:
            log = (
                await school.api(Role.HEADTEACHER).get(f"/v1/children/{child}/access-log")
            ).json()
            looks = [one for one in log["items"] if one["verb"] == "child.opened"]
            assert [(one["about"]["id"], one["part"]) for one in looks] == [(str(child), "summary")]
        rows = world.sql(
            "select child_id from trail where school_id = %s and noun in "
            "('linked_concern', 'child_group') and child_id is not null",
            school.id,
        )
        assert rows == []

    def test_is_made_by_code_that_does_not_know_the_tables(self) -> None:
        """Exports, packets, shares and documents read no child groups and no linked concerns."""
        reads = re.compile(rf"\b(?:from|join)\s+({'|'.join(TABLES)})\b")
        known = {path.name for path in APP.rglob("*.py") if reads.search(path.read_text())}
        assert known == {
            "linked_concerns.py", "linked_concern_counts.py", "child_groups.py", "named_content.py",
            "tasks.py",
        }  # fmt: skip


async def a_trust(world: World, *schools: School) -> Api:
    """A trust of some schools, as its lead sees it."""
    trust = await world.a_school([Role.TRUST_LEAD])
    world.sql("update organisation set kind = 'trust' where id = %s", trust.id)
    for school in schools:
        world.sql("update organisation set parent_id = %s where id = %s", trust.id, school.id)
    await count_trust(world.runtime.database, trust.id, [school.id for school in schools])
    return trust.api(Role.TRUST_LEAD)


async def counts(world: World, api: Api, *schools: School) -> dict[str, Any]:
    """The counts as a trust is shown them, counted again."""
    rows = world.sql("select parent_id from organisation where id = %s", schools[0].id)
    await count_trust(world.runtime.database, rows[0][0], [school.id for school in schools])
    answer = await api.get("/v1/linked-concerns/counts")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def three_of_a_year(world: World, school: School) -> None:
    """Three concerns in one year group."""
    for given in ("Alex", "Robin", "Sam"):
        await a_linkable(school, await school.child(given, "Trustname"))
    assert await look_through(world, school) == 1


class TestTrust:
    async def test_t22_three_events_are_less_than_five_and_nothing_opens(
        self, world: World, school: School
    ) -> None:
        api = await a_trust(world, school)
        await three_of_a_year(world, school)
        found = await counts(world, api, school)
        assert {one["schools"] for one in found["items"]} == {"<5"}
        assert {one["linked_concerns"] for one in found["items"]} == {"<5"}
        assert found["speak_by_phone"] is False
        assert "Trustname" not in json.dumps(found)
        assert str(school.id) not in json.dumps(found)
        (card,) = await linked_concerns(school.lead)
        for path in (
            f"/v1/linked-concerns/{card['id']}",
            "/v1/linked-concerns",
            "/v1/child-groups",
        ):
            assert (await api.get(path)).status_code == 403
        for query in (
            "rule_id=sh.group3", "since=2026-01-01", "until=2026-12-31", f"school_id={school.id}",
            "month=2026-11", "year_group=7", "rule_id=sh.group3&year_group=7", "limit=1",
        ):  # fmt: skip
            answer = await api.get(f"/v1/linked-concerns/counts?{query}")
            assert answer.status_code == 422, query

    async def test_t22_one_more_or_one_less_makes_no_difference(
        self, world: World, school: School
    ) -> None:
        """What is shown is the same before and after each concern, but at a step of five."""
        api = await a_trust(world, school)
        shown = []
        for _ in range(6):
            self._fired(world, school)
            found = await counts(world, api, school)
            now = clock.now().date().replace(day=1).isoformat()
            shown += [
                one["linked_concerns"] for one in found["items"]
                if (one["rule_id"], one["month"]) == ("sh.linked_pair", now)
            ]  # fmt: skip
        assert shown == ["<5"] * 4 + ["5-9"] * 2
        kept = world.sql(
            "select count(*) from linked_count c join organisation o on o.parent_id = c.school_id "
            "where o.id = %s and (c.linked_concerns !~ '^(<5|[0-9]+-[0-9]+)$' "
            "or c.schools !~ '^(<5|[0-9]+-[0-9]+)$')",
            school.id,
        )
        assert kept == [(0,)]

    def _fired(self, world: World, school: School) -> None:
        world.sql(
            "insert into linked_concern (school_id, id, rule_id, rule_version, fired_at,"
            " confidentiality, event_ids, links, state, ended_by, ended_at, reason, changed_at)"
            " values (%s, %s, 'sh.linked_pair', '2026-11', %s, 'K3', %s, '[]', 'dismissed', %s,"
            " now(), 'x', now())",
            school.id, new_id(), clock.now(), [new_id()], school[Role.DSL].id,
        )  # fmt: skip

    async def test_months_do_not_overlap(self, world: World, school: School) -> None:
        api = await a_trust(world, school)
        found = await counts(world, api, school)
        months = sorted({date.fromisoformat(one["month"]) for one in found["items"]})
        assert len(months) == 12
        assert all(month.day == 1 for month in months)
        assert {one["rule_id"] for one in found["items"]} == {
            "sh.linked_pair", "sh.group3", "sh.after_death", "sh.same_place", "sh.named_content",
        }  # fmt: skip

    async def test_two_schools_are_asked_to_speak_and_learn_nothing_of_each_other(
        self, world: World, school: School, other_school: School
    ) -> None:
        api = await a_trust(world, school, other_school)
        await three_of_a_year(world, school)
        alone = await counts(world, api, school, other_school)
        assert alone["speak_by_phone"] is False
        assert len(await linked_concerns(school.lead)) == 1
        await three_of_a_year(world, other_school)
        both = await counts(world, api, school, other_school)
        assert both["speak_by_phone"] is True
        assert {one["schools"] for one in both["items"]} == {"<5"}
        for mine, theirs in ((school, other_school), (other_school, school)):
            (card,) = await linked_concerns(mine.lead, "?rule_id=sh.cross_school")
            opened = await mine.lead.get(f"/v1/linked-concerns/{card['id']}")
            assert "speak_by_phone" in opened.json()["suggestions"]
            assert str(theirs.id) not in opened.text
            assert theirs.name not in opened.text
            assert len(opened.json()["rows"]) == 3
        await counts(world, api, school, other_school)
        assert len(await linked_concerns(school.lead, "?rule_id=sh.cross_school")) == 1

    async def test_a_trust_sees_no_row_of_its_schools(self, world: World, school: School) -> None:
        await a_trust(world, school)
        await three_of_a_year(world, school)
        ((trust,),) = world.sql("select parent_id from organisation where id = %s", school.id)
        async with world.work(trust) as work:
            driver = await work.driver()
            for table in ("linked_concern", "linked_row", "child_group", "concern"):
                assert await driver.rows(f"select * from {table}") == []  # noqa: S608

    async def test_a_school_counts_for_nobody(self, school: School) -> None:
        answer = await school.api(Role.TRUST_LEAD).get("/v1/linked-concerns/counts")
        assert answer.json() == {"items": [], "speak_by_phone": False, "counted_at": None}
        for role in (Role.DSL, Role.HEADTEACHER, Role.GOVERNOR):
            assert (await school.api(role).get("/v1/linked-concerns/counts")).status_code == 403


class TestCalendarNotes:
    async def test_are_added_listed_and_taken_out_by_leads(self, school: School) -> None:
        today = clock.now().date()
        body = {
            "kind": "exam", "label": "Mock exams", "starts_on": today.isoformat(),
            "ends_on": (today + timedelta(days=4)).isoformat(),
        }  # fmt: skip
        made = await school.lead.post("/v1/calendar-notes", body)
        assert (made.status_code, made.json()["kind"]) == (201, "exam")
        listed = (await school.api(Role.HEADTEACHER).get("/v1/calendar-notes?kind=exam")).json()
        assert [one["id"] for one in listed["items"]] == [made.json()["id"]]
        late = f"/v1/calendar-notes?since={today + timedelta(days=5)}"
        assert (await school.lead.get(late)).json()["items"] == []
        path = f"/v1/calendar-notes/{made.json()['id']}/end"
        assert (await school.lead.post(path, version=9)).status_code == 412
        assert (await school.lead.post(path, version=1)).status_code == 200
        assert (await school.lead.post(path, version=2)).status_code == 404
        assert (await school.lead.get("/v1/calendar-notes")).json()["items"] == []

    async def test_end_no_earlier_than_they_begin(self, school: School) -> None:
        body = {"kind": "lesson", "label": "x", "starts_on": "2026-11-20", "ends_on": "2026-11-19"}
        assert (await school.lead.post("/v1/calendar-notes", body)).status_code == 422

    @pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31"])
    async def test_are_of_days_that_can_be_kept(self, school: School, day: str) -> None:
        """Both are infinite to the driver of the database."""
        body = {"kind": "exam", "label": "x", "starts_on": day, "ends_on": "9999-12-31"}
        made = await school.lead.post("/v1/calendar-notes", body)
        listed = await school.lead.get(f"/v1/calendar-notes?since={day}")
        assert (made.status_code, listed.status_code) == (422, 422)

    @pytest.mark.parametrize("kind", ["awareness", "anniversary"])
    async def test_move_nothing(self, world: World, school: School, kind: str) -> None:
        today = clock.now().date().isoformat()
        body = {"kind": kind, "label": "A week", "starts_on": today, "ends_on": today}
        await school.lead.post("/v1/calendar-notes", body)
        await a_linkable(school, await school.child("Sam", "Hale", year_group="11"))
        assert await look_through(world, school) == 0
        await a_link(world, school)
        assert len(tasks_of(world, school)) == 1
