"""One rule, three faces: what opens a record, what a list keeps, and what an explanation says."""

import re
from dataclasses import replace
from uuid import UUID

import orjson
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from sqlalchemy import Column, MetaData, Table, Text

from app.core import clock
from app.core.ids import NIL
from app.core.words import Actor, Cohort, Conflicts, Grant, Permission, Rights, Role
from app.db import facts as row_facts
from app.db.behind import SOURCES
from app.db.models import ENTRIES, KIND_MODELS, Base, Child, noun_of
from app.db.paging import Conditions, PageOf
from app.db.reading import open_reading
from app.db.repositories.duty import overview
from app.db.repositories.record.chronology import ChronologyFilter, rows_of_chronology
from app.db.repositories.shared_items import Chosen, items_of
from app.domain import nouns, policy, visibility
from app.domain.access.concern_access.queries import access_filter
from app.domain.access.share_access.queries import sees
from app.domain.duty.alerts.queries import list_alerts
from app.domain.duty.overview.queries import read_overview
from app.domain.kinds import KINDS
from app.domain.record.chronology.queries import visibility_for
from tests.owners import Plot
from tests.property.test_overview import scene as scene  # noqa: PLC0414 - a fixture
from tests.sampling import examples
from tests.world import Person, School, World

CLASSES = ("K2", "K3", "K4", "K5")
classes = st.frozensets(st.sampled_from(CLASSES), min_size=1)
CASTS = [role for role in Role if role not in (Role.CUSTOM, Role.SYSTEM, Role.RECIPIENT)]


ITEMS = ("concern", "decision", "status", "record")
"""Kinds that a share or a referral is made of."""
Scene = tuple[School, list[Plot], dict[str, Person]]


READING = (
    Permission.CHILD_OPEN, Permission.CHRONOLOGY_READ, Permission.CONCERN_READ,
    Permission.SAFETY_READ, Permission.CONCERN_RAISE,
)  # fmt: skip
CUSTOM = st.builds(
    Rights,
    st.frozensets(st.sampled_from(READING)),
    st.frozensets(st.sampled_from(CLASSES)),
    st.frozensets(st.sampled_from(CLASSES), max_size=1),
    st.booleans(),
)
"""What a school's own role may carry: classes without concerns, and concerns without classes."""


def a_reader(scene: Scene, data: st.DataObject) -> Actor:
    """Somebody of the school in any role, with some cohort, conflicts and grants."""
    school, plots, people = scene
    about = [plot.child for plot in plots] + [plot.ids["concern"] for plot in plots]
    some: st.SearchStrategy[UUID] = st.sampled_from(about)
    of_either = st.one_of(st.tuples(some, st.none()), st.tuples(st.none(), some))
    rights = data.draw(st.none() | CUSTOM)
    return Actor(
        id=data.draw(st.sampled_from([one.id for one in people.values()])),
        school_id=school.id,
        role=Role.CUSTOM if rights else data.draw(st.sampled_from(CASTS)),
        rights=rights,
        cohort=Cohort(tuple(data.draw(st.sets(st.sampled_from("789"))))),
        conflicts=Conflicts(
            data.draw(st.frozensets(some, max_size=1)), data.draw(st.frozensets(some, max_size=1))
        ),
        grants=tuple(
            Grant(NIL, "grant", data.draw(classes), child_id=child, concern_id=concern)
            for child, concern in data.draw(st.lists(of_either, max_size=2))
        ),
    )


class TestSql:
    @pytest.mark.parametrize("name", [one.name for one in nouns.EVERY])
    @settings(max_examples=8)
    @given(data=st.data())
    async def test_keeps_what_may_be_opened(
        self,
        world: World,
        scene: Scene,
        name: str,
        data: st.DataObject,
    ) -> None:
        school, plots, _ = scene
        reader = school[Role.DSL]
        kind, actor = KINDS[name], a_reader(scene, data)
        where = Conditions(school.id)
        kind.keep(actor, where)
        asking = Actor(reader.id, school.id, Role.DSL, reader.session_id)
        async with open_reading(world.runtime.database, asking) as reading:
            listed = await reading.driver.rows(
                f"select t.id from {kind.model.__tablename__} t "  # noqa: S608
                f"{kind.model.stored().joins} where t.school_id = $1 and {where}",
                *where.values,
            )
            rows = [plot.ids[kind.name] for plot in plots if kind.name in plot.ids]
            assert rows, f"plant a {kind.name}"
            facts = await row_facts.facts_of(reading.driver, school.id, kind.model, rows)
        reads = visibility.reader_of(actor)
        seen = {
            id_ for id_, one in facts.items()
            if list(kind.visible.steps(reads, one))[-1].effect is policy.Effect.ALLOW
        }  # fmt: skip
        assert seen == {row["id"] for row in listed} & set(rows), (kind.name, str(where))


class TestItems:
    @pytest.mark.parametrize("name", ITEMS)
    @settings(max_examples=40)
    @given(data=st.data())
    async def test_are_seen_as_where_they_are_opened(
        self, world: World, scene: Scene, name: str, data: st.DataObject
    ) -> None:
        school, plots, _ = scene
        kind, actor = KINDS[name], a_reader(scene, data)
        ids = [plot.ids[name] for plot in plots if name in plot.ids]
        assert ids, f"plant a {name}"
        reader = school[Role.DSL]
        asking = Actor(reader.id, school.id, Role.DSL, reader.session_id)
        async with open_reading(world.runtime.database, asking) as reading:
            facts = await row_facts.facts_of(reading.driver, school.id, kind.model, ids)
            rows = await items_of(
                reading.driver, school.id, None, Chosen.of((name, id_) for id_ in ids)
            )
        for id_ in ids:
            assert sees(actor, rows[name, id_]) == kind.shows(actor, facts[id_]), name


ENTRY = """
insert into chronology_entry (school_id, id, child_id, occurred_at, occurred_precision,
  recorded_at, late, kind, thing_id, concern_id, confidentiality, author_id, author_role)
select t.school_id, t.id, %s, now(), 'about', now(), false, %s, {thing}, {concern}, {own}, %s, 'dsl'
from {table} t where t.id = %s
"""
NOTE = """
insert into review_note (school_id, id, review_id, note, outcome, was_due_at, by_id, at)
select e.school_id, e.thing_id, e.id, 'x', 'end', now(), e.author_id, now()
from chronology_entry e where e.school_id = %s and e.kind = 'review'
"""


def chronicled(world: World, school: School, plots: list[Plot], name: str) -> None:
    """Every row of a kind stands in the chronology of its child."""
    model = ENTRIES[name]
    columns = model.__table__.columns.keys()
    concern = "t.concern_id" if "concern_id" in columns else "null::uuid"
    statement = ENTRY.format(
        table=model.__tablename__, concern="t.id" if name == "concern" else concern,
        thing="gen_random_uuid()" if name == "review" else "t.id",
        own="t.confidentiality" if "confidentiality" in columns else "'K3'",
    )  # fmt: skip
    world.sql("delete from chronology_entry where school_id = %s", school.id)
    for plot in plots:
        row = plot.ids[noun_of(model)]
        world.sql(statement, plot.child, name, school[Role.DSL].id, row)
    if name == "review":
        world.sql(NOTE, school.id)


class TestChronology:
    @pytest.mark.parametrize("name", sorted(ENTRIES))
    @settings(max_examples=8)
    @given(data=st.data())
    async def test_tells_nobody_of_what_its_kind_hides(
        self,
        world: World,
        scene: Scene,
        name: str,
        data: st.DataObject,
    ) -> None:
        school, plots, _ = scene
        chronicled(world, school, plots, name)
        actor = a_reader(scene, data)
        kind, reader = KINDS[noun_of(ENTRIES[name])], visibility.reader_of(actor)
        known = visibility.Or(kind.visible, kind.also) if kind.also else kind.visible
        has_class = "confidentiality" in kind.model.__table__.columns
        asking = Actor(school[Role.DSL].id, school.id, Role.DSL, school[Role.DSL].session_id)

        def allows(chain: visibility.Chain, facts: row_facts.Facts) -> bool:
            return list(chain.steps(reader, facts))[-1].effect is policy.Effect.ALLOW

        async with open_reading(world.runtime.database, asking) as reading:
            driver = reading.driver
            for plot in plots:
                id_ = plot.ids[kind.name]
                rows = await rows_of_chronology(
                    driver, access_filter(actor), plot.child, ChronologyFilter(kinds=[name]),
                    PageOf(9), visibility_for(actor, plot.child),
                )  # fmt: skip
                child = (await row_facts.facts_of(driver, school.id, Child, [plot.child]))[
                    plot.child
                ]
                if not allows(visibility.OF_CHILD, child):
                    continue  # who does not reach the child is refused before
                facts = (await row_facts.facts_of(driver, school.id, kind.model, [id_]))[id_]
                own = facts.own_class if has_class else "K3"
                entry = replace(facts, child=child.child, own_class=own)
                of = visibility.OWN_CLASS if facts.concern is None else visibility.OF_CONCERN
                shown = allows(of, entry) and allows(known, facts)
                assert [row["id"] for row in rows] == [id_] * shown, (name, actor)
                if kind.reads is Permission.CONCERN_READ:
                    assert kind.shows(actor, facts) or not rows, (name, actor)


def rung_and_told(world: World, scene: Scene) -> None:
    """Give everybody alerts about everything of some children: one tells, the other rings."""
    school, plots, people = scene
    world.sql("delete from alert where school_id = %s", school.id)
    clocks: dict[UUID, UUID] = dict(
        world.sql("select thing_id, id from deadline where school_id = %s", school.id)
    )
    now = clock.now()
    for number, person in enumerate(people.values()):
        for plot in plots[number % 2 :: 3]:
            for noun, id_ in plot.ids.items():
                shared = {
                    "recipient_id": person.id,
                    "matter_id": id_,
                    "created_at": now,
                    "urgent": False,
                }
                if noun != "adult_concern":
                    of = {"concern_id": id_} if noun == "concern" else {}
                    plot.put("alert", kind="work_handed_over", noun=noun, thing_id=id_, **shared,
                             **of)  # fmt: skip
                if id_ in clocks:
                    plot.put("alert", kind="overdue", deadline_id=clocks[id_], round=1, rung=1,
                             rung_at=now, **shared)  # fmt: skip


class TestAlerts:
    """A day counts the very alerts that the inbox shows, whoever asks."""

    @settings(max_examples=examples(40))
    @given(data=st.data())
    async def test_of_a_day_are_those_of_the_inbox(
        self, world: World, scene: Scene, monkeypatch: pytest.MonkeyPatch, data: st.DataObject
    ) -> None:
        monkeypatch.setattr(overview, "SHOWN", 10_000)
        school, _, _ = scene
        if not world.sql("select true from alert where school_id = %s limit 1", school.id):
            rung_and_told(world, scene)
        actor = a_reader(scene, data)
        assume(policy.may(actor, Permission.OVERVIEW_READ))
        lead = school[Role.DSL]
        asking = Actor(lead.id, school.id, Role.DSL, lead.session_id)
        page = PageOf(data.draw(st.sampled_from((1, 7, 200))))
        async with open_reading(world.runtime.database, asking) as reading:
            asked = replace(reading, actor=actor)
            number, packed = (await read_overview(asked, mine=True))["unacknowledged"]
            first = await list_alerts(asked, "open", page)
            listed = (await list_alerts(asked, "open", PageOf(10_000))).items
        day = {one["id"] for one in orjson.loads(packed)}
        assert number == len(day)
        assert day == {str(one["id"]) for one in listed}
        assert [one["id"] for one in first.items] == [one["id"] for one in listed[: page.limit]]
        assert (first.next is None) == (len(listed) <= page.limit)
        ((every,),) = world.sql("select count(*) from alert where recipient_id = %s", actor.id)
        HELD.append((number, every))

    def test_had_some_to_hide(self) -> None:
        assert any(0 < number < every for number, every in HELD), HELD


HELD: list[tuple[int, int]] = []
"""How many alerts a reader's day counted, and how many there are."""


PART_OF = {
    "account_statement": "concern",
    "body_mark": "concern",
    "concern_child": "concern",
    "concern_correction": "concern",
    "concern_event": "concern",
    "concern_mark": "concern",
    "self_harm": "concern",
    "self_harm_step": "concern",
    "unmatched_child": "concern",
    "adult_event": "adult_concern",
    "adult_note": "adult_concern",
    "adult_statement": "adult_concern",
    "child_merge": "child",
    "child_name_token": "child",
    "enrolment": "child",
    "fact_change": "child",
    "attendance_mark": "child",
    "file_lock": "child",
    "frozen_file": "child",
    "conflict": "child",
    "past_child": "past_import",
    "past_row": "past_import",
    "roster_change": "roster_import",
    "received_file": "incoming_transfer",
    "snapshot": "share",
    "document": "document_job",
    "linked_row": "linked_concern",
    "child_group_member": "child_group",
    "bereavement_date": "bereavement_case",
    "affected_person": "bereavement_case",
}
"""Tables whose rows are seen with the record that they are part of: a kind, or one of those below.
"""
APART = {
    "relationship": "part of two records: access/relationship_access has its rule, for every door",
    "linked_concern": "seen by whoever reads each row of it: a chain decides for one concern",
    "linked_count": "how many there are; it names no child and no concern",
    "supervision_session": "of two people's practice: seen by those two, and in no child's file",
    "child_search": "a search that goes on: nobody reads it before it is an entry of the audit log",
    "document_job": "as strict as each entry of the chronology that it shows",
    "alert": "one person's: as strict as what it is about",
    "deadline": "as strict as what is due",
    "chronology_entry": "as strict as what it tells",
    "trail": "as strict as what was done something with: access/entry_access",
    "row_trail": "read by no operation: it proves what was changed",
    "adult_trail": "as strict as the adult concern that it names",
}
"""Tables that tell about children and are seen by rules of their own, and why they are no kind."""
TOLD = re.compile(r"(^|_)(child|children|pupil|pupils|concern|concerns)(_|$)")
"""Names of columns that tell of a child or a concern, however many."""


def _tells(table: Table) -> bool:
    """Whether a row has an owner, is due, or says of which children or concerns it is."""
    columns = set(table.columns.keys())
    refers = {key.referred_table.name for key in table.foreign_key_constraints}
    named = any(TOLD.search(one) for one in columns)
    return bool(columns & {"owner_id", "due_at"} or refers & {"child", "concern"} or named)


class TestRegistry:
    def test_has_every_table_that_somebody_owns(self) -> None:
        owned = {
            mapper.class_.__clocked__ for mapper in Base.registry.mappers
            if hasattr(mapper.class_, "__clocked__")
        }  # fmt: skip
        missing = owned - {one.name for one in nouns.EVERY}
        assert not missing, f"describe {missing} beside their nouns"

    def test_has_every_table_that_tells_about_a_child(self) -> None:
        """Or it is part of a record, or says why it is neither."""
        tables = Base.metadata.tables
        tells = {name for name, table in tables.items() if _tells(table)}
        tells |= {
            key.referred_table.name
            for name in tells
            for key in tables[name].foreign_key_constraints
            if key.column_keys == ["school_id", "id"]
        }
        kinds = {model.__tablename__ for model in KIND_MODELS.values()}
        excused = PART_OF.keys() | APART.keys()
        assert not PART_OF.keys() & APART.keys()
        assert not excused & kinds
        missing = tells - kinds - excused
        assert not missing, f"describe {missing}, or say what they are part of"
        assert excused <= tells, "these tables are gone: take them off"

    def test_knows_what_each_part_is_part_of(self) -> None:
        known = KINDS.keys() | {one.name for one in nouns.OTHERS} | APART.keys()
        assert set(PART_OF.values()) <= known

    @pytest.mark.parametrize("noun", sorted(SOURCES))
    def test_finds_what_is_behind_a_row_as_its_kind_does(self, noun: str) -> None:
        """Tasks and entries of the support list hang on the same concern as what they are about."""
        model = KIND_MODELS[noun]
        concern = model.stored(f"of_{model.__tablename__}").concern
        assert f"select {concern} from" in SOURCES[noun] or (noun, concern) == (
            "concern", "of_concern.id",
        )  # fmt: skip

    @pytest.mark.parametrize(
        "column",
        ["child_id", "other_child_id", "children", "children_named", "pupils", "concerns_named"],
    )
    def test_sees_a_column_by_its_name(self, column: str) -> None:
        assert _tells(Table("made_up", MetaData(), Column(column, Text)))
        assert not _tells(Table("made_up", MetaData(), Column("childhood", Text)))


@pytest.fixture(autouse=True)
def _every_kind() -> None:
    assert KINDS
