"""The hot statements keep to their indexes, as the application's role and with generic plans.

A generic plan knows no values: it is what a busy connection ends up with. No times are asserted.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, cast
from uuid import UUID

import psycopg
import pytest
from sqlalchemy.engine import make_url

from app.core.words import Actor, Cohort, Conflicts, Role
from app.db.paging import Cursor, PageOf
from app.db.repositories import (
    check_ins,
    child_reads,
    chronology_reads,
    concern_reads,
    tasks,
    watch_list,
)
from app.db.repositories.check_ins import CheckInFilter
from app.db.repositories.child_reads import ChildFilter
from app.db.repositories.chronology_reads import ChronologyFilter
from app.db.repositories.concern_reads import ConcernFilter
from app.db.repositories.tasks import TaskFilter, TaskSight
from app.db.session import Driver
from app.domain.access.concerns import sight_of
from app.domain.chronology.reading import visibility_for
from tests.world import School, World

AFTER = Cursor(datetime(2026, 3, 1, tzinfo=UTC), UUID(int=1))

TABLES = (
    "child, child_name_token, concern, concern_child, account_statement, action, chronology_entry, "
    "staff, membership, auth_session, account, task"
)
ROWS = """
create temp table pupil on commit drop as
  select n, gen_random_uuid() as id from generate_series(1, 300) n;
create temp table worry on commit drop as
  select n, gen_random_uuid() as id, now() - n * interval '1 hour' as at
  from generate_series(1, 4000) n;
insert into child (school_id, id, legal_given_name, legal_family_name, year_group,
  registration_group, sort_name, created_at, changed_at)
select '{school}', id, 'Given' || n, 'Family' || n, (7 + n % 5)::text, '7' || n % 20,
       'family' || n || ' given' || n, now(), now() from pupil;
insert into child_name_token (school_id, id, token)
select '{school}', id, word || n from pupil, unnest('{{given,family}}'::text[]) word;
insert into concern (school_id, id, reference, reporter_id, recorded_at, occurred_at,
  occurred_precision, source, immediacy, reported_categories, told_already, state,
  confidentiality, categories, owner_id, due_at, ended_at, changed_at)
select '{school}', id, 'P-' || n,
       case when n % 40 = 0 then '{teacher}'::uuid else '{lead}'::uuid end,
       at, at, 'exact', 'staff_observation', 'routine', '{{not_sure}}', '[]',
       case when n % 5 = 0 then 'raised' else 'closed' end, 'K3', '{{not_sure}}', '{lead}',
       at + interval '1 day', case when n % 5 = 0 then null else at end, at
from worry;
insert into concern_child (school_id, id, child_id, role, position)
select '{school}', w.id, p.id, 'subject', 0
from worry w join pupil p on p.n = case when w.n % 10 = 0 then 1 else 1 + w.n % 300 end;
insert into account_statement (school_id, id, concern_id, position, kind, text)
select '{school}', gen_random_uuid(), id, 0, 'observed', 'Seen.' from worry;
insert into action (school_id, id, concern_id, what, owner_id, due_at, state, set_by, set_at,
  ended_at, changed_at)
select '{school}', gen_random_uuid(), id, 'Look again.', '{lead}', at,
       case when n % 20 = 0 then 'open' else 'done' end, '{lead}', at,
       case when n % 20 = 0 then null else at end, at
from worry where n % 2 = 0;
insert into task (school_id, id, kind, child_id, concern_id, confidentiality, owner_id, due_at,
  urgent, barred, facts, set_by, set_at, state, ended_at, ended_by, changed_at)
select '{school}', gen_random_uuid(), 'follow_up', p.id, w.id, 'K3',
       case when n % 200 = 0 then '{teacher}'::uuid else '{lead}'::uuid end, w.at, false, '{{}}',
       '{{}}', '{lead}', w.at, case when n % 8 = 0 then 'open' else 'done' end,
       case when n % 8 = 0 then null else w.at end,
       case when n % 8 = 0 then null else '{lead}'::uuid end, w.at
from worry w join pupil p using (n);
insert into deadline (school_id, id, noun, thing_id, rule_id, rule_version, ladder, started_at,
  due_at, made_by, made_at, next_at)
select '{school}', gen_random_uuid(), t.noun, t.id, 'set_by_person', '2026-11', 'routine', t.due_at,
       t.due_at, '{lead}', t.due_at, now() + interval '1 year'
from (select 'concern' as noun, id, due_at from concern
      where school_id = '{school}' and ended_at is null
      union all
      select 'action', id, due_at from action where school_id = '{school}' and state = 'open'
      union all
      select 'task', id, due_at from task where school_id = '{school}' and ended_at is null) t;
insert into chronology_entry (school_id, id, child_id, occurred_at, occurred_precision, recorded_at,
  late, kind, thing_id, concern_id, confidentiality, author_id, author_role)
select '{school}', gen_random_uuid(), k.child_id, c.occurred_at, 'exact', c.recorded_at, false,
       'concern', c.id, c.id, 'K3', c.reporter_id, 'staff'
from concern c join concern_child k on k.school_id = c.school_id and k.id = c.id
where c.school_id = '{school}';
"""


class Recorder(Driver):
    """Keeps the statements a reading would run, and finds nothing."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, int]] = []

    async def rows(self, statement: str, *values: Any) -> Sequence[Any]:
        """No rows."""
        self.asked.append((statement, len(values)))
        return []


@dataclass(frozen=True)
class Planned:
    """A plan, as a flat list of its nodes."""

    nodes: list[dict[str, Any]]

    def indexes(self, table: str) -> set[str]:
        """The indexes by which a table is read."""
        return {
            node["Index Name"]
            for node in self.nodes
            if "Index Name" in node and node["Relation Name"] == table
        }

    def whole_reads(self) -> set[str]:
        """The tables that are read from end to end."""
        return {node["Relation Name"] for node in self.nodes if node["Node Type"] == "Seq Scan"}

    def reads_by_key(self, table: str) -> bool:
        """Whether every reading of a table is of rows whose id is known."""
        scans = [node for node in self.nodes if node["Relation Name"] == table]
        conditions = [node["Index Cond"] for node in scans if "Index Cond" in node]
        return table not in self.whole_reads() and all(
            re.search(r"\bid = ", condition) for condition in conditions
        )

    def sorts_before_the_cut(self) -> bool:
        """Whether more rows are sorted than the page shows: a Sort below the Limit."""
        return any(
            node["Node Type"].endswith("Sort")
            for cut in self.nodes
            if cut["Node Type"] == "Limit"
            for node in flat(cut)
        )

    def hashes_a_school(self) -> bool:
        """Whether a condition on single rows is answered from all rows of the school."""
        return any("hashed SubPlan" in str(node.get("Filter")) for node in self.nodes)


def flat(plan: dict[str, Any], table: str = "") -> Iterator[dict[str, Any]]:
    """Every node of a plan; the index part of a bitmap scan is given its table."""
    plan.setdefault("Relation Name", table)
    yield plan
    for below in plan.get("Plans", ()):
        yield from flat(below, plan["Relation Name"])


class Planner:
    """One school with a few thousand rows, and the plans of statements in it."""

    def __init__(self, world: World, school: School, child_id: UUID) -> None:
        self.world = world
        self.school = school
        self.child_id = child_id

    def actor(self, role: Role) -> Actor:
        """The school's person in a role, as the door makes them."""
        person = self.school[role]
        return Actor(
            person.id, self.school.id, role, session_id=person.session_id,
            cohort=Cohort(year_groups=("7",)),
        )  # fmt: skip

    def plan(self, statement: str, places: int) -> Planned:
        """The generic plan that the application's role gets in this school."""
        url = self.world.runtime.settings.database_url.get_secret_value()
        nulls = f"({', '.join(['null'] * places)})" if places else ""
        with psycopg.connect(url) as connection:
            for setting, value in (
                ("app.school_id", str(self.school.id)),
                ("app.account_id", str(self.school[Role.DSL].id)),
                ("plan_cache_mode", "force_generic_plan"),
                ("random_page_cost", "1.1"),
            ):
                connection.execute("select set_config(%s, %s, true)", (setting, value))
            connection.execute(cast(Any, f"prepare hot as {statement}"))
            found = connection.execute(cast(Any, f"explain (format json) execute hot{nulls}"))
            row = found.fetchone()
        assert row is not None
        return Planned(list(flat(row[0][0]["Plan"])))

    def planned(self, recorder: Recorder) -> Planned:
        """The plan of the one statement a reading asked."""
        (asked,) = recorder.asked
        return self.plan(*asked)


@pytest.fixture(scope="module")
async def planner(world: World) -> Planner:
    """The school; its statistics are fresh."""
    school = await world.a_school()
    names = {
        "school": str(school.id),
        "lead": str(school[Role.DSL].id),
        "teacher": str(school[Role.STAFF].id),
    }
    url = make_url(world.owner_url).set(drivername="postgresql").render_as_string(False)
    with psycopg.connect(url) as owner:
        owner.execute(cast(Any, ROWS.format(**names)))
        owner.execute(cast(Any, f"analyze {TABLES}"))
    ((busiest,),) = world.sql(
        "select child_id from chronology_entry where school_id = %s "
        "group by child_id order by count(*) desc limit 1",
        school.id,
    )
    return Planner(world, school, busiest)


async def concerns_plan(
    planner: Planner, role: Role, asked: ConcernFilter, paging: PageOf
) -> Planned:
    recorder = Recorder()
    await concern_reads.page_of_concerns(recorder, sight_of(planner.actor(role)), asked, paging)
    return planner.planned(recorder)


class TestListOfConcerns:
    @pytest.mark.parametrize("role", [Role.DSL, Role.PASTORAL])
    @pytest.mark.parametrize("paging", [PageOf(50), PageOf(50, AFTER)])
    async def test_reads_open_ones_in_the_order_of_their_index(
        self, planner: Planner, role: Role, paging: PageOf
    ) -> None:
        plan = await concerns_plan(planner, role, ConcernFilter(open=True), paging)
        assert plan.indexes("concern") >= {"ix_concern_open_newest"}
        assert not plan.sorts_before_the_cut()
        assert "concern" not in plan.whole_reads()

    @pytest.mark.parametrize("paging", [PageOf(50), PageOf(50, AFTER)])
    async def test_reads_all_in_the_order_of_their_index(
        self, planner: Planner, paging: PageOf
    ) -> None:
        plan = await concerns_plan(planner, Role.DSL, ConcernFilter(), paging)
        assert plan.indexes("concern") >= {"ix_concern_newest"}
        assert not plan.sorts_before_the_cut()
        assert "concern" not in plan.whole_reads()

    async def test_reads_the_soonest_due_in_the_order_of_their_index(
        self, planner: Planner
    ) -> None:
        plan = await concerns_plan(planner, Role.DSL, ConcernFilter(soonest_due=True), PageOf(50))
        assert plan.indexes("concern") >= {"ix_concern_due"}
        assert not plan.sorts_before_the_cut()

    async def test_asks_about_single_concerns_and_not_about_all(self, planner: Planner) -> None:
        plan = await concerns_plan(planner, Role.PASTORAL, ConcernFilter(open=True), PageOf(50))
        assert not plan.hashes_a_school()

    async def test_looks_their_children_up_by_key(self, planner: Planner) -> None:
        plan = await concerns_plan(planner, Role.DSL, ConcernFilter(open=True), PageOf(50))
        assert not plan.whole_reads() & {"concern_child", "child"}


class TestMyConcerns:
    async def test_reads_the_reporters_own_by_their_index(self, planner: Planner) -> None:
        recorder = Recorder()
        await concern_reads.page_of_mine(recorder, planner.actor(Role.STAFF), PageOf(50))
        plan = planner.planned(recorder)
        assert plan.indexes("concern") == {"ix_concern_reporter"}
        assert "concern" not in plan.whole_reads()


class TestOpenConcern:
    async def test_reads_every_part_by_an_index(self, planner: Planner) -> None:
        plan = planner.plan(concern_reads.OPEN, 4)
        assert plan.indexes("concern") >= {"pk_concern"}
        assert not plan.whole_reads() & {"concern", "concern_child", "account_statement", "action"}


class TestChronology:
    @pytest.mark.parametrize("role", [Role.DSL, Role.PASTORAL])
    @pytest.mark.parametrize("paging", [PageOf(60), PageOf(60, AFTER)])
    async def test_reads_a_page_and_not_a_life(
        self, planner: Planner, role: Role, paging: PageOf
    ) -> None:
        actor, recorder = planner.actor(role), Recorder()
        await chronology_reads.rows_of_chronology(
            recorder, sight_of(actor), planner.child_id, ChronologyFilter(), paging,
            visibility_for(actor, planner.child_id),
        )  # fmt: skip
        plan = planner.planned(recorder)
        assert plan.indexes("chronology_entry") == {"ix_chronology_entry_child"}
        assert not plan.whole_reads() & {"chronology_entry", "concern", "account_statement"}
        assert not plan.sorts_before_the_cut()


class TestListOfChildren:
    @pytest.mark.parametrize(
        ("asked", "index"),
        [
            (ChildFilter(), "ix_child_school_id_sort_name_id"),
            (ChildFilter(roll_status="on_roll"), "ix_child_school_id_sort_name_id"),
            (ChildFilter(year_group="8"), "ix_child_school_id_year_group_sort_name_id"),
            (
                ChildFilter(registration_group="7A"),
                "ix_child_school_id_registration_group_sort_name_id",
            ),
        ],
    )
    async def test_reads_in_the_order_of_names(
        self, planner: Planner, asked: ChildFilter, index: str
    ) -> None:
        recorder = Recorder()
        await child_reads.children(recorder, planner.school.id, asked, [], None, 51)
        plan = planner.planned(recorder)
        assert plan.indexes("child") == {index}
        assert not plan.sorts_before_the_cut()

    async def test_finds_names_by_the_range_of_their_words(self, planner: Planner) -> None:
        recorder = Recorder()
        await child_reads.children(
            recorder, planner.school.id, ChildFilter(), ["family7", "given"], None, 51
        )
        plan = planner.planned(recorder)
        assert "ix_child_name_token_search" in plan.indexes("child_name_token")
        assert not plan.whole_reads()


def tasks_of(planner: Planner, role: Role, *, conflicts: bool) -> TaskSight:
    """How far somebody sees tasks; with `conflicts`, who has an interest in a child."""
    actor = planner.actor(role)
    if conflicts:
        actor = replace(actor, conflicts=Conflicts(frozenset([UUID(int=1)]), frozenset()))
    classes = ("anyone", "K2", "K3", "K4") if role is Role.DEPUTY_DSL else ()
    return TaskSight(actor, classes, seals=False)


@pytest.mark.parametrize("role", [Role.DEPUTY_DSL, Role.STAFF])
@pytest.mark.parametrize("conflicts", [False, True])
class TestWhatHangsOnAConcern:
    """The concern behind a thing is found by an expression; what it is like is read by its key.

    Compared within a condition, such an expression made the planner read the whole school.
    """

    @pytest.mark.parametrize("asked", [TaskFilter(), TaskFilter(ended=True), TaskFilter(mine=True)])
    async def test_tasks_read_no_other_concern(
        self, planner: Planner, role: Role, conflicts: bool, asked: TaskFilter
    ) -> None:
        recorder = Recorder()
        await tasks.page_of_tasks(
            recorder, tasks_of(planner, role, conflicts=conflicts), asked, PageOf(50), hidden=(),
            ends={},
        )  # fmt: skip
        plan = planner.planned(recorder)
        assert plan.reads_by_key("concern")
        assert plan.reads_by_key("concern_child")

    @pytest.mark.parametrize("asked", [CheckInFilter(), CheckInFilter(ended=True)])
    async def test_check_ins_read_no_other_concern(
        self, planner: Planner, role: Role, conflicts: bool, asked: CheckInFilter
    ) -> None:
        recorder = Recorder()
        sight = tasks_of(planner, role, conflicts=conflicts)
        await check_ins.page_of_check_ins(recorder, sight, asked, PageOf(50))
        plan = planner.planned(recorder)
        assert plan.reads_by_key("concern")
        assert plan.reads_by_key("concern_child")

    async def test_the_watch_list_reads_no_other_concern(
        self, planner: Planner, role: Role, conflicts: bool
    ) -> None:
        recorder = Recorder()
        sight = tasks_of(planner, role, conflicts=conflicts)
        await watch_list.page_of_children(recorder, sight, AFTER.at, PageOf(50))
        plan = planner.planned(recorder)
        assert plan.reads_by_key("concern")
        assert plan.reads_by_key("concern_child")
