"""The hot statements keep to their indexes, as the application's role and with generic plans.

A generic plan knows no values: it is what a busy connection ends up with. No times are asserted.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast
from uuid import UUID

import psycopg
import pytest
from sqlalchemy.engine import make_url

from app.core.ids import NIL
from app.core.words import Actor, Cohort, Conflicts, Role
from app.db.paging import Conditions, Cursor, PageOf
from app.db.repositories.access import audit
from app.db.repositories.duty import tasks
from app.db.repositories.duty.tasks import TaskFilter
from app.db.repositories.record import children, chronology, concern_reads, incomplete_reports
from app.db.repositories.record.children import ChildFilter
from app.db.repositories.record.chronology import ChronologyFilter
from app.db.repositories.record.concern_reads import ConcernFilter
from app.db.repositories.safety import check_ins, child_groups, linked_concerns, support_list
from app.db.repositories.safety.check_ins import CheckInFilter
from app.db.repositories.safety.child_groups import ChildGroupFilter
from app.db.repositories.safety.linked_concerns import LinkedConcernFilter
from app.db.row_trace import adding
from app.db.session import Driver
from app.db.work_statements import numbered
from app.domain.access.audit.queries import log_reader
from app.domain.access.concern_access.queries import access_filter
from app.domain.duty.tasks.kind import TASK
from app.domain.kinds import Kind
from app.domain.record.chronology.queries import visibility_for
from app.domain.record.incomplete_reports.kind import INCOMPLETE_REPORT
from app.domain.safety.check_ins.kind import CHECK_IN
from app.domain.safety.child_groups.kind import CHILD_GROUP
from app.domain.safety.support_list.queries import keeps
from tests.contract.plans import flat
from tests.world import School, World

AFTER = Cursor(datetime(2026, 3, 1, tzinfo=UTC), UUID(int=1))

TABLES = (
    "child, child_name_token, concern, concern_child, account_statement, action, chronology_entry, "
    "staff, membership, auth_session, account, task, "
    "incomplete_report, child_group, linked_concern"
)
FIGURES = {"school_id": 4, "reporter_id": 200}
"""How many values the statistics say there are, however many rows other tests left here."""
COLUMNS = """
select table_name, column_name from information_schema.columns
where table_schema = 'public' and table_name = any(%s)"""
ROWS = Path(__file__).with_name("plan_rows.sql").read_text()


TRAIL = """
insert into trail (school_id, id, at, actor_id, actor_role, verb, noun, child_id, details)
select '{school}', gen_random_uuid(), now() - n * interval '1 minute', gen_random_uuid(), 'dsl',
  case when n % 5 = 0 then 'child.searched' else 'child.opened' end, 'child',
  case when n % 5 = 0 then null else c.ids[1 + n % 300] end,
  case when n % 5 = 0 then jsonb_build_object('children', to_jsonb(c.ids[n % 300:n % 300 + 9]))
       else '{{}}' end
from generate_series(1, 30000) n,
     (select array_agg(id) as ids from child where school_id = '{school}') c;
analyze trail
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

    def sorts_before_the_cut(self, of: str | None = None) -> bool:
        """Whether more rows are sorted than the page shows: a Sort below the Limit.

        What is cut below the Sort is no more than a page. With `of` rows of this table alone count.
        """
        return any(
            node["Node Type"].endswith("Sort") and (of is None or of in uncut(node))
            for cut in self.nodes
            if cut["Node Type"] == "Limit"
            for node in flat(cut)
        )

    def hashes_a_school(self) -> bool:
        """Whether a condition on single rows is answered from all rows of the school."""
        return any("hashed SubPlan" in str(node.get("Filter")) for node in self.nodes)


def uncut(node: Any) -> set[str]:
    """The tables that a node reads without a further Limit."""
    if node["Node Type"] == "Limit":
        return set()
    found = {node["Relation Name"]} if "Relation Name" in node else set()
    return found.union(*(uncut(one) for one in node.get("Plans", ())))


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
        with psycopg.connect(url) as connection:
            for setting, value in (
                ("app.school_id", str(self.school.id)),
                ("app.account_id", str(self.school[Role.DSL].id)),
                ("plan_cache_mode", "force_generic_plan"),
                ("random_page_cost", "1.1"),
            ):
                connection.execute("select set_config(%s, %s, true)", (setting, value))
            return explained(connection, statement, places)

    def planned(self, recorder: Recorder) -> Planned:
        """The plan of the one statement a reading asked."""
        (asked,) = recorder.asked
        return self.plan(*asked)


def explained(connection: "psycopg.Connection[Any]", statement: str, places: int) -> Planned:
    """The generic plan of one statement."""
    nulls = f"({', '.join(['null'] * places)})" if places else ""
    connection.execute(cast(Any, f"prepare one as {statement}"))
    found = connection.execute(cast(Any, f"explain (format json) execute one{nulls}")).fetchone()
    connection.execute("deallocate one")
    assert found is not None
    return Planned(list(flat(found[0][0]["Plan"])))


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
        figures = [
            (table, column, many)
            for table, column in owner.execute(COLUMNS, [TABLES.split(", ")])
            if (many := FIGURES.get(column))
        ]
        for table, column, many in figures:
            owner.execute(cast(Any, f"alter table {table} alter {column} set (n_distinct={many})"))
        owner.execute(cast(Any, f"analyze {TABLES}"))
        for table, column, _ in figures:
            owner.execute(cast(Any, f"alter table {table} alter {column} reset (n_distinct)"))
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
    await concern_reads.page_of_concerns(
        recorder, access_filter(planner.actor(role)), asked, paging
    )
    return planner.planned(recorder)


class TestListOfConcerns:
    @pytest.mark.parametrize("role", [Role.DSL, Role.PASTORAL])
    @pytest.mark.parametrize("paging", [PageOf(50), PageOf(50, AFTER)])
    async def test_reads_open_ones_in_the_order_of_their_index(
        self, planner: Planner, role: Role, paging: PageOf
    ) -> None:
        plan = await concerns_plan(planner, role, ConcernFilter(states=("open",)), paging)
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
        plan = await concerns_plan(
            planner, Role.PASTORAL, ConcernFilter(states=("open",)), PageOf(50)
        )
        assert not plan.hashes_a_school()

    async def test_looks_their_children_up_by_key(self, planner: Planner) -> None:
        plan = await concerns_plan(planner, Role.DSL, ConcernFilter(states=("open",)), PageOf(50))
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
        plan = planner.plan(concern_reads.OPEN, 5)
        assert plan.indexes("concern") >= {"pk_concern"}
        assert not plan.whole_reads() & {"concern", "concern_child", "account_statement", "action"}


class TestChronology:
    @pytest.mark.parametrize("role", [Role.DSL, Role.PASTORAL])
    @pytest.mark.parametrize("paging", [PageOf(60), PageOf(60, AFTER)])
    async def test_reads_a_page_and_not_a_life(
        self, planner: Planner, role: Role, paging: PageOf
    ) -> None:
        actor, recorder = planner.actor(role), Recorder()
        await chronology.rows_of_chronology(
            recorder, access_filter(actor), planner.child_id, ChronologyFilter(), paging,
            visibility_for(actor, planner.child_id),
        )  # fmt: skip
        plan = planner.planned(recorder)
        assert plan.indexes("chronology_entry") == {"ix_chronology_entry_child"}
        assert not plan.whole_reads() & {"chronology_entry", "concern", "account_statement"}
        assert not plan.sorts_before_the_cut("chronology_entry")


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
        await children.children(recorder, planner.school.id, asked, [], None, 51)
        plan = planner.planned(recorder)
        assert plan.indexes("child") == {index}
        assert not plan.sorts_before_the_cut()

    async def test_finds_names_by_the_range_of_their_words(self, planner: Planner) -> None:
        recorder = Recorder()
        await children.children(
            recorder, planner.school.id, ChildFilter(), ["family7", "given"], None, 51
        )
        plan = planner.planned(recorder)
        assert "ix_child_name_token_search" in plan.indexes("child_name_token")
        assert not plan.whole_reads()


def reader_of(planner: Planner, role: Role, *, conflicts: bool) -> Actor:
    """Somebody who reads a list; with `conflicts`, with an interest in a child."""
    actor = planner.actor(role)
    if conflicts:
        return replace(actor, conflicts=Conflicts(frozenset([UUID(int=1)]), frozenset()))
    return actor


def kept_for(planner: Planner, kind: Kind[Any], role: Role, *, conflicts: bool) -> Conditions:
    """What a list of a kind keeps."""
    actor = reader_of(planner, role, conflicts=conflicts)
    where = Conditions(actor.school_id)
    kind.keep(actor, where)
    return where


class TestTheRowTrail:
    async def test_reads_each_row_by_its_key(self, planner: Planner) -> None:
        """It is part of every transaction that writes: never a whole school of rows."""
        recorder = Recorder()
        tables = frozenset({"concern", "concern_child", "task"})
        statement, names = numbered(adding(tables))
        await recorder.rows(statement, *range(len(names)))
        plan = planner.planned(recorder)
        assert all(plan.reads_by_key(table) for table in tables)
        assert not plan.whole_reads()


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
        where = kept_for(planner, TASK, role, conflicts=conflicts)
        await tasks.page_of_tasks(
            recorder, where, asked, PageOf(50), classes=(), hidden=(), ends={}, reader=NIL
        )
        plan = planner.planned(recorder)
        assert plan.reads_by_key("concern")
        assert plan.reads_by_key("concern_child")

    @pytest.mark.parametrize("asked", [CheckInFilter(), CheckInFilter(ended=True)])
    async def test_check_ins_read_no_other_concern(
        self, planner: Planner, role: Role, conflicts: bool, asked: CheckInFilter
    ) -> None:
        recorder = Recorder()
        where = kept_for(planner, CHECK_IN, role, conflicts=conflicts)
        await check_ins.page_of_check_ins(recorder, where, asked, PageOf(50))
        plan = planner.planned(recorder)
        assert plan.reads_by_key("concern")
        assert plan.reads_by_key("concern_child")

    async def test_the_support_list_reads_no_other_concern(
        self, planner: Planner, role: Role, conflicts: bool
    ) -> None:
        recorder = Recorder()
        actor = reader_of(planner, role, conflicts=conflicts)
        await support_list.page_of_children(
            recorder, actor.school_id, keeps(actor), AFTER.at, PageOf(50)
        )
        plan = planner.planned(recorder)
        assert plan.reads_by_key("concern")
        assert plan.reads_by_key("concern_child")


class TestFewAmongMany:
    """What is open, or one's own, is found among years of what has ended or is another's."""

    async def test_open_reports_are_read_by_their_index(self, planner: Planner) -> None:
        recorder = Recorder()
        actor = planner.actor(Role.DSL)
        where = Conditions(actor.school_id)
        INCOMPLETE_REPORT.keep(actor, where, row="u")
        await incomplete_reports.page_of_incomplete_reports(
            recorder, where, ended=False, paging=PageOf(50)
        )
        plan = planner.planned(recorder)
        of_open_ones = {"ix_incomplete_report_open", "ix_incomplete_report_reporter"}
        assert plan.indexes("incomplete_report") <= of_open_ones, "both hold the open ones alone"
        assert "incomplete_report" not in plan.whole_reads()

    async def test_running_child_groups_are_read_by_their_index(self, planner: Planner) -> None:
        recorder, actor = Recorder(), planner.actor(Role.DSL)
        where = Conditions(actor.school_id)
        CHILD_GROUP.keep(actor, where)
        await child_groups.page_of_child_groups(recorder, where, ChildGroupFilter(), PageOf(50))
        assert planner.planned(recorder).indexes("child_group") == {"ix_child_group_running"}

    async def test_open_linked_concerns_are_read_by_their_index(self, planner: Planner) -> None:
        recorder = Recorder()
        access = access_filter(planner.actor(Role.DSL))
        await linked_concerns.page_of_linked_concerns(
            recorder, access, LinkedConcernFilter(), PageOf(50)
        )
        plan = planner.planned(recorder)
        assert plan.indexes("linked_concern") == {"ix_linked_concern_open"}

    async def test_an_access_log_reads_no_other_concern(self, planner: Planner) -> None:
        recorder = Recorder()
        access = access_filter(planner.actor(Role.DSL))
        await audit.page_of_log(
            recorder, access, planner.child_id, {}, PageOf(50), (), reader=log_reader(access.actor)
        )
        assert planner.planned(recorder).reads_by_key("concern")

    async def test_who_looked_at_a_child_is_read_by_the_child(self, planner: Planner) -> None:
        """Neither the trail of the school nor all of its searches are gone through."""
        recorder = Recorder()
        school_id = planner.school.id
        asked = audit.EntryFilter(child_id=planner.child_id)
        access = access_filter(planner.actor(Role.DSL))
        await audit.entries(recorder, school_id, asked, (), log_reader(access.actor), PageOf(50))
        await audit.page_of_log(
            recorder, access, planner.child_id, {}, PageOf(50), (), reader=log_reader(access.actor)
        )
        ((source,),) = planner.world.sql(
            "select prosrc from pg_proc where proname = 'searches_that_showed'"
        )
        url = make_url(planner.world.owner_url).set(drivername="postgresql")
        with psycopg.connect(url.render_as_string(False)) as owner:
            owner.execute(cast(Any, TRAIL.format(school=school_id)))
            owner.execute("select set_config('app.school_id', %s, true)", [str(school_id)])
            owner.execute("set local plan_cache_mode = force_generic_plan")
            owner.execute("set local role cairn_search")
            shown = explained(owner, source.replace("asked", "$1::uuid[]"), 1)
            owner.execute("set local role cairn_app")
            logs = [explained(owner, *one) for one in recorder.asked]
            owner.rollback()
        (scan,) = [one for one in shown.nodes if "Index Cond" in one]
        assert scan["Index Name"] == "ix_trail_shown"
        assert "?|" in scan["Index Cond"]
        for log in logs:
            assert "trail" not in log.whole_reads()
            assert "ix_trail_order" not in log.indexes("trail")
            assert log.indexes("trail") >= {"ix_trail_child", "pk_trail"}


@pytest.mark.parametrize("table", ["staff", "membership"])
def test_the_planner_is_not_told_the_school_twice(world: World, table: str) -> None:
    """Of `a or b` beside the same `a` it believes that hardly a row is left, and joins those first.

    A list of 100 rows read seven million then; a `case` says the same, and is no such hint.
    """
    ((qual,),) = world.sql(
        "select qual from pg_policies where tablename = %s and policyname <> 'backup'", table
    )
    assert "CASE" in qual
    assert " OR " not in qual
