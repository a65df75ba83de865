"""The list, the record and the chain of reasons agree, for people and concerns drawn at random."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from hypothesis import example, given, settings
from hypothesis import strategies as st

from app.core import clock
from app.core.ids import new_id
from app.core.words import Actor, Role
from app.db.unit_of_work import open_work
from app.domain.adults.adult_concerns.kind import ADULT_CONCERN
from app.domain.steps import facts_of
from tests.adults import ROOT, ids_of, raise_about
from tests.sampling import examples
from tests.world import EVERY_ROLE, Api, Person, School, World

HEAD, CHAIR = Role.HEADTEACHER, Role.CHAIR_OF_GOVERNORS
PEOPLE = 4
PERSON = st.integers(0, PEOPLE - 1)


@dataclass(frozen=True)
class Case:
    """One concern and the people around it, each with a role they act in and others they hold."""

    acting: tuple[Role, ...]
    held: tuple[Role | None, ...]
    ended: tuple[bool, ...]
    """Whether the further role has ended already."""
    reporter: int
    subject: int | None
    subject_becomes_head: bool
    case_manager: int | None
    locked_out: frozenset[int]
    waits: bool
    described_as_head: bool


CASES = st.builds(
    Case,
    acting=st.tuples(*[st.sampled_from((HEAD, CHAIR, Role.DSL, *EVERY_ROLE))] * PEOPLE),
    held=st.tuples(*[st.sampled_from((None, None, HEAD, CHAIR, Role.DSL))] * PEOPLE),
    ended=st.tuples(*[st.booleans()] * PEOPLE),
    reporter=PERSON,
    subject=st.none() | PERSON,
    subject_becomes_head=st.booleans(),
    case_manager=st.none() | PERSON,
    locked_out=st.frozensets(PERSON, max_size=2),
    waits=st.booleans(),
    described_as_head=st.booleans(),
)
READERS = (HEAD, CHAIR, Role.DSL, Role.STAFF)


def one(**facts: Any) -> Case:
    """A case in which only what is named differs from the plainest."""
    plain: dict[str, Any] = {
        "acting": READERS, "held": (None,) * PEOPLE, "ended": (False,) * PEOPLE, "reporter": 3,
        "subject": None, "subject_becomes_head": False, "case_manager": None,
        "locked_out": frozenset(), "waits": False, "described_as_head": False,
    }  # fmt: skip
    return Case(**plain | facts)


MAY_RAISE = frozenset(EVERY_ROLE) - {Role.GOVERNOR, Role.TRUST_LEAD}


def heads(case: Case) -> set[int]:
    """Who holds a head's role today."""
    found = {place for place, role in enumerate(case.acting) if role is HEAD}
    found |= {
        place for place, role in enumerate(case.held) if role is HEAD and not case.ended[place]
    }
    if case.subject is not None and case.subject_becomes_head:
        found.add(case.subject)
    return found


def expected(case: Case, reader: int) -> str:
    """What record.md and the facts (1.7, 7) say, written out again: whole, own or nothing."""
    role = case.acting[reader]
    subject = case.subject
    about_head = case.described_as_head if subject is None else subject in heads(case)
    kept_out = reader == subject or reader in case.locked_out
    kept_out = kept_out or (about_head and reader in heads(case))
    if not kept_out:
        if reader == case.case_manager and role in (HEAD, CHAIR, Role.DSL):
            return "whole"
        if role is HEAD and not about_head:
            return "whole"
        if role is CHAIR and (about_head or case.waits):
            return "whole"
    return "own" if reader == case.reporter and role in MAY_RAISE else "nothing"


_schools: dict[int, School] = {}


async def the_school(world: World) -> School:
    """One school for all examples; each has people of its own, and one who reports for others."""
    if id(world) not in _schools:
        _schools[id(world)] = await world.a_school([Role.STAFF])
    return _schools[id(world)]


def hold(world: World, person: Person, role: Role, *, ended: bool = False) -> None:
    today = clock.now().date()
    world.sql(
        "insert into membership (school_id, id, staff_id, role, valid_from, valid_to, created_at) "
        "values (%s, %s, %s, %s, %s, %s, now())",
        person.school_id,
        new_id(),
        person.id,
        role.value,
        today - timedelta(days=9),
        today - timedelta(days=5) if ended else None,
    )


async def arrange(world: World, school: School, case: Case) -> tuple[list[Person], str]:
    """The people and the concern of a case; what happened, happened yesterday."""
    people = [await school.person(role) for role in case.acting]
    for person, role, ended in zip(people, case.held, case.ended, strict=True):
        if role is not None:
            hold(world, person, role, ended=ended)
    about = (
        {"name": "Kit Roe", "role": "headteacher" if case.described_as_head else "supply"}
        if case.subject is None
        else {"staff_id": str(people[case.subject].id)}
    )
    then = (clock.now() - timedelta(days=1)).isoformat()
    concern = (await raise_about(school.staff, None, about=about, occurred_at=then))["id"]
    world.sql(
        "update adult_concern set reporter_id = %s, case_manager_id = %s, locked_out = %s, "
        "pending = %s::jsonb where id = %s",
        people[case.reporter].id,
        None if case.case_manager is None else people[case.case_manager].id,
        [people[place].id for place in sorted(case.locked_out)],
        f'{{"kind": "closure", "proposed_by": "{school[Role.STAFF].id}", '
        '"proposed_at": "2026-01-01T00:00:00.000000Z", "reason": "x", "outcome": "false"}'
        if case.waits
        else None,
        concern,
    )
    if case.subject is not None and case.subject_becomes_head:
        hold(world, people[case.subject], HEAD)
    return people, concern


async def opened(api: Api, concern: str) -> str:
    answer = await api.get(f"{ROOT}/{concern}")
    if answer.status_code != 200:
        assert answer.status_code in (403, 404)
        return "nothing"
    return "whole" if "state" in answer.json() else "own"


class TestSight:
    @settings(max_examples=examples(15))
    @given(case=CASES)
    @example(case=one(locked_out=frozenset({0}), case_manager=2))
    @example(case=one(subject=0, case_manager=0))
    @example(case=one(subject=3, subject_becomes_head=True))
    @example(case=one(described_as_head=True, held=(None, None, HEAD, None), case_manager=2))
    @example(case=one(described_as_head=True, held=(None, HEAD, None, None)))
    @example(case=one(waits=True, locked_out=frozenset({2}), case_manager=2))
    @example(case=one(case_manager=3))
    async def test_list_record_chain_and_the_rule_agree(self, world: World, case: Case) -> None:
        school = await the_school(world)
        people, concern = await arrange(world, school, case)
        for place, person in enumerate(people):
            api = world.as_token(person.token)
            found = await opened(api, concern)
            assert found == expected(case, place), person.role
            assert (concern in await ids_of(api)) == (found == "whole")
            actor = Actor(person.id, school.id, person.role, person.session_id)
            async with open_work(world.runtime.database, actor) as work:
                facts = (await facts_of(work, ADULT_CONCERN, UUID(concern)))[UUID(concern)]
                assert ADULT_CONCERN.shows(work.actor, facts) == (found == "whole")
