"""Former values of a child, its contacts and statuses: kept by every writer, read at a moment."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import update

from app.core import clock, moments
from app.core.words import AuditEvent, Role
from app.db.fact_changes import KEEPING, NOTED
from app.db.models import Contact
from app.db.row_notes import ROWS, StatementUnclear, noting
from app.domain.kinds import KINDS
from tests.around_children import a_pastoral_member, created
from tests.rosters import Roster, package
from tests.unit.formats.roster_packages import user
from tests.world import Api, School, World

Record = dict[str, Any]


class Past:
    """A child of a school, whose rows are looked at moment by moment."""

    def __init__(self, school: School, child: str) -> None:
        self.school, self.child = school, child
        self.path = f"/v1/children/{child}"
        self.seen: list[tuple[str, dict[str, Record]]] = []

    async def read(self, part: str, at: str | None = None, api: Api | None = None) -> list[Record]:
        query = {"at": at} if at else {}
        answer = await (api or self.school.lead).get(f"{self.path}/{part}", params=query)
        assert answer.status_code == 200, answer.text
        found: list[Record] = answer.json()["items"]
        return found

    async def changes(self, api: Api | None = None, **query: str) -> list[Record]:
        answer = await (api or self.school.lead).get(f"{self.path}/fact-changes", params=query)
        assert answer.status_code == 200, answer.text
        found: list[Record] = answer.json()["items"]
        return found

    async def change(self, part: str, record: Record, **body: Any) -> Record:
        answer = await self.school.lead.patch(
            f"{self.path}/{part}/{record['id']}", body, version=int(record["etag"].strip('"'))
        )
        assert answer.status_code == 200, answer.text
        changed: Record = answer.json()
        return changed


@pytest.fixture
async def past(school: School) -> Past:
    return Past(school, str(await school.child()))


def moment() -> str:
    return moments.written(clock.now())


def plain(records: list[Record]) -> list[Record]:
    return [{**one, "permissions": []} for one in records]


class TestContactsAt:
    async def test_says_who_could_be_told_then(self, past: Past) -> None:
        jo = await created(
            past.school.lead, f"{past.path}/contacts",
            {"kind": "mother", "name": "Jo Marsh", "parental_responsibility": "yes",
             "phone": "01632 960001"},
        )  # fmt: skip
        then, was = moment(), await past.read("contacts")
        now = await past.change(
            "contacts", jo, may_be_told=False, may_be_told_reason="An order was shown.",
            phone="01632 960002", name="Jo Lane",
        )  # fmt: skip
        assert not now["may_be_told"]["value"]
        (told,) = await past.read("contacts", then)
        assert [told] == plain(was)
        assert told["may_be_told"]["value"]
        assert told["phone"] == "01632 960001"
        assert await past.read("contacts", moment()) == plain(await past.read("contacts"))

    async def test_says_nothing_that_was_not_known_yet(self, past: Past) -> None:
        before = moment()
        await created(past.school.lead, f"{past.path}/contacts", {"kind": "father", "name": "Jo"})
        assert await past.read("contacts", before) == []

    async def test_takes_an_order_by_the_day_that_is_asked_about(
        self, world: World, past: Past
    ) -> None:
        yesterday = clock.day_of(clock.now()) - timedelta(days=1)
        order = {"kind": "prohibited_steps", "summary": "No steps.", "forbids_telling": True,
                 "ends_on": yesterday.isoformat()}  # fmt: skip
        await created(
            past.school.lead, f"{past.path}/contacts",
            {"kind": "father", "name": "Sam", "parental_responsibility": "yes",
             "court_orders": [order]},
        )  # fmt: skip
        world.sql(
            "update contact set created_at = now() - interval '9 days' where child_id = %s",
            past.child,
        )
        (now,) = await past.read("contacts")
        then = moments.written(clock.now() - timedelta(days=3))
        (was,) = await past.read("contacts", then)
        assert now["may_be_told"]["value"]
        assert was["may_be_told"]["reason_code"] == "court_order"

    async def test_does_not_tell_of_a_moment_to_come(self, past: Past) -> None:
        at = moments.written(clock.now() + timedelta(hours=1))
        for part in ("contacts", "statuses"):
            answer = await past.school.lead.get(f"{past.path}/{part}", params={"at": at})
            assert answer.status_code == 422
            assert answer.json()["errors"][0]["code"] == "in_future"

    async def test_is_not_taken_for_today_where_its_name_is_written_wrong(self, past: Past) -> None:
        """Somebody would read today's contacts for those of then."""
        for part in ("contacts", "statuses"):
            answer = await past.school.lead.get(f"{past.path}/{part}", params={"as_at": moment()})
            assert answer.status_code == 422
            assert answer.json()["errors"][0]["pointer"] == "/query/as_at"

    async def test_hides_the_safeguarding_side_as_today(self, past: Past) -> None:
        jo = await created(
            past.school.lead, f"{past.path}/contacts", {"kind": "mother", "name": "Jo"}
        )
        then = moment()
        await past.change("contacts", jo, alleged_source_of_harm=True, reason="The child said so.")
        admin = past.school.api(Role.SCHOOL_ADMIN)
        (was,) = await past.read("contacts", then, admin)
        assert not {"may_be_told", "alleged_source_of_harm", "restriction"} & was.keys()

    async def test_leaves_a_trace_of_the_moment(self, world: World, past: Past) -> None:
        then = moment()
        await past.read("contacts", then)
        (details,) = world.sql(
            "select details from trail where child_id = %s and verb = 'child.opened'", past.child
        )[-1]
        assert details["at"] == then


class TestStatusesAt:
    async def test_says_what_was_so_then(self, past: Past) -> None:
        plan = await created(past.school.lead, f"{past.path}/statuses", a_status())
        then, was = moment(), await past.read("statuses")
        await past.change(
            "statuses", plan, valid_to=clock.day_of(clock.now()).isoformat(), end_reason="Closed."
        )
        assert await past.read("statuses", then) == plain(was)
        assert was[0]["valid_to"] is None
        (now,) = await past.read("statuses", moment())
        assert now["end_reason"] == "Closed."


def a_status(**more: Any) -> Record:
    day = clock.day_of(clock.now()) - timedelta(days=9)
    return {"kind": "child_in_need", "valid_from": day.isoformat(), "source": "A letter.", **more}


class TestListFactChanges:
    async def test_says_who_changed_what_when_and_why(self, past: Past) -> None:
        jo = await created(
            past.school.lead, f"{past.path}/contacts", {"kind": "mother", "name": "Jo"}
        )
        await past.change("contacts", jo, name="Jo Lane", reason="She married.")
        (change,) = await past.changes()
        lead = past.school[Role.DSL]
        assert change["by"]["id"] == str(lead.id)
        assert (change["role"], change["verb"]) == ("dsl", "contact.changed")
        assert (change["about"]["kind"], change["about"]["id"]) == ("contact", jo["id"])
        assert change["reason"] == "She married."
        assert change["changes"] == [{"field": "name", "before": "Jo", "after": "Jo Lane"}]

    async def test_pages_and_filters(self, past: Past) -> None:
        jo = await created(
            past.school.lead, f"{past.path}/contacts", {"kind": "mother", "name": "Jo"}
        )
        plan = await created(past.school.lead, f"{past.path}/statuses", a_status())
        for name in ("Jo A", "Jo B"):
            jo = await past.change("contacts", jo, name=name)
        await past.change("statuses", plan, worker={"name": "Kit Roe"})
        everything = await past.changes()
        assert [one["about"]["kind"] for one in everything] == ["status", "contact", "contact"]
        assert await past.changes(about_kind="status") == everything[:1]
        assert await past.changes(about_id=jo["id"]) == everything[1:]
        answer = (await past.school.lead.get(f"{past.path}/fact-changes?limit=2")).json()
        assert answer["items"] == everything[:2]
        assert await past.changes(cursor=answer["next"]) == everything[2:]

    async def test_shows_what_the_reader_may_read(self, world: World, past: Past) -> None:
        school = past.school
        jo = await created(school.lead, f"{past.path}/contacts", {"kind": "mother", "name": "Jo"})
        await past.change(
            "contacts", jo, phone="01632 960002", contact_allowed="no", reason="An order."
        )
        plan = await created(
            school.lead, f"{past.path}/statuses", a_status(confidentiality="K4")
        )  # fmt: skip
        await past.change("statuses", plan, lead_agency="Oakshire")
        admin = school.api(Role.SCHOOL_ADMIN)
        (seen,) = await past.changes(admin)
        assert [one["field"] for one in seen["changes"]] == ["phone"]
        assert seen["reason"] is None
        world.sql("update child set year_group = '8' where id = %s", past.child)
        pastoral = await a_pastoral_member(world, school, "8")
        assert [one["about"]["kind"] for one in await past.changes(pastoral)] == ["contact"]
        assert len(await past.changes()) == 2
        assert (await school.staff.get(f"{past.path}/fact-changes")).status_code == 403

    async def test_is_silent_about_what_only_an_insider_may_read(self, past: Past) -> None:
        jo = await created(
            past.school.lead, f"{past.path}/contacts", {"kind": "mother", "name": "Jo"}
        )
        await past.change("contacts", jo, restriction="Not at the gate.")
        assert await past.changes(past.school.api(Role.SCHOOL_ADMIN)) == []


Writer = Callable[[Past], Awaitable[None]]


async def _change_contact(past: Past) -> None:
    jo = await created(past.school.lead, f"{past.path}/contacts", {"kind": "mother", "name": "Jo"})
    await past.change("contacts", jo, name="Jo Lane", email="jo@example.org")


async def _end_contact(past: Past) -> None:
    jo = await created(past.school.lead, f"{past.path}/contacts", {"kind": "mother", "name": "Jo"})
    path = f"{past.path}/contacts/{jo['id']}/end"
    assert (await past.school.lead.post(path, version=1)).status_code == 200


async def _change_status(past: Past) -> None:
    plan = await created(past.school.lead, f"{past.path}/statuses", a_status())
    await past.change("statuses", plan, worker={"name": "Kit Roe"}, lead_agency="Oakshire")


async def _change_child(past: Past) -> None:
    answer = await past.school.lead.patch(past.path, {"known_given_name": "Ali"}, version=1)
    assert answer.status_code == 200, answer.text


async def _merge_child(past: Past) -> None:
    """Another file of the pupil knows an address; two people say that it is one pupil."""
    other = await past.school.child("Ali", "Marsh", address="1 Quay Street")
    path = f"/v1/children/{other}/merge"
    body = {"into": past.child, "reason": "One pupil."}
    for role in (Role.DSL, Role.HEADTEACHER, Role.DEPUTY_DSL):
        version = past.school.world.version("child", other)
        answer = await past.school.api(role).post(path, body, version=version)
        if answer.json().get("state") == "merged":
            return
    raise AssertionError(answer.text)


async def _unmerge_child(past: Past) -> None:
    await _merge_child(past)
    ((other,),) = past.school.world.sql("select id from child where merged_into = %s", past.child)
    version = past.school.world.version("child", other)
    answer = await past.school.lead.post(
        f"/v1/children/{other}/unmerge", {"reason": "They are cousins."}, version=version
    )
    assert answer.status_code == 200, answer.text


async def _merge_contact(past: Past) -> None:
    contacts = f"{past.path}/contacts"
    kept = await created(past.school.lead, contacts, {"kind": "mother", "name": "Jo"})
    jo = await created(past.school.lead, contacts, {"kind": "parent", "name": "Jo M"})
    body = {"into": kept["id"], "reason": "One person."}
    answer = await past.school.lead.post(f"{contacts}/{jo['id']}/merge", body, version=1)
    assert answer.status_code == 200, answer.text


async def _unmerge_contact(past: Past) -> None:
    await _merge_contact(past)
    (jo,) = [one for one in await past.read("contacts") if one["merged_into"]]
    path = f"{past.path}/contacts/{jo['id']}/unmerge"
    answer = await past.school.lead.post(path, {"reason": "Sisters."}, version=2)
    assert answer.status_code == 200, answer.text


WRITERS: dict[AuditEvent, Writer] = {
    AuditEvent.CONTACT_CHANGED: _change_contact,
    AuditEvent.CONTACT_ENDED: _end_contact,
    AuditEvent.CONTACT_MERGED: _merge_contact,
    AuditEvent.CONTACT_UNMERGED: _unmerge_contact,
    AuditEvent.STATUS_CHANGED: _change_status,
    AuditEvent.CHILD_CHANGED: _change_child,
    AuditEvent.CHILD_MERGED: _merge_child,
    AuditEvent.CHILD_UNMERGED: _unmerge_child,
}
"""How each event comes about that changes a row which keeps its history."""
ADDS = {AuditEvent.CONTACT_ADDED, AuditEvent.STATUS_ADDED, AuditEvent.CHILD_ADDED}
BESIDE = {
    AuditEvent.CHILD_OPENED, AuditEvent.FILE_LOCKED, AuditEvent.FILE_UNLOCKED,
    AuditEvent.CONTACT_PAUSED, AuditEvent.CONTACT_RESUMED, AuditEvent.CHILD_MERGE_ASKED,
}  # fmt: skip
"""Events of a child that change none of these rows."""


def rows_of(past: Past) -> dict[tuple[str, str], Record]:
    """Every row of the child that keeps its history, as the table has it."""
    found = {}
    for table in sorted(KEEPING):
        column = "id" if table == "child" else "child_id"
        for (row,) in past.school.world.sql(
            f"select to_jsonb(t) from {table} t where {column} = %s",  # noqa: S608
            past.child,
        ):
            found[table, str(row["id"])] = row
    return found


async def remembered(past: Past, known: dict[tuple[str, str], Record]) -> int:
    """Hold what the changes say of former values against rows that were read before them."""
    told = 0
    for (table, id_), was in known.items():
        now = rows_of(past)[table, id_]
        differing = {name for name in was if was[name] != now[name]} - set(NOTED)
        kept = past.school.world.sql(
            "select before, after from fact_change where noun_id = %s order by number desc", id_
        )
        for before, after in kept:
            assert {name: now[name] for name in after if name not in NOTED} == {
                name: value for name, value in after.items() if name not in NOTED
            }
            now |= before
        assert {name: now[name] for name in was if name not in NOTED} == {
            name: value for name, value in was.items() if name not in NOTED
        }
        told += bool(differing)
    return told


class TestEveryWriter:
    def test_is_known(self) -> None:
        nouns = {model.__noun__ or table for table, model in KEEPING.items()}
        events = {one for noun in nouns for one in KINDS[noun].events}
        assert events - ADDS - BESIDE == WRITERS.keys()

    @pytest.mark.parametrize("event", WRITERS, ids=str)
    async def test_leaves_the_former_value(self, event: AuditEvent, past: Past) -> None:
        await WRITERS[event](past)
        verb, before, after = past.school.world.sql(
            "select verb, before, after from fact_change where child_id = %s order by at, id",
            past.child,
        )[-1]
        assert verb == event
        assert before.keys() == after.keys()
        assert all(before[name] != after[name] for name in before)

    async def test_among_them_the_roster(self, world: World, school: School) -> None:
        roster = Roster(school)
        await roster.bring(family(phone="01632 960001", grade="07"))
        child = roster.child("p1")
        past = Past(school, str(child["id"]))
        assert await past.changes() == []
        then, known = moment(), rows_of(past)
        await roster.bring(family(phone="01632 960002", grade="08"))
        assert await remembered(past, known) == 2
        fields = {
            one["about"]["kind"]: {field["field"]: field for field in one["changes"]}
            for one in await past.changes()
        }
        assert fields["contact"]["phone"]["before"] == "01632 960001"
        assert fields["child"]["year_group"]["before"] == "7"
        (was,) = await past.read("contacts", then)
        assert was["phone"] == "01632 960001"

    async def test_may_not_forget(self, world: World, school: School) -> None:
        """An update past the session's rows and the driver is refused before it is sent."""
        child = await school.child()
        async with world.work(school.id) as work:
            with pytest.raises(StatementUnclear, match="contact"):
                await work.session.execute(
                    update(Contact).where(Contact.child_id == child).values(name="X")
                )

    async def test_by_hand_tells_by_itself(self, world: World, past: Past) -> None:
        jo = await created(
            past.school.lead, f"{past.path}/contacts", {"kind": "mother", "name": "Jo"}
        )
        async with world.work(past.school.id) as work:
            driver = await work.driver()
            for name in ("Ana", "Bea"):
                await driver.write(
                    "with a as (update contact set name = $3, version = version + 1"
                    " where school_id = $1 and id = $2 returning id) select id from a",
                    past.school.id, UUID(jo["id"]), name,
                )  # fmt: skip
            await driver.write(
                "update contact set version = version + 1 where school_id = $1 and id = $2",
                past.school.id, UUID(jo["id"]),
            )  # fmt: skip
            work.record(AuditEvent.CONTACT_CHANGED, "contact", UUID(jo["id"]), reason="A test.")
        (change,) = await past.changes()
        assert change["changes"] == [{"field": "name", "before": "Jo", "after": "Bea"}]
        assert change["reason"] == "A test."

    async def test_by_hand_tells_it_once_for_all_rows(self, past: Past) -> None:
        """Told again with each row, an import of a large school would grow with its square."""
        for name in ("Jo", "Sam", "Kit"):
            body = {"kind": "mother", "name": name}
            await created(past.school.lead, f"{past.path}/contacts", body)
        async with past.school.world.work(past.school.id) as work:
            driver = await work.driver()
            statement = noting("update contact set phone = '1' where school_id = $1")
            assert statement is not None
            found = await driver.connection.fetch(statement, past.school.id)
        assert [row[ROWS] is None for row in found] == [False, True, True]


def family(*, phone: str, grade: str) -> bytes:
    return package(
        user(sourcedId="p1", username="p1", givenName="Ivy", familyName="Hill", grades=grade,
             agentSourcedIds="g1"),
        user(sourcedId="g1", username="g1", givenName="Jo", familyName="Hill", role="parent",
             phone=phone, agentSourcedIds="p1"),
    )  # fmt: skip
