"""A lead's day: every section by the sight of its list, and counts that agree with it."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from app.core import clock
from app.core.pointers import PATHS
from app.core.words import Actor, Conflicts, Role
from app.db.facts import facts_of
from app.db.reading import open_reading
from app.db.session import Driver
from app.domain.duty.ladder.queries import things_of
from app.domain.duty.overview.queries import read_overview
from app.domain.kinds import KINDS
from tests.api.record.test_concerns import raise_one
from tests.api.records import a_concern, classify
from tests.contract.plans import flat
from tests.owners import Plot, a_plot
from tests.security.capture import captured
from tests.world import Api, School, World

SECTIONS = (
    "new", "unacknowledged", "overdue", "due_today", "waiting_for_others", "reviews_due",
    "monitoring",
)  # fmt: skip
NOUNS = (
    "concern", "action", "share", "referral", "review", "monitoring_alert", "break_glass",
    "reading_notice", "role_proposal",
)  # fmt: skip


async def day_of(api: Api, *, mine: bool = True) -> dict[str, Any]:
    """Somebody's day."""
    answer = await api.get(f"/v1/overview?mine={str(mine).lower()}")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def nouns_in(section: dict[str, Any]) -> list[str]:
    """Which nouns a section shows."""
    assert section["count"] == len(section["items"])
    return sorted(one["kind"] for one in section["items"])


def move_due(plot: Plot, to: datetime | None = None, **by: int) -> None:
    """Make everything planted due at another moment."""
    due = to or clock.now() + timedelta(**by)
    for noun in plot.ids:
        table = {"break_glass": "access_grant"}.get(noun, noun)
        plot.world.sql(f"update {table} set due_at = %s where id = %s", due, plot.ids[noun])  # noqa: S608
        plot.world.sql(
            "update deadline set due_at = %s, next_at = %s where thing_id = %s",
            due, due, plot.ids[noun],
        )  # fmt: skip


@pytest.fixture
async def plot(world: World, school: School) -> Plot:
    """One of everything, owned by the lead."""
    return await a_plot(world, school, school[Role.DSL], *NOUNS)


def give_alert(world: World, school: School, concern: str, role: Role) -> None:
    """The lead's alert about a concern goes to somebody else."""
    world.sql(
        "update alert set recipient_id = %s where concern_id = %s and recipient_id = %s",
        school[role].id, concern, school[Role.DSL].id,
    )  # fmt: skip


class TestGetOverview:
    async def test_is_empty_in_the_beginning(self, school: School) -> None:
        found = await day_of(school.lead)
        assert {name: found[name] for name in SECTIONS} == {
            name: {"count": 0, "items": []} for name in SECTIONS
        }

    async def test_shows_new_concerns(self, world: World, school: School) -> None:
        concern = await a_concern(school, await school.child())
        found = await day_of(school.lead)
        (card,) = found["new"]["items"]
        assert (card["kind"], card["id"], card["code"]) == ("concern", concern, "today")
        assert card["owner"]["id"] == str(school[Role.DSL].id)
        assert (await day_of(school.api(Role.DEPUTY_DSL)))["new"]["count"] == 0
        assert (await day_of(school.api(Role.DEPUTY_DSL), mine=False))["new"]["count"] == 1
        await school.lead.post(f"/v1/concerns/{concern}/acknowledge", version=1)
        assert (await day_of(school.lead))["new"]["count"] == 0

    async def test_shows_my_alerts_as_the_inbox_does(self, school: School) -> None:
        await a_concern(school, await school.child())
        for role in (Role.DSL, Role.DEPUTY_DSL, Role.HEADTEACHER):
            api = school.api(role)
            inbox = (await api.get("/v1/alerts?state=open")).json()["items"]
            found = (await day_of(api))["unacknowledged"]
            assert {one["id"] for one in found["items"]} == {one["id"] for one in inbox}

    async def test_shows_what_is_overdue(self, plot: Plot, school: School) -> None:
        move_due(plot, minutes=-5)
        found = await day_of(school.lead)
        assert nouns_in(found["overdue"]) == sorted(NOUNS)
        assert nouns_in(found["due_today"]) == []
        assert nouns_in(found["reviews_due"]) == ["review"]
        assert nouns_in(found["monitoring"]) == ["monitoring_alert"]

    async def test_knows_the_day_of_the_school(self, plot: Plot, school: School) -> None:
        evening = datetime(2027, 7, 15, 22, 30, tzinfo=UTC)  # half past eleven in London
        before_midnight = evening + timedelta(minutes=20)
        move_due(plot, to=before_midnight)
        lead = school[Role.DSL]
        actor = Actor(lead.id, school.id, Role.DSL, lead.session_id)
        async with open_reading(plot.world.runtime.database, actor) as reading:
            for now, number in ((evening, len(NOUNS)), (evening - timedelta(days=1), 0),
                                (evening + timedelta(minutes=40), 0)):  # fmt: skip
                day = await read_overview(replace(reading, now=now), mine=True)
                assert day["due_today"][0] == number, now
                assert day["reviews_due"][0] == (now >= evening), now

    async def test_shows_what_waits_for_others(
        self, world: World, school: School, plot: Plot
    ) -> None:
        lead, deputy = school[Role.DSL].id, school[Role.DEPUTY_DSL].id
        assert nouns_in((await day_of(school.lead))["waiting_for_others"]) == ["share"]
        world.sql("update action set owner_id = %s where id = %s", deputy, plot.ids["action"])
        pending = f'{{"verb": "close", "proposed_by": "{lead}"}}'
        world.sql("update concern set pending = %s where id = %s", pending, plot.ids["concern"])
        world.sql("update referral set state = 'sent' where id = %s", plot.ids["referral"])
        waiting = ["action", "concern", "referral", "share"]
        assert nouns_in((await day_of(school.lead))["waiting_for_others"]) == waiting
        other = school.api(Role.DEPUTY_DSL)
        assert nouns_in((await day_of(other))["waiting_for_others"]) == []
        assert nouns_in((await day_of(other, mine=False))["waiting_for_others"]) == waiting

    async def test_shows_twenty_and_counts_all(self, school: School, plot: Plot) -> None:
        for _ in range(30):
            plot.plant("concern", school[Role.DSL].id)
        plot.world.sql(
            "update concern set due_at = now() - interval '1 hour' where school_id = %s", school.id
        )
        plot.world.sql(
            "update deadline d set due_at = c.due_at from concern c where c.id = d.thing_id "
            "and c.school_id = %s", school.id,
        )  # fmt: skip
        found = (await day_of(school.lead))["overdue"]
        assert (found["count"], len(found["items"])) == (31, 20)

    async def test_says_nothing_of_what_is_hidden(
        self, world: World, school: School, plot: Plot
    ) -> None:
        move_due(plot, minutes=-5)
        await classify(world, str(plot.ids["concern"]), "K5")
        head = school.api(Role.HEADTEACHER)
        kept = ["break_glass", "monitoring_alert", "reading_notice", "referral", "review",
                "role_proposal", "share"]  # fmt: skip
        assert nouns_in((await day_of(head, mine=False))["overdue"]) == kept
        item = f'[{{"kind": "concern", "id": "{plot.ids["concern"]}"}}]'
        for table in ("share", "referral"):
            world.sql(f"update {table} set items = %s where id = %s", item, plot.ids[table])  # noqa: S608
        kept = [noun for noun in kept if noun not in ("share", "referral")]
        assert nouns_in((await day_of(head, mine=False))["overdue"]) == kept
        body = {
            "staff_id": str(school[Role.HEADTEACHER].id), "child_id": str(plot.child),
            "reason": "Family.",
        }  # fmt: skip
        assert (await school.lead.post("/v1/conflicts", body)).status_code == 201
        assert nouns_in((await day_of(head, mine=False))["overdue"]) == ["role_proposal"]

    async def test_holds_no_words_about_anybody(self, school: School, plot: Plot) -> None:
        move_due(plot, minutes=-5)
        answer = await school.lead.get("/v1/overview")
        for word in ("Phone home", "How is it"):
            assert word not in answer.text

    async def test_names_the_children_and_says_where_each_thing_is(
        self, school: School, plot: Plot
    ) -> None:
        move_due(plot, minutes=-5)
        child = (await school.lead.get(f"/v1/children/{plot.child}")).json()
        named = {"id": str(plot.child), "name": child["name"]}
        for card in (await day_of(school.lead))["overdue"]["items"]:
            of_a_child = card["kind"] != "role_proposal"
            assert card["children"] == ([named] if of_a_child else []), card
            assert card["path"] == f"{PATHS[card['kind']]}/{card['id']}"

    async def test_names_who_was_harmed_and_not_who_may_have_harmed_them(
        self, school: School
    ) -> None:
        harmed, other = await school.child("Ada", "Pell"), await school.child("Bo", "Orr")
        roles = {harmed: "harmed", other: "alleged_to_have_harmed"}
        children = [{"child_id": str(child), "role": role} for child, role in roles.items()]
        await raise_one(school.staff, children=children)
        (card,) = (await day_of(school.lead))["new"]["items"]
        assert card["children"] == [{"id": str(harmed), "name": "Ada Pell"}]

    async def test_an_alert_points_at_what_it_is_about(self, school: School) -> None:
        concern = await a_concern(school, await school.child())
        (card,) = (await day_of(school.lead))["unacknowledged"]["items"]
        assert card["path"] is None
        path = f"/v1/concerns/{concern}"
        assert card["about"] == {"kind": "concern", "id": concern, "path": path}
        assert len(card["children"]) == 1

    async def test_names_no_child_of_a_concern_that_the_reader_may_not_open(
        self, world: World, school: School
    ) -> None:
        concern = await a_concern(school, await school.child())
        pastoral = school.api(Role.PASTORAL)
        give_alert(world, school, concern, Role.PASTORAL)
        assert (await pastoral.get(f"/v1/concerns/{concern}")).status_code == 404
        (card,) = (await day_of(pastoral))["unacknowledged"]["items"]
        assert card["children"] == []

    async def test_shows_no_alert_of_a_concern_that_is_sealed_since(
        self, world: World, school: School
    ) -> None:
        concern, head = await a_concern(school, await school.child()), school.api(Role.HEADTEACHER)
        give_alert(world, school, concern, Role.HEADTEACHER)
        (card,) = (await day_of(head))["unacknowledged"]["items"]
        assert card["about"]["id"] == concern
        await classify(world, concern, "K5")
        assert (await day_of(head))["unacknowledged"] == {"count": 0, "items": []}
        assert (await head.get("/v1/alerts?state=open")).json()["items"] == []

    async def test_is_for_those_who_look_after_concerns(self, school: School) -> None:
        for role in (Role.STAFF, Role.SCHOOL_ADMIN, Role.GOVERNOR, Role.TRUST_LEAD):
            assert (await school.api(role).get("/v1/overview")).status_code == 403, role
        assert (await school.lead.get("/v1/overview?yours=true")).status_code == 422

    async def test_takes_three_statements(self, world: World, school: School) -> None:
        async with captured(world) as asked:
            await day_of(school.lead, mine=False)
        assert len(asked) == 3, "scope, calendar with my open alerts, and every section in one"


PAST = """
insert into {table} select (jsonb_populate_record(t, to_jsonb(t) || jsonb_build_object(
  'id', md5(t.id || past.name)::uuid, {ended}))).*
from {table} t, (select %s || '-' || n as name from generate_series(1, %s) n) past
where t.school_id = %s and t.id = %s
"""
ENDED = {
    "concern": (
        "'reference', t.reference || past.name, 'state', 'closed', 'ended_at', t.recorded_at"
    ),
    "action": "'state', 'done', 'ended_at', t.set_at",
    "review": "'ended_at', t.set_at, 'ended_by', t.set_by, 'end_reason', 'x'",
    "task": "'state', 'done', 'ended_at', t.set_at",
    "monitoring_alert": (
        "'external_id', past.name, 'state', 'dismissed', 'ended_at', t.last_at, "
        "'decided_at', t.last_at, 'decided_by', t.owner_id"
    ),
}


def fill_past(plot: Plot, many: int) -> None:
    """What was dealt with before: as many of each busy kind."""
    for table, ended in ENDED.items():
        statement = PAST.format(table=table, ended=ended)
        plot.world.sql(statement, str(many), many, plot.school.id, plot.ids[table])
        plot.world.sql(f"analyze {table}")


COPIED = """
insert into deadline select (jsonb_populate_record(d, to_jsonb(d) || jsonb_build_object(
  'id', md5(d.id || past.name)::uuid, 'thing_id', md5(d.thing_id || past.name)::uuid))).*
from deadline d, (select %s || '-' || n as name from generate_series(1, %s) n) past
where d.school_id = %s and d.noun = %s and d.thing_id = %s
"""
OPEN = {
    "concern": "'reference', t.reference || past.name",
    "action": "'set_by', {other}",
    "review": "'set_by', {other}",
    "task": "'outcome', null",
    "monitoring_alert": "'external_id', past.name",
}


def fill_others(plot: Plot, many: int) -> None:
    """What a colleague has to do now: as many of each busy kind, each with its clock."""
    other = f"'{plot.school[Role.DEPUTY_DSL].id}'"
    for table, theirs in OPEN.items():
        ended = f"'owner_id', {other}, {theirs.format(other=other)}"
        statement = PAST.format(table=table, ended=ended)
        values = (str(many), many, plot.school.id)
        plot.world.sql(statement, *values, plot.ids[table])
        plot.world.sql(COPIED, *values, table, plot.ids[table])
        plot.world.sql(f"analyze {table}")
    plot.world.sql("analyze deadline")


async def rows_read(plot: Plot, *, mine: bool = False) -> int:
    """How many rows the database looks at to make a lead's day, where it may use its indexes."""
    looked: list[float] = []

    class Explaining(Driver):
        async def rows(self, statement: str, *values: Any) -> Sequence[Any]:
            (found,) = await super().rows(f"explain (analyze, format json) {statement}", *values)
            for node in flat(found[0][0]["Plan"]):
                if node["Node Type"].endswith("Scan"):
                    left = sum(node[name] for name in node if name.startswith("Rows Removed"))
                    looked.append((node["Actual Rows"] + left) * node["Actual Loops"])
            return await super().rows(statement, *values)

    lead = plot.school[Role.DSL]
    actor = Actor(lead.id, plot.school.id, Role.DSL, lead.session_id)
    async with open_reading(plot.world.runtime.database, actor) as reading:
        await reading.driver.row("select set_config('enable_seqscan', 'off', true)")
        explaining = Explaining(reading.driver.connection)
        await read_overview(replace(reading, driver=explaining), mine=mine)
    return round(sum(looked))


class TestWhatADayReads:
    async def test_does_not_grow_with_what_is_over(
        self, world: World, school: School, plot: Plot
    ) -> None:
        """Five times as many closed concerns and done work change nothing."""
        plot.plant("task", school[Role.DSL].id)
        fill_past(plot, 200)
        async with captured(world) as asked:
            before = await day_of(school.lead, mine=False)
        read = await rows_read(plot)
        fill_past(plot, 800)
        async with captured(world) as asked_again:
            after = await day_of(school.lead, mine=False)
        assert {**after, "at": before["at"]} == before
        assert (len(asked), len(asked_again)) == (3, 3)
        more = await rows_read(plot) - read
        assert read > 0
        assert more < 5, "800 more rows of each kind are over"

    async def test_does_not_grow_with_what_others_have_to_do(
        self, school: School, plot: Plot
    ) -> None:
        """Five times as much open work of a colleague changes nothing of a lead's own."""
        plot.plant("task", school[Role.DSL].id)
        fill_others(plot, 200)
        before = await day_of(school.lead, mine=True)
        read = await rows_read(plot, mine=True)
        fill_others(plot, 800)
        after = await day_of(school.lead, mine=True)
        assert {**after, "at": before["at"]} == before
        assert read > 0
        assert await rows_read(plot, mine=True) - read < 5, "800 more of each kind are others'"


class TestFilesThatMayBeAboutARelatedChild:
    """A file or request that came without its child may still be about one a reader knows."""

    @pytest.mark.parametrize("noun", ["incoming_transfer", "file_request"])
    async def test_are_kept_from_their_relatives(
        self, world: World, school: School, noun: str
    ) -> None:
        plot = await a_plot(world, school, school[Role.DSL], noun)
        ((given, family),) = world.sql(
            "select legal_given_name, legal_family_name from child where id = %s", plot.child
        )
        world.sql(
            f"update {noun} set child_id = null, about = jsonb_build_object('name', %s::text) "  # noqa: S608
            "where id = %s",
            f"{given} {family}", plot.ids[noun],
        )  # fmt: skip
        move_due(plot, hours=-1)
        key = (noun, plot.ids[noun])
        someone = school[Role.HEADTEACHER]
        actor = Actor(someone.id, school.id, Role.HEADTEACHER, someone.session_id)
        related = replace(actor, conflicts=Conflicts(children=frozenset([plot.child])))
        kind = KINDS[noun]
        async with open_reading(world.runtime.database, actor) as reading:
            things = await things_of(reading.driver, school.id, [key])
            facts = await facts_of(reading.driver, school.id, kind.model, [plot.ids[noun]])
        assert things[key].may_be_told_to([actor])
        assert not things[key].may_be_told_to([related]), "the ladder"
        assert kind.shows(actor, facts[plot.ids[noun]])
        assert not kind.shows(related, facts[plot.ids[noun]]), "events and openings"
        head = school.api(Role.HEADTEACHER)
        assert (await day_of(head, mine=False))["overdue"]["count"] == 1
        declared = await head.post(
            "/v1/conflicts", {"child_id": str(plot.child), "reason": "My grandchild."}
        )
        assert declared.status_code == 201, declared.text
        assert (await day_of(head, mine=False))["overdue"]["count"] == 0, "the overview"
