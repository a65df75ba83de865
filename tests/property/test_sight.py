"""The list and the record agree: whoever sees a concern in one can open it in the other."""

from dataclasses import dataclass
from uuid import UUID

import orjson
from hypothesis import given, settings
from hypothesis import strategies as st

from app.core.ids import new_id
from app.core.words import Role
from tests.api.record.test_concerns import raise_one
from tests.deadlines import keep_clocks
from tests.sampling import examples
from tests.world import Person, School, World

READERS = (
    Role.STAFF,
    Role.PASTORAL,
    Role.DEPUTY_DSL,
    Role.DSL,
    Role.HEADTEACHER,
)


@dataclass(frozen=True)
class Case:
    """One concern and one reader, in every relation they can have."""

    role: Role
    confidentiality: str
    owns: bool
    action: str
    year_in_cohort: bool
    group_in_cohort: bool
    reported: bool
    granted: str
    grant_classes: frozenset[str]


CASES = st.builds(
    Case,
    role=st.sampled_from(READERS),
    confidentiality=st.sampled_from(("K2", "K3", "K4", "K5")),
    owns=st.booleans(),
    action=st.sampled_from(("none", "open", "done", "dropped")),
    year_in_cohort=st.booleans(),
    group_in_cohort=st.booleans(),
    reported=st.booleans(),
    granted=st.sampled_from(("none", "none", "concern", "child", "elsewhere")),
    grant_classes=st.frozensets(st.sampled_from(("K2", "K3", "K4", "K5")), min_size=1),
)

_schools: dict[int, School] = {}
_elsewhere: dict[int, UUID] = {}
"""A child that no concern is about."""


async def the_school(world: World) -> School:
    """One school for all examples; each has a concern and a reader of its own."""
    if id(world) not in _schools:
        school = _schools[id(world)] = await world.a_school()
        _elsewhere[id(world)] = await school.child(year_group="11")
    return _schools[id(world)]


def expected(case: Case) -> str:
    """What record.md and the facts (section 7) say: whole, own or nothing."""
    classes = {
        Role.DEPUTY_DSL: {"K2", "K3", "K4"},
        Role.DSL: {"K2", "K3", "K4", "K5"},
        Role.HEADTEACHER: {"K2", "K3", "K4"},
    }.get(case.role, set())
    assigned = case.owns or case.action == "open"
    cohort = case.year_in_cohort or case.group_in_cohort
    if case.granted in ("concern", "child") and case.confidentiality in case.grant_classes:
        return "whole"
    if case.role is not Role.STAFF:
        if case.confidentiality in classes:
            return "whole"
        if case.confidentiality != "K5" and assigned:
            return "whole"
        if case.role is Role.PASTORAL and case.confidentiality == "K2" and cohort:
            return "whole"
    return "own" if case.reported else "nothing"


def relate(
    world: World, school: School, case: Case, reader: Person, concern: str, child: UUID
) -> None:
    """Put the action and the grant of a case into the database."""
    lead = school[Role.DSL].id
    if case.action != "none":
        world.sql(
            "insert into action (school_id, id, concern_id, what, owner_id, due_at, state, set_by, "
            "set_at, changed_at, ended_at) values (%s, %s, %s, 'x', %s, now(), %s, %s, now(), "
            "now(), %s)",
            school.id, new_id(), concern, reader.id, case.action, lead,
            None if case.action == "open" else "2026-01-01T00:00:00Z",
        )  # fmt: skip
        keep_clocks(world, school.id, "action")
    if case.granted != "none":
        about = {"child": child, "elsewhere": _elsewhere[id(world)]}.get(case.granted)
        world.sql(
            "insert into access_grant (school_id, id, kind, staff_id, child_id, concern_id, "
            "classes, reason, granted_by, valid_from, valid_to, created_at, owner_id, due_at) "
            "values (%s, %s, 'grant', %s, %s, %s, %s, 'x', %s, now() - interval '1 hour', "
            "now() + interval '1 hour', now(), %s, now())",
            school.id, new_id(), reader.id, about, None if about else concern,
            sorted(case.grant_classes), lead, lead,
        )  # fmt: skip


class TestSight:
    @settings(max_examples=examples(120))
    @given(case=CASES)
    async def test_list_record_and_chronology_agree(self, world: World, case: Case) -> None:
        school = await the_school(world)
        reader = await school.person(case.role)
        api = world.as_token(reader.token)
        cohort = {
            "year_groups": ["8"] if case.year_in_cohort else ["9"],
            "registration_groups": ["8X"] if case.group_in_cohort else [],
        }
        world.sql(
            "update membership set cohort = %s where staff_id = %s",
            orjson.dumps(cohort).decode(),
            reader.id,
        )
        child = await school.child(year_group="8", registration_group="8X")
        reporter = api if case.reported else school.staff
        concern = (await raise_one(reporter, child))["id"]
        owner = reader.id if case.owns else school[Role.DSL].id
        world.sql(
            "update concern set confidentiality = %s, owner_id = %s where id = %s",
            case.confidentiality,
            owner,
            concern,
        )
        relate(world, school, case, reader, concern, child)
        opened = await api.get(f"/v1/concerns/{concern}")
        found = "nothing"
        if opened.status_code == 200:
            found = "whole" if "state" in opened.json() else "own"
        assert found == expected(case)
        listed = await api.get(f"/v1/concerns?child_id={child}")
        rows = listed.json()["items"] if listed.status_code == 200 else []
        assert bool(rows) == (found == "whole")
        told = await api.get(f"/v1/children/{child}/chronology")
        if told.status_code == 200:
            assert bool(told.json()["items"]) == (found == "whole")
