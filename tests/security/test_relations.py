"""Operations on a concern by role, relation to it, class and state.

What is expected is written out here from the record's own words and not taken from the policy:
that both agree is the test. One test holds the sixteen concerns (class by state) of one role in
one relation: each is listed and looked for in the chronology, two of each class are opened (all in
the nightly), and two are written to.
"""

from dataclasses import dataclass
from itertools import product
from typing import Any
from uuid import UUID

import orjson
import psycopg
import pytest
from sqlalchemy.engine import make_url

from app.core.ids import new_id
from app.core.words import Role
from tests.deadlines import keep_clocks
from tests.sampling import drawn
from tests.world import EVERY_ROLE, Api, Person, School, World

R = Role
CLASSES = ("K2", "K3", "K4", "K5")
STATES = ("raised", "in_progress", "closed", "entered_in_error")
RELATIONS = (
    "none", "reporter", "owner", "action_owner", "cohort", "granted_concern", "granted_child",
    "break_glass", "named", "parent", "relative",
)  # fmt: skip
CELLS = tuple(product(CLASSES, STATES))

RAISES = {R.STAFF, R.PASTORAL, R.DEPUTY_DSL, R.DSL, R.HEADTEACHER, R.SCHOOL_ADMIN}
READS = {R.PASTORAL, R.DEPUTY_DSL, R.DSL, R.HEADTEACHER}
DECIDES = {R.DEPUTY_DSL, R.DSL, R.HEADTEACHER}
BY_ROLE = {
    R.DEPUTY_DSL: {"K2", "K3", "K4"},
    R.DSL: {"K2", "K3", "K4", "K5"},
    R.HEADTEACHER: {"K2", "K3", "K4"},
}
WHOLE_SCHOOL = {R.DEPUTY_DSL, R.DSL, R.HEADTEACHER}
LOCKED_OUT = {"named", "parent", "relative"}
GIVEN = {"granted_concern", "granted_child", "break_glass"}
GIVEN_CHILD = {"granted_child", "break_glass"}


def sees_whole(role: Role, relation: str, confidentiality: str) -> bool:
    """Whether the whole of a concern is read."""
    if relation in LOCKED_OUT:
        return False
    if relation in GIVEN or confidentiality in BY_ROLE.get(role, ()):
        return True
    if relation in ("owner", "action_owner"):
        return role in READS and confidentiality != "K5"
    return relation == "cohort" and role is R.PASTORAL and confidentiality == "K2"


def opens(role: Role, relation: str, confidentiality: str) -> str:
    """What opening answers: whole, own, missing or refused."""
    if role not in RAISES and relation not in GIVEN:
        return "refused"
    if sees_whole(role, relation, confidentiality):
        return "whole"
    return "own" if relation == "reporter" else "missing"


def reads_child(role: Role, relation: str) -> str:
    """What the chronology answers: shown, or the code of the refusal."""
    if role not in READS and relation not in GIVEN:
        return "permission_missing"
    if relation in ("parent", "relative"):
        return "conflict_of_interest"
    if role in WHOLE_SCHOOL or relation in GIVEN_CHILD:
        return "shown"
    return "shown" if relation == "cohort" and role is R.PASTORAL else "outside_cohort"


@dataclass
class Ground:
    """One reader, one child and its sixteen concerns."""

    school: School
    reader: Person
    child: UUID
    concerns: dict[tuple[str, str], UUID]


CONCERNS = """
with wanted as (
  select * from unnest(%(ids)s::uuid[], %(classes)s::text[], %(states)s::text[],
                       %(numbers)s::text[], %(others)s::uuid[])
           as w(id, class, state, number, other)),
added as (
  insert into concern (school_id, id, reference, reporter_id, recorded_at, occurred_at,
    occurred_precision, source, immediacy, reported_categories, told_already, state,
    confidentiality, categories, owner_id, due_at, due_rule, ended_at, changed_at)
  select %(school)s, id, number, %(reporter)s, now(), now(), 'exact', 'staff_observation',
    'routine', '{not_sure}', '[]', state, class, '{}', %(owner)s, now(), 'x',
    case when state in ('closed', 'entered_in_error') then now() end, now()
  from wanted),
about as (
  insert into concern_child (school_id, id, child_id, role, position)
  select %(school)s, id, %(child)s, 'subject', 0 from wanted),
dated as (
  insert into chronology_entry (school_id, id, child_id, occurred_at, occurred_precision,
    recorded_at, late, kind, thing_id, concern_id, confidentiality, author_id, author_role)
  select %(school)s, other, %(child)s, now(), 'exact', now(), false, 'concern', id, id, class,
    %(reporter)s, 'staff'
  from wanted)
select 1
"""
SET_ACTIONS = """
insert into action (school_id, id, concern_id, what, owner_id, due_at, state, set_by, set_at,
                    changed_at)
select %s, gen_random_uuid(), id, 'x', %s, now(), 'open', %s, now(), now()
from unnest(%s::uuid[]) as c(id)
"""
GIVE = """
insert into access_grant (school_id, id, kind, staff_id, child_id, concern_id, classes, reason,
  granted_by, valid_from, valid_to, created_at, owner_id, due_at)
select %s, gen_random_uuid(), %s, %s, %s, id, '{K2,K3,K4,K5}', 'x', %s, now() - interval '1 hour',
  now() + interval '1 hour', now(), %s, now()
from unnest(%s::uuid[]) as c(id)
"""
LOCK_OUT = """
insert into conflict (school_id, id, staff_id, child_id, concern_id, kind, created_by, created_at)
select %s, gen_random_uuid(), %s, %s, id, %s, %s, now() from unnest(%s::uuid[]) as c(id)
"""


def concerns_sql(world: World, **values: Any) -> None:
    """Run the one statement with named places."""
    url = make_url(world.owner_url).set(drivername="postgresql").render_as_string(False)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(CONCERNS, values)


async def ground(world: World, school: School, role: Role, relation: str) -> Ground:
    """The relation, put into the database."""
    reader, lead = await school.person(role), school[R.DSL].id
    child = await school.child(year_group="8")
    concerns = {cell: new_id() for cell in CELLS}
    concerns_sql(
        world,
        school=school.id, child=child, ids=list(concerns.values()),
        classes=[one for one, _ in CELLS], states=[state for _, state in CELLS],
        numbers=[f"R-{id_.hex}" for id_ in concerns.values()], others=[new_id() for _ in CELLS],
        reporter=reader.id if relation == "reporter" else school[R.STAFF].id,
        owner=reader.id if relation == "owner" else lead,
    )  # fmt: skip
    cohort = {"year_groups": ["8" if relation == "cohort" else "9"]}
    world.sql(
        "update membership set cohort = %s where staff_id = %s",
        orjson.dumps(cohort).decode(), reader.id,
    )  # fmt: skip
    each = list(concerns.values())
    if relation == "action_owner":
        world.sql(SET_ACTIONS, school.id, reader.id, lead, each)
    elif relation == "granted_concern":
        world.sql(GIVE, school.id, "grant", reader.id, None, lead, lead, each)
    elif relation in GIVEN_CHILD:
        kind = "grant" if relation == "granted_child" else "break_glass"
        world.sql(GIVE, school.id, kind, reader.id, child, lead, lead, [None])
    elif relation == "named":
        world.sql(LOCK_OUT, school.id, reader.id, None, "named", lead, each)
    elif relation in ("parent", "relative"):
        kind = f"roster_{relation}"
        world.sql(LOCK_OUT, school.id, reader.id, child, kind, lead, [None])
    keep_clocks(world, school.id, "concern", "action", "break_glass")
    return Ground(school, reader, child, concerns)


_schools: dict[int, School] = {}


@pytest.fixture
async def here(world: World) -> School:
    """One school for all cells; each has people and concerns of its own."""
    if id(world) not in _schools:
        _schools[id(world)] = await world.a_school((R.STAFF, R.DSL))
    return _schools[id(world)]


async def opened(api: Api, concern: UUID) -> str:
    answer = await api.get(f"/v1/concerns/{concern}")
    if answer.status_code == 200:
        return "whole" if "state" in answer.json() else "own"
    return {404: "missing", 403: "refused"}[answer.status_code]


def written(may: bool, seen: bool) -> int:
    """The status of a writing operation: 403 without the permission (or where sight is for

    reading only), 404 without sight.
    """
    if not may:
        return 403
    return 201 if seen else 404


@pytest.mark.parametrize("relation", RELATIONS)
@pytest.mark.parametrize("role", EVERY_ROLE)
class TestAConcern:
    async def test_is_seen_and_changed_as_the_record_says(
        self, world: World, here: School, role: Role, relation: str
    ) -> None:
        found = await ground(world, here, role, relation)
        api = world.as_token(found.reader.token)
        tried = [
            (one, state)
            for one in CLASSES
            for state in drawn(STATES, f"{role} {relation} {one}", 2)
        ]
        wanted = {cell: opens(role, relation, cell[0]) for cell in tried}
        assert {cell: await opened(api, found.concerns[cell]) for cell in tried} == wanted
        whole = {
            str(id_)
            for (confidentiality, _), id_ in found.concerns.items()
            if sees_whole(role, relation, confidentiality)
        }
        await self.lists(api, found, role, relation, whole)
        await self.dates(api, found, role, relation, whole)
        await self.writes(api, found, role, relation, whole)

    async def lists(
        self, api: Api, found: Ground, role: Role, relation: str, whole: set[str]
    ) -> None:
        answer = await api.get(f"/v1/concerns?child_id={found.child}&limit=200")
        if role not in READS and relation not in GIVEN:
            assert answer.status_code == 403
            return
        assert {one["id"] for one in answer.json()["items"]} == whole

    async def dates(
        self, api: Api, found: Ground, role: Role, relation: str, whole: set[str]
    ) -> None:
        answer = await api.get(f"/v1/children/{found.child}/chronology?limit=200")
        wanted = reads_child(role, relation)
        if answer.status_code == 200:
            assert wanted == "shown"
            assert {one["about"]["id"] for one in answer.json()["items"]} == whole
        else:
            assert answer.json()["code"] == wanted

    async def writes(
        self, api: Api, found: Ground, role: Role, relation: str, whole: set[str]
    ) -> None:
        decision = {"question": "x", "decision": "x", "reason": "x"}
        amendment = {"text": "x", "reason": "x"}
        for cell in (("K3", "in_progress"), ("K5", "raised")):
            concern = found.concerns[cell]
            seen, own = str(concern) in whole, relation == "reporter"
            works = sees_whole(role, "none" if relation in GIVEN else relation, cell[0])
            for part, body, may, sees, changes in (
                ("comments", {"text": "x"}, role in READS, seen, seen),
                ("decisions", decision, role in DECIDES, seen, works),
                ("amendments", amendment, role in RAISES, seen or own, works or own),
            ):
                answer = await api.post(f"/v1/concerns/{concern}/{part}", body)
                wanted = written(may and (changes or not sees), sees)
                assert answer.status_code == wanted, f"{part} {cell} {answer.text}"


class TestTheExpectation:
    """The cells would pass blindly where every one expected the same."""

    def test_differs_by_role_relation_and_class(self) -> None:
        seen = {
            (role, relation, confidentiality): opens(role, relation, confidentiality)
            for role, relation, confidentiality in product(EVERY_ROLE, RELATIONS, CLASSES)
        }
        assert set(seen.values()) == {"whole", "own", "missing", "refused"}
        assert len(seen) * len(STATES) == len(EVERY_ROLE) * len(RELATIONS) * len(CELLS)
