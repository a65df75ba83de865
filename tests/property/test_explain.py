"""What is explained is what happens: explanation, record and list agree for random people."""

from dataclasses import dataclass
from uuid import UUID

import orjson
from hypothesis import given, settings
from hypothesis import strategies as st

from app.core.ids import new_id
from app.core.words import Permission, Role
from app.domain.policy import BUILT_IN
from tests.api.record.test_concerns import raise_one
from tests.deadlines import keep_clocks
from tests.sampling import examples
from tests.world import Person, School, World

ROLES = (
    Role.STAFF, Role.PASTORAL, Role.DEPUTY_DSL, Role.DSL, Role.HEADTEACHER, Role.SCHOOL_ADMIN,
    Role.TRUST_LEAD,
)  # fmt: skip


@dataclass(frozen=True)
class Case:
    """One concern and one person, in any mixture of relations."""

    role: Role
    confidentiality: str
    owns: bool
    action: str
    in_cohort: bool
    reported: bool
    granted: str
    grant_classes: frozenset[str]
    grant_live: bool
    conflict: str
    conflict_live: bool


CASES = st.builds(
    Case,
    role=st.sampled_from(ROLES),
    confidentiality=st.sampled_from(("K2", "K3", "K4", "K5")),
    owns=st.booleans(),
    action=st.sampled_from(("none", "open", "done")),
    in_cohort=st.booleans(),
    reported=st.booleans(),
    granted=st.sampled_from(("none", "concern", "child", "break_glass", "other")),
    grant_classes=st.frozensets(st.sampled_from(("K2", "K3", "K4", "K5")), min_size=1),
    grant_live=st.booleans(),
    conflict=st.sampled_from(("none", "none", "none", "named", "parent")),
    conflict_live=st.booleans(),
)
_schools: dict[int, School] = {}


async def the_school(world: World) -> School:
    """One school for all examples; each has a concern and a reader of its own."""
    if id(world) not in _schools:
        _schools[id(world)] = await world.a_school((Role.STAFF, Role.DSL))
    return _schools[id(world)]


def relate(
    world: World, school: School, case: Case, reader: Person, concern: str, elsewhere: UUID
) -> None:
    """Put the relations of a case into the database."""
    lead, school_id = school[Role.DSL].id, school.id
    rows = world.sql("select child_id from concern_child where id = %s", concern)
    child, other = rows[0][0], new_id()
    world.sql(
        "update membership set cohort = %s where staff_id = %s",
        orjson.dumps({"year_groups": ["8"] if case.in_cohort else ["9"]}).decode(), reader.id,
    )  # fmt: skip
    world.sql(
        "update concern set confidentiality = %s, owner_id = %s where id = %s",
        case.confidentiality, reader.id if case.owns else lead, concern,
    )  # fmt: skip
    if case.action != "none":
        world.sql(
            "insert into action (school_id, id, concern_id, what, owner_id, due_at, state, set_by, "
            "set_at, changed_at, ended_at) values (%s, %s, %s, 'x', %s, now(), %s, %s, now(), "
            "now(), %s)",
            school_id, new_id(), concern, reader.id, case.action, lead,
            None if case.action == "open" else "2026-01-01T00:00:00Z",
        )  # fmt: skip
        keep_clocks(world, school.id, "action")
    if case.granted != "none":
        about = {"child": child, "other": elsewhere}.get(case.granted)
        world.sql(
            "insert into access_grant (school_id, id, kind, staff_id, child_id, concern_id, "
            "classes, reason, granted_by, valid_from, valid_to, created_at, owner_id, due_at) "
            "values (%s, %s, %s, %s, %s, %s, %s, 'x', %s, now() - interval '2 hours', "
            "now() + interval '1 hour' * %s, now(), %s, now())",
            school_id, other, "break_glass" if case.granted == "break_glass" else "grant",
            reader.id, about, None if about else concern, list(case.grant_classes), lead,
            1 if case.grant_live else -1, lead,
        )  # fmt: skip
        keep_clocks(world, school_id, "break_glass")
    if case.conflict != "none":
        named = case.conflict == "named"
        world.sql(
            "insert into conflict (school_id, id, staff_id, child_id, concern_id, kind, "
            "created_by, created_at, ended_at) values (%s, %s, %s, %s, %s, %s, %s, now(), %s)",
            school_id, other, reader.id, None if named else child, concern if named else None,
            "named" if named else "declared", lead,
            None if case.conflict_live else "2026-01-01T00:00:00Z",
        )  # fmt: skip


class TestExplanation:
    @settings(max_examples=examples(80))
    @given(case=CASES)
    async def test_agrees_with_record_list_and_chronology(self, world: World, case: Case) -> None:
        school = await the_school(world)
        reader = await school.person(case.role)
        api = world.as_token(reader.token)
        child = await school.child(year_group="8", registration_group="8X")
        may_raise = case.role is not Role.TRUST_LEAD
        raised_by = api if case.reported and may_raise else school.staff
        concern = str((await raise_one(raised_by, child))["id"])
        elsewhere = await school.child(year_group="11")
        relate(world, school, case, reader, concern, elsewhere)

        asked = {"resource": f"concern:{concern}", "subject": str(reader.id)}
        told = await school.lead.get("/v1/access/explain", params=asked)
        assert told.status_code == 200, told.text
        (person,) = told.json()["people"]

        opened = await api.get(f"/v1/concerns/{concern}")
        happened = "nothing"
        if opened.status_code == 200:
            happened = "whole" if "state" in opened.json() else "own"
            assert opened.json()["seen_reason_code"] == person["rule"]
        assert person["sees"] == happened, person
        assert person["steps"][-1]["rule"] == person["rule"]
        assert {step["effect"] for step in person["steps"][:-1]} <= {"pass", "deny"}

        listed = await api.get(f"/v1/concerns?child_id={child}")
        rows = listed.json()["items"] if listed.status_code == 200 else []
        assert bool(rows) == (happened == "whole")

        who = await school.lead.get("/v1/access/explain", params={"resource": asked["resource"]})
        seeing = {one["person"]["id"] for one in who.json()["people"]}
        assert (str(reader.id) in seeing) == (happened != "nothing")

        child_asked = {"resource": f"child:{child}", "subject": "me"}
        mine = await api.get("/v1/access/explain", params=child_asked)
        record = await api.get(f"/v1/children/{child}")
        if mine.status_code == 200:
            assert (record.status_code == 200) == (mine.json()["people"][0]["sees"] != "nothing")
        else:
            assert mine.status_code == 404, "only somebody related to the child is told nothing"
            opens = Permission.CHILD_OPEN in BUILT_IN[case.role].permissions
            wanted = {"conflict_of_interest"} if opens else {
                "conflict_of_interest", "permission_missing"
            }  # fmt: skip
            assert record.json()["code"] in wanted
        dated = await api.get(f"/v1/children/{child}/chronology")
        if dated.status_code == 200:
            assert bool(dated.json()["items"]) == (happened == "whole")
